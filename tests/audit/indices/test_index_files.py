"""Indices in files as people have them: folders, lengths that differ, lines, padding, what is wrong in the middle."""

import json

import numpy as np
import pytest
from scipy.stats import entropy

from explorer.audit.indices import blocks as index_blocks
from explorer.audit.indices.blocks import Padding
from explorer.audit.indices.run import Reading, audit_indices
from explorer.foundation.errors import RecordError
from explorer.joints.measures.usage import usage_of_counts


def used_of(level):
    """(tokens, codes in use, how many could be: min(K, N))."""
    known = usage_of_counts(level.counts)
    return known.tokens, known.used, known.ceiling


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
