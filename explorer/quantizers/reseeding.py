"""Reseeding: which codes count as dead, and what new vector they get.

Random restarts: Jukebox (Dhariwal et al. 2020, arXiv 2005.00341) and SoundStream (Zeghidour et al. 2021, arXiv
2107.03312, section III-C: a moving average of decay 0.99 below 2). The strategies are those of "Discrete Visual
Tokenizers for Multimodal LLMs" (a survey, 2025), 4.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.quantizers import chance
from explorer.quantizers.base import CodeCounts
from explorer.quantizers.nearest import finite_rows
from explorer.quantizers.step.ranks import take_first
from explorer.quantizers.step.reservoir import Reservoir
from explorer.quantizers.step.rows import Rows, draw_true

STRATEGIES = ("none", "random_latent", "hard_example", "split", "reservoir")
DEAD_BY = ("ema_count", "steps", "perplexity", "entropy")


@dataclass(frozen=True)
class Reseeding:
    """When a code is dead and how it is revived.

    strategy: one of STRATEGIES. dead_by "ema_count": the EMA of its assignments a step is below `threshold`;
    "steps": it was not chosen for `patience` steps; "perplexity" and "entropy": the count is below `threshold` while
    the perplexity of all counts is below `healthy_share` of K, or their entropy below that share of log K, so that a
    codebook in good use is left alone. every: steps between checks. noise: sigma of the Gaussian added, as a share of
    the latents' standard deviation. top_fraction: share of the worst-served latents that "hard_example" draws from.
    reservoir_size: latents kept by "reservoir". fresh_statistics: whether a reseeded code gets new EMA statistics;
    False is the known bug in which the EMA pulls the code back to where it died.
    """

    strategy: str = "none"
    dead_by: str = "ema_count"
    threshold: float = 0.1
    patience: int = 100
    healthy_share: float = 0.9
    every: int = 10
    noise: float = 0.01
    top_fraction: float = 0.05
    reservoir_size: int = 8192
    fresh_statistics: bool = True

    def __post_init__(self) -> None:
        for noun, value, valid in (
            ("reseeding strategy", self.strategy, STRATEGIES),
            ("rule for dead codes", self.dead_by, DEAD_BY),
        ):
            if value not in valid:
                raise UnknownIdError(unknown_id_message(noun, value, list(valid)))
        if self.every < 1 or self.patience < 1 or self.reservoir_size < 1:
            raise SettingsError("every, patience and reservoir_size must be at least 1")
        if not 0 < self.healthy_share <= 1:
            raise SettingsError(f"healthy_share must be in (0, 1], got {self.healthy_share}")
        if not 0 < self.top_fraction <= 1 or self.threshold < 0 or self.noise < 0:
            raise SettingsError("top_fraction must be in (0, 1], threshold and noise at least 0")


def dead_codes(counts: CodeCounts, config: Reseeding) -> Tensor:
    """(K,) bool by the rule of `config`: the four signs of the survey's section 4.2."""
    if config.dead_by == "steps":
        return counts.steps_since_use >= config.patience
    rare = counts.ema_count < config.threshold
    if config.dead_by == "ema_count":
        return rare
    entropy = torch.special.entr(counts.ema_count / counts.ema_count.sum()).sum()  # () in nats; NaN before any token
    if config.dead_by == "perplexity":
        return rare & (entropy.exp() < config.healthy_share * len(rare))
    return rare & (entropy < config.healthy_share * math.log(len(rare)))


def by_silence(dead: Tensor, counts: CodeCounts) -> Tensor:
    """The numbers of all codes (K,) int64: the dead ones (K,) bool first, of these the longest silent first."""
    return torch.where(dead, counts.steps_since_use, -1).argsort(descending=True, stable=True)


@torch.no_grad()
def replacements(
    config: Reseeding,
    dead: Tensor,
    rows: Rows,
    vectors: Tensor,
    indices: Tensor,
    counts: CodeCounts,
    reservoir: Reservoir | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """New vectors for dead codes, where each comes from, and how many of them are meant.

    dead (K,) bool, rows: N latents of the batch of this rank, vectors (K, D), indices (N,). Returns (R, D), sources
    (R,) and a number (): a fixed R, of which the first so many are real, as many as there are different sources or
    dead codes. A source is a place of `rows` or of the reservoir, or for "split" the code that was split, each at most
    once: two codes made of one source would lie noise apart and share its latents. What is not finite is no source.
    """
    want = dead.sum()  # ()
    if config.strategy == "split":  # popular codes, most used first; never one of the dead
        parents = ~dead & finite_rows(vectors)  # (K,)
        source = torch.where(parents, counts.ema_count, -1.0).argsort(descending=True, stable=True)
        fresh, many = vectors[source], parents.sum()
    elif config.strategy == "hard_example":  # (2): the worst-served top fraction
        source, fresh, many = _worst_served(config, want, rows, vectors, indices)
    elif config.strategy == "reservoir" and reservoir is not None:  # (4)
        there = finite_rows(reservoir.latents) & reservoir.held  # (size,)
        source = take_first(draw_true(there, min(len(dead), len(there))))
        fresh, many = reservoir.latents[source], there.sum()
    else:  # (1) random latent of this batch
        source = rows.draw(min(len(dead), len(rows)))
        fresh, many = rows.take(source), rows.many
    noise = take_first(chance.randn_like(fresh))
    return fresh + config.noise * rows.spread * noise, source, torch.minimum(want, many)


def _worst_served(
    config: Reseeding, want: Tensor, rows: Rows, vectors: Tensor, indices: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """As `replacements`, but for the noise: `want` () of the latents that are farthest from their codes."""
    error = (rows.own - vectors[indices]).square().sum(-1)  # (N,)
    error = torch.where(finite_rows(rows.own), error, -1.0)
    worst = rows.gather(error, -1.0).argsort(descending=True, stable=True)  # (M,)
    pool = torch.maximum(want, (rows.many * config.top_fraction).long()).minimum(rows.many)  # () drawn from
    places = draw_true(torch.arange(len(worst), device=worst.device) < pool, min(len(vectors), len(worst)))
    source = worst[take_first(places)]
    return source, rows.take(source), pool
