"""What would explain tokens that do not belong to their codes: another metric, scale, place, precision, or order.

Each cause is tried on the latents that were kept, and counts only where tokens of others are not explained as well.
Letters: n latents, K codes, D codebook_dim.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from explorer.analysis.codes.belonging import BFLOAT16, belongs, is_bfloat16
from explorer.analysis.codes.neighbours import assign
from explorer.analysis.maps.geometry import spread
from explorer.joints.record import Codebook

APART = 0.2  # of the spread of the latents
FITTED, GAINED = 0.75, 0.5  # shares that an estimated scale or shift explains at least: of all latents; of the rest
STEADY = 0.9  # of the latents of a code whose nearest code is one and the same: the codes have been renumbered
SEEN, MOST_SEEN = 3, 0.5  # latents of a code from which that is looked at; share of the latents whose codes have them
TRIED_ON, SEARCHED = 256, 2**20  # latents with which factors are tried at least; latents x codes
CHANCE = 0.5  # of the latents that a rounding explains with tokens of others: then it explains any tokens
IN_PLACE = 0.1  # of those codes have the latents that lie at them: then not all were renumbered
METRICS = ("euclidean", "cosine", "dot")


@dataclass(frozen=True)
class Cause:
    """What would explain the tokens: its kind, the share of latents that it explains, and figures for its words."""

    kind: str
    share: float
    factor: float = 1.0
    shift: float = 0.0
    other: str = ""

    @property
    def fitted(self) -> bool:
        """Whether its figures are estimates, which leave some latents near a border unexplained."""
        return self.kind in ("scaled", "shifted", "scaled and shifted", "borders")


def cause_of(codebook: Codebook, latents: np.ndarray, codes: np.ndarray, enough: float) -> Cause | None:
    """The likeliest cause that explains a share `enough` of the latents or more; None if nothing tried does.

    Of latents that all have one code nothing can be told: any shift would explain them.
    """
    if len(np.unique(codes)) < 2:
        return None
    as_is = float(belongs(codebook, latents, codes).mean())
    estimate = max(min(enough, FITTED), as_is + GAINED * (1 - as_is))
    tried = [
        *_rounded(codebook, latents, codes),
        *_by_other_metrics(codebook, latents, codes),
        *_fitted(codebook, latents, codes),
        *_transposed(codebook, latents, codes),
        *_other_borders(codebook, latents, codes),
    ]
    fits = [cause for cause in tried if cause.share >= (estimate if cause.fitted else enough)]
    if fits:
        return max(fits, key=lambda cause: cause.share)
    return _renumbered(codebook, latents, codes)


def _share(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> float:
    if not _apart(codebook, latents) or _by_chance(codebook, latents, codes) > CHANCE:
        return 0.0
    return float(belongs(codebook, latents, codes).mean())


def _by_chance(codebook: Codebook, latents: np.ndarray, codes: np.ndarray, rounding: float = 0.0) -> float:
    """The share of some latents that tokens of others explain: what explains these as well explains nothing."""
    some = np.linspace(0, len(latents) - 1, min(len(latents), TRIED_ON)).astype(int)
    others = np.random.default_rng(0).permutation(codes)[some]
    return float(belongs(codebook, latents[some], others, rounding).mean())


def _rounded(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> list[Cause]:
    """Codes that were rounded to bfloat16 after the tokens were chosen."""
    if codebook.vectors is None or not is_bfloat16(codebook.vectors):
        return []
    blind = _by_chance(codebook, latents, codes, BFLOAT16) > CHANCE  # codes lie within that of each other
    share = float(belongs(codebook, latents, codes, BFLOAT16).mean())
    return [Cause("bfloat16", share, other="any tokens" if blind else "")]


def _by_other_metrics(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> list[Cause]:
    if codebook.vectors is None:
        return []
    others = (name for name in METRICS if name != codebook.metric)
    return [Cause("metric", _share(replace(codebook, metric=name), latents, codes), other=name) for name in others]


def _fitted(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> list[Cause]:
    """Codes times a factor, plus a shift, or both, by least squares over the latents."""
    if codebook.vectors is None:
        return []
    raw, own = latents.astype(np.float64), codebook.vectors[codes].astype(np.float64)
    factor = float((raw * own).sum() / max(np.square(own).sum(), 1e-300))
    shift = (raw - own).mean(axis=0)
    left, right = raw - raw.mean(0), own - own.mean(0)
    both = float((left * right).sum() / max(np.square(right).sum(), 1e-300))
    offset = raw.mean(0) - both * own.mean(0)
    table = codebook.vectors.astype(np.float64)
    factor = _best_factor(codebook, latents, codes, factor)
    return [
        Cause("scaled", _share(_with(codebook, factor * table), latents, codes), factor),
        Cause("shifted", _share(_with(codebook, table + shift), latents, codes), 1.0, float(np.linalg.norm(shift))),
        Cause(
            "scaled and shifted", _share(_with(codebook, both * table + offset), latents, codes) - 1e-3,
            both, float(np.linalg.norm(offset)),
        ),
    ]  # fmt: skip


def _best_factor(codebook: Codebook, latents: np.ndarray, codes: np.ndarray, start: float) -> float:
    """The factor of the codes that explains most of some latents, the middle of those that explain as many: where codes
    are not the means of their latents, least squares give another."""
    if codebook.metric == "cosine" or not start > 0:
        return start
    some = np.linspace(
        0, len(latents) - 1, min(len(latents), max(TRIED_ON, SEARCHED // codebook.codebook_size))
    ).astype(int)
    for reach, steps in ((2.0, 17), (0.25, 9)):  # octaves to both sides
        tried = start * 2.0 ** np.linspace(-reach, reach, steps)
        scaled = (_with(codebook, one * codebook.vectors) for one in tried)
        shares = [
            belongs(book, latents[some], codes[some]).mean() - _by_chance(book, latents[some], codes[some])
            for book in scaled
        ]
        start = float(np.exp(np.log(tried[np.asarray(shares) >= max(shares) - 1e-9]).mean()))
    return start


def _with(codebook: Codebook, vectors: np.ndarray) -> Codebook:
    return replace(codebook, vectors=vectors.astype(np.float32))


def _apart(codebook: Codebook, latents: np.ndarray) -> bool:
    """Whether codes reach about as far as latents do: of a codebook shrunk to a point every code is as near."""
    return spread(codebook.vectors) >= APART * spread(latents)


def _transposed(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> list[Cause]:
    """A table that was laid out (D, K) and read as (K, D)."""
    if codebook.vectors is None:
        return []
    size, dim = codebook.vectors.shape
    read = np.ascontiguousarray(codebook.vectors.reshape(dim, size).T)
    return [Cause("transposed", _share(_with(codebook, read), latents, codes))]


def _other_borders(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> list[Cause]:
    """Tokens of a lattice that follow from each axis of the latents, but at other borders than half way between its
    values: latents before they were bounded, scaled or moved."""
    if codebook.rule is None:
        return []
    digits, fits = codebook.rule.digits(codes), np.ones(len(codes), bool)  # (n, D), values rise with their numbers
    for axis, values in enumerate(codebook.rule.axis_values):
        place = digits[:, axis]
        borders = [_border(latents[:, axis], place > lower) for lower in range(len(values) - 1)]
        fits &= np.searchsorted(np.sort(borders), latents[:, axis]) == place
    return [Cause("borders", float(fits.mean()))]


def _border(values: np.ndarray, above: np.ndarray) -> float:
    """The border that parts values (n,) that are `above` it (n,) bool from the others with the fewest mistakes."""
    order = np.argsort(values, kind="stable")
    mistakes = np.r_[0, np.cumsum(np.where(above[order], 1, -1))]  # more of them, the border behind each value
    least = int(mistakes.argmin())
    ends = np.r_[-np.inf, values[order], np.inf]
    if not 0 < least < len(values):
        return float(ends[least] if least == 0 else ends[-1])
    return float((ends[least] + ends[least + 1]) / 2)


def _renumbered(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> Cause | None:
    """Codes whose latents lie at one other code each: rows in another order, or numbers moved by one."""
    known = np.isin(codes, np.flatnonzero(np.bincount(codes) >= SEEN))
    if known.mean() < MOST_SEEN:
        return None
    codes, nearest = codes[known], assign(codebook, latents[known])
    pairs, count = np.unique(np.stack([codes, nearest], axis=1), axis=0, return_counts=True)
    own = np.unique(codes)
    most = np.zeros(codebook.codebook_size, np.int64)
    np.maximum.at(most, pairs[:, 0], count)
    main = pairs[count == most[pairs[:, 0]]]
    steady = most[own].sum() / len(codes)
    if steady < STEADY or len(np.unique(main[:, 1])) < STEADY * len(own) or len(own) < 2:
        return None
    if np.isin(own, main[main[:, 0] == main[:, 1], 0]).mean() > IN_PLACE:
        return None  # a part of the rows alone: `astray` names them
    size = codebook.codebook_size
    step = np.unique((main[:, 0] - main[:, 1] + size // 2) % size) - size // 2
    return Cause("renumbered", float(steady), factor=float(step[0]) if len(step) == 1 else 0.0)
