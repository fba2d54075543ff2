"""LevelTally: what is counted of one level on the device, without ever waiting for it.

Letters of the shapes: N tokens of a forward, K codes, d dimensions. Tables have K + 1 rows: the last one takes what is
no token (below 0 or from K on), so that nothing indexes outside, which on a GPU would end the process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.quantizers.nearest import finite_rows

SAMPLE = 2048  # latents of a frame


@dataclass(frozen=True)
class Snapshot:
    """Copies of one level at a record, of rows of K codes. counts: tokens since the record before. last: steps, -1
    never. looked: tokens of the newest step that was looked at. won (K, d): as FrameLevel has it, NaN never; None of a
    rule. latents (n, d), indices (n,): of the step that was looked at, or of the newest ones where a step has fewer
    than SAMPLE. lost: of the looked at, those that hold NaN or infinity. seen: of which step `won` is, -1 never."""

    counts: Tensor
    last: Tensor
    looked: Tensor
    won: Tensor | None
    seen: Tensor
    latents: Tensor
    indices: Tensor
    lost: Tensor


class LevelTally:
    """follows: whether codes move, so that it is worth to know what each one won. sample: latents to keep."""

    def __init__(self, codes: int, dim: int, follows: bool, device: torch.device, sample: int = SAMPLE) -> None:
        self.codes, self.dim, self.follows, self.sample = codes, dim, follows, sample
        self.counts = torch.zeros(codes + 1, dtype=torch.int64, device=device)
        self.looked = torch.zeros_like(self.counts)
        self.last, self.seen = torch.full_like(self.counts, -1), torch.full_like(self.counts, -1)
        self.lost = torch.zeros((), dtype=torch.int64, device=device)
        self.won = torch.full((codes + 1, dim), torch.nan, device=device) if follows else None
        self._one = torch.ones(1, dtype=torch.int64, device=device)
        self._kept: deque[tuple[Tensor, Tensor]] = deque()
        self._many = 0
        self._fresh = True  # nothing was looked at in this step yet

    def to(self, device: torch.device) -> None:
        """Follow a module that was moved."""
        for name in ("counts", "looked", "last", "seen", "lost", "_one"):
            setattr(self, name, getattr(self, name).to(device))
        self.won = None if self.won is None else self.won.to(device)
        self._kept = deque((z.to(device), indices.to(device)) for z, indices in self._kept)

    def fit(self, codes: int, dim: int) -> None:
        """Follow a codebook that may have grown or changed."""
        if (self.codes, self.dim) != (codes, dim):
            self.resize(codes, dim)

    def resize(self, codes: int, dim: int) -> None:
        """The codebook has another shape now: codes keep their numbers, new ones begin without a token."""
        grown = LevelTally(codes, dim, self.follows, self.counts.device, self.sample)
        both = min(codes, self.codes)
        for name in ("counts", "looked", "last"):
            getattr(grown, name)[:both] = getattr(self, name)[:both]
        if dim == self.dim and self.won is not None and grown.won is not None:
            grown.won[:both], grown.seen[:both] = self.won[:both], self.seen[:both]
        self.__dict__.update(grown.__dict__)

    @torch.no_grad()
    def add(self, indices: Tensor, step: int, latents: Callable[[], Tensor] | None, look: bool) -> None:
        """Count a forward. look: also at its latents."""
        chosen = indices.detach().flatten().long()
        chosen = torch.where((chosen < 0) | (chosen >= self.codes), self.codes, chosen)  # (N,)
        self.counts.index_add_(0, chosen, self._one.expand(len(chosen)))
        self.last.index_fill_(0, chosen, step)
        few = len(chosen) < self.sample  # of which the newest are always kept
        if latents is not None and len(chosen) and (look or few):
            z = latents()
            if look:
                self._look(chosen, z, step)
            self._keep(chosen, z, look)
        elif look:
            self._count_looked(chosen)
        self._fresh = self._fresh and not look

    @torch.no_grad()
    def end_step(self, thought: int, step: int) -> None:
        """The next forward is of another step. Steps are numbered ahead: one that was thought to be `thought` may be
        told to be `step`."""
        self._fresh = True
        if thought != step:
            for at in (self.last, self.seen):
                at.masked_fill_(at == thought, step)
                at.masked_fill_(at > step, -1)  # of steps that are taken back

    def _count_looked(self, chosen: Tensor) -> Tensor:
        n = torch.zeros_like(self.counts).index_add_(0, chosen, self._one.expand(len(chosen)))
        if self._fresh:
            self.looked.zero_()
            self.lost.zero_()
        self.looked += n
        return n

    def _look(self, chosen: Tensor, z: Tensor, step: int) -> None:
        self._count_looked(chosen)
        finite = finite_rows(z)
        self.lost += (~finite).sum()
        if self.won is None:
            return
        known = torch.where(finite, chosen, self.codes)  # NaN goes to the last row, which nobody reads
        n = torch.zeros_like(self.counts).index_add_(0, known, self._one.expand(len(known)))  # (K + 1,)
        sums = torch.zeros_like(self.won).index_add_(0, known, z.float())
        torch.where((n > 0)[:, None], sums / n.clamp_min(1)[:, None], self.won, out=self.won)
        self.seen.index_fill_(0, known, step)

    def _keep(self, chosen: Tensor, z: Tensor, look: bool) -> None:
        """A sample of this forward; small ones add up until there are enough."""
        if look and self._fresh and len(chosen) >= self.sample:
            self._kept.clear()
            self._many = 0
        if self._many >= self.sample and len(chosen) >= self.sample:
            return  # another part of the same step
        if len(chosen) > self.sample:
            # Evenly spaced rows, so that nothing is drawn, with an odd stride, so that no column of a grid is
            # preferred.
            stride = (len(chosen) // self.sample - 1) | 1
            chosen, z = chosen[::stride][: self.sample], z[::stride][: self.sample]
        self._kept.append((z.detach().float().clone(), chosen.clone()))
        self._many += len(chosen)
        while self._many - len(self._kept[0][1]) >= self.sample:
            self._many -= len(self._kept.popleft()[1])

    @torch.no_grad()
    def snapshot(self) -> Snapshot:
        """Copies on the device; counting begins anew."""
        k = self.codes
        none = torch.zeros(0, self.dim, device=self.counts.device), self.counts[:0]
        latents = torch.cat([z for z, _ in self._kept]) if self._kept else none[0]
        indices = torch.cat([chosen for _, chosen in self._kept]) if self._kept else none[1]
        taken = Snapshot(
            self.counts[:k].clone(),
            self.last[:k].clone(),
            self.looked[:k].clone(),
            None if self.won is None else self.won[:k].clone(),
            self.seen[:k].clone(),
            latents[-self.sample :],
            indices[-self.sample :],
            self.lost.clone(),
        )
        self.counts.zero_()
        return taken
