"""Indices as people really bring them: levels in one array, folders, lines, padding, codes rounded on the way."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import entropy

from explorer.__main__ import main
from explorer.analysis.codebook.diagnosis import diagnose
from explorer.audit.indices import blocks as index_blocks
from explorer.audit.indices.axes import guessed_axes, named_axes, own_codes
from explorer.audit.indices.blocks import Padding
from explorer.audit.indices.run import Reading, audit_indices
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.measures.usage import usage_of_counts

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "real" / "commavq"


def levels_in_one_array():
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(q * 128, (q + 1) * 128, (40, 75)) for q in range(8)], 1)


@pytest.fixture(params=[2**22, 5000, 100], ids=lambda piece: f"pieces of {piece}")
def piece(request, monkeypatch):
    monkeypatch.setattr(index_blocks, "PIECE", request.param)


def used_of(level):
    """(tokens, codes in use, how many could be: min(K, N))."""
    known = usage_of_counts(level.counts)
    return known.tokens, known.used, known.ceiling


def assert_eight_levels(audit, tokens):
    assert [(level.tokens, np.count_nonzero(level.counts)) for level in audit.levels] == [(tokens, 128)] * 8
    expected = levels_in_one_array()[: tokens // 75]
    for q, level in enumerate(audit.levels):
        np.testing.assert_array_equal(level.counts, np.bincount(expected[:, q].reshape(-1), minlength=1024))
    assert any("codebook of 128 codes" in note for note in audit.settings["notes"])


@pytest.mark.parametrize("layout", ["b,q,t", "b,t,q", "q,b,t"])
def test_levels_in_one_array_are_found(piece, layout, tmp_path):
    order = [("b", "q", "t").index(name) for name in layout.split(",")]
    np.save(tmp_path / "c.npy", np.ascontiguousarray(levels_in_one_array().transpose(order)))
    reading = Reading(axes=layout) if layout == "q,b,t" else Reading()  # eight media of 40 are as likely
    audit = audit_indices(tmp_path / "c.npy", 1024, reading)
    assert_eight_levels(audit, 3000)
    assert audit.settings["reading"].startswith("Read as 40 media of 75 tokens on 8 levels")
    assert audit.joint.tokens == 3000
    for q, level in enumerate(audit.levels):
        rows = levels_in_one_array()[:, q]
        np.testing.assert_array_equal(level.halves[1], np.bincount(rows[1::2].reshape(-1), minlength=1024))
        assert level.batches[:, 1].tolist() == [len(np.unique(row)) for row in rows]


def test_codes_of_the_other_levels_are_not_called_dead(tmp_path):
    """Each level stays in numbers of its own, so K may be 128: nothing is certain of the 896 that no level uses."""
    np.save(tmp_path / "c.npy", levels_in_one_array())
    audit = audit_indices(tmp_path / "c.npy", 1024)
    found = diagnose(audit, [None] * 8)
    assert all(one.level in ("note", "good") for one in found) and not any("are dead" in one.title for one in found)
    told = next(one for one in found if one.kind == "Dead or not cannot be told")
    assert told.title == "Dead or not cannot be told on all levels"
    assert "K may be 128" in told.text and "this one uses 128 of them" in told.text


def test_one_medium_of_levels(tmp_path):
    np.save(tmp_path / "c.npy", levels_in_one_array()[0])
    audit = audit_indices(tmp_path / "c.npy", 1024)
    used = [len(np.unique(row)) for row in levels_in_one_array()[0]]
    assert [(level.tokens, np.count_nonzero(level.counts)) for level in audit.levels] == [(75, n) for n in used]
    assert audit.settings["axes"] == "q,t"


def test_levels_of_an_npz_say_how_they_were_read(tmp_path):
    arrays = levels_in_one_array()
    np.savez(tmp_path / "c.npz", **{f"indices_{q}": arrays[:, q] for q in range(8)})
    audit = audit_indices(tmp_path / "c.npz", 1024)
    assert_eight_levels(audit, 3000)
    assert audit.settings["reading"] == "Read as 40 media of 75 tokens on 8 levels, one array each."


def test_levels_that_share_their_codes_are_asked_for(tmp_path):
    array = np.random.default_rng(0).integers(0, 1024, (40, 8, 75))
    np.save(tmp_path / "c.npy", array)
    pooled = audit_indices(tmp_path / "c.npy", 1024)
    assert pooled.settings["reading"] == "Read as 40 media of 8 x 75 tokens on one level (axes b,t,h, guessed)."
    assert (
        pooled.settings["notes"][0] == "If the axis of 8 is levels, name the axes b,q,t (command line: --axes b,q,t)."
    )
    asked = audit_indices(tmp_path / "c.npy", 1024, Reading(axes="bqt"))
    assert not any(note.startswith("If") for note in asked.settings["notes"])
    assert [level.tokens for level in asked.levels] == [3000] * 8


@pytest.mark.parametrize(
    ("shape", "levels"),
    [((64, 16, 16), 1), ((500, 24, 24), 1), ((1000, 1), 1), ((1, 1000), 1), ((1000, 256), 1), ((30, 4, 16, 16), 1)],
)
def test_pictures_are_no_levels(shape, levels):
    sample = np.random.default_rng(1).integers(0, 50, shape)
    axes = guessed_axes(shape, sample.reshape(-1), listed=False)
    assert axes.levels == levels
    assert bool(axes.question) == (shape == (30, 4, 16, 16))


def test_a_column_is_a_row_and_not_as_many_media(tmp_path):
    column = np.random.default_rng(0).integers(0, 50, (3000, 1))
    np.save(tmp_path / "c.npy", column)
    audit = audit_indices(tmp_path / "c.npy", 50)
    assert "media unknown" in audit.settings["reading"] and "media" not in audit.settings
    assert audit.levels[0].batches[:, 0].tolist() == [1024, 1024, 952]


def test_few_tokens_of_many_codes_decide_nothing():
    """Media of 75 tokens below 16,384 codes hardly share one by chance, and are no levels for that."""
    sample = np.random.default_rng(2).integers(0, 16384, (40, 75))
    assert not own_codes(sample, 0)


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ("b,q", "names 2 axes, the array has 3: 40 x 8 x 75"),
        ("b,b,t", "b .media. 2 times"),
        ("t,q,b", "must come before"),
        ("12", "one letter an axis"),
        ("", "one letter"),
    ],
)
def test_axes_that_do_not_fit(axes, words):
    with pytest.raises(SettingsError, match=words):
        named_axes((40, 8, 75), axes)


def test_a_folder_of_files_is_as_many_media(piece, tmp_path):
    drawn = np.random.default_rng(0).integers(0, 16384, (20, 1, 2, 256))
    for i, array in enumerate(drawn):
        np.save(tmp_path / f"{i}.npy", array)
    np.save(tmp_path / ".hidden.npy", np.array([99999]))
    audit = audit_indices(tmp_path, 16384)
    (level,) = audit.levels
    assert used_of(level) == (10_240, 7_610, 10_240)
    assert (
        audit.settings["reading"]
        == "Read as 20 media of 2 x 256 tokens on one level, each a file of its own (axes t,h, guessed)."
    )
    np.testing.assert_array_equal(level.halves[0], np.bincount(drawn[::2].reshape(-1), minlength=16384))


def test_files_of_different_lengths(piece, tmp_path):
    """Codes of sounds, (8, T) each: levels are found, and halves are of whole files in the order of their numbers."""
    rng = np.random.default_rng(0)
    arrays = [np.stack([rng.integers(q * 128, (q + 1) * 128, n) for q in range(8)]) for n in rng.integers(20, 400, 12)]
    for i, array in enumerate(arrays):
        np.save(tmp_path / f"{i}.npy", array)
    audit = audit_indices(tmp_path, 1024)
    assert len(audit.levels) == 8 and audit.settings["media"] == 12
    odd = np.concatenate([array[3] for array in arrays[1::2]])
    np.testing.assert_array_equal(audit.levels[3].halves[1], np.bincount(odd, minlength=1024))
    assert "12 media of different lengths on 8 levels, each a file" in audit.settings["reading"]
    np.save(tmp_path / "99.npy", arrays[0][:5])
    np.save(tmp_path / "98.npy", np.full((8, 30), 2000))
    again = audit_indices(tmp_path, 1024)
    assert again.skipped[1] == ("99.npy", "'99.npy' has 5 levels; the first has 8.")
    name, why = again.skipped[0]
    assert name == "98.npy" and why.startswith(
        "Index 2,000 at place 0 of '98.npy' (counted from 0) is outside 0..1,023"
    )
    assert again.settings["left_out"] == 2 and again.settings["notes"][0].startswith("2 of 14 files were left out: ")
    for level, before in zip(again.levels, audit.levels, strict=True):  # what was counted is kept
        np.testing.assert_array_equal(level.halves, before.halves)


def test_a_large_file_is_counted_up_to_the_place_where_it_is_wrong(monkeypatch, tmp_path):
    monkeypatch.setattr(index_blocks, "PIECE", 100)
    tokens = np.arange(1000) % 10
    np.save(tmp_path / "0.npy", tokens)
    tokens[450] = 10
    np.save(tmp_path / "1.npy", tokens)
    audit = audit_indices(tmp_path, 10)
    assert audit.levels[0].counts.tolist() == [140] * 10
    assert "place 450 of '1.npy'" in audit.skipped[0][1] and "Its first 400 tokens were counted." in audit.skipped[0][1]


def test_nothing_is_left_out_in_silence_where_all_is_wrong(tmp_path):
    for number in range(3):
        np.save(tmp_path / f"{number}.npy", np.full(5, 99))
    with pytest.raises(RecordError, match=r"Index 99 at place 0 of '0.npy'.*So are 4 more of 5"):
        audit_indices(tmp_path, 10)


def test_lines_of_jsonl(piece, tmp_path):
    tokens = np.random.default_rng(0).integers(0, 4096, (64, 32))
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps({"class_id": 0, "tokens": row.tolist()}) for row in tokens))
    audit = audit_indices(path, 4096)
    assert used_of(audit.levels[0]) == (2048, 1600, 2048)
    assert audit.settings["reading"].startswith("Read as 64 media of 32 tokens on one level, each a line of its own")
    assert audit.levels[0].batches[:, 0].tolist() == [32.0] * 64


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no lines"),
        ('{"a": [1]}', "line 1: it has none of the fields tokens.*it has: a"),
        ("[1, [2]]", "different lengths"),
        ('["a"]', "no list of whole numbers"),
    ],
)
def test_lines_that_hold_no_indices(text, words, tmp_path):
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(RecordError, match=words):
        audit_indices(tmp_path / "t.jsonl", 10)


def test_of_very_many_lines_the_rows_are_evenly_spaced(piece, tmp_path):
    rows = [np.arange(1 + number % 7) for number in range(5000)]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row.tolist()) for row in rows))
    (level,) = audit_indices(tmp_path / "t.jsonl", 10).levels
    assert level.media == 5000 and level.tokens == sum(map(len, rows))
    assert level.batches[:, 0].tolist() == [len(row) for row in rows[::4]]  # 1,250, since 2,500 are more than 2,000


def test_lines_that_hold_none_are_left_out_by_name(tmp_path):
    lines = ["[1, 2]", "{", "[5]", "[3, 50, 51]", "[-1, 4]", "[[1, 2], [2, 3]]", ""]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    audit = audit_indices(tmp_path / "t.jsonl", 10)
    assert audit.levels[0].counts.nonzero()[0].tolist() == [1, 2, 4, 5] and audit.settings["media"] == 3
    assert [name for name, _ in audit.skipped] == ["t.jsonl, line 2", "t.jsonl, line 4", "t.jsonl, line 6"]
    whys = [why for _, why in audit.skipped]
    assert whys[0] == "t.jsonl, line 2: this is no JSON."
    assert "Index 50 at place 1 of 't.jsonl, line 4'" in whys[1] and "So are 1 more of 3." in whys[1]
    assert "has the shape (2, 2)" in whys[2]
    assert audit.settings["notes"][0].startswith("3 of 6 lines were left out: t.jsonl, line 2: this is no JSON. Index")


def padded():
    tokens = np.random.default_rng(0).integers(0, 64, (8, 100))
    tokens[:4, 60:] = -1
    tokens[4:, 80:] = -1
    return tokens


@pytest.mark.parametrize("kind", ["whole", "floats with NaN", "another value", "another value, named"])
def test_padding_is_left_out_and_counted(piece, kind, tmp_path):
    tokens, reading = padded(), Reading()
    if kind == "floats with NaN":
        tokens = np.where(tokens < 0, np.nan, tokens).astype(np.float32)
    elif kind.startswith("another"):
        tokens = np.where(tokens < 0, 64, tokens)
        reading = Reading(padding=Padding((64.0,))) if "named" in kind else reading
    np.save(tmp_path / "t.npy", tokens)
    if kind == "another value":
        with pytest.raises(RecordError, match=r"Index 64 at place 60 .*--ignore 64"):
            audit_indices(tmp_path / "t.npy", 64)
        return
    audit = audit_indices(tmp_path / "t.npy", 64, reading)
    (level,) = audit.levels
    assert (level.tokens, np.count_nonzero(level.counts), audit.settings["padding"]) == (560, 64, 240)
    assert np.exp(entropy(level.counts)) == pytest.approx(60.66, abs=0.005)
    assert any(note.startswith("240 of 800 values are padding") for note in audit.settings["notes"])
    assert level.batches[:, 0].tolist() == [60] * 4 + [80] * 4
    np.testing.assert_array_equal(level.halves[0], np.bincount(padded()[::2][padded()[::2] >= 0], minlength=64))


def test_padding_on_some_levels_leaves_whole_tuples(tmp_path):
    array = np.random.default_rng(0).integers(0, 10, (30, 4, 50))
    array[:, 2, 40:] = -1
    np.save(tmp_path / "t.npy", array)
    audit = audit_indices(tmp_path / "t.npy", 10, Reading(axes="b,q,t"))
    assert [level.tokens for level in audit.levels] == [1500, 1500, 1200, 1500] and audit.joint.tokens == 1200


def bfloat16(values):
    """Rounded to 8 significant bits, half to even (IEEE 754)."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32).astype(np.int64)


def test_codes_that_passed_through_bfloat16(tmp_path):
    codes = bfloat16(np.arange(1000))
    np.save(tmp_path / "c.npy", codes)
    with pytest.raises(RecordError) as caught:
        audit_indices(tmp_path / "c.npy", 1000)
    told = str(caught.value)
    assert "Index 1,000 at place 998" in told and "subtract 1" not in told
    assert "Above 256 every value is even and above 512 a multiple of 4, as after bfloat16" in told
    audit = audit_indices(tmp_path / "c.npy", 1024)  # all in range, and yet not right
    assert any("as after bfloat16" in note for note in audit.settings["notes"])


def test_whole_codes_are_not_called_rounded(tmp_path):
    np.save(tmp_path / "c.npy", np.arange(1, 1001))
    with pytest.raises(RecordError, match="may count from 1: then subtract 1"):
        audit_indices(tmp_path / "c.npy", 1000)
    assert not audit_indices(tmp_path / "c.npy", 1024).settings.get("notes")


@pytest.mark.skipif(not SHARED.exists(), reason="the tokens of real driving video are not here")
@pytest.mark.parametrize("shape", [(1200, 128), (1200, 8, 16)])
def test_tokens_of_real_video(shape, tmp_path):
    np.save(tmp_path / "t.npy", np.load(SHARED / "tokens.npy").reshape(shape))
    audit = audit_indices(tmp_path / "t.npy", 1024)
    (level,) = audit.levels
    assert (level.tokens, np.count_nonzero(level.counts)) == (153_600, 1024)
    assert entropy(level.counts, base=2) == pytest.approx(9.70, abs=0.005)
    assert audit.settings["equal_to_medium_before"][0] == pytest.approx(0.352, abs=0.0005)


def test_sizes_by_level(tmp_path):
    rng = np.random.default_rng(0)
    array = np.stack([rng.integers(0, 16, (30, 50)), rng.integers(0, 8, (30, 50))], 1)
    np.save(tmp_path / "t.npy", array)
    audit = audit_indices(tmp_path / "t.npy", [16, 8], Reading(axes="b,q,t"))
    assert [level.codebook_size for level in audit.levels] == [16, 8]
    with pytest.raises(RecordError, match=r"outside 0\.\.7"):
        audit_indices(tmp_path / "t.npy", [8, 16], Reading(axes="b,q,t"))
    with pytest.raises(SettingsError, match="3 codebook sizes were given, and there are 2 levels"):
        audit_indices(tmp_path / "t.npy", [8, 16, 4], Reading(axes="b,q,t"))


def test_the_command_says_what_was_read(tmp_path, capsys):
    np.save(tmp_path / "c.npy", levels_in_one_array())
    assert (
        main(["audit", "--indices", str(tmp_path / "c.npy"), "--codebook-size", "1024", "--out", str(tmp_path / "a")])
        == 0
    )
    said = capsys.readouterr().out
    assert "level 1: 128 of 1,024 codes used" in said
    assert "Read as 40 media of 75 tokens on 8 levels (axes b,q,t, guessed)." in said
    assert "Read as 40 media" in (tmp_path / "a" / "report.html").read_text()
    options = ["--codebook-size", "16", "--axes", "b,t", "--ignore", "-1"]
    assert main(["audit", "--indices", str(tmp_path / "c.npy"), *options, "--out", str(tmp_path / "b")]) == 2
    assert "names 2 axes, the array has 3" in capsys.readouterr().err
