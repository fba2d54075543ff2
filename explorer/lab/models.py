"""Models of the lab: an encoder and a decoder around the quantizer, small enough for hundreds of steps a second."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from torch import Tensor, nn

from explorer.lab.settings import LabSettings

HIDDEN = 32
CHANNELS = 32


class LabModel(nn.Module, ABC):
    """`encode` takes items (B, *shape) to latents (..., D), `decode` takes quantized latents back to items."""

    @abstractmethod
    def encode(self, items: Tensor) -> Tensor:
        """(B, *shape) -> (B, ..., D)."""

    @abstractmethod
    def decode(self, z_q: Tensor) -> Tensor:
        """(B, ..., D) -> (B, *shape)."""


class NoModel(LabModel):
    """The latents are the data: plain online vector quantization."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def encode(self, items: Tensor) -> Tensor:
        return items.flatten(1)

    def decode(self, z_q: Tensor) -> Tensor:
        return z_q.unflatten(1, self.shape)


class MLP(LabModel):
    """Two hidden layers on each side; one latent an item."""

    def __init__(self, shape: tuple[int, ...], dim: int) -> None:
        super().__init__()
        self.shape, size = shape, math.prod(shape)
        self.encoder = nn.Sequential(
            nn.Linear(size, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, dim)
        )
        self.decoder = nn.Sequential(
            nn.Linear(dim, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, size)
        )

    def encode(self, items: Tensor) -> Tensor:
        return self.encoder(items.flatten(1))

    def decode(self, z_q: Tensor) -> Tensor:
        return self.decoder(z_q).unflatten(1, self.shape)


class Conv(LabModel):
    """A small convolutional VQ-VAE that halves the picture twice: a grid of (side / 4)^2 latents an item."""

    def __init__(self, shape: tuple[int, ...], dim: int) -> None:
        super().__init__()
        colours = shape[0]
        self.encoder = nn.Sequential(
            *(nn.Conv2d(colours, CHANNELS, 4, 2, 1), nn.ReLU()),
            *(nn.Conv2d(CHANNELS, 2 * CHANNELS, 4, 2, 1), nn.ReLU()),
            nn.Conv2d(2 * CHANNELS, dim, 1),
        )
        self.decoder = nn.Sequential(
            *(nn.Conv2d(dim, 2 * CHANNELS, 3, 1, 1), nn.ReLU()),
            *(nn.ConvTranspose2d(2 * CHANNELS, CHANNELS, 4, 2, 1), nn.ReLU()),
            nn.ConvTranspose2d(CHANNELS, colours, 4, 2, 1),
        )

    def encode(self, items: Tensor) -> Tensor:
        return self.encoder(items).permute(0, 2, 3, 1)  # (B, h, w, D)

    def decode(self, z_q: Tensor) -> Tensor:
        return self.decoder(z_q.permute(0, 3, 1, 2))


def build_model(settings: LabSettings, shape: tuple[int, ...]) -> LabModel:
    """The model that the settings name, for items of `shape`."""
    if settings.model == "none":
        return NoModel(shape)
    return (Conv if settings.model == "conv" else MLP)(shape, settings.dim)


def difference(kind: str, outputs: Tensor, items: Tensor) -> Tensor:
    """Reconstruction loss, "l2" or "l1": mean over everything, a scalar."""
    error = outputs - items
    return error.square().mean() if kind == "l2" else error.abs().mean()
