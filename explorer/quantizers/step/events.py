"""The log of reseeds: written on the device without a look at any value, read when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

EVENTS_KEPT = 100_000


@dataclass(frozen=True)
class ReseedEvent:
    """A dead code got a new vector: at which step, on which level, which code, by which strategy, from what.

    `source` is the row of the latent in the batch (of all ranks, one after another) or reservoir, or the number of the
    code that was split.
    """

    step: int
    level: int
    code: int
    strategy: str
    source: int


class EventLog:
    """A ring of at least EVENTS_KEPT reseeds; the eldest make room. codes: the most that one step may reseed."""

    def __init__(self, codes: int, device: torch.device) -> None:
        self._ring = torch.zeros(max(EVENTS_KEPT, codes), 4, dtype=torch.int32, device=device)
        self._count = torch.zeros((), dtype=torch.long, device=device)  # of all that were ever written
        self._told = 0  # how many of these were given away

    def to(self, device: torch.device) -> EventLog:
        """Itself, on that device."""
        self._ring, self._count = self._ring.to(device), self._count.to(device)
        return self

    @property
    def count(self) -> Tensor:
        """() on the device: of all that were ever written."""
        return self._count

    @torch.no_grad()
    def write(self, step: Tensor, kind: int, codes: Tensor, sources: Tensor, many: Tensor) -> None:
        """The first `many` () of codes and sources (R,) at step (); kind: a whole number that tells the strategy."""
        number = torch.arange(len(codes), device=codes.device)
        places = (self._count + number) % len(self._ring)
        rows = torch.stack([step.expand_as(codes), torch.full_like(codes, kind), codes, sources], -1)
        rows = torch.where((number < many)[:, None], rows.to(self._ring), self._ring[places])
        self._ring.index_copy_(0, places, rows)
        self._count.add_(many)

    def drain(self) -> list[list[int]]:
        """[step, kind, code, source] of each since the last call, oldest first. It waits for the device."""
        count = int(self._count)
        first = max(self._told, count - len(self._ring))
        self._told = count
        if first == count:
            return []
        return self._ring[torch.arange(first, count, device=self._ring.device) % len(self._ring)].tolist()

    def newest(self, most: int) -> Tensor:
        """A row with how many were ever written, and the newest `most`: (1 + most, 4) int32 on the device, for
        `read_newest`. It does not wait."""
        places = (self._count - most + torch.arange(most, device=self._ring.device)) % len(self._ring)
        return torch.cat([self._count.to(self._ring).expand(1, 4), self._ring[places]])

    def read_newest(self, newest: Tensor) -> list[list[int]]:
        """As `drain`, of what had been written when `newest` was made, which is on the CPU now. It waits for the device
        only where more were written since the last call than that holds."""
        count, held = int(newest[0, 0]), len(newest) - 1
        fresh = count - self._told
        if fresh > held:
            return self.drain()
        self._told = max(self._told, count)
        return newest[len(newest) - fresh :].tolist() if fresh > 0 else []
