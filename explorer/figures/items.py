"""The tree of semantic ids: which prefixes occur, and how many items share each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, colorscale, ink
from explorer.figures.traces import TEXTS
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of
from explorer.joints.measures.items.tree import prefix_tree as tree_of
from explorer.joints.measures.semantic_ids import semantic_ids
from explorer.joints.record import TokenRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_BOXES = 3000  # of all levels; of wider trees the first prefixes, which have most items


def prefix_tree(record: TokenRecord, *, theme: Theme = "light") -> go.Figure:
    """A row for each level, a box for each prefix, as wide as it has items; under each box those that go on from it.

    customdata: an item of the box, so that a click on it can choose one. Raises RecordError for a record that is not of
    items.
    """
    import plotly.graph_objects as go  # 30 MB of modules, and only who draws needs them

    if record.modality != "vectors":
        raise RecordError(f"a tree of semantic ids is of items, not of {record.modality}")
    ids = semantic_ids(record)
    tree, many = tree_of(ids), len(ids)
    room, drawn, left = MOST_BOXES, [], 0
    for level, nodes in enumerate(tree.nodes):
        kept = nodes[
            np.argsort(-(nodes[:, 2] - nodes[:, 1]), kind="stable")[: max(1, room // (len(tree.nodes) - level))]
        ]
        room, left = room - len(kept), left + len(nodes) - len(kept)
        first, end = kept[:, 1], kept[:, 2]
        members = tree.order[first]
        texts = [
            f"{' · '.join(map(str, ids[member, : level + 1]))}: {end_ - first_:,} of {count_of(many, 'item')} "
            f"({100 * (end_ - first_) / many:.1f}%)"
            for member, first_, end_ in zip(members, first, end, strict=True)
        ]
        size = record.levels[level].codebook.codebook_size
        marker = {"color": kept[:, 0], "cmin": 0, "cmax": max(1, size - 1), "colorscale": colorscale("viridis")}
        marker["line"] = {"color": ink(theme)["surface"], "width": 1}
        drawn.append(
            go.Bar(
                x=end - first, base=first, y=np.full(len(kept), level + 1), orientation="h", width=0.92,
                name=f"first {count_of(level + 1, 'code')}", marker=marker, customdata=members.tolist(),
                hovertext=texts, hovertemplate=f"{TEXTS}<extra></extra>", showlegend=False,
            )
        )  # fmt: skip
    whole = len(np.unique(ids, axis=0))
    some = f" {left:,} boxes of fewest items are left out." if left else ""
    words = (
        f"{count_of(many, 'item')} in {count_of(len(tree.nodes[0]), 'first code')} of "
        f"{record.levels[0].codebook.codebook_size:,}, and in {whole:,} whole ids. A box is as wide as it has items, "
        f"and stands over those that go on from it; the same colour on a level is the same code.{some}"
    )
    x = named_axis("items, side by side (count)", range=[0, many])
    y = named_axis(
        "codes of the prefix (count)", tickvals=list(range(1, len(tree.nodes) + 1)), range=[len(tree.nodes) + 0.5, 0.5]
    )
    return frame_traces(
        "prefix_tree",
        drawn,
        x,
        y,
        theme=theme,
        title="Tree of semantic ids",
        words=words,
        pick="item",
        barmode="overlay",
    )
