"""Tokens of every layout on flat grids: nothing is lost, each cell is over its own part of the picture."""

import numpy as np
import pytest

from explorer.analysis.edit.edits import DropLevels, FillBox, Paint, Swap, Zero
from explorer.analysis.edit.influence import influence
from explorer.analysis.edit.redecode import redecode
from explorer.analysis.edit.tokens import tokens_of
from explorer.analysis.pictures.depiction import depict
from explorer.analysis.pictures.flat_grids import FlatTokenizer, lay_flat
from explorer.foundation.errors import RecordError
from explorer.media.clips.mosaic import mosaic, mosaic_order
from tests.made_codecs import MADE, made, medium_for

GRIDS = {
    "tones": [(1, 160)] * 3,
    "rates": [(1, 40), (1, 80), (1, 160)],
    "signs": [(8, 12)],
    "whole": [(4, 4)],
    "scales": [(1, 1), (2, 2), (4, 4), (8, 8)],
    "blocks": [(8, 36)],
}


@pytest.fixture(params=MADE)
def case(request):
    tokenizer = made(request.param)
    record = tokenizer.tokenize(medium_for(tokenizer.spec))
    return request.param, tokenizer, record


def test_laid_tokens_come_back_as_they_were(case):
    name, _, record = case
    plan, indices = lay_flat(record), [level.indices for level in record.levels]
    placed = plan.lay(indices)
    assert [level.shape for level in placed] == GRIDS[name]
    for before, after in zip(indices, plan.restore(placed), strict=True):
        np.testing.assert_array_equal(before, after)
    with pytest.raises(RecordError, match="laid tokens need the shapes"):
        plan.restore([level[:, :1] for level in placed] if name != "scales" else placed[1:] + placed[:1])


def test_a_laid_tokenizer_draws_what_the_tokenizer_decodes(case):
    _, tokenizer, record = case
    drawn = FlatTokenizer(tokenizer, record).detokenize(
        lay_flat(record).lay([level.indices for level in record.levels])
    )
    np.testing.assert_allclose(drawn, depict(record).reconstruction, atol=1e-6)


def test_cells_of_a_mosaic_hold_their_own_frames_tokens():
    tokenizer = made("blocks")
    record = tokenizer.tokenize(medium_for(tokenizer.spec))
    cells = mosaic(record.levels[0].indices)
    np.testing.assert_array_equal(lay_flat(record).lay([record.levels[0].indices])[0], cells)
    order = mosaic_order(record.levels[0].layout.shape)
    assert sorted(order) == list(range(record.levels[0].layout.num_tokens))
    frame, row, column = np.unravel_index(order[36 + 12], (3, 8, 12))  # second row of the mosaic, second frame
    assert (frame, row, column) == (1, 1, 0)


def test_a_painted_token_changes_its_own_part_of_the_picture(case):
    name, tokenizer, record = case
    desk, level = FlatTokenizer(tokenizer, record), len(record.levels) - 1
    first = tokens_of(record)
    at = first.indices[level].size // 2 + 1
    code = int((first.indices[level].reshape(-1)[at] + 7) % record.levels[level].codebook.codebook_size)
    bench = type("B", (), {"codebooks": tuple(one.codebook for one in record.levels)})()
    after = Paint(level, code, (at,)).apply(first, bench)
    whole = desk.detokenize(first.indices)
    made_anew = redecode(desk, first, whole, after)
    np.testing.assert_allclose(made_anew.picture, desk.detokenize(after.indices), atol=1e-6)
    change = np.abs(made_anew.picture - whole).max(-1)
    assert change.max() > 0
    region = depict(record).levels[level].layout.region(at)
    if name == "whole":
        assert region is None and (change > 0).mean() > 0.5  # no place of its own: it acts everywhere
        return
    spread = change.copy()
    if record.modality == "audio":  # a window of the spectrogram reaches some tokens further
        columns = slice(max(0, region[1].start - 60), region[1].stop + 60)
        spread[:, columns] = 0
    else:
        spread[region] = 0
    assert spread.max() < 1e-6


def test_levels_of_different_grids_are_edited_one_at_a_time():
    for name in ("rates", "scales"):
        tokenizer = made(name)
        record = tokenizer.tokenize(medium_for(tokenizer.spec))
        first, last = tokens_of(record), len(record.levels) - 1
        bench = type("B", (), {"codebooks": tuple(one.codebook for one in record.levels), "combination": "sum"})()
        for impossible in (Swap(0, 0), Zero((0, 0, 1, 1))):
            with pytest.raises(RecordError, match="different grids"):
                impossible.apply(first, bench)
        filled = FillBox(last, 3, (0, 0, 1, 2)).apply(first, bench)
        dropped = DropLevels((last,), (0, 0, 1, 2)).apply(filled, bench)
        assert len(dropped.changed(filled)) == 2 and dropped.num_positions == sum(map(np.size, first.indices))
        desk = FlatTokenizer(tokenizer, record)
        found = influence(desk, first, 1, depict(record).levels[last].layout, [last])
        assert found.pixels > 0 and found.own_share > 0.2
        with pytest.raises(RecordError, match="one level away at a time"):
            influence(desk, first, 0, depict(record).levels[0].layout)
