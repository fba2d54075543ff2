"""Finite scalar quantization: bound each dimension, round it, read the digits as a mixed-radix number.

Mentzer et al. 2023, arXiv 2309.15505, section 3.1; bound and index are the listing of appendix A.1. The bound has the
constants of vector-quantize-pytorch, which differ from the listing in two: its shift is tan(o / h), a slip for atanh as
its author says (lucidrains/vector-quantize-pytorch/issues/94), and its h is (L - 1)(1 - eps) / 2, inside the outermost
level and not a little past it. What neither covers: 2 values an axis, and more than 1,000.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.joints.record import LatticeRule
from explorer.quantizers.base import QuantizedLevel, QuantizerOutput, check_latents
from explorer.quantizers.gradients import straight_through
from explorer.quantizers.lab_spec import LabSpec, LabValues, slider
from explorer.quantizers.lattices.lattice import LatticeQuantizer
from explorer.quantizers.nearest import finite_rows, mark_lost

EDGE = 1e-3  # the bound reaches a little past the outermost level, so that its gradient there is not zero
REACH = 0.4995  # but by less than half a step, or there would be levels out there: above 1,000 values
MAX_LEVELS = 2**20  # a float32 cannot tell more values of a tanh apart


def fsq_rule(levels: Sequence[int]) -> LatticeRule:
    """The lattice of FSQ: axis d takes the values (i - floor(L/2)) / floor(L/2); the first axis counts fastest."""
    if not levels or any(int(n) != n or not 2 <= n <= MAX_LEVELS for n in levels):
        raise SettingsError(
            f"levels must be whole numbers of at least 2 and at most {MAX_LEVELS:,}, got {list(levels)}"
        )
    values = tuple(tuple((i - n // 2) / (n // 2) for i in range(n)) for n in levels)
    return LatticeRule("FSQ", values, first_axis_most_significant=False)


class FiniteScalarQuantizer(LatticeQuantizer):
    """levels: values per dimension, e.g. (8, 5, 5, 5) for 1,000 codes in 4 dimensions. No loss of its own."""

    def __init__(self, levels: Sequence[int] = (8, 5, 5, 5), decay: float = 0.99) -> None:
        super().__init__(fsq_rule(levels), decay)
        half = [(n - 1) / 2 + min((n - 1) * EDGE / 2, REACH) for n in levels]
        offset = [0.0 if n % 2 else 0.5 for n in levels]
        # The shift puts a level at z = 0. Of two levels that would leave the other one to z < -3.8: their border is 0.
        shift = [math.atanh(o / h) if n > 2 else 0.0 for n, o, h in zip(levels, offset, half, strict=True)]
        for name, value in (
            ("half_range", half),
            ("offset", offset),
            ("shift", shift),
            ("half_width", [n // 2 for n in levels]),
        ):
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32), persistent=False)  # (D,)

    def bound(self, z: Tensor) -> Tensor:
        """h tanh(z + s) - o: (..., D) inside (-L/2 - o, L/2 - o), so that rounding gives exactly L values."""
        return (z.float() + self.shift).tanh() * self.half_range - self.offset

    def _rounded(self, bounded: Tensor) -> Tensor:
        """The nearest level (..., D), counted from the middle one; half-way the lower, as sign(0) = -1 has it."""
        nearest = bounded.round()  # half to even
        nearest = torch.where(nearest - bounded == 0.5, nearest - 1, nearest)
        return torch.clamp(nearest, -self.half_width, self.axis_levels - 1 - self.half_width)  # float32 may round past

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        bounded = self.bound(z)  # (..., D)
        digits = self._rounded(bounded) + self.half_width  # (..., D)
        digits = torch.where(finite_rows(bounded)[..., None], digits, 0)
        z_e, codes = bounded / self.half_width, (digits - self.half_width) / self.half_width
        indices = self.indices_of(digits)
        if self.training:
            self.counts.update(mark_lost(bounded, indices, self.codebook_size))
        stage = QuantizedLevel(z_e.detach(), codes.detach(), indices)
        zero = torch.zeros((), device=z.device)
        return QuantizerOutput(straight_through(z_e, codes), indices[..., None], zero, {}, (stage,))


def _in_lab(s: LabValues) -> FiniteScalarQuantizer:
    return FiniteScalarQuantizer((s.axis_levels,) * s.latent_dim, s.decay)


LAB = LabSpec(
    "FSQ",
    fields=(
        slider(
            "axis_levels",
            "Values an axis",
            "Quantizer",
            "L of FSQ; K = L^D.",
            2,
            16,
            step=1,
            restarts=True,
            default=5,
            after="num_quantizers",
        ),
    ),
    build=_in_lab,
    axis_values="axis_levels",
    projects=True,
)
