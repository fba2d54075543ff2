"""Reseeding: which codes count as dead, and what new vector they get.

Random restarts: Jukebox (Dhariwal et al. 2020, arXiv 2005.00341) and SoundStream (Zeghidour et al. 2021, arXiv
2107.03312, section III-C: a moving average of decay 0.99 below 2). The strategies are those of "Discrete Visual
Tokenizers for Multimodal LLMs" (a survey, 2025), 4.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.quantizers import chance
from explorer.quantizers.base import CodeCounts, forget_flags
from explorer.quantizers.initialization import pick
from explorer.quantizers.nearest import finite_rows

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


class Reservoir(nn.Module):
    """A uniform sample of all latents seen lately: a ring of random rows from each batch.

    Each batch replaces a random 1/8 of the ring, so a latent stays for about eight batches.
    """

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("latents", torch.zeros(size, dim))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))
        self._filled: int | None = 0  # a Python copy, so that a step on a GPU need not wait to read it
        self.register_load_state_dict_post_hook(forget_flags)

    def _forget(self) -> None:
        self._filled = None

    def __len__(self) -> int:
        if self._filled is None:
            self._filled = int(self.filled)
        return self._filled

    @torch.no_grad()
    def add(self, z: Tensor) -> None:
        """Take a share of z (N, D)."""
        size, filled = len(self.latents), len(self)
        if filled < size:
            take = min(len(z), size - filled)
            self.latents[filled : filled + take] = z[pick(z, take)].to(self.latents)
            self._filled = filled + take
            self.filled.fill_(self._filled)
        else:
            take = min(len(z), max(1, size // 8))
            self.latents[pick(self.latents, take)] = z[pick(z, take)].to(self.latents)

    def sample(self) -> Tensor:
        """All latents held: (n, D), also those that are not finite."""
        return self.latents[: len(self)]


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
    """The numbers of the dead codes (K,) bool, longest silent first: (R,) int64."""
    codes = dead.nonzero().flatten()
    return codes[counts.steps_since_use[codes].argsort(descending=True, stable=True)]


@torch.no_grad()
def replacements(
    config: Reseeding,
    dead: Tensor,
    z: Tensor,
    vectors: Tensor,
    indices: Tensor,
    counts: CodeCounts,
    reservoir: Reservoir | None,
) -> tuple[Tensor, Tensor]:
    """New vectors for dead codes and where each comes from, as many as there are different sources, or dead codes.

    dead (K,) bool, z (N, D) latents of the batch, vectors (K, D), indices (N,). Returns (R', D) and sources (R',): a
    row of z or of the reservoir, or for "split" the code that was split, each at most once: two codes made of one
    source would lie noise apart and share its latents. What is not finite is no source.
    """
    want, finite = int(dead.sum()), finite_rows(z)  # (N,)
    if config.strategy == "split":  # popular codes, most used first; never one of the dead
        parents = ~dead & finite_rows(vectors)  # (K,)
        popular = torch.where(parents, counts.ema_count, -1.0).topk(min(want, int(parents.sum()))).indices
        source, fresh = popular, vectors[popular]
    elif config.strategy == "hard_example":  # (2): the worst-served top fraction
        error = torch.where(finite, (z - vectors[indices]).square().sum(-1), -1.0)  # (N,)
        good = int(finite.sum())
        worst = error.topk(min(good, max(want, int(good * config.top_fraction)))).indices
        source = worst[pick(worst[:, None], min(want, len(worst)))]
        fresh = z[source]
    else:  # (1) random latent of this batch, (4) of the reservoir
        held = reservoir.sample() if config.strategy == "reservoir" and reservoir is not None else z
        (rows,) = finite_rows(held).nonzero(as_tuple=True)
        source = rows[pick(rows[:, None], min(want, len(rows)))]
        fresh = held[source]
    good = z[finite]
    spread = good.std(dim=0, keepdim=True) if len(good) > 1 else torch.zeros_like(vectors[:1])
    return fresh + config.noise * spread * chance.randn_like(fresh), source
