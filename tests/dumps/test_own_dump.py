"""A dump that `tokenize` wrote says its axes and sizes itself, and is counted without a word more."""

import json

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.audit.indices.run import Reading, audit_indices
from explorer.dumps.own import read_own
from explorer.dumps.writing.manifest import MANIFEST, write_manifest
from explorer.foundation.errors import RecordError

PLAIN = {
    "axes": "q,t",
    "levels": [{"codebook_size": 8}, {"codebook_size": 16}],
    "vocabulary": None,
    "storage": {"format": "npy"},
}


def made(folder, **changes):
    folder.mkdir()
    array = np.stack([np.random.default_rng(q).integers(0, size, (50, 30)) for q, size in enumerate((8, 16))], 1)
    np.save(folder / "tokens-00000.npy", array)
    write_manifest(folder, PLAIN | changes)
    return array


def test_it_is_counted_without_a_word_more(tmp_path, capsys):
    array = made(tmp_path / "d")
    assert main(["audit", "--indices", str(tmp_path / "d"), "--out", str(tmp_path / "a")]) == 0
    assert "1,500 tokens of 50 media; level 1: 8 of 8 codes used" in capsys.readouterr().out
    counts = np.load(tmp_path / "a" / "counts.npy")
    for q, size in enumerate((8, 16)):
        assert counts[q, :size].tolist() == np.bincount(array[:, q].reshape(-1), minlength=size).tolist()
    assert json.loads((tmp_path / "a" / "audit.json").read_text())["settings"]["axes"] == "b,q,t"


def test_what_says_nothing_of_itself(tmp_path):
    made(tmp_path / "ids", vocabulary={"offset": 5})
    made(tmp_path / "row", axes="t")
    made(tmp_path / "lines", storage={"format": "jsonl"})
    made(tmp_path / "torn")
    (tmp_path / "torn" / MANIFEST).write_text("{")
    made(tmp_path / "other")
    (tmp_path / "other" / MANIFEST).write_text('{"name": "an app"}')
    assert read_own([tmp_path / "lines"]) == ("q,t", [8, 16])
    assert read_own([tmp_path / "ids"]) == ("b,q,t", None) and read_own([tmp_path / "row"]) == ("b,t", None)
    assert read_own([tmp_path / "other"]) is None
    assert read_own([tmp_path]) is read_own([tmp_path / "ids", tmp_path / "row"]) is None
    with pytest.raises(RecordError, match="damaged"):
        read_own([tmp_path / "torn"])


def test_what_a_dump_lacks_is_said_with_its_count(tmp_path):
    array = made(tmp_path / "d", complete=True, shards=[{"file": "tokens-00000.npy"}, {"file": "tokens-00001.npy"}])

    def notes():
        return audit_indices(tmp_path / "d", [8, 16], Reading("b,q,t")).settings.get("notes", [])

    assert notes()[0] == "1 of 2 files that manifest.json names is missing: 'tokens-00001.npy'."
    np.save(tmp_path / "d" / "tokens-00001.npy", array)
    assert not any("missing" in note or "complete" in note for note in notes())
    np.save(tmp_path / "d" / "tokens-00002.npy", array)  # of an earlier run with more shards
    assert notes()[0] == "1 file beside those that manifest.json names was left out: 'tokens-00002.npy'."
    audit = audit_indices(tmp_path / "d", [8, 16], Reading("b,q,t"))
    assert audit.levels[0].tokens == 2 * array[:, 0].size and audit.settings["media"] == 100
    write_manifest(tmp_path / "d", PLAIN | {"complete": False})
    assert notes()[0].startswith("'d' is not complete: `tokenize` was stopped")


def test_ids_of_a_vocabulary_are_rows_of_media_and_no_levels(tmp_path, capsys):
    ids = np.random.default_rng(0).integers(100, 109, (8, 600))  # 8 beside 600 would be offered as levels
    (tmp_path / "d").mkdir()
    np.save(tmp_path / "d" / "tokens-00000.npy", ids)
    vocabulary = {"offset": 100, "size_needed": 110}
    write_manifest(tmp_path / "d", PLAIN | {"axes": "t", "levels": [{"codebook_size": 9}], "vocabulary": vocabulary})
    options = ["audit", "--indices", str(tmp_path / "d"), "--out", str(tmp_path / "a")]
    assert main(options) == 2
    assert "The ids in 'd' are of a vocabulary of 110 entries." in capsys.readouterr().err
    assert main([*options, "--codebook-size", "110"]) == 0
    assert "Read as 8 media of 600 tokens on one level (axes b,t)." in capsys.readouterr().out
    assert json.loads((tmp_path / "a" / "audit.json").read_text())["settings"]["axes"] == "b,t"
