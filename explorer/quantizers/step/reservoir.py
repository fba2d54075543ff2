"""The reservoir: a sample of the latents of late, for codes that are to start or to start anew."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.quantizers.step.rows import Rows


class Reservoir(nn.Module):
    """A uniform sample of all latents seen lately: a ring of random rows from each batch.

    Until it is full it takes whole batches; then each batch replaces the eldest 1/8 of the ring, so a latent stays for
    eight batches. Latents that are not finite are not taken. filled (): all latents ever taken.
    """

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("latents", torch.zeros(size, dim))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))

    def __len__(self) -> int:
        """How many it holds; asking waits for a GPU."""
        return min(int(self.filled), len(self.latents))

    @torch.no_grad()
    def add(self, rows: Rows) -> None:
        """Take a share of a batch."""
        size = len(self.latents)
        number = torch.arange(min(len(rows), size), device=self.latents.device)
        room = torch.where(self.filled < size, size - self.filled, max(1, size // 8))
        many = torch.minimum(room, rows.many)
        places = (self.filled + number) % size
        fresh = rows.take(rows.draw(len(number))).to(self.latents)
        live = (number < many)[:, None]
        self.latents.index_copy_(0, places, torch.where(live, fresh, self.latents[places]))
        self.filled.add_(many)

    @property
    def held(self) -> Tensor:
        """(size,) bool: which places of the ring hold a latent."""
        return torch.arange(len(self.latents), device=self.latents.device) < self.filled

    def sample(self) -> Tensor:
        """All latents held: (n, D)."""
        return self.latents[: len(self)]
