"""Codecs of every shape of token, small enough to check by hand: what public tokenizers do, with made-up weights.

`MADE` names them; `made(name)` is a tokenizer, `bring_all()` lets the app know them under "made-<name>".
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional

from explorer.joints.record import Codebook, LatticeRule, TokenLayout
from explorer.joints.tokenizer import TokenizerSpec
from explorer.tokenizers import bring
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.codec import Codec, CodecLevel, flat, lookup, nearest


def spec_of(name, **changes):
    facts = dict(
        id=f"made-{name}", title=f"Made {name}", summary="For tests.", modality="image", quantizer="vq",
        codebook_size=32, codebook_dim=8, num_quantizers=1, combination="single", downsampling=8, parameters=256,
        licence="MIT", source="user",
    )  # fmt: skip
    return TokenizerSpec(**(facts | changes))


def table(size, dim, seed, spread=1.0):
    return torch.randn(size, dim, generator=torch.Generator().manual_seed(seed)) * spread


def basis(size, dim):
    """Orthonormal rows (dim, size): the first `dim` waves of a discrete cosine transform."""
    n, k = torch.arange(size) + 0.5, torch.arange(dim)[:, None]
    waves = torch.cos(torch.pi * n * k / size)
    return waves / waves.norm(dim=1, keepdim=True)


class Tables(Codec):
    """Levels of residual vector quantization over `latents` (B, D, *shape), each with a table of its own."""

    half_precision = False

    def __init__(self, tables):
        super().__init__()
        for q, rows in enumerate(tables):
            self.register_buffer(f"table{q}", rows)

    def _tables(self):
        return [getattr(self, f"table{q}") for q in range(self.spec.num_quantizers)]

    def codebooks(self):
        return tuple(Codebook(len(t), t.shape[1], "euclidean", t.numpy()) for t in self._tables())

    def quantize(self, latents):
        rest, stages = latents, []
        for rows in self._tables():
            z = flat(rest)
            codes = nearest(z, rows)
            stages.append(CodecLevel(codes.reshape(len(rest), *rest.shape[2:]), z, rows[codes]))
            rest = rest - rows[codes].transpose(1, 2).reshape(rest.shape)
        return stages

    def embed(self, level, indices, kept=None):
        return lookup(self._tables()[level], indices, kept)


class Tones(Tables):
    """Sound: frames of 40 samples in 8 waves, three residual levels."""

    def __init__(self):
        super().__init__([table(32, 8, q, 0.5 / 2**q) for q in range(3)])
        self.spec = spec_of(
            "tones", modality="audio", quantizer="rvq", num_quantizers=3, combination="sum", downsampling=40,
            layout="sequence", sample_rate_hz=8000, channels=1,
        )  # fmt: skip

    def latents(self, media):
        return torch.einsum("bts,ds->bdt", media[:, 0].unflatten(1, (-1, 40)), basis(40, 8))

    def decode(self, embedded):
        return torch.einsum("bdt,ds->bts", sum(embedded), basis(40, 8)).flatten(1)[:, None]


class Rates(Tones):
    """Sound at three rates, as SNAC: the coarsest level first, a fourth and a half of the finest rate."""

    strides = (4, 2, 1)

    def __init__(self):
        super().__init__()
        self.spec = replace(self.spec, id="made-rates", title="Made rates", multiple=160)

    def layouts(self, extent):
        return tuple(TokenLayout("sequence", (extent[0] // 40 // s,), extent) for s in self.strides)

    def extent(self, shapes):
        return (shapes[0][0] * 160,)

    def quantize(self, latents):
        rest, stages = latents, []
        for rows, stride in zip(self._tables(), self.strides, strict=True):
            z = flat(functional.avg_pool1d(rest, stride))
            codes = nearest(z, rows)
            stages.append(CodecLevel(codes, z, rows[codes]))
            rest = rest - rows[codes].transpose(1, 2).repeat_interleave(stride, dim=2)
        return stages

    def embed(self, level, indices, kept=None):
        return super().embed(level, indices, kept).repeat_interleave(self.strides[level], dim=2)


class Signs(Codec):
    """Pictures, lookup-free: patches of 8 x 8 in 10 waves, one bit each, the first the least significant."""

    half_precision = False

    def __init__(self):
        super().__init__()
        self.register_buffer("strength", torch.tensor([2.0] + [0.2] * 9).reshape(1, 10, 1, 1))
        self.spec = spec_of("signs", quantizer="lfq", codebook_size=1024, codebook_dim=10)

    def codebooks(self):
        return (Codebook(1024, 10, "implicit", rule=LatticeRule("lfq", ((-1.0, 1.0),) * 10, False)),)

    def latents(self, media):
        patches = media.mean(1).unflatten(2, (-1, 8)).unflatten(1, (-1, 8)).transpose(2, 3).flatten(3)  # (B, h, w, 64)
        return torch.einsum("bhwp,dp->bdhw", patches - 0.5, basis(64, 10))

    def quantize(self, latents):
        z = flat(latents)
        bits = (z > 0).long()
        codes = (bits << torch.arange(10)).sum(-1)
        return [CodecLevel(codes.reshape(len(z), *latents.shape[2:]), z, bits * 2.0 - 1)]

    def embed(self, level, indices, kept=None):
        signs = ((indices[..., None] >> torch.arange(10)) & 1) * 2.0 - 1
        return (signs if kept is None else signs * kept[..., None]).movedim(-1, 1)

    def decode(self, embedded):
        patches = torch.einsum("bdhw,dp->bhwp", embedded[0] * self.strength, basis(64, 10)).unflatten(3, (8, 8)) + 0.5
        grey = patches.transpose(2, 3).flatten(3).flatten(1, 2)
        return grey[:, None].expand(-1, 3, -1, -1).clamp(0, 1)


class Whole(Tables):
    """Pictures of 64 x 64 in 16 tokens without places, as TiTok: each holds 4 of 64 waves of the whole picture."""

    def __init__(self):
        super().__init__([table(64, 4, 7, 2.0)])
        self.spec = spec_of(
            "whole", layout="set1d", codebook_size=64, codebook_dim=4, downsampling=64, fixed_size=(64, 64)
        )

    def layouts(self, extent):
        return (TokenLayout("set1d", (16,)),)

    def latents(self, media):
        waves = torch.einsum("bhw,uh,vw->buv", media.mean(1) - 0.5, basis(64, 8), basis(64, 8))
        return waves.reshape(len(media), 16, 4).transpose(1, 2)

    def decode(self, embedded):
        waves = embedded[0].transpose(1, 2).reshape(-1, 8, 8)
        grey = torch.einsum("buv,uh,vw->bhw", waves, basis(64, 8), basis(64, 8)) + 0.5
        return grey[:, None].expand(-1, 3, -1, -1).clamp(0, 1)


class Scales(Tables):
    """Pictures of 64 x 64 as residuals at 1, 2, 4 and 8 tokens a side, as VAR."""

    sides = (1, 2, 4, 8)

    def __init__(self):
        super().__init__([table(32, 3, 20 + q, 0.4 / (1 + q)) for q in range(4)])
        self.spec = spec_of(
            "scales", quantizer="rvq", codebook_dim=3, num_quantizers=4, combination="sum", fixed_size=(64, 64)
        )

    def layouts(self, extent):
        return tuple(TokenLayout("grid2d", (n, n), extent) for n in self.sides)

    def latents(self, media):
        return functional.avg_pool2d(media - 0.5, 8)

    def quantize(self, latents):
        rest, stages = latents, []
        for rows, side in zip(self._tables(), self.sides, strict=True):
            z = flat(functional.adaptive_avg_pool2d(rest, side))
            codes = nearest(z, rows).reshape(len(rest), side, side)
            stages.append(CodecLevel(codes, z, rows[codes].flatten(1, 2)))
            rest = rest - self.embed(len(stages) - 1, codes)
        return stages

    def embed(self, level, indices, kept=None):
        return functional.interpolate(super().embed(level, indices, kept), size=8, mode="nearest")

    def decode(self, embedded):
        return (functional.interpolate(sum(embedded), scale_factor=8, mode="nearest") + 0.5).clamp(0, 1)


class Blocks(Tables):
    """Clips: a first frame alone, then steps of 4 frames, patches of 8 x 8, as causal video tokenizers."""

    def __init__(self):
        super().__init__([table(64, 3, 40, 0.4)])
        self.spec = spec_of(
            "blocks", modality="video", layout="grid3d", codebook_size=64, codebook_dim=3, time_step=4,
            first_frame_alone=True,
        )  # fmt: skip

    def latents(self, media):
        small = functional.avg_pool3d(media - 0.5, (1, 8, 8))
        return torch.cat([small[:, :, :1], small[:, :, 1:].unflatten(2, (-1, 4)).mean(3)], 2)

    def decode(self, embedded):
        z = embedded[0]
        frames = torch.cat([z[:, :, :1], z[:, :, 1:].repeat_interleave(4, dim=2)], 2)
        return (frames.repeat_interleave(8, dim=3).repeat_interleave(8, dim=4) + 0.5).clamp(0, 1)


MADE = {"tones": Tones, "rates": Rates, "signs": Signs, "whole": Whole, "scales": Scales, "blocks": Blocks}


def made(name, device="cpu"):
    codec = MADE[name]()
    return AdaptedTokenizer(codec, codec.spec, device)


def bring_all():
    for name, kind in MADE.items():
        bring(kind().spec, lambda device, name=name: made(name, device))


def medium_for(spec, seed=0):
    """A medium of the right shape: smooth noise, so that neighbouring tokens are alike."""
    chance = np.random.default_rng(seed)
    if spec.modality == "audio":
        t = np.arange(1600 * 4) / spec.sample_rate_hz
        tone = sum(np.sin(2 * np.pi * f * t + p) for f, p in chance.uniform([80, 0], [900, 6], (5, 2)))
        return (0.15 * tone[:, None] * np.linspace(0.2, 1, len(t))[:, None]).astype(np.float32)
    side = (64, 64) if spec.fixed_size else (64, 96)
    frames = 9 if spec.modality == "video" else 1
    y, x, f = (np.linspace(0, 1, n) for n in (*side, frames))
    waves = [
        np.sin(8 * (a * x[None, None, :] + b * y[None, :, None]) + c + 3 * f[:, None, None])
        for a, b, c in chance.uniform(-1, 1, (3, 3))
    ]
    clip = (0.5 + 0.45 * np.stack(waves, -1)).astype(np.float32)
    return clip if frames > 1 else clip[0]
