"""The search for the nearest code in numpy: exact, at the speed of one matrix product in float32.

Codes are ordered by b_k - x.d_k, a product in float32 with codes and latents moved to the middle of the codes. Where
two scores come closer than that product can round them apart, and only there, distances are taken directly in float64;
of few pairs all are, which takes fewer steps. So the result is what brute force in float64 gives, the first of equals,
for any offset, scale, type or duplicates.

Letters: N latents, n of a tile, m of them in doubt, K codes, D dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.joints.record import Metric

TILE_BYTES = 2 * 2**20  # of scores and latents at a time; small enough to stay in a cache
TILE_CODES = 1024
SAMPLE = 33  # codes whose median is the middle: one that ran away must not move it
WIDEST = 80  # the largest score of a code, as an exponent of two
ROUND64 = 2.0**-50  # the same of float64, with a margin of 8
ROUND = 2.0**-24  # half of the last place of a float32 at 1
MANY = 16  # codes that are measured directly for each latent in doubt, before equal codes are looked for
PAIR_FLOATS = 2**20  # of direct distances held at once
SHORT = 8  # dimensions up to which numpy adds up one after another
FEW_FLOATS = 2**15  # latents x codes x dimensions that are sooner all measured directly
FEW_SHORT = 2**17  # the same below SHORT dimensions, which takes no array of that size


@dataclass(frozen=True)
class Kernels:
    """The two steps that take the time, so that another library can do them.

    product(bias (k,), x (n, D), table (D, k), out (n, k)): out becomes bias - x @ table. least(tile (n, k)) -> (n,).
    """

    product: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], None]
    least: Callable[[np.ndarray], np.ndarray]


def _product(bias: np.ndarray, x: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
    np.matmul(x, table, out=out)
    np.subtract(bias, out, out=out)


NUMPY = Kernels(_product, lambda tile: tile.min(axis=1))


def _unit(codes: np.ndarray) -> np.ndarray:
    """Codes (K, D) of length 1, in float64; a zero stays one."""
    codes = codes.astype(np.float64)
    return codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-300)


class Scores:
    """What is minimized for latents x: b_k - (x - centre).d_k, in units in which it is about 1.

    Euclidean: d_k = e_k - centre and b_k = |d_k|^2 / 2. Dot, and cosine with e_k of length 1: d_k = e_k - middle, as
    the product of x and the middle is the same for all codes; no centre, and b_k = 0. Not finite: d_k = 0, b_k = inf.
    """

    def __init__(self, vectors: np.ndarray, metric: Metric, finite: np.ndarray | None = None) -> None:
        """finite (K,) bool: which codes are; None: all. At least one must be."""
        codes = vectors if finite is None else np.where(finite[:, None], vectors, 0)
        codes = _unit(codes) if metric == "cosine" else codes
        self.codes, self.metric, self.finite, self.euclidean = codes, metric, finite, metric == "euclidean"
        self.known = np.arange(len(codes)) if finite is None else np.flatnonzero(finite)  # numbers of the finite ones
        directions, squares, self.centre = self._from_the_middle(codes)  # (K, D), (K,)
        longest = float(squares.max() if finite is None else squares[finite].max())
        typical = _median(squares) or longest or 1.0
        self.longest = longest**0.5
        # Of two, so that nothing is rounded by it. Typical codes decide, as one may have run away; but where most have
        # decayed to nothing, as dead ones do under an EMA, the others must not overflow.
        exponent = min(-math.log2(min(max(typical, 1e-290), 1e290)), WIDEST - math.log2(max(longest, 1e-290)))
        self.scale = 2.0 ** round(exponent if self.euclidean else exponent / 2)
        if not 2.0**-100 < self.scale < 2.0**100:
            directions = directions.astype(np.float64)
        bias = squares * (self.scale / 2) if self.euclidean else np.zeros(len(codes))
        table = (directions * self.scale).astype(np.float32, copy=False)
        if finite is not None:
            table[~finite], bias[~finite] = 0.0, np.inf
        self.bias, self.table = bias.astype(np.float32), table.T  # (K,), (D, K)

    def _from_the_middle(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Codes (K, D) seen from the middle of the finite ones, their squared lengths, and what latents move by: (D,).

        The middle is the median of some, axis by axis: one code that ran away must not move it. Where the mean is
        nearer to zero than half a code, moving would gain nothing, and is spared.
        """
        if self.finite is None:
            mean, squares = codes.mean(0, dtype=np.float64), _squares(codes)
            if mean @ mean <= _median(squares) / 4:
                return codes, squares, None
        known = self.known
        sample = codes[known[:: -(-len(known) // SAMPLE)]]
        middle = np.partition(sample, len(sample) // 2, axis=0)[len(sample) // 2]  # in the type of the codes
        moved = codes - middle
        return moved, _squares(moved), middle if self.euclidean else None

    def centred(self, z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Latents (n, D) as they are multiplied: float32."""
        if self.centre is None:
            return z.astype(np.float32, copy=False)
        return np.subtract(z, self.centre, out=out, dtype=np.result_type(z, self.centre), casting="same_kind")

    def in_doubt(self, x: np.ndarray, best: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows whose two best scores rounding may have swapped, and the highest score that a best one can have: (m,).

        x (n, D) centred; best, second (n,). First by a length that none of them exceeds: few are left after that.
        """
        gap, dim = second - best, x.shape[1]
        flat = x.reshape(-1)
        longest = 1.05 * float(flat @ flat) ** 0.5 + 1.1e-19 * flat.size**0.5  # squares of less than that vanish
        (rows,) = np.nonzero(~(gap > self._most(dim) * self.longest * (longest + self.longest / 2) + 1e-37))
        if len(rows):
            lengths = np.linalg.norm(x[rows].astype(np.float64), axis=1)
            rounding = self._rounding(lengths, best[rows].astype(np.float64), dim)
            doubt = ~(gap[rows] > rounding)
            return rows[doubt], (best[rows] + rounding)[doubt]
        return rows, best[rows]

    def _rounding(self, lengths: np.ndarray | float, best: np.ndarray | float, dim: int) -> np.ndarray | float:
        """How far rounding may move two scores towards each other, for latents of these lengths from the centre.

        A sum of D products is off by less than min(D, 8 sqrt(D)) ROUND times the sum of their sizes (Higham 2002,
        section 3.1; Higham and Mary 2019); moving to the centre and rounding the table add less than 5 ROUND of that.
        Only codes about as near as the best one matter, no longer than the latent and its distance together.
        """
        size = lengths * self.longest
        if self.euclidean:
            away = np.sqrt(np.maximum(np.square(lengths) + best * (2 / self.scale), 0))
            reach = np.minimum(1.01 * (lengths + away), self.longest)
            size = reach * (lengths + reach / 2)
        return self._most(dim) * size + 1e-37

    def _most(self, dim: int) -> float:
        """How far rounding may move the scores, of what is multiplied: see _rounding."""
        return 2.5 * ROUND * (min(dim, 8 * dim**0.5) + 6) * self.scale

    def exactly(self, latents: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """What is to be least, without a product form: latents (p, D) as given, codes (p,) -> (p,) float64."""
        result, step = np.empty(len(codes)), max(1, PAIR_FLOATS // latents.shape[1])
        for start in range(0, len(codes), step):
            part = slice(start, start + step)
            x, e = latents[part].astype(np.float64), self.codes[codes[part]].astype(np.float64)
            result[part] = np.square(x - e).sum(1) if self.euclidean else -(x * e).sum(1)
        return result

    def nearest_in_float64(self, z: np.ndarray) -> np.ndarray:
        """Which codes may be the nearest to latents z (m, D), for all that a product in float64 can tell: (m, K) bool.

        Of codes that float32 cannot tell apart, such as those of one heap, so that few distances are left to measure.
        """
        x, codes, middle = z.astype(np.float64), self.codes.astype(np.float64), self.centre
        if self.euclidean and middle is not None:
            x, codes = x - middle, codes - middle
        squares = _squares(codes)
        score = (squares / 2 if self.euclidean else 0) - x @ codes.T
        if self.finite is not None:
            score[:, ~self.finite] = np.inf
        longest = squares.max() ** 0.5
        size = np.linalg.norm(x, axis=1) * longest + (longest**2 if self.euclidean else 0)
        return ~(score > (score.min(axis=1) + ROUND64 * (x.shape[1] + 6) * size)[:, None])

    @cached_property
    def distinct(self) -> np.ndarray:
        """The first of each of the codes that differ, in order of their numbers: (K',) int64."""
        return np.sort(self.known[np.unique(self.codes[self.known], axis=0, return_index=True)[1]])


def _squares(rows: np.ndarray) -> np.ndarray:
    """|row|^2 of each of (K, D): (K,) float64."""
    return np.einsum("kd,kd->k", rows, rows, dtype=np.float64)


def _median(values: np.ndarray) -> float:
    """The upper one of two: of values (n,)."""
    return float(np.partition(values, len(values) // 2)[len(values) // 2])


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
    finite = None if np.isfinite(vectors).all() else np.isfinite(vectors).all(1)
    if finite is not None and not finite.any():
        return np.zeros(len(z), np.int64)
    with np.errstate(all="ignore"):  # what overflows is in doubt, and what is in doubt is measured directly
        if z.size * len(vectors) <= few(z.shape[1]):
            known = np.arange(len(vectors)) if finite is None else np.flatnonzero(finite)
            return known[
                _measured(z, _unit(vectors[known]) if metric == "cosine" else vectors[known], metric == "euclidean")
            ]
        return _search(z, Scores(vectors, metric, finite), kernels)


def _search(z: np.ndarray, scores: Scores, kernels: Kernels) -> np.ndarray:
    columns = min(len(scores.codes), TILE_CODES)
    rows = max(1, TILE_BYTES // (4 * (columns + z.shape[1])))
    indices, doubts, limits = np.empty(len(z), np.int64), [], []
    x = np.empty((min(rows, len(z)), z.shape[1]), np.float32)
    buffer = np.empty(len(x) * columns, np.float32)  # made once: the pages of a new tile can cost more than its product
    for start in range(0, len(z), rows):
        part = z[start : start + rows]
        centred = scores.centred(part, x[: len(part)])
        best, second, indices[start : start + rows] = _two_best(centred, scores, buffer, columns, kernels)
        doubt, limit = scores.in_doubt(centred, best, second)
        doubts.append(start + doubt)
        limits.append(limit)
    doubt = np.concatenate(doubts) if doubts else np.empty(0, np.int64)
    if len(doubt):
        indices[doubt] = _settled(z[doubt], np.concatenate(limits), scores, kernels)
    return indices


def _two_best(
    x: np.ndarray, scores: Scores, buffer: np.ndarray, columns: int, kernels: Kernels
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (n, D), centred -> the least score of each row, the least but one, and the code of the least, (n,) each."""
    best = second = index = None
    for k in range(0, len(scores.bias), columns):
        bias = scores.bias[k : k + columns]
        tile = buffer[: len(x) * len(bias)].reshape(len(x), len(bias))
        kernels.product(bias, x, scores.table[:, k : k + columns], tile)
        where = tile.argmin(axis=1)  # numpy's argmin is vectorized; that of torch 2.13 on a CPU is not
        flat, place = tile.reshape(-1), np.arange(len(x)) * len(bias) + where
        value = flat[place]
        flat[place] = np.inf
        other = kernels.least(tile)
        if best is None:
            best, second, index = value, other, where
        else:
            second = np.minimum(np.maximum(best, value), np.minimum(second, other))
            index = np.where(value < best, where + k, index)
            best = np.minimum(best, value)
    return best, second, index


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
    step = max(1, TILE_BYTES // (4 * len(scores.codes)))
    for start in range(0, len(good), step):
        rows = good[start : start + step]
        near = np.empty((len(rows), len(scores.codes)), np.float32)
        kernels.product(scores.bias, scores.centred(z[rows]), scores.table, near)
        near = ~(near > limit[rows, None])
        if scores.finite is not None:
            near &= scores.finite
        row, code = np.nonzero(near)  # in order of rows, then of codes
        if len(row) > MANY * len(rows) and len(scores.distinct) < len(scores.codes):
            fewer = Scores(scores.codes[scores.distinct], scores.metric)
            index[rows] = scores.distinct[_search(z[rows], fewer, kernels)]
            continue
        if len(row) > MANY * len(rows):
            row, code = np.nonzero(near & scores.nearest_in_float64(z[rows]))
        away = scores.exactly(z[rows[row]], code)
        least = np.minimum.reduceat(away, np.searchsorted(row, np.arange(len(rows))))
        ties = np.flatnonzero(away == least[row])
        index[rows] = code[ties[np.searchsorted(row[ties], np.arange(len(rows)))]]
    return index
