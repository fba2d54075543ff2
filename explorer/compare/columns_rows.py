"""The columns of quality of series, tables of items and graphs; see `columns`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.compare.column import Column, quality_column

_SERIES = (
    quality_column(
        "rmse_percent", "RMS error", "% of half its own range", "low", 2,
        "Root mean square over all rows and columns, each over half the range between its own 1st and 99th percentile",
        lambda c, m: c.fidelity.rmse_percent,
    ),
    quality_column(
        "largest_percent", "Largest error", "% of half its own range", "low", 1,
        "Of a single value, in the same measure",
        lambda c, m: c.fidelity.largest_percent,
    ),
)  # fmt: skip
_ITEMS = (
    quality_column(
        "explained_percent", "Variance kept", "%", "high", 1,
        "1 less the squared error of the decoded vectors over the variance of the items",
        lambda c, m: c.fidelity.explained_percent,
    ),
    quality_column(
        "sharing_percent", "Share their id", "%", "low", 2, "Items whose whole id another item has, too (collisions)",
        lambda c, m: c.fidelity.sharing_percent,
    ),
    Column(
        "distinct", "Distinct ids", "", None, 0, "Ids that occur", lambda c, m: c.fidelity.distinct, "quality",
    ),
    quality_column(
        "coverage_percent", "First codes used", "%", "high", 1, "Of min(K, N) first codes those that occur",
        lambda c, m: c.fidelity.coverage_percent,
    ),
    quality_column(
        "kept_percent", "Near items kept", "%", "high", 1,
        "Of the 10 nearest items by their vectors those of the same first code; more codes keep fewer",
        lambda c, m: c.fidelity.kept_percent,
    ),
    quality_column(
        "category", "First code and category", "of 1", "high", 3,
        "Normalised mutual information of first code and category, where the table has one",
        lambda c, m: c.fidelity.category,
    ),
)  # fmt: skip
_GRAPHS = (
    quality_column(
        "sharing_percent", "Share their tuple", "% of nodes", "low", 1,
        "Nodes whose whole tuple another node has, too (hash collisions)", lambda c, m: c.fidelity.sharing_percent,
    ),
    quality_column(
        "beside_percent", "Beside an anchor", "% of nodes", "high", 1, "Anchors, and nodes one edge from one",
        lambda c, m: c.fidelity.beside_percent,
    ),
    quality_column(
        "without_percent", "Without an anchor", "% of nodes", "low", 1, "That no anchor reaches within its distance",
        lambda c, m: c.fidelity.without_percent,
    ),
    Column(
        "anchors", "Anchors", "", None, 0, "Nodes by which the others are told", lambda c, m: c.fidelity.anchors,
    ),
    Column(
        "words", "Words", "", None, 0, "Of which all tuples are made: anchors, distances, relations with directions",
        lambda c, m: c.fidelity.words,
    ),
)  # fmt: skip
QUALITY: Mapping[str, Sequence[Column]] = {"series": _SERIES, "vectors": _ITEMS, "graph": _GRAPHS}
SENT = Column(
    "bpr_sent", "Bits a row, sent", "bits/row", None, 3,
    "Of the pieces into which integers are merged before they are sent (FAST), at log2 of their vocabulary; of others "
    "the bits at log2(K)",
    lambda c, m: c.rate(c.bits_uniform if c.bits_merged is None else c.bits_merged, m),
)  # fmt: skip
VALUE_BITS = 32  # of a number of a series or of an item as it lies in a file of floats
PER = {"audio": "the seconds", "series": "the rows", "vectors": "the items", "graph": "the nodes"}
