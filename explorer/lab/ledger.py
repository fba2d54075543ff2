"""Ledger: of one level of a run, which codes were chosen when, how often of late, and what they won; on the device.

A quantizer's own EMA of counts starts at one token a step for each code, and forgets that only over 1 / (1 - decay)
steps: shown as usage it looks like a codebook that wakes up. What is shown is an EMA of its own, which starts at 0 and
is divided by the weight of the steps so far, 1 - decay^t while the decay stays the same (the bias correction of Adam:
Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, section 3). Nothing that learns reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.lab.dynamics import speaks_of_now
from explorer.quantizers.base import CodeCounts


@dataclass
class Ledger:
    """Of one level: silent (K,) steps since each code was last chosen, ever (K,) whether it was; won (K, d) the mean of
    the latents that it won when it last was, 0 before; seen, put (K,) at which step that was, and at whose end the code
    was last put somewhere else, -1 never; perplexity of the newest step; step () taken; fresh (K,) the EMA of the
    tokens that each code got a step, and weight () of all steps in it; as tensors on the device."""

    silent: Tensor
    ever: Tensor
    won: Tensor
    seen: Tensor
    put: Tensor
    perplexity: Tensor
    step: Tensor
    fresh: Tensor
    weight: Tensor

    @classmethod
    def of(cls, table: Tensor) -> Ledger:
        """Before the first step of a level whose codes are (K, d)."""
        codes, device = len(table), table.device
        return cls(
            torch.zeros(codes, dtype=torch.int32, device=device),
            torch.zeros(codes, dtype=torch.bool, device=device),
            torch.zeros(table.shape, device=device),
            torch.full((codes,), -1, dtype=torch.int32, device=device),
            torch.full((codes,), -1, dtype=torch.int32, device=device),
            torch.ones((), device=device),
            torch.zeros((), dtype=torch.int32, device=device),
            torch.zeros(codes, device=device),
            torch.zeros((), device=device),
        )

    @property
    def usage(self) -> Tensor:
        """(K,) tokens that each code gets a step, an EMA of the steps so far alone; 0 before the first."""
        return self.fresh / self.weight.clamp_min(1e-12)

    @property
    def known(self) -> Tensor:
        """(K,) bool: whether `won` is of where a code is now."""
        return speaks_of_now(self.seen, self.put)

    def count(self, indices: Tensor, z: Tensor, active: int, counts: CodeCounts) -> None:
        """indices (...) of one step, z (..., d) what the level was given, counts of its quantizer after that step.
        active: codes at work, the first so many; the others are not used, nor silent for it."""
        chosen = indices.flatten()
        ones = torch.ones_like(chosen, dtype=torch.float32)
        n = torch.zeros(len(self.silent), device=chosen.device).index_add_(0, chosen, ones)  # (K,), whole numbers
        p = n / len(chosen)
        self.perplexity.copy_(torch.exp(-torch.xlogy(p, p).sum()))  # in its place: a graph fills it anew
        self.step.add_(1)
        if not active:
            return
        torch.where(counts.placed == counts.clock, self.step, self.put, out=self.put)
        used = n > 0
        self.fresh.mul_(counts.decay).add_(n, alpha=1 - counts.decay)
        self.weight.mul_(counts.decay).add_(1 - counts.decay)
        torch.where(used, self.step, self.seen, out=self.seen)
        self.silent[:active].add_(1)
        self.silent.masked_fill_(used, 0)
        self.ever |= used
        sums = torch.zeros_like(self.won).index_add_(0, chosen, z.flatten(0, -2))  # (K, d)
        torch.where(used[:, None], sums / n.clamp_min(1)[:, None], self.won, out=self.won)
