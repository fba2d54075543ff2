"""Which codes are drawn on a map, and an honest plane for lattices, which have no learned table to project."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.maps.projection import PointMetric, Projection
from explorer.foundation.errors import SettingsError
from explorer.joints.measures.usage import rank_order
from explorer.joints.record import Codebook, LatticeRule

UMAP_SEED = 0  # of every UMAP that the pages show, so that maps that ship are theirs


@dataclass(frozen=True)
class DrawnCodes:
    """The codes of a map: codes (n,) int64 ascending, and a note that says which were left out, "" if none.

    sampled: whether codes were left out that have a place, so that the cells of those drawn are too large.
    """

    codes: np.ndarray
    note: str
    sampled: bool = False


def has_umap(codebook: Codebook) -> bool:
    """Whether a UMAP of the codes says something: that of grid points shows the grid's own symmetry only, and a plane
    needs none."""
    return codebook.rule is None and codebook.codebook_dim > 2


def map_metric(codebook: Codebook) -> PointMetric:
    """By which nearness the codes are laid out: that of the search, and Euclidean for a search by product."""
    return "cosine" if codebook.metric == "cosine" else "euclidean"


def map_codes(codebook: Codebook, limit: int, counts: np.ndarray | None = None) -> DrawnCodes:
    """The at most `limit` codes to draw: all of them, else the used ones (most used first) and an even sample.

    counts: (K,) tokens of each code, or None. Codes that are not finite have no place and are left out. Raises
    SettingsError for a limit below 1.
    """
    drawn = _within(codebook, limit, counts)
    if codebook.vectors is None:
        return drawn
    finite = np.isfinite(codebook.vectors[drawn.codes]).all(axis=1)
    lost = int(np.count_nonzero(~finite))
    if not lost:
        return drawn
    said = f"{lost:,} of these {len(finite):,} codes are NaN or infinite: they have no place and are not drawn."
    return DrawnCodes(drawn.codes[finite], f"{drawn.note} {said}".strip(), drawn.sampled)


def _within(codebook: Codebook, limit: int, counts: np.ndarray | None = None) -> DrawnCodes:
    size = codebook.codebook_size
    if limit < 1:
        raise SettingsError(f"a map needs room for at least one code, not {limit}")
    if size <= limit:
        return DrawnCodes(np.arange(size), "")
    used = np.empty(0, np.int64)
    if counts is not None:
        used = rank_order(counts)[: int(np.count_nonzero(counts))]
    if len(used) >= limit:
        note = f"The {limit:,} most used of {size:,} codes are drawn; {len(used):,} are used."
        return DrawnCodes(np.sort(used[:limit]), note, sampled=True)
    room = limit - len(used)
    # An even sample of the unused codes, by rank among them: rank + (used codes before it) is the code's number.
    ranks = np.arange(room, dtype=np.int64) * (size - len(used)) // room
    ordered = np.sort(used)
    sample = ranks + np.searchsorted(ordered - np.arange(len(ordered)), ranks, side="right")
    note = f"{limit:,} of {size:,} codes are drawn: {len(used):,} used ones and an even sample of {room:,} others."
    return DrawnCodes(np.sort(np.concatenate([used, sample])), note, sampled=True)


def lattice_coordinates(rule: LatticeRule, codes: np.ndarray | None = None) -> Projection:
    """The codes of a lattice on a grid where neighbours differ by one step of one digit: xy (n, 2) float32.

    Axes 0, 2, 4, ... make x and axes 1, 3, 5, ... make y, each counted in reflected Gray order. `codes` (n,)
    defaults to all K.
    """
    codes = np.arange(rule.codebook_size) if codes is None else np.asarray(codes)
    digits, levels = rule.digits(codes), rule.levels  # (n, D)
    xy = np.stack([_gray_rank(digits[:, a::2], levels[a::2]) for a in (0, 1)], axis=-1).astype(np.float32)
    note = (
        f"All {rule.codebook_size:,} codes of the {len(levels)}-axis lattice have a place on this grid: axes 1, 3, ... "
        "run along x, axes 2, 4, ... along y, in Gray order. Side by side means one step of one digit; "
        "the reverse does not hold, so distances on the grid are not distances of the codes."
    )
    return Projection(xy, "lattice", note)


def _gray_rank(digits: np.ndarray, levels: tuple[int, ...]) -> np.ndarray:
    """Place of digits (n, A) in the reflected mixed-radix Gray order: (n,) int64. Every odd block runs backwards."""
    rank = np.zeros(len(digits), np.int64)
    for axis, base in enumerate(levels):
        digit = digits[:, axis]
        rank = rank * base + np.where(rank % 2 == 1, base - 1 - digit, digit)
    return rank
