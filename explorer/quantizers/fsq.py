"""Finite scalar quantization: bound each dimension, round it, read the digits as a mixed-radix number.

Mentzer et al. 2023, arXiv 2309.15505; survey 002, section 2.5; survey 004, section 8.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from explorer.errors import SettingsError
from explorer.quantizers.base import QuantizerOutput, Stage, check_latents
from explorer.quantizers.gradients import straight_through
from explorer.quantizers.lattice import LatticeQuantizer
from explorer.record import LatticeRule

EDGE = 1e-3  # the bound reaches a little past the outermost level, so that its gradient there is not zero


def fsq_rule(levels: Sequence[int]) -> LatticeRule:
    """The lattice of FSQ: axis d takes the values (i - floor(L/2)) / floor(L/2); the first axis counts fastest."""
    if not levels or any(int(n) != n or n < 2 for n in levels):
        raise SettingsError(f"levels must be whole numbers of at least 2, got {list(levels)}")
    values = tuple(tuple((i - n // 2) / (n // 2) for i in range(n)) for n in levels)
    return LatticeRule("FSQ", values, first_axis_most_significant=False)


class FiniteScalarQuantizer(LatticeQuantizer):
    """levels: values per dimension, e.g. (8, 5, 5, 5) for 1,000 codes in 4 dimensions. No loss of its own."""

    def __init__(self, levels: Sequence[int] = (8, 5, 5, 5), decay: float = 0.99) -> None:
        super().__init__(fsq_rule(levels), decay)
        half = [(n - 1) * (1 + EDGE) / 2 for n in levels]
        offset = [0.0 if n % 2 else 0.5 for n in levels]
        shift = [math.atanh(o / h) for o, h in zip(offset, half, strict=True)]
        for name, value in (
            ("half_range", half),
            ("offset", offset),
            ("shift", shift),
            ("half_width", [n // 2 for n in levels]),
        ):
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32), persistent=False)  # (D,)

    def bound(self, z: Tensor) -> Tensor:
        """h tanh(z + s) - o: (..., D) inside (-L/2, L/2), so that rounding gives exactly L values."""
        return (z.float() + self.shift).tanh() * self.half_range - self.offset

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        bounded = self.bound(z)  # (..., D)
        rounded = bounded.round()
        z_e, codes = bounded / self.half_width, rounded / self.half_width
        indices = self.indices_of(rounded + self.half_width)
        if self.training:
            self.counts.update(indices)
        stage = Stage(z_e.detach(), codes.detach(), indices)
        zero = torch.zeros((), device=z.device)
        return QuantizerOutput(straight_through(z_e, codes), indices[..., None], zero, {}, (stage,))
