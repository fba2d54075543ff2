"""Whether the first codes of semantic ids follow a category that is known of the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CategoryAgreement:
    """purity: share of the items whose prefix has their category most often. largest: share of the commonest category,
    which one code for all would reach. information: of prefix and category in common over the mean of their entropies
    (normalised mutual information), 0 to 1; by_chance: the same where categories are dealt out anew."""

    length: int
    categories: int
    purity: float
    largest: float
    information: float
    by_chance: float


def category_agreement(
    ids: np.ndarray, categories: Sequence[str], length: int = 1, seed: int = 0
) -> CategoryAgreement | None:
    """Of prefixes of that length. None where there is one category, or one prefix."""
    kinds = np.unique(np.asarray(categories), return_inverse=True)[1].reshape(-1)
    prefixes = np.unique(ids[:, :length], axis=0, return_inverse=True)[1].reshape(-1)
    if kinds.max() < 1 or prefixes.max() < 1:
        return None
    table = _table(prefixes, kinds)
    dealt = np.random.default_rng(seed).permutation(kinds)
    return CategoryAgreement(
        length,
        int(kinds.max()) + 1,
        float(table.max(1).sum() / len(kinds)),
        float(table.sum(0).max() / len(kinds)),
        _information(table),
        _information(_table(prefixes, dealt)),
    )


def _table(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    return table


def _information(table: np.ndarray) -> float:
    joint = table / table.sum()
    rows, columns = joint.sum(1), joint.sum(0)
    there = joint > 0
    common = (joint[there] * np.log(joint[there] / np.outer(rows, columns)[there])).sum()
    entropies = -sum((part[part > 0] * np.log(part[part > 0])).sum() for part in (rows, columns))
    return float(2 * common / entropies) if entropies > 0 else 0.0
