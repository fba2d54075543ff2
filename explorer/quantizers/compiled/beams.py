"""Beam search over residual levels, compiled: of each latent the best of the partial sums that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.quantizers.compiled.machine import Machine, machine
from explorer.quantizers.compiled.sharing import share
from explorer.quantizers.scores import Scores

PART_PRODUCTS = 2**29  # multiplications that a thread does at a time, about ten milliseconds
PARTS = 4  # for each thread at least, so that none waits long for another


@dataclass(frozen=True)
class Level:
    """A codebook (K, D) of float32 as the kernel reads it."""

    vectors: np.ndarray
    table: np.ndarray
    bias: np.ndarray
    centre: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, here: Machine) -> Level:
        """At least one of the codes must be finite."""
        vectors = np.ascontiguousarray(vectors, np.float32)
        finite = np.isfinite(vectors).all(1)
        scores = Scores(vectors, "euclidean", None if finite.all() else finite)
        centre = np.zeros(vectors.shape[1]) if scores.centre is None else scores.centre
        return cls(
            vectors,
            *here.packed(scores.table, scores.bias),
            np.ascontiguousarray(centre, np.float32),
            np.array([scores.scale], np.float32),
        )


def search_compiled(
    z: np.ndarray, tables: Sequence[np.ndarray], beam: int, threads: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """z (N, D), tables (K, D) of each level -> codes (N, Q) int64, and the squared length of what they leave, (N,).

    Where the greedy codes leave less, these. Of each level at least one code must be finite; where nothing of a latent
    is, its error is not either. None where it cannot be compiled.
    """
    here, near = machine("beams"), machine("nearest")
    if here is None or near is None:
        return None
    with np.errstate(all="ignore"):
        levels = [Level.of(table, here) for table in tables]
    most = max(len(level.vectors) for level in levels) * beam * max(1, z.shape[1]) * len(levels)
    rows = min(PART_PRODUCTS // most, len(z) // (PARTS * threads) if threads > 1 else len(z))
    rows = here.width * max(1, rows // here.width)
    codes, errors = np.empty((len(z), len(levels)), np.int64), np.empty(len(z), np.float32)

    def search(start: int) -> None:
        with np.errstate(all="ignore"):  # each thread has its own
            part = slice(start, start + rows)
            codes[part], errors[part] = _search(z[part], levels, beam, here, near)

    share(search, range(0, len(z), rows), threads)
    return codes, errors


def _search(
    z: np.ndarray, levels: Sequence[Level], beam: int, here: Machine, near: Machine
) -> tuple[np.ndarray, np.ndarray]:
    count, dim = z.shape
    groups = -(-count // here.width)
    left = np.zeros((groups * here.width, 1, dim), np.float32)  # (n, B, D)
    left[:count, 0] = z
    path = np.empty((len(left), 1, 0), np.int64)  # (n, B, q)
    greedy, there, greedily = np.zeros(len(left), np.int64), np.ones(len(left), bool), []
    for q, level in enumerate(levels):
        after, parent, code = _go_on(left, level, beam, here)
        follows = parent == greedy[:, None]  # the first of them by the nearest code, as the best come first
        (lost,) = np.nonzero(there & ~follows.any(1))
        if len(lost):
            found, rest = _go_greedily(left[lost, greedy[lost]], levels[q:], near)
            greedily.append((lost, np.concatenate([path[lost, greedy[lost]], found], axis=1), rest))
            there[lost] = False
        greedy, left = follows.argmax(1), after
        path = np.concatenate([np.take_along_axis(path, parent[..., None], 1), code[..., None]], axis=2)
    error = np.einsum("nbd,nbd->nb", left, left)
    best, rows = np.where(np.isnan(error), np.inf, error).argmin(1), np.arange(len(left))
    codes, error = path[rows, best], error[rows, best]
    for lost, found, rest in greedily:
        better = rest < error[lost]
        codes[lost[better]], error[lost[better]] = found[better], rest[better]
    return codes[:count], error[:count]


def _go_greedily(left: np.ndarray, levels: Sequence[Level], near: Machine) -> tuple[np.ndarray, np.ndarray]:
    """left (m, D) -> the nearest code of each of the levels (m, q), and the squared length of what they leave, (m,)."""
    codes = []
    for level in levels:
        index = near.two_best(left, level.table, level.bias, level.centre).index
        codes.append(np.minimum(index, len(level.vectors) - 1))
        left = left - level.vectors[codes[-1]]
    return np.stack(codes, axis=1), np.einsum("md,md->m", left, left)


def _go_on(left: np.ndarray, level: Level, beam: int, here: Machine) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """left (n, B, D) -> the S best continuations in order: what they leave (n, S, D), where from, by which code."""
    count, beams, dim = left.shape
    blocks, codes = len(level.table), len(level.vectors)
    sought = min(beam, beams * codes)
    looked = min(sought, beams * blocks)
    vectors = beams * dim + beams + beams * blocks + looked + looked * here.block + sought
    scratch = np.empty(vectors * here.width, np.float32)
    after = np.empty((count, sought, dim), np.float32)
    parent, code = np.empty((count, sought), np.int64), np.empty((count, sought), np.int64)
    pointers = (left, level.table, level.bias, level.centre, level.vectors, level.scale, scratch, after, parent, code)
    here.call("continue_beams", *pointers, count // here.width, blocks, dim, beams, sought, looked, codes)
    return after, parent, code
