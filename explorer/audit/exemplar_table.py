"""Exemplars of every code, kept while tokens stream by: a few rows a code, however many tokens there are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer.audit.counting import State, part, ranks
from explorer.joints.audit_parts import EXEMPLARS, Exemplars

FROM_ONE_MEDIUM = 2  # of the closest and of the farthest, while other media offer any


class LowestTokens:
    """For each code the `EXEMPLARS` tokens with the lowest keys; of one medium at most `of_one`.

    Equal keys: the earlier medium, then the earlier token.
    """

    def __init__(self, codebook_size: int, of_one: int) -> None:
        shape = (codebook_size, EXEMPLARS)
        self._of_one = of_one
        self.key = np.full(shape, np.inf)
        self.medium, self.token = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)
        self.distance = np.full(shape, np.nan, np.float32)

    def offer(self, medium: int, codes: np.ndarray, keys: np.ndarray, distances: np.ndarray) -> None:
        """All tokens of one medium: codes, keys and distances (N,); media come in ascending order."""
        token = np.flatnonzero(keys < self.key[codes, -1])  # most tokens end here once every code has its rows
        if not len(token):
            return
        token = token[np.lexsort((keys[token], codes[token]))]  # stable: of equal keys the earlier token first
        rank = ranks(codes[token])
        token, rank = token[rank < self._of_one], rank[rank < self._of_one]
        first = rank == 0  # of its code
        rows, place = codes[token[first]], np.cumsum(first) - 1
        shape = (len(rows), EXEMPLARS)
        new = np.full(shape, np.inf), np.full(shape, -1, np.int32), np.full(shape, np.nan, np.float32)
        for table, values in zip(new, (keys[token], token, distances[token]), strict=True):
            table[place, rank] = values
        self._take(rows, new[0], np.where(new[1] >= 0, medium, -1).astype(np.int32), new[1], new[2])

    def _take(
        self, rows: np.ndarray, keys: np.ndarray, media: np.ndarray, tokens: np.ndarray, distances: np.ndarray
    ) -> None:
        """Offer the codes `rows` (r,) what later media have for them: (r, EXEMPLARS) each, the lowest keys first."""
        key = np.concatenate([self.key[rows], keys], axis=1)
        order = np.argsort(key, axis=1, kind="stable")[:, :EXEMPLARS]  # stable: the earlier medium first
        at = order + np.arange(0, key.size, key.shape[1])[:, None]  # in rows one behind another
        self.key[rows] = key.reshape(-1)[at]
        for mine, more in ((self.medium, media), (self.token, tokens), (self.distance, distances)):
            mine[rows] = np.concatenate([mine[rows], more], axis=1).reshape(-1)[at]

    def join(self, after: LowestTokens, media: int) -> None:
        """Take in the tokens of other media, which follow `media` of this one."""
        number = np.where(after.medium >= 0, after.medium + media, -1).astype(np.int32)
        self._take(np.arange(len(self.key)), after.key, number, after.token, after.distance)

    def state(self) -> State:
        return {"key": self.key, "medium": self.medium, "token": self.token, "distance": self.distance}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.key, self.medium = state["key"], state["medium"]
        self.token, self.distance = state["token"], state["distance"]


class ExemplarTable:
    """Closest, random and farthest tokens of each code of one level."""

    def __init__(self, codebook_size: int) -> None:
        self._tables = {
            "closest_spread": LowestTokens(codebook_size, FROM_ONE_MEDIUM),
            "closest_any": LowestTokens(codebook_size, EXEMPLARS),
            "random": LowestTokens(codebook_size, EXEMPLARS),
            "farthest_spread": LowestTokens(codebook_size, FROM_ONE_MEDIUM),
            "farthest_any": LowestTokens(codebook_size, EXEMPLARS),
        }

    def offer(self, medium: int, codes: np.ndarray, distances: np.ndarray, priority: np.ndarray) -> None:
        """All tokens of one medium: codes, distances to them, and uniform random numbers, each (N,).

        A token at no finite distance is no exemplar.
        """
        finite = np.isfinite(distances)
        for name, table in self._tables.items():
            keys = {"closest": distances, "random": priority, "farthest": -distances}[name.partition("_")[0]]
            keys = keys if finite.all() else np.where(finite, keys, np.inf)
            table.offer(medium, codes, keys.astype(np.float64), distances)

    def exemplars(self) -> Exemplars:
        """The first choice is spread over media; where that gives too few, any others of the code fill it up."""
        tables = self._tables
        kinds = (
            _filled(tables["closest_spread"], tables["closest_any"]),
            (tables["random"].medium, tables["random"].token, tables["random"].distance),
            _filled(tables["farthest_spread"], tables["farthest_any"]),
        )
        return Exemplars(*(np.stack(arrays, axis=1) for arrays in zip(*kinds, strict=True)))  # (K, 3, E) each

    def join(self, after: ExemplarTable, media: int) -> None:
        """Take in the tokens of other media, which follow `media` of this one."""
        for name, table in self._tables.items():
            table.join(after._tables[name], media)

    def state(self) -> State:
        return {f"{name}_{key}": a for name, table in self._tables.items() for key, a in table.state().items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        for name, table in self._tables.items():
            table.restore(part(state, name))


def _filled(spread: LowestTokens, any_medium: LowestTokens) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(medium, token, distance), (K, E) each: `spread`, then what `any_medium` has besides, in order of the key."""
    same = (any_medium.medium[:, :, None] == spread.medium[:, None]) & (
        any_medium.token[:, :, None] == spread.token[:, None]
    )  # (K, E, E)
    key = np.concatenate([spread.key, np.where(same.any(axis=2), np.inf, any_medium.key)], axis=1)  # (K, 2 E)
    second = np.broadcast_to(np.arange(key.shape[1]) >= EXEMPLARS, key.shape)
    first_choice = np.lexsort((key, second, np.isinf(key)), axis=1)[:, :EXEMPLARS]
    chosen_key = np.take_along_axis(key, first_choice, axis=1)
    order = np.take_along_axis(first_choice, np.argsort(chosen_key, axis=1, kind="stable"), axis=1)
    none = np.isinf(np.sort(chosen_key, axis=1, kind="stable"))
    found = []
    for name, empty in (("medium", -1), ("token", -1), ("distance", np.nan)):
        both = np.concatenate([getattr(spread, name), getattr(any_medium, name)], axis=1)
        chosen = np.take_along_axis(both, order, axis=1)
        found.append(np.where(none, both.dtype.type(empty), chosen))
    return found[0], found[1], found[2]
