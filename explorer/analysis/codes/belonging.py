"""Do these tokens belong to these codes? Whether a latent's code explains it; what would, if not, is in `causes.py`.

A latent is explained when its code is as near as the nearest one, to rounding or within WITHIN: twins, black
backgrounds and silence have many codes at almost one distance, and a tokenizer that adds up in another order takes
another of them. Letters: n latents, K codes, D codebook_dim.
"""

from __future__ import annotations

import numpy as np

from explorer.analysis.codes.neighbours import assign, latent_margins
from explorer.analysis.maps.geometry import in_metric
from explorer.joints.record import Codebook

WITHIN = 0.01  # of the nearest distance (dot: of the best product above the mean one)
FLOAT32, HALF, BFLOAT16 = 2.0**-23, 2.0**-11, 2.0**-9
# Roundings of |x|^2 + |c|^2 where a squared distance is computed as |x|^2 - 2 x.c + |c|^2 in float32, uncentred: a few,
# and those of sums of D products, which wander like the square root of D (Higham and Mary 2019).
SUMS, SUMS_EACH = 2.0, 0.75
LOOKED_AT, SECOND = 256, 0.9  # latents whose ranks are looked at; share of them that have one of the nearest few
RANKS = 8  # codes among which a second choice lies, and by which K is divided where that is less
EVERYWHERE = 0.5  # of the variance of all latents: those of one code lie all over
EACH, ELSEWHERE, ASTRAY = 5, 1.5, 0.1  # latents of a code, their distance in nearest ones, share of them explained


def is_half(values: np.ndarray) -> bool:
    """Whether all values are those of half precision, as latents of older audits and of models in float16."""
    return bool((np.abs(values) < 65_504).all() and np.array_equal(values, values.astype(np.float16)))


def is_bfloat16(values: np.ndarray) -> bool:
    """Whether all values (float32) are those of bfloat16: the lower 16 bits are zero."""
    return not (np.ascontiguousarray(values, np.float32).view(np.uint32) & 0xFFFF).any()


def belongs(
    codebook: Codebook,
    latents: np.ndarray,
    codes: np.ndarray,
    rounding: float = 0.0,
    nearest: np.ndarray | None = None,
) -> np.ndarray:
    """Whether each of `latents` (n, D) has a code (n,) as near as the nearest one: (n,) bool.

    rounding: of the codes, as a share of their length, such as BFLOAT16. Rounding of half-precision latents is seen.
    nearest: the nearest code of each (n,), where that is known.
    """
    if codebook.rule is not None:
        return _on_lattice(codebook, latents, codes)
    nearest = assign(codebook, latents) if nearest is None else nearest
    points, own, best = (
        in_metric(np.asarray(vectors, np.float64), codebook.metric)
        for vectors in (latents, codebook.vectors[codes], codebook.vectors[nearest])
    )
    longer = np.maximum(np.linalg.norm(own, axis=1), np.linalg.norm(best, axis=1))
    lengths = np.linalg.norm(points, axis=1) + longer
    roundings = max(SUMS, SUMS_EACH * points.shape[1] ** 0.5)
    sums = roundings * FLOAT32 * (np.square(points).sum(axis=1) + longer**2)
    slip = (HALF if is_half(latents) else 0.0) + rounding
    if codebook.metric == "dot":
        most = (points * best).sum(1)
        mean = points @ codebook.vectors.mean(axis=0, dtype=np.float64)
        short = most - (points * own).sum(1)
        return short <= WITHIN * np.abs(most - mean) + sums + 2 * slip * lengths**2
    mine, least = (np.square(points - rows).sum(1) for rows in (own, best))
    # d_own <= (1 + WITHIN) d_least + 2 slip lengths, in squares and with the rounding of a float32 sum.
    allowed = np.square((1 + WITHIN) * np.sqrt(least) + 2 * slip * lengths)
    return mine <= allowed + sums


def _on_lattice(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """A latent may lie beyond a side of its cell by WITHIN of the smallest step of an axis."""
    values = [np.unique(axis) for axis in codebook.rule.axis_values]
    step = min((float(np.diff(axis).min()) for axis in values if len(axis) > 1), default=0.0)
    lengths = np.linalg.norm(latents.astype(np.float64), axis=1)
    slip = (HALF if is_half(latents) else SUMS * FLOAT32) * lengths
    return latent_margins(latents, codes, codebook) >= -(WITHIN * step + slip)


def astray(
    codebook: Codebook, latents: np.ndarray, codes: np.ndarray, fits: np.ndarray, nearest: np.ndarray
) -> np.ndarray:
    """Codes (a,) whose latents, EACH or more of `latents` (n, D), lie at other codes, so that this row is another one:
    hardly any is explained, and half of them are ELSEWHERE times as far from it as from the nearest or farther.

    fits (n,) bool: `belongs`. nearest (n,): the nearest code of each latent.
    """
    if codebook.vectors is None or codebook.metric == "dot":
        return np.empty(0, np.int64)
    points, own, best = (
        in_metric(np.asarray(vectors, np.float64), codebook.metric)
        for vectors in (latents, codebook.vectors[codes], codebook.vectors[nearest])
    )
    far = np.square(points - own).sum(1) >= ELSEWHERE**2 * np.square(points - best).sum(1)
    each, known, away = (np.bincount(codes, weights, codebook.codebook_size) for weights in (None, fits, far & ~fits))
    spread_each = np.zeros(codebook.codebook_size)  # mean squared distance of a code's latents to their middle
    for code in np.flatnonzero((each >= EACH) & (known <= ASTRAY * each) & (away >= 0.5 * each)):
        spread_each[code] = points[codes == code].var(axis=0).sum()
    everywhere = spread_each >= EVERYWHERE * points.var(axis=0).sum()  # a number that fills in, not a row that moved
    return np.flatnonzero((spread_each > 0) & ~everywhere)


def second_choice(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> bool:
    """Whether nearly all of these latents (n, D), none of which has the nearest code, have one of the nearest few:
    what a beam search or sampling chooses, and what codes that moved a little leave behind."""
    few = min(RANKS, codebook.codebook_size // RANKS)
    if codebook.vectors is None or few < 2 or len(latents) < EACH:
        return False
    some = np.linspace(0, len(latents) - 1, min(len(latents), LOOKED_AT)).astype(int)
    points, table = (in_metric(np.asarray(v, np.float64), codebook.metric) for v in (latents[some], codebook.vectors))
    lengths = 0 if codebook.metric == "dot" else np.square(table).sum(1) / 2
    away = lengths - points @ table.T  # (n, K), what is to be least
    own = away[np.arange(len(some)), codes[some]]
    return float(((away < own[:, None]).sum(axis=1) < few).mean()) >= SECOND
