"""Categories of items and groups of nodes, as the browser draws them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.joints.graphs import GraphNames
from explorer.views.kit.wire.encoding import pack

MOST_CATEGORIES = 12  # with a colour of their own; rarer ones are "other"


def category_payload(words: Sequence[str]) -> dict[str, object] | None:
    """{"names": the commonest first, "of": (N,) uint8 the number of each item}; None where no item has a category."""
    if not words:
        return None
    names, of, counts = np.unique(np.asarray(words), return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    shown = [str(names[one]) or "none" for one in order[:MOST_CATEGORIES]]
    several = len(names) > MOST_CATEGORIES
    of = np.minimum(place[of.reshape(-1)], MOST_CATEGORIES if several else len(names) - 1)
    return {"names": shown + (["other"] if several else []), "of": pack(of.astype(np.uint8))}


def groups_payload(names: GraphNames | None, named: np.ndarray) -> dict[str, object] | None:
    """{"names": of the groups, "of": that of each of the nodes `named`}; None where the graph has none."""
    if names is None or not names.groups:
        return None
    words = sorted(set(names.groups))
    return {"names": words, "of": [words.index(names.groups[node]) for node in named]}
