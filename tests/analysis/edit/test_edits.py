"""Edits by hand on small grids against what a person would write down; undo, links, and saving."""

import numpy as np
import pytest

from explorer.analysis.edit.edits import (
    Average,
    CopyToken,
    DropLevels,
    FillBox,
    History,
    Paint,
    ReplaceCode,
    Shuffle,
    Swap,
    Transplant,
    Zero,
)
from explorer.analysis.edit.link import LINK_CHARACTERS, edits_from_text, edits_text, link_text
from explorer.analysis.edit.tokens import Bench, EditedTokens, bench_of, edited_record, shortest_code, tokens_of
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.files.tokens import load_tokens, save_tokens
from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel, TokenRecord

TABLE = np.array([[5, 0], [1, 0], [0, 3], [-2, -2], [9, 9]], np.float32)
FINE = np.array([[0.5, 0], [0, 0.25], [-0.5, 0], [0, -0.25], [3, 3]], np.float32)
LATTICE = LatticeRule("sign", ((-1.0, 1.0), (-0.5, 0.5, 1.5)), False)
GRID = np.array([[0, 1, 2, 3], [1, 1, 0, 2], [3, 3, 3, 1]])


def book(vectors, metric="euclidean"):
    return Codebook(len(vectors), vectors.shape[1], metric, vectors)


def tokens(*grids):
    return EditedTokens(tuple(grids), tuple(np.ones(grid.shape, bool) for grid in grids))


ONE, TWO = Bench((book(TABLE),)), Bench((book(TABLE), book(FINE)), "sum")


def after(operation, start=None, bench=ONE):
    """Apply, and see to it that the start is left as it was."""
    start = tokens(GRID) if start is None else start
    before = [level.copy() for level in start.indices]
    result = operation.apply(start, bench)
    assert all(np.array_equal(a, b) for a, b in zip(before, start.indices, strict=True)) and start.whole
    return result


def test_brush_box_and_replace():
    painted = after(Paint(0, 4, (1, 11))).indices[0]
    assert painted.tolist() == [[0, 4, 2, 3], [1, 1, 0, 2], [3, 3, 3, 4]]
    filled = after(FillBox(0, 4, (1, 2, 2, 2))).indices[0]
    assert filled.tolist() == [[0, 1, 2, 3], [1, 1, 4, 4], [3, 3, 4, 4]]
    replaced = after(ReplaceCode(0, 3, 0)).indices[0]
    assert replaced.tolist() == [[0, 1, 2, 0], [1, 1, 0, 2], [0, 0, 0, 1]]


def test_only_the_chosen_level_is_painted_but_tokens_move_with_all_levels():
    start = tokens(GRID, GRID[::-1])
    painted = after(Paint(1, 4, (0,)), start, TWO)
    assert np.array_equal(painted.indices[0], GRID) and painted.indices[1][0, 0] == 4
    swapped = after(Swap(0, 11), start, TWO)
    assert (swapped.indices[0][0, 0], swapped.indices[0][2, 3]) == (1, 0)
    assert (swapped.indices[1][0, 0], swapped.indices[1][2, 3]) == (3, 3)
    copied = after(CopyToken(2, (0, 4)), start, TWO)
    assert copied.indices[0].ravel()[[0, 4]].tolist() == [2, 2] and copied.indices[1].ravel()[[0, 4]].tolist() == [3, 3]
    assert np.array_equal(after(CopyToken(2, ()), start, TWO).indices[0], GRID)


def test_shuffle_keeps_the_tokens_of_the_box_whole_and_repeats():
    start = tokens(np.arange(12).reshape(3, 4) % 5, np.arange(12).reshape(3, 4) // 3)
    box = (0, 1, 3, 2)
    results = [after(Shuffle(box, seed), start, TWO) for seed in (1, 1, 2)]
    pairs = [
        list(zip(*(level[:, 1:3].ravel().tolist() for level in one.indices), strict=True)) for one in (start, *results)
    ]
    assert sorted(pairs[0]) == sorted(pairs[1]) == sorted(pairs[3]) and pairs[0] != pairs[1]
    assert pairs[1] == pairs[2] != pairs[3]
    assert all(np.array_equal(results[0].indices[q][:, [0, 3]], start.indices[q][:, [0, 3]]) for q in (0, 1))


def test_zero_is_the_shortest_code():
    assert after(Zero((0, 0, 1, 2))).indices[0][0].tolist() == [1, 1, 2, 3]  # (1, 0) is the shortest of TABLE
    assert shortest_code(book(TABLE)) == 1 and shortest_code(book(FINE)) == 1
    # A lattice of -1, 1 and -0.5, 0.5, 1.5: four codes are as near to zero; the first digit counts fastest.
    assert shortest_code(Codebook(6, 2, "implicit", rule=LATTICE)) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_code_that_is_not_finite_is_not_the_shortest(bad):
    """numpy's argmin takes NaN for the least."""
    table = np.array([[3, 0], [bad, 0], [0, bad], [2, 0], [0, 2]], np.float32)
    assert shortest_code(book(table)) == 3
    bench = Bench((book(table),))
    assert after(Zero((0, 0, 1, 2)), bench=bench).indices[0][0].tolist()[:2] == [3, 3]
    left_out = EditedTokens((np.array([[1, 3]]),), (np.array([[False, True]]),))
    assert bench.latents(left_out, np.array([0, 1]))[0].tolist() == [[0, 0], [2, 0]]
    assert shortest_code(book(np.full((3, 2), bad))) == 0


def test_average_is_the_code_nearest_to_the_mean():
    box = (0, 0, 2, 2)  # codes 0, 1, 1, 1: mean (2, 0), nearest (1, 0)
    assert after(Average(box)).indices[0].tolist() == [[1, 1, 2, 3], [1, 1, 0, 2], [3, 3, 3, 1]]
    start = tokens(GRID, np.full((3, 4), 4))  # residual: mean (2, 0) + (3, 3) = (5, 3); nearest is code 0, (5, 0)
    found = after(Average(box), start, TWO)
    rest = np.array([5, 3]) - TABLE[0]
    assert found.indices[0][0, 0] == 0 and found.indices[1][1, 1] == np.square(FINE - rest).sum(1).argmin() == 1
    product = Bench(TWO.codebooks, "concatenate")  # each group has a mean of its own
    apart = after(Average(box), start, product)
    assert apart.indices[0][0, 0] == 1 and apart.indices[1][0, 0] == 4


def test_dropped_levels_are_marked_and_painting_brings_them_back():
    start = tokens(GRID, GRID)
    dropped = after(DropLevels((1,), (0, 0, 2, 2)), start, TWO)
    assert not dropped.whole and dropped.kept[0].all()
    assert (~dropped.kept[1]).sum() == 4 and not dropped.kept[1][:2, :2].any()
    assert all(np.array_equal(level, GRID) for level in dropped.indices)
    again = Paint(1, 2, (0, 1, 4, 5)).apply(dropped, TWO)
    assert again.whole and again.indices[1][0, 0] == 2
    moved = Swap(0, 11).apply(dropped, TWO)  # what is left out moves with its token
    assert moved.kept[1][0, 0] and not moved.kept[1][2, 3]
    assert dropped.changed(start).tolist() == [0, 1, 4, 5]
    mean = Average((0, 0, 1, 1)).apply(dropped, TWO)  # one token whose second level gives nothing: TABLE[0] itself
    assert mean.indices[0][0, 0] == 0 and mean.indices[1][0, 0] == np.square(FINE).sum(1).argmin()


def test_transplant_takes_all_levels_of_another_picture():
    other = tokens(np.full((5, 6), 4), np.arange(30).reshape(5, 6) % 5)
    bench = Bench(TWO.codebooks, "sum", {"second": other})
    found = after(Transplant("second", (3, 1, 2, 3), 1, 1), tokens(GRID, GRID), bench)
    assert found.indices[0].tolist() == [[0, 1, 2, 3], [1, 4, 4, 4], [3, 4, 4, 4]]
    assert np.array_equal(found.indices[1][1:, 1:], other.indices[1][3:5, 1:4])


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (Paint(0, 5, (0,)), "code 5 is outside 0..4"),
        (Paint(0, -1, (0,)), "code -1"),
        (Paint(1, 0, (0,)), "no level 2"),
        (Paint(0, 0, (12,)), "position 12 is outside 0..11"),
        (FillBox(0, 0, (0, 0, 4, 1)), "4 x 1 tokens from row 0, column 0 does not lie within 3 x 4"),
        (FillBox(0, 0, (0, 0, 0, 1)), "box of 0 x 1"),
        (Shuffle((-1, 0, 1, 1)), "row -1"),
        (ReplaceCode(0, 0, 9), "code 9"),
        (Swap(0, -1), "position -1"),
        (DropLevels((1,), (0, 0, 1, 1)), "no level 2"),
        (Transplant("x", (0, 0, 1, 1), 0, 0), "no second picture 'x'"),
    ],
)
def test_what_cannot_be(operation, words):
    with pytest.raises(RecordError, match=words):
        operation.apply(tokens(GRID), ONE)
    with pytest.raises(RecordError, match=rf"Edit 2 \({type(operation).__name__}\)"):
        History((Paint(0, 0, (0,)), operation)).apply(tokens(GRID), ONE)


def test_a_sequence_is_one_row_and_more_dimensions_have_no_boxes():
    line = tokens(np.array([0, 1, 2, 3]))
    assert FillBox(0, 4, (0, 1, 1, 2)).apply(line, ONE).indices[0].tolist() == [0, 4, 4, 3]
    clip = tokens(np.zeros((2, 2, 2), int))
    assert Paint(0, 3, (7,)).apply(clip, ONE).indices[0][1, 1, 1] == 3
    with pytest.raises(RecordError, match="three dimensions"):
        Zero((0, 0, 1, 1)).apply(clip, ONE)
    scales = tokens(np.zeros((1, 1), int), np.zeros((2, 2), int))
    with pytest.raises(RecordError, match="different grids"):
        Swap(0, 0).apply(scales, TWO)


def test_undo_and_redo_have_no_limit():
    rng = np.random.default_rng(0)
    strokes = [Paint(0, int(rng.integers(5)), (int(rng.integers(12)),)) for _ in range(300)]
    history, states = History(), [tokens(GRID).indices[0]]
    for stroke in strokes:
        history = history.do(stroke)
        states.append(stroke.apply(tokens(states[-1]), ONE).indices[0])

    def now():
        return history.apply(tokens(GRID), ONE).indices[0]

    assert np.array_equal(now(), states[-1])
    for wanted in reversed(states[:-1]):
        history = history.undo()
        assert np.array_equal(now(), wanted)
    assert history.undo() == history
    for wanted in states[1:]:
        history = history.redo()
        assert np.array_equal(now(), wanted)
    assert history.redo() == history and history.done == tuple(strokes)
    cleared = history.reset()
    assert cleared.done == () and np.array_equal(cleared.apply(tokens(GRID), ONE).indices[0], GRID)
    assert cleared.redo().done == tuple(strokes[:1])
    assert history.undo().do(Swap(0, 1)).undone == ()


EVERY = (
    Paint(1, 1023, (3, 4, 5, 9, 8)),
    Paint(0, 0, ()),
    FillBox(0, 7, (0, 1, 2, 3)),
    CopyToken(5, (0, 1)),
    ReplaceCode(2, 3, 4),
    Swap(0, 255),
    Shuffle((0, 0, 4, 4), 42),
    Zero((1, 1, 1, 1)),
    Average((2, 2, 3, 3)),
    DropLevels((1, 2, 3), (0, 0, 8, 8)),
    Transplant("coffee_2", (0, 0, 4, 4), 10, 12),
)


def test_every_operation_goes_through_a_link():
    text = edits_text(EVERY)
    assert edits_from_text(text) == EVERY and set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._~")
    assert text.startswith("p.1.1023.3-5_9_8~p.0.0.-~f.0.7.0-1-2-3~c.5.0-1~") and edits_from_text("") == ()
    assert len({type(one) for one in EVERY}) == 10  # all there are
    assert link_text(EVERY) == text and link_text([Paint(0, 1, tuple(range(0, 2 * LINK_CHARACTERS, 2)))]) is None


@pytest.mark.parametrize(
    "text",
    [
        "x.1",
        "p.0.1",
        "p.0.1.3-2",
        "p.0.1.1-2-3",
        "p.0.-1.3",
        "p.0.1.a",
        "f.0.1.1-2-3",
        "t.a b.0-0-1-1.0.0",
        "~",
        "p.0.1.3~",
        "p.0.1.0-99999999",
        "p.0.9999999999999999.1",
        "s.\u0661.2",
        "s.1.2 ",
    ],
)
def test_a_damaged_link_is_said(text):
    with pytest.raises(SettingsError, match=r"Edit \d of the link|name of a source"):
        edits_from_text(text)


def test_a_name_that_a_link_cannot_hold_and_too_long_a_text():
    with pytest.raises(SettingsError, match="name of a source"):
        edits_text([Transplant("my picture.png", (0, 0, 1, 1), 0, 0)])
    with pytest.raises(SettingsError, match="characters"):
        edits_from_text("s.1.2~" * 50_000)


def record(grid=GRID, name="made"):
    layout = TokenLayout("grid2d", grid.shape, (24, 32))
    z = TABLE[grid.reshape(-1)]
    level = TokenLevel(grid, z + 0.1, z, book(TABLE), layout)
    picture = np.zeros((24, 32, 3), np.float32)
    return TokenRecord(picture, name, (level,), picture, {"encode": 0.1})


def test_edited_tokens_are_saved_and_read_back(tmp_path):
    start = record()
    history = History().do(Paint(0, 4, (0,))).do(DropLevels((0,), (0, 0, 1, 1)))
    found = history.apply(tokens_of(start), bench_of(start))
    edited = edited_record(start, found, start.reconstruction + 0.5)
    assert edited.levels[0].indices[0, 0] == 4 and np.array_equal(edited.levels[0].z_q[0], TABLE[4])
    assert edited.notes[0] == "Edited by hand: 1 of 12 positions differ." and "decoding: 1 of" in edited.notes[1]
    read = load_tokens(save_tokens(tmp_path / "t.npz", edited))
    assert np.array_equal(read.indices[0], found.indices[0]) and read.notes == edited.notes


def test_a_source_of_another_tokenizer_is_refused():
    assert np.array_equal(bench_of(record(), {"b": record(GRID[:1])}).sources["b"].indices[0], GRID[:1])
    with pytest.raises(RecordError, match="other mean nothing to made"):
        bench_of(record(), {"b": record(name="other")})
