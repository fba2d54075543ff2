"""From probabilities to a token: temperature, top-k, and a draw that a seed makes again. numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import SettingsError
from explorer.joints.language import NextToken

HOTTEST = 2.0
FROZEN = 1e-6  # below it only the most probable code is left, and dividing by it overflows


@dataclass(frozen=True)
class Sampling:
    """temperature: 0 takes the most probable code, 1 draws as the prior says, above 1 evens out. top_k: how many codes
    may be drawn, the most probable ones; 0 for all. seed: of the draws."""

    temperature: float = 1.0
    top_k: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= HOTTEST:
            raise SettingsError(f"the temperature is from 0 to {HOTTEST:g}, not {self.temperature}")
        if self.top_k < 0 or self.seed < 0:
            raise SettingsError("top-k and seed are 0 or more")

    def applied(self, found: NextToken) -> NextToken:
        """The probabilities that are drawn from: p^(1/T) of the top_k most probable codes, made to sum to 1."""
        p, order = found.probabilities, found.order()
        kept = order[: self.top_k or len(p)]
        changed = np.zeros_like(p)
        if self.temperature < FROZEN:
            changed[order[0]] = 1.0
            return NextToken(found.place, changed)
        with np.errstate(divide="ignore"):  # a code of probability 0 stays there
            logs = np.log(p[kept]) / self.temperature
        weights = np.exp(logs - logs.max())
        changed[kept] = weights / weights.sum()
        return NextToken(found.place, changed)

    def draw(self, found: NextToken) -> int:
        """One code by the probabilities that `applied` gives. It depends on the seed, the place and them alone."""
        p = self.applied(found).probabilities
        at = np.random.default_rng((self.seed, found.place)).random() * p.sum()
        order = np.flatnonzero(p)
        return int(order[min(int(np.searchsorted(np.cumsum(p[order]), at, side="right")), len(order) - 1)])
