"""The search for the nearest code on a CPU: exact, at the speed of one matrix product in float32 or above.

Codes are ordered by b_k - x.d_k, a product in float32 with codes and latents moved to the middle of the codes. Where
two scores come closer than that product can round them apart, and only there, distances are taken directly in float64;
of few pairs all are, which takes fewer steps. So the result is what brute force in float64 gives, the first of equals,
for any offset, scale, type or duplicates.

Letters: N latents, n of a tile, m of them in doubt, K codes, D dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explorer.joints.record import Metric
from explorer.quantizers.compiled.machine import Machine, from_a_cache_line, machine
from explorer.quantizers.scores import MOST, Scores, measure_pairs, rounding_of, unit

TILE_BYTES = 2 * 2**20  # of scores and latents at a time; small enough to stay in a cache
TILE_CODES = 1024
ALONE = 4  # latents in doubt up to which each is sooner looked at by itself
MANY = 16  # codes that are measured directly for each latent in doubt, before equal codes are looked for
SHORT = 8  # dimensions up to which numpy adds up one after another
FEW_FLOATS = 2**15  # latents x codes x dimensions that are sooner all measured directly
PART_LATENTS = 2**18  # of which compiled code keeps two scores at a time
AT_ONCE = 2**17  # multiplications from which compiled code takes less than a library's product and its steps
FEW_SHORT = 2**17  # the same below SHORT dimensions, which takes no array of that size


@dataclass(frozen=True)
class Kernels:
    """The two steps that take the time, so that another library can do them.

    product(bias (k,), x (n, D), table (D, k), out (n, k)): out becomes bias - x @ table. least(tile (n, k)) -> (n,).
    threads() -> how many compiled code may use, where there is some.
    """

    product: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], None]
    least: Callable[[np.ndarray], np.ndarray]
    threads: Callable[[], int] = lambda: 1


def _product(bias: np.ndarray, x: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
    np.matmul(x, table, out=out)
    np.subtract(bias, out, out=out)


NUMPY = Kernels(_product, lambda tile: tile.min(axis=1))


def few(dim: int) -> int:
    """Latents x codes x dimensions up to which all distances are sooner measured than doubted."""
    return FEW_SHORT if dim < SHORT else FEW_FLOATS


def _measured(z: np.ndarray, codes: np.ndarray, euclidean: bool) -> np.ndarray:
    """The nearest of the codes (K, D), all finite, to latents z (m, D), by the distances of all pairs: (m,) int64."""
    x, e = z.astype(np.float64), codes.astype(np.float64)
    if x.shape[1] < SHORT:
        away = np.zeros((len(x), len(e))) if not x.shape[1] else None
        for axis in range(x.shape[1]):
            part = (np.subtract if euclidean else np.multiply)(x[:, axis, None], e[:, axis])
            part = np.square(part, out=part) if euclidean else np.negative(part, out=part)
            away = part if away is None else np.add(away, part, out=away)
    else:
        away = np.square(x[:, None] - e).sum(2) if euclidean else -(x[:, None] * e).sum(2)
    index = away.argmin(axis=1)
    if not np.isfinite(z).all():
        index[~np.isfinite(z).all(1)] = 0
    return index


def nearest_rows(z: np.ndarray, vectors: np.ndarray, metric: Metric, kernels: Kernels = NUMPY) -> np.ndarray:
    """The number of the nearest code for each latent, of equally near ones the lowest.

    z (N, D), vectors (K, D) of float32 or float64 -> (N,) int64. Codes that are not finite are never chosen;
    latents that are not get the first finite code (0 if there is none).
    """
    with np.errstate(all="ignore"):  # what overflows is in doubt, and what is in doubt is measured directly
        fits = 0 < 4 * (len(z) * len(vectors) + z.size) <= TILE_BYTES
        if not fits or (z.size * len(vectors) > AT_ONCE and machine() is not None):
            return _nearest_rows(z, vectors, metric, kernels)
        index, doubt = _at_once(z, vectors, metric, kernels)
        if len(doubt):
            index[doubt] = _nearest_rows(z[doubt], vectors, metric, kernels)
        return index


def _at_once(z: np.ndarray, vectors: np.ndarray, metric: Metric, kernels: Kernels) -> tuple[np.ndarray, np.ndarray]:
    """The code of each latent (N,) int64, and the latents that it leaves open, (m,) int64: most often none.

    One tile in the fewest steps, since of few latents and codes a step costs more than its numbers: seen from zero
    and not from the middle, and as if all were as long as the longest latent and code.
    """
    euclidean, codes = metric == "euclidean", unit(vectors) if metric == "cosine" else vectors
    table, x = codes.astype(np.float32, copy=False), z.astype(np.float32, copy=False)
    squares, lengths = _squares(table), _squares(x)  # (K,), (N,)
    longest, length = float(squares.max()) ** 0.5, float(lengths.max()) ** 0.5
    rounding = rounding_of(length, longest, z.shape[1], euclidean)
    if not rounding < MOST:
        return np.zeros(len(z), np.int64), np.arange(len(z))
    tile = from_a_cache_line(len(z) * len(table)).reshape(len(z), len(table))
    kernels.product(squares / 2 if euclidean else np.zeros_like(squares), x, table.T, tile)
    value, other, index = _two_least(tile, kernels)
    (doubt,) = np.nonzero(other <= value + 1.1 * rounding)
    if not len(doubt) or not euclidean:  # a latent that is zero is no nearer to one than to another
        return index, doubt
    if len(doubt) <= ALONE:
        return index, _one_by_one(z, codes, tile, value, index, doubt, longest)
    near = tile[doubt] <= value[doubt, None] + 1.1 * rounding
    near[np.arange(len(doubt)), index[doubt]] = True
    row, code = np.nonzero(near)
    if len(row) > MANY * len(doubt):
        return index, doubt
    index[doubt] = _least(row, code, measure_pairs(z[doubt[row]], codes[code], euclidean))
    return index, doubt[:0]


def _one_by_one(
    z: np.ndarray,
    codes: np.ndarray,
    tile: np.ndarray,
    value: np.ndarray,
    index: np.ndarray,
    doubt: np.ndarray,
    longest: float,
) -> np.ndarray:
    """Settle in `index` (N,) the few latents `doubt` (m,), each by what rounding may do to it alone: those left open.

    z (N, D), codes (K, D); tile (N, K) of scores, the least of each row, `value` (N,), written over by _two_least.
    """
    left = []
    for row in doubt:
        x = z[row].astype(np.float64)
        near = tile[row] <= value[row] + 1.1 * rounding_of(float(x @ x) ** 0.5, longest, len(x), True)
        near[index[row]] = True
        (code,) = near.nonzero()
        if len(code) > MANY:
            left.append(row)
        elif len(code) > 1:
            index[row] = code[measure_pairs(x, codes[code], True).argmin()]
    return np.array(left, np.int64)


def _squares(rows: np.ndarray) -> np.ndarray:
    """Squared lengths of rows (n, D) of float32, (n,): by a product, in half of the time of a sum of each row."""
    return np.square(rows) @ _ones(rows.shape[1])


@lru_cache(maxsize=16)
def _ones(dim: int) -> np.ndarray:
    return np.ones(dim, np.float32)


def _two_least(tile: np.ndarray, kernels: Kernels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """tile (n, k) -> the least of each row, the least but one, and the column of the least, (n,) each.

    The least are written over. Two passes for a minimum take less than one that compares all with a limit.
    """
    where = tile.argmin(axis=1)  # numpy's argmin is vectorized; that of torch 2.13 on a CPU is not
    flat, place = tile.reshape(-1), np.arange(0, tile.size, tile.shape[1]) + where
    value = flat[place]
    flat[place] = np.inf
    return value, kernels.least(tile), where


def _least(row: np.ndarray, code: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Of pairs in order of rows 0, 1, .., then of codes: the first code that is the least away of each row."""
    rows = np.arange(row[-1] + 1)
    ties = np.flatnonzero(away == np.minimum.reduceat(away, np.searchsorted(row, rows))[row])
    return code[ties[np.searchsorted(row[ties], rows)]]


def _nearest_rows(z: np.ndarray, vectors: np.ndarray, metric: Metric, kernels: Kernels) -> np.ndarray:
    finite = None if np.isfinite(vectors).all() else np.isfinite(vectors).all(1)
    if finite is not None and not finite.any():
        return np.zeros(len(z), np.int64)
    if z.size * len(vectors) <= few(z.shape[1]):
        known = np.arange(len(vectors)) if finite is None else np.flatnonzero(finite)
        codes = unit(vectors[known]) if metric == "cosine" else vectors[known]
        return known[_measured(z, codes, metric == "euclidean")]
    return _search(z, Scores(vectors, metric, finite), kernels)


def _search(z: np.ndarray, scores: Scores, kernels: Kernels) -> np.ndarray:
    here = machine()
    rows, search = _in_numpy(z, scores, kernels) if here is None else _compiled(scores, here, kernels.threads())
    indices, doubts, limits = np.empty(len(z), np.int64), [], []
    for start in range(0, len(z), rows):
        part = z[start : start + rows]
        best, second, indices[start : start + rows], doubt = search(part)
        if len(doubt):
            some, limit = scores.in_doubt(scores.centred(part[doubt]), best[doubt], second[doubt])
            doubts.append(start + doubt[some])
            limits.append(limit)
    if doubts and len(doubt := np.concatenate(doubts)):
        indices[doubt] = _settled(z[doubt], np.concatenate(limits), scores, kernels)
    return indices


Found = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # as _two_best gives, (n,) each; rows in doubt, (m,)


def _compiled(scores: Scores, here: Machine, threads: int) -> tuple[int, Callable[[np.ndarray], Found]]:
    """How many latents are taken at a time, and what finds their two best codes."""
    (table, bias), limit = here.packed(scores.table, scores.bias), scores.limit(len(scores.table))

    def search(part: np.ndarray) -> Found:
        x, centre = part, scores.centre
        if x.dtype != np.float32 or (centre is not None and centre.dtype != np.float32):
            x, centre = scores.centred(x), None
        found = here.two_best(np.ascontiguousarray(x), table, bias, centre, limit, threads)
        return found.best, found.second, found.index, np.flatnonzero(found.in_doubt)

    return PART_LATENTS, search


def _in_numpy(z: np.ndarray, scores: Scores, kernels: Kernels) -> tuple[int, Callable[[np.ndarray], Found]]:
    """The same by the products of a library."""
    columns = min(len(scores.codes), TILE_CODES)
    rows = max(1, TILE_BYTES // (4 * (columns + z.shape[1])))
    x = np.empty((min(rows, len(z)), z.shape[1]), np.float32)
    buffer = from_a_cache_line(len(x) * columns)  # made once: the pages of a new tile can cost more than its product

    def search(part: np.ndarray) -> Found:
        centred = scores.centred(part, x[: len(part)])
        best, second, index = _two_best(centred, scores, buffer, columns, kernels)
        return best, second, index, scores.open_rows(centred, second - best)

    return rows, search


def _two_best(
    x: np.ndarray, scores: Scores, buffer: np.ndarray, columns: int, kernels: Kernels
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (n, D), centred -> the least score of each row, the least but one, and the code of the least, (n,) each."""
    best = second = index = None
    for k in range(0, len(scores.bias), columns):
        bias = scores.bias[k : k + columns]
        tile = buffer[: len(x) * len(bias)].reshape(len(x), len(bias))
        kernels.product(bias, x, scores.table[:, k : k + columns], tile)
        value, other, where = _two_least(tile, kernels)
        if best is None:
            best, second, index = value, other, where
        else:
            second = np.minimum(np.maximum(best, value), np.minimum(second, other))
            index = np.where(value < best, where + k, index)
            best = np.minimum(best, value)
    return best, second, index


def _all_scores(scores: Scores, kernels: Kernels) -> Callable[[np.ndarray], np.ndarray]:
    """What takes latents x (n, D), centred, to all of their scores (n, K)."""
    here = machine()
    if here is not None:
        table, bias = here.packed(scores.table, scores.bias)
        return lambda x: here.scores(np.ascontiguousarray(x), table, bias, len(scores.codes))

    def product(x: np.ndarray) -> np.ndarray:
        tile = np.empty((len(x), len(scores.codes)), np.float32)
        kernels.product(scores.bias, x, scores.table, tile)
        return tile

    return product


def _settled(z: np.ndarray, limit: np.ndarray, scores: Scores, kernels: Kernels) -> np.ndarray:
    """The nearest code of latents in doubt, z (m, D), among the codes of scores up to `limit` (m,): (m,)."""
    index = np.full(len(z), scores.known[0])  # of a latent that is not finite
    good = np.isfinite(z).all(1)
    if not scores.euclidean:
        good &= (z != 0).any(1)  # no code is nearer than another to a zero
    (good,) = np.nonzero(good)
    if good.size * scores.codes.size <= few(z.shape[1]):
        index[good] = scores.known[_measured(z[good], scores.codes[scores.known], scores.euclidean)]
        return index
    step, all_scores = max(1, TILE_BYTES // (4 * len(scores.codes))), _all_scores(scores, kernels)
    for start in range(0, len(good), step):
        rows = good[start : start + step]
        near = ~(all_scores(scores.centred(z[rows])) > limit[rows, None])
        if scores.finite is not None:
            near &= scores.finite
        row, code = np.nonzero(near)  # in order of rows, then of codes
        if len(row) > MANY * len(rows) and len(scores.distinct) < len(scores.codes):
            fewer = Scores(scores.codes[scores.distinct], scores.metric)
            index[rows] = scores.distinct[_search(z[rows], fewer, kernels)]
            continue
        if len(row) > MANY * len(rows):
            row, code = np.nonzero(near & scores.nearest_in_float64(z[rows]))
        index[rows] = _least(row, code, scores.exactly(z[rows[row]], code))
    return index
