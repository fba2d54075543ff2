"""Toy data of the lab: points in the plane, digits and photo patches, drawn anew for every batch from a generator.

A dataset is an object with `shape` (of one item) and `sample(count, generator, step)`, which returns (count, *shape)
float32 on the device that it was built for. step: its number, or that as a tensor () there, which
a graph reads anew.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from explorer.lab.settings import DIGITS_PX, LabSettings

SPREAD = 0.15  # sigma of a cluster
RADIUS = 2.0
PHOTOS = ("astronaut", "coffee", "chelsea", "china", "flower", "rocket")
PHOTO_PX = 256


class Dataset(Protocol):
    shape: tuple[int, ...]

    def sample(self, count: int, generator: torch.Generator, step: int | Tensor) -> Tensor:
        """(count, *shape) float32."""


class Clusters:
    """Gaussians around `centres` (C, 2) with sigma (C,), all as likely; they turn around the origin by `drift`."""

    shape = (2,)

    def __init__(self, centres: Tensor, sigma: Tensor, drift: float, device: torch.device) -> None:
        self.centres, self.sigma, self.drift = centres.to(device), sigma.to(device), drift

    def sample(self, count: int, generator: torch.Generator, step: int | Tensor) -> Tensor:
        device = self.centres.device
        which = torch.randint(len(self.centres), (count,), generator=generator, device=device)
        noise = torch.randn(count, 2, generator=generator, device=device)
        points = self.centres[which] + noise * self.sigma[which, None]
        step = step.double() if isinstance(step, Tensor) else step  # float32 would lose the angle of late steps
        return _turn(points, 2 * math.pi * self.drift * step / 1000) if self.drift else points


class Curve:
    """Points along a curve: `path` takes t (n,) in [0, 1) and a second number (n,) in [0, 1) to points (n, 2)."""

    shape = (2,)

    def __init__(self, name: str, device: torch.device) -> None:
        self.path, self.device = {"moons": _moons, "spiral": _spiral, "rings": _rings}[name], device

    def sample(self, count: int, generator: torch.Generator, step: int | Tensor) -> Tensor:
        t, which = torch.rand(2, count, generator=generator, device=self.device)
        noise = torch.randn(count, 2, generator=generator, device=self.device)
        return self.path(t, which) + 0.08 * noise


class Rows:
    """A fixed set of items, drawn with repetition; noise: sigma added to each value."""

    def __init__(self, rows: Tensor, noise: float, device: torch.device) -> None:
        self.rows, self.noise, self.shape = rows.to(device), noise, tuple(rows.shape[1:])

    def sample(self, count: int, generator: torch.Generator, step: int | Tensor) -> Tensor:
        device = self.rows.device
        picked = self.rows[torch.randint(len(self.rows), (count,), generator=generator, device=device)]
        if not self.noise:
            return picked
        return picked + self.noise * torch.randn(picked.shape, generator=generator, device=device)


class Patches:
    """Square crops of photographs, at random places: (count, 3, px, px) in [0, 1]."""

    def __init__(self, photos: Tensor, px: int, device: torch.device) -> None:
        self.photos, self.px, self.shape = photos.to(device), px, (3, px, px)  # (P, 3, side, side)

    def sample(self, count: int, generator: torch.Generator, step: int | Tensor) -> Tensor:
        device, side = self.photos.device, self.photos.shape[-1]
        photo = torch.randint(len(self.photos), (count,), generator=generator, device=device)
        top, left = torch.randint(side - self.px + 1, (2, count), generator=generator, device=device)
        reach = torch.arange(self.px, device=device)
        rows, columns = (top[:, None] + reach)[:, :, None], (left[:, None] + reach)[:, None, :]
        return self.photos[photo[:, None, None], :, rows, columns].permute(0, 3, 1, 2)  # (B, 3, px, px)


def build_dataset(settings: LabSettings, device: torch.device) -> Dataset:
    """The dataset that the settings name."""
    name = settings.dataset
    if name in ("ring", "mixture", "drift"):
        centres, sigma = _clusters(name)
        return Clusters(centres, sigma, settings.drift if name == "drift" else 0.0, device)
    if name in ("moons", "spiral", "rings"):
        return Curve(name, device)
    if name == "drawn":
        return Rows(torch.tensor(settings.points, dtype=torch.float32), 0.02, device)
    if name == "digits":
        return Rows(_digits(), 0.0, device)
    if name == "digits28":
        return Rows(_enlarged(_digits(), DIGITS_PX[name]), 0.0, device)
    return Patches(_photos(), settings.patch_px, device)


def _clusters(name: str) -> tuple[Tensor, Tensor]:
    """Centres (C, 2) and sigma (C,): a ring of 8, or 12 of unequal width scattered by a fixed seed."""
    if name in ("ring", "drift"):
        count = 8 if name == "ring" else 5
        angle = torch.arange(count) * (2 * math.pi / count)
        return RADIUS * torch.stack([angle.cos(), angle.sin()], -1), torch.full((count,), SPREAD)
    generator = torch.Generator().manual_seed(3)
    centres = (torch.rand(12, 2, generator=generator) - 0.5) * 5
    return centres, 0.08 + 0.25 * torch.rand(12, generator=generator)


def _turn(points: Tensor, angle: float | Tensor) -> Tensor:
    c, s = (angle.cos(), angle.sin()) if isinstance(angle, Tensor) else (math.cos(angle), math.sin(angle))
    x, y = points.unbind(-1)
    return torch.stack([c * x - s * y, s * x + c * y], -1)


def _moons(t: Tensor, which: Tensor) -> Tensor:
    angle, upper = math.pi * t, which < 0.5
    x = torch.where(upper, angle.cos(), 1 - angle.cos())
    y = torch.where(upper, angle.sin(), 0.5 - angle.sin())
    return 1.5 * torch.stack([x - 0.5, y - 0.25], -1)


def _spiral(t: Tensor, which: Tensor) -> Tensor:
    radius = t.sqrt()  # even along the arm
    angle = 3.5 * math.pi * radius + math.pi * (which < 0.5)
    return 2.4 * radius[:, None] * torch.stack([angle.cos(), angle.sin()], -1)


def _rings(t: Tensor, which: Tensor) -> Tensor:
    radius = torch.where(which < 0.33, 0.8, torch.where(which < 0.66, 1.6, 2.4))
    return radius[:, None] * torch.stack([(2 * math.pi * t).cos(), (2 * math.pi * t).sin()], -1)


def _digits() -> Tensor:
    """The 1,797 digits of scikit-learn (8 x 8 px): (n, 1, 8, 8) in [0, 1]."""
    from sklearn.datasets import load_digits  # seconds to import, and only here

    return torch.from_numpy(load_digits().images.astype(np.float32) / 16)[:, None]


def _enlarged(pictures: Tensor, px: int) -> Tensor:
    """Pictures (n, 1, h, w) drawn at px x px by Pillow's bicubic filter: (n, 1, px, px), cut off at 0 and 1, which
    the filter passes beside steep edges. It adds no detail."""
    from PIL import Image

    drawn = [Image.fromarray(one.numpy()).resize((px, px), Image.Resampling.BICUBIC) for one in pictures[:, 0]]
    return torch.from_numpy(np.stack([np.asarray(one) for one in drawn]))[:, None].clamp(0, 1)


def _photos() -> Tensor:
    """Square middles of the sample photographs: (P, 3, PHOTO_PX, PHOTO_PX) in [0, 1]."""
    from explorer.media.pictures.image import fit, to_pil
    from explorer.media.samples import sample_picture

    photos = []
    for name in PHOTOS:
        pixels = fit(sample_picture(name).load(), 1, 2 * PHOTO_PX).pixels  # (H, W, 3)
        picture = to_pil(pixels).convert("RGB")
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        square = picture.crop((left, top, left + side, top + side)).resize((PHOTO_PX, PHOTO_PX))
        photos.append(torch.from_numpy(np.asarray(square, dtype=np.float32).copy() / 255).permute(2, 0, 1))
    return torch.stack(photos)
