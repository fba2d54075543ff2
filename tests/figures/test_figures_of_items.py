"""The tree of semantic ids as a figure, against counting by hand."""

from itertools import pairwise

import numpy as np
import pytest
from figure_subjects import counted_record

from explorer import figures
from explorer.figures import items
from explorer.foundation.errors import RecordError
from explorer.joints.measures.semantic_ids import semantic_ids
from explorer.media.medium import tokenized
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer


@pytest.fixture(scope="module")
def record():
    return tokenized(SAMPLES["books"].load(), load_tokenizer("items-rq"), 256)


def test_boxes_are_as_wide_as_their_prefix_has_items(record):
    ids, figure = semantic_ids(record), figures.prefix_tree(record)
    assert len(figure.data) == 4
    for level, trace in enumerate(figure.data):
        prefixes, counts = np.unique(ids[:, : level + 1], axis=0, return_counts=True)
        assert len(trace.x) == len(prefixes) and sum(trace.x) == 240 and set(trace.y) == {level + 1}
        for member, width, text in zip(trace.customdata, trace.x, trace.hovertext, strict=True):
            place = (prefixes == ids[member, : level + 1]).all(1).argmax()
            assert counts[place] == width and f"{width} of 240 items" in text
    spans = [{(base, base + width) for base, width in zip(one.base, one.x, strict=True)} for one in figure.data]
    for upper, lower in pairwise(spans):
        for first, end in lower:
            assert sum(a <= first and end <= b for a, b in upper) == 1, "a box stands under one"


def test_of_many_boxes_the_widest_are_drawn_and_it_is_said(record, monkeypatch):
    monkeypatch.setattr(items, "MOST_BOXES", 40)
    figure = items.prefix_tree(record)
    assert (
        sum(len(one.x) for one in figure.data) <= 40
        and "boxes of fewest items are left out" in figure.layout.meta["words"]
    )
    counts = np.unique(semantic_ids(record)[:, 0], return_counts=True)[1]
    assert min(figure.data[0].x) >= np.sort(counts)[-len(figure.data[0].x)]


def test_what_is_no_table_of_items_is_refused():
    with pytest.raises(RecordError, match="is of items"):
        figures.prefix_tree(counted_record([3, 1]))
