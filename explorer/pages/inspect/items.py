"""The figures of a table of items on the Inspect page: what its semantic ids tell apart, and what they follow."""

from __future__ import annotations

import numpy as np

from explorer.joints.measures.items.categories import category_agreement
from explorer.joints.measures.items.nearest import shared_prefixes
from explorer.joints.measures.semantic_ids import collision_rate, items_per_id, prefix_use, semantic_ids
from explorer.joints.record import TokenRecord
from explorer.pages.inspect.figures import times
from explorer.views.inspect.reconstruction.reconstruction import figure

CATEGORY_LEAST = 10  # items, below which agreement with a category says nothing


def items_figures(record: TokenRecord, decoded: np.ndarray | None) -> list[dict]:
    """Each with its words and unit. record: of the levels that it was decoded from. decoded: (N, D), None without a
    decoder."""
    ids, many = semantic_ids(record), len(record.media)
    counts = items_per_id(ids)
    rows = [
        figure("collision_rate", "Items that share their id", 100 * collision_rate(ids), "%", 2,
               f"Share of {many:,} items whose codes on all {ids.shape[1]} levels another item has, too."),
        figure("distinct_ids", "Distinct ids", len(counts), f"of {many:,}", 0, "Semantic ids that occur."),
        figure("largest_id", "Fullest id", int(counts[0]), "items", 0, "Items that share the commonest id."),
    ]  # fmt: skip
    for use in prefix_use(ids, tuple(level.codebook.codebook_size for level in record.levels)):
        named = f"first {use.length}" if use.length > 1 else "first"
        rows.append(
            figure(f"prefixes_{use.length}", f"Prefixes of {use.length}", use.used, f"of {use.ceiling:,.0f}", 0,
                   f"Of the {named} codes of an id, those that occur; at most min(K^{use.length}, N). The fullest has "
                   f"{use.largest:,} items; entropy {use.entropy_bits:.2f} bits.")
        )  # fmt: skip
    rows += _neighbours(record, ids) + _category(record, ids)
    if decoded is not None:
        media = record.media.astype(np.float64)
        spread = np.square(media - media.mean(0)).sum()
        left = np.square(decoded - media).sum()
        rows.append(
            figure("explained", "Variance kept", 100 * (1 - left / spread) if spread > 0 else None, "%", 1,
                   "1 less the squared error of the decoded vectors over the variance of these items.")
        )  # fmt: skip
    rows += [
        figure("tokens", "Tokens", record.num_tokens, "indices", 0, "Indices that stand for these items."),
        figure("bits_an_item", "Bits an item, uniform", record.bits_uniform / many, "bit", 1, "log2(K) a level."),
        figure("bits_an_item_empirical", "Bits an item, empirical", record.bits_empirical / many, "bit", 1,
               "At the entropy of the codes of these items, level by level."),
    ]  # fmt: skip
    return rows + times(record.seconds, record.device, "table", decoded is not None)


def _neighbours(record: TokenRecord, ids: np.ndarray) -> list[dict]:
    found = shared_prefixes(ids, record.media)
    if found is None:
        return []
    return [
        figure("neighbours_kept", "Near items with the same first code", 100 * float(found.kept[0]), "%", 1,
               f"Of the {found.near} nearest items by their vectors, of {found.queries:,} items; two items drawn by "
               f"chance share it in {found.chance[0]:.1%}.")
    ]  # fmt: skip


def _category(record: TokenRecord, ids: np.ndarray) -> list[dict]:
    words = record.labels.get("category", ())
    agreed = category_agreement(ids, words) if len(words) >= CATEGORY_LEAST else None
    if agreed is None:
        return []
    return [
        figure("category_information", "First code and category", agreed.information, "of 1", 3,
               f"Normalised mutual information of the first code and {agreed.categories:,} categories; with categories "
               f"dealt out by chance it is {agreed.by_chance:.3f}."),
        figure("category_purity", "Purity of first codes", 100 * agreed.purity, "%", 1,
               f"Items that have the commonest category of their first code; one code for all would have "
               f"{agreed.largest:.1%}, and codes of few items are pure by chance."),
    ]  # fmt: skip
