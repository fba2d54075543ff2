"""Distances between codes and from latents to codes: nearest codes, assignment, margins.

Codes that hold NaN or infinity have no distance: they are never assigned, and no neighbours. A latent that does is
assigned the first finite code, and its margin is NaN.

Distance means, by the codebook's metric: euclidean |x - c|; cosine 1 - cos(x, c); dot the negative inner product.
An implicit codebook (a lattice) is measured by its rule and never listed as a whole.

Products of N latents with K codes go in chunks of latents, so that their working arrays stay near CHUNK_BYTES.
"""

from __future__ import annotations

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.measures.error import unit_rows
from explorer.joints.record import Codebook, LatticeRule, TokenLevel
from explorer.quantizers.scores import Scores
from explorer.quantizers.search import nearest_rows

CHUNK_BYTES = 64 * 2**20


def nearest_codes(codebook: Codebook, code: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` codes nearest to `code`, itself left out: (codes (M,) int64, distances (M,) float32).

    M is count, or less if there are fewer other codes that are finite. Equal distances are in order of the code's
    number. Distances as above; for a lattice the Euclidean distance of its rows. Raises RecordError for a code out of
    range.
    """
    if not 0 <= code < codebook.codebook_size:
        raise RecordError(f"code {code} is outside 0..{codebook.codebook_size - 1}")
    count = min(count, codebook.codebook_size - 1)
    codes, distances = nearest_to(codebook, codebook.rows(np.asarray(code)), count, leave_out=code)
    return codes, distances.astype(np.float32)


def nearest_to(
    codebook: Codebook, vector: np.ndarray, count: int, leave_out: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The `count` codes nearest to `vector` (D,) but for `leave_out`: (codes (M,) int64, distances (M,) float64)."""
    vector = np.asarray(vector, np.float64)
    wanted = count if leave_out is None else count + 1
    if codebook.rule is not None:
        codes, distances = _nearest_on_lattice(codebook.rule, vector, wanted)
    else:
        distances = _exact_distances(vector, codebook.vectors, codebook.metric)  # (K,)
        codes = np.argsort(distances, kind="stable")[: int(np.isfinite(distances).sum())]  # NaN and inf come last
        distances = distances[codes]
    others = codes != leave_out if leave_out is not None else np.ones(len(codes), bool)
    return codes[others][:count].astype(np.int64), distances[others][:count]


def distance_to(codebook: Codebook, vector: np.ndarray, code: int) -> float:
    """Distance of `vector` (D,) to `code`, in the codebook's metric; Euclidean for a lattice."""
    return float(_exact_distances(vector, codebook.rows(np.asarray(code)), codebook.metric))


def assign(codebook: Codebook, vectors: np.ndarray) -> np.ndarray:
    """The code that the codebook's metric gives each of `vectors` (N, D): (N,) int64.

    Equally near codes: the one with the lowest number. A lattice cuts each axis half-way between its values.
    """
    if codebook.rule is not None:
        return _assign_on_lattice(codebook.rule, vectors)
    return nearest_rows(_floats(vectors), _floats(codebook.vectors), codebook.metric)


def margins(level: TokenLevel) -> np.ndarray:
    """How clearly each token got its code, in the units of the codebook's metric: (N,) float32.

    Explicit codebook: distance to the nearest other code minus distance to the assigned one. Lattice: distance of
    z_e to the nearest side of the assigned code's cell; sides lie half-way between neighbouring values of an axis
    (for LFQ and BSQ: the sign boundary). In both, 0 is a tie and a negative number says that the assigned code is
    not the nearest one. With a single code there is no other: inf.
    """
    return latent_margins(level.z_e, level.indices.reshape(-1), level.codebook)


def latent_margins(z_e: np.ndarray, codes: np.ndarray, codebook: Codebook) -> np.ndarray:
    """`margins` of latents (N, D) that were assigned `codes` (N,): (N,) float32."""
    if codebook.rule is not None:
        return _lattice_margins(z_e, codes, codebook.rule)
    if codebook.codebook_size == 1:
        return np.full(len(z_e), np.inf, np.float32)
    result, vectors = np.full(len(z_e), np.nan, np.float32), _floats(codebook.vectors)
    finite = np.isfinite(vectors).all(axis=1)
    if finite.sum() < 2:
        return result
    scores = Scores(vectors, codebook.metric, None if finite.all() else finite)
    step = max(1, CHUNK_BYTES // (4 * len(vectors) + 32 * vectors.shape[1]))  # scores, a few copies of the latents
    for start in range(0, len(z_e), step):
        latents, assigned = _floats(z_e[start : start + step]), codes[start : start + step]
        table = scores.bias - scores.centred(latents) @ scores.table  # (n, K)
        table[np.arange(len(assigned)), assigned] = np.inf
        second = table.argmin(axis=1)
        # The product form only chooses the second code; the distances themselves are computed without cancellation.
        distances = [_exact_distances(latents, codebook.vectors[c], codebook.metric) for c in (second, assigned)]
        result[start : start + step] = distances[0] - distances[1]
    return result


def _floats(rows: np.ndarray) -> np.ndarray:
    """float64 as it is, all else as float32, which holds every narrower float."""
    return np.ascontiguousarray(rows, rows.dtype if rows.dtype == np.float64 else np.float32)


def _exact_distances(a: np.ndarray, b: np.ndarray, metric: str) -> np.ndarray:
    """Distances of vectors (..., D), row by row, in float64."""
    a, b = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    if metric == "dot":
        return -(a * b).sum(axis=-1)
    if metric == "cosine":  # half the squared chord: exact where 1 - cos would cancel
        return 0.5 * np.square(unit_rows(a) - unit_rows(b)).sum(axis=-1)
    return np.sqrt(np.square(a - b).sum(axis=-1))


def _nearest_on_lattice(rule: LatticeRule, vector: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` codes nearest to `vector` (D,) by Euclidean distance: exact, axis by axis.

    The squared distance is a sum over axes, so the best `count` sums over the first axes are enough to extend:
    the work grows with count x levels x D, not with K.
    """
    squared, codes = np.zeros(1), np.zeros(1, np.int64)
    for values, radix, here in zip(rule.axis_values, rule.radix(), vector, strict=True):
        # Values as float32, as in the rows of the codebook, so that a code is at distance 0 of itself.
        step = np.square(np.asarray(values, np.float32).astype(np.float64) - here)  # (L,)
        squared = (squared[:, None] + step).reshape(-1)
        codes = (codes[:, None] + np.arange(len(values)) * radix).reshape(-1)
        best = np.lexsort((codes, squared))[:count]
        squared, codes = squared[best], codes[best]
    return codes, np.sqrt(squared)


def _cell_sides(values: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(order (L,), lower (L,), upper (L,)): digits by ascending value; the sides of each digit's cell."""
    values = np.asarray(values, np.float64)
    order = np.argsort(values)
    middles = (values[order][1:] + values[order][:-1]) / 2  # (L - 1,)
    lower, upper = np.empty(len(values)), np.empty(len(values))
    lower[order] = np.concatenate([[-np.inf], middles])
    upper[order] = np.concatenate([middles, [np.inf]])
    return order, lower, upper


def _assign_on_lattice(rule: LatticeRule, vectors: np.ndarray) -> np.ndarray:
    codes = np.zeros(len(vectors), np.int64)
    for axis, (values, radix) in enumerate(zip(rule.axis_values, rule.radix(), strict=True)):
        order, _, upper = _cell_sides(values)
        middles = upper[order][:-1]
        codes += order[np.searchsorted(middles, vectors[:, axis].astype(np.float64))] * radix
    return np.where(np.isnan(vectors).any(axis=1), 0, codes)


def _lattice_margins(z_e: np.ndarray, codes: np.ndarray, rule: LatticeRule) -> np.ndarray:
    digits = rule.digits(codes)  # (N, D)
    result = np.full(len(z_e), np.inf)
    for axis, values in enumerate(rule.axis_values):
        _, lower, upper = _cell_sides(values)
        digit, latent = digits[:, axis], z_e[:, axis].astype(np.float64)
        result = np.minimum(result, np.minimum(latent - lower[digit], upper[digit] - latent))
    return result.astype(np.float32)
