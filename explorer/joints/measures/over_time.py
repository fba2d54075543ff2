"""The tokens of a clip over time: where and how often they change, and which codes come again.

A step is one slice of tokens in time, (rows, columns) of them; the first may stand for one frame alone
(`TokenLayout.first_alone`) and counts as any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.record import TokenLevel


@dataclass(frozen=True)
class Change:
    """counts (rows, columns) int64: in how many of `pairs` pairs of steps that follow each other the token there is
    another one in the later than in the earlier."""

    counts: np.ndarray
    pairs: int

    @property
    def changed(self) -> int:
        """Tokens that differ from the one before, over all positions and pairs."""
        return int(self.counts.sum())

    @property
    def possible(self) -> int:
        """How many could: positions times pairs."""
        return self.counts.size * self.pairs

    @property
    def share(self) -> float | None:
        """changed / possible; None of a single step, in which nothing can change."""
        return self.changed / self.possible if self.possible else None


@dataclass(frozen=True)
class Reuse:
    """Of each of T steps, (T,) int64 each. codes: different codes in it. new: those of them that no earlier step has.
    known_tokens: its tokens whose code an earlier step has. same_tokens: its tokens that are as in the step before;
    0 of the first. tokens: how many a step has."""

    codes: np.ndarray
    new: np.ndarray
    known_tokens: np.ndarray
    same_tokens: np.ndarray
    tokens: int


@dataclass(frozen=True)
class CodeTimes:
    """codes (U,): those in use, in the order of the step that has them first, of equal ones by number.
    counts (U, T) int64: tokens of each in each step."""

    codes: np.ndarray
    counts: np.ndarray


def change_over_time(level: TokenLevel) -> Change:
    """Where tokens change from step to step. Raises RecordError for tokens that are not of a clip."""
    steps = _steps(level)
    return Change((steps[1:] != steps[:-1]).sum(axis=0), len(steps) - 1)


def reuse_over_time(level: TokenLevel) -> Reuse:
    """Which codes each step brings, and which it takes over. Raises RecordError for tokens that are not of a clip."""
    steps = _steps(level)
    flat = steps.reshape(len(steps), -1)  # (T, rows * columns)
    found, places = np.unique(flat, return_inverse=True)
    places = places.reshape(flat.shape)
    first = np.full(len(found), len(steps))
    np.minimum.at(first, places, np.arange(len(steps))[:, None])  # the first step of each code
    here = [np.unique(row) for row in places]
    return Reuse(
        codes=np.array([len(row) for row in here]),
        new=np.bincount(first, minlength=len(steps)),
        known_tokens=(first[places] < np.arange(len(steps))[:, None]).sum(axis=1),
        same_tokens=np.concatenate([[0], (flat[1:] == flat[:-1]).sum(axis=1)]),
        tokens=flat.shape[1],
    )


def code_times(level: TokenLevel) -> CodeTimes:
    """Which code is used when. Raises RecordError for tokens that are not of a clip."""
    steps = _steps(level)
    flat = steps.reshape(len(steps), -1)
    found, places = np.unique(flat, return_inverse=True)
    counts = np.zeros((len(found), len(steps)), np.int64)
    np.add.at(counts, (places.reshape(flat.shape), np.arange(len(steps))[:, None]), 1)
    order = np.argsort((counts > 0).argmax(axis=1), kind="stable")
    return CodeTimes(found[order].astype(np.int64), counts[order])


def _steps(level: TokenLevel) -> np.ndarray:
    """indices (T, rows, columns)."""
    if level.layout.kind != "grid3d":
        raise RecordError(f"only the tokens of a clip go over time in steps, those of a {level.layout.kind} do not")
    return level.indices.reshape(level.layout.shape)
