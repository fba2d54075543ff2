"""Scores: which code is the nearest, by one product in float32, and how far its rounding may have swapped two of them.

Letters: N latents, n of a tile, m of them in doubt, K codes, D dimensions.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from explorer.joints.record import Metric

SAMPLE = 33  # codes whose median is the middle: one that ran away must not move it
WIDEST = 80  # the largest score of a code, as an exponent of two
ROUND64 = 2.0**-50  # the same of float64, with a margin of 8
MOST = 1e37  # of the size of a product: beyond, two of its terms may be infinite, and their sum no number
ROUND = 2.0**-24  # half of the last place of a float32 at 1
PAIR_FLOATS = 2**20  # of direct distances held at once
Floats = np.ndarray | float


def unit(codes: np.ndarray) -> np.ndarray:
    """Codes (K, D) of length 1, in float64; a zero stays one."""
    codes = codes.astype(np.float64)
    return codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-300)


def rounding_of(length: Floats, longest: Floats, dim: int, euclidean: bool, scale: float = 1.0) -> Floats:
    """How far rounding may move two scores of one latent towards each other, in the units of the scores.

    length: of the latent, from where it is seen; longest: of the codes that matter. A sum of D products is off by less
    than min(D, 8 sqrt(D)) ROUND times the sum of their sizes (Higham 2002, section 3.1; Higham and Mary 2019); moving
    to the centre and rounding the table add less than 5 ROUND of that. Beyond any gap where the product may overflow.
    """
    size = longest * (length + longest / 2) if euclidean else longest * length
    size = scale * size
    return 2.5 * ROUND * (min(dim, 8 * dim**0.5) + 6) * size + 1e-37 + 1e300 * (size > MOST)


def measure_pairs(latents: np.ndarray, codes: np.ndarray, euclidean: bool) -> np.ndarray:
    """What is to be least of each pair, without a product form: (p, D), (p, D) -> (p,) float64."""
    x, e = latents.astype(np.float64), codes.astype(np.float64)
    return np.square(x - e).sum(1) if euclidean else -(x * e).sum(1)


class Scores:
    """What is minimized for latents x: b_k - (x - centre).d_k, in units in which it is about 1.

    Euclidean: d_k = e_k - centre and b_k = |d_k|^2 / 2. Dot, and cosine with e_k of length 1: d_k = e_k - middle, as
    the product of x and the middle is the same for all codes; no centre, and b_k = 0. Not finite: d_k = 0, b_k = inf.
    """

    def __init__(self, vectors: np.ndarray, metric: Metric, finite: np.ndarray | None = None) -> None:
        """finite (K,) bool: which codes are; None: all. At least one must be."""
        codes = vectors if finite is None else np.where(finite[:, None], vectors, 0)
        codes = unit(codes) if metric == "cosine" else codes
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
        out = np.empty(z.shape, np.float32) if out is None else out
        return np.subtract(z, self.centre, out=out, dtype=np.result_type(z, self.centre), casting="same_kind")

    def limit(self, dim: int) -> tuple[float, float, float]:
        """Rounding cannot have swapped a latent's two best scores, as float32, that are more than a length + b apart,
        where its length, as a root of a sum of squares in float32, is not beyond a third number: (a, b, that)."""
        a, rest = rounding_of(1.0, self.longest, dim, False, self.scale), self.longest / 2 * self.euclidean
        vanished = 1.1e-19 * dim**0.5  # lengths whose squares are nothing
        b, most = 1.01 * a * (rest + vanished) + 2e-37, 0.99 * MOST / max(self.longest * self.scale, 1e-300) - rest
        if not (1e-30 < a < 1e30 and b < 1e30):  # where float32 ends
            return 0.0, math.inf, 0.0
        return 1.01 * a, b, min(max(most, 0.0), 1e38)

    def open_rows(self, x: np.ndarray, gap: np.ndarray) -> np.ndarray:
        """Those of latents x (n, D), centred, whose two best scores are so near, `gap` (n,), that rounding may have
        swapped them, by a length that none of them exceeds: few are left after that. (m,) int64."""
        flat = x.reshape(-1)
        longest = 1.05 * float(flat @ flat) ** 0.5 + 1.1e-19 * flat.size**0.5  # squares of less than that vanish
        return np.flatnonzero(~(gap > rounding_of(longest, self.longest, x.shape[1], True, self.scale)))

    def in_doubt(self, x: np.ndarray, best: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which two best scores rounding may have swapped, by each latent's own length, and the highest score that a
        best one can have: latents x (n, D), centred, best, second (n,) -> rows and scores (m,)."""
        lengths = np.linalg.norm(x.astype(np.float64), axis=1)
        rounding = self._rounding(lengths, best.astype(np.float64), x.shape[1])
        doubt = np.flatnonzero(~(second - best > rounding))
        return doubt, (best + rounding)[doubt]

    def _rounding(self, lengths: np.ndarray, best: np.ndarray, dim: int) -> np.ndarray:
        """`rounding_of` latents of these lengths from the centre, whose least scores are `best`: (m,), (m,) -> (m,).

        Only codes about as near as the best one matter, no longer than the latent and its distance together.
        """
        reach = self.longest
        if self.euclidean:
            away = np.sqrt(np.maximum(np.square(lengths) + best * (2 / self.scale), 0))
            reach = np.minimum(1.01 * (lengths + away), self.longest)
        return rounding_of(lengths, reach, dim, self.euclidean, self.scale)

    def exactly(self, latents: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """What is to be least, without a product form: latents (p, D) as given, codes (p,) -> (p,) float64."""
        result, step = np.empty(len(codes)), max(1, PAIR_FLOATS // latents.shape[1])
        for start in range(0, len(codes), step):
            part = slice(start, start + step)
            result[part] = measure_pairs(latents[part], self.codes[codes[part]], self.euclidean)
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
