"""What a table of codes and its kept counts tell by themselves, without any data.

A table: lengths, spread, codes that all but coincide, effective dimension. Counts: which codes were dead in training.
Letters: n codes read, K codes, D dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.codes.duplicates import near_duplicates
from explorer.analysis.maps.geometry import nearest_others, spectrum, spread
from explorer.joints.table_faults import not_finite, table_fault

TWIN = 0.05  # of the usual distance between a code and the nearest other: closer ones are near-duplicates
COMPARED = 4096  # codes whose neighbours are looked for
DEAD = 0.01  # of the mean count: a code with less was dead in training


@dataclass(frozen=True)
class TableFacts:
    """codes, dim: K and D. read: n, how many of the codes were read, at even distances. lost: of those, not finite.

    norms: shortest, median and longest of the finite ones. spread: root mean squared distance to their mean. compared:
    codes among which neighbours were looked for; gap: the median distance to the nearest other; twins: codes with
    another nearer than `threshold`. dimension: the effective one, from 1 to D (participation ratio). fault: what is
    wrong at first sight, "" for nothing. Figures are None where no two finite codes are there.
    """

    codes: int
    dim: int
    read: int
    lost: int
    norms: tuple[float, float, float] | None
    spread: float | None
    compared: int
    gap: float | None
    twins: int | None
    threshold: float | None
    dimension: float | None
    fault: str


@dataclass(frozen=True)
class CountFacts:
    """codes: K. total: sum of the counts as they were kept: of a running average about the tokens of a batch. dead:
    bool (K,), below DEAD of the mean; None where the counts tell nothing. most: share of the most used code. effective:
    exp of the entropy of the shares, 1 to K. silent: why they tell nothing, "" if they do.
    """

    codes: int
    total: float
    dead: np.ndarray | None
    most: float | None
    effective: float | None
    silent: str


def table_facts(vectors: np.ndarray, codes: int) -> TableFacts:
    """Facts of `vectors` (n, D), of a table of `codes` (K)."""
    vectors = np.asarray(vectors, np.float64)
    lost = not_finite(vectors)
    finite = vectors[np.isfinite(vectors).all(axis=1)] if lost else vectors
    size, dim = len(vectors), vectors.shape[1]
    fault = table_fault(vectors)
    if len(finite) < 2:
        return TableFacts(codes, dim, size, lost, None, None, 0, None, None, None, None, fault)
    lengths = np.linalg.norm(finite, axis=1)
    some = finite[:: -(-len(finite) // COMPARED)]
    gap = float(np.median(nearest_others(some)[0]))
    threshold = TWIN * gap
    twins = int(near_duplicates(some, threshold, 1).near.sum())
    return TableFacts(
        codes=codes,
        dim=dim,
        read=size,
        lost=lost,
        norms=(float(lengths.min()), float(np.median(lengths)), float(lengths.max())),
        spread=spread(finite),
        compared=len(some),
        gap=gap,
        twins=twins,
        threshold=threshold,
        dimension=spectrum(finite).effective_dimension,
        fault=fault,
    )


def count_facts(counts: np.ndarray) -> CountFacts:
    """Facts of kept counts (K,), whole or running averages."""
    counts = np.asarray(counts, np.float64).reshape(-1)
    total = float(counts.sum())
    silent = _silent(counts)
    if silent:
        return CountFacts(len(counts), total, None, None, None, silent)
    share = counts / total
    positive = share[share > 0]
    effective = float(np.exp(-(positive * np.log(positive)).sum()))
    return CountFacts(len(counts), total, counts < DEAD * counts.mean(), float(share.max()), effective, "")


def _silent(counts: np.ndarray) -> str:
    """Why counts tell nothing of the training."""
    if not np.isfinite(counts).all():
        return "some of them are NaN or infinite"
    if counts.min() < 0:
        return "some of them are below 0"
    if not counts.any():
        return "all of them are 0: none were kept"
    if len(counts) > 1 and (counts == counts[0]).all():
        return f"all of them are {counts[0]:g}, as before the first step of training"
    return ""
