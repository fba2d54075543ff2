"""Rows: the latents of a training step on all ranks, from which codes are drawn in shapes that no value decides.

Letters: N latents of this rank, M places of all ranks, one after another, D dimensions.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn

from explorer.quantizers import chance
from explorer.quantizers.nearest import finite_rows
from explorer.quantizers.step.ranks import (
    agree_on_places,
    check_share,
    rank,
    stack_over_ranks,
    sum_over_ranks,
    take_first,
    world,
)


def draw_true(mask: Tensor, count: int) -> Tensor:
    """`count` different places of mask (M,) bool, at random: (count,) int64. Where fewer are true, the last are 0."""
    order = chance.randperm(len(mask), mask.device)
    kept = mask[order]
    place = torch.where(kept, kept.cumsum(0) - 1, count).clamp_max(count)
    return order.new_zeros(count + 1).scatter_(0, place, order)[:count]


class Rows:
    """own (N, D): the latents of this rank. places: how many each rank may have, at least N; M = ranks x places.

    What draws takes finite latents alone, and the same ones on all ranks.
    """

    def __init__(self, own: Tensor, places: int | None = None) -> None:
        self.own, self.places = own, len(own) if places is None else places
        if world() > 1:
            check_share(len(own), self.places)

    def __len__(self) -> int:
        """M."""
        return world() * self.places

    def gather(self, values: Tensor, empty: float) -> Tensor:
        """values (N,) of this rank's latents -> (M,) float32 of all, `empty` at places without a latent."""
        if world() == 1:
            return values
        padded = torch.full((self.places,), empty, device=values.device)
        padded[: len(values)] = values
        return stack_over_ranks(padded).flatten()

    @cached_property
    def good(self) -> Tensor:
        """(M,) bool: where there is a finite latent."""
        return self.gather(finite_rows(self.own), 0.0).bool()

    @cached_property
    def many(self) -> Tensor:
        """How many of them are finite: () int64."""
        return self.good.sum()

    def take(self, places: Tensor) -> Tensor:
        """Latents (R, D) at places (R,) of M, from whichever rank has them."""
        if world() == 1:
            return self.own[places]
        local = places - rank() * self.places
        mine = (local >= 0) & (local < len(self.own))
        return sum_over_ranks(self.own[local.clamp(0, len(self.own) - 1)].masked_fill(~mine[:, None], 0))[0]

    def draw(self, count: int) -> Tensor:
        """(count,) different places of finite latents; of fewer than `many` the last are not meant."""
        return take_first(draw_true(self.good, count))

    def draw_any(self, count: int) -> Tensor:
        """(count,) places of finite latents, each drawn from all; where there is none, any."""
        draws = chance.rand(count, device=self.own.device) * self.many
        return take_first(torch.searchsorted(self.good.cumsum(0).float(), draws, right=True).clamp_max(len(self) - 1))

    @cached_property
    def spread(self) -> Tensor:
        """Standard deviation (D,) of the finite latents, as of a sample; 0 of fewer than two."""
        return (self._squares / (self.many - 1).clamp_min(1)).sqrt()

    @cached_property
    def spread_of_all(self) -> Tensor:
        """The same as of all there are."""
        return (self._squares / self.many.clamp_min(1)).sqrt()

    @cached_property
    def _squares(self) -> Tensor:
        """Sum of squares (D,) about the mean."""
        good = finite_rows(self.own)[:, None]
        (total,) = sum_over_ranks(self.own.masked_fill(~good, 0).sum(0))
        away = (self.own - total / self.many.clamp_min(1)).masked_fill(~good, 0)
        return sum_over_ranks(away.square().sum(0))[0]


def rows_of(owner: nn.Module, z: Tensor) -> Rows:
    """z (N, D) of a training step of `owner`, which keeps how many places a rank has: that of its first such step."""
    if world() == 1:
        return Rows(z)
    if getattr(owner, "_places", None) is None:
        owner._places = agree_on_places(z)
    return Rows(z, owner._places)
