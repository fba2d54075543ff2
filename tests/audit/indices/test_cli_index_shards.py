"""`audit --indices --shard` and `merge` write what `audit --indices` writes; what does not fit is said in a line."""

import json

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.joints.files.audits import load_audit


def explorer(*arguments) -> int:
    return main(list(map(str, arguments)))


@pytest.fixture
def dump(tmp_path):
    (tmp_path / "d").mkdir()
    for number in range(4):
        np.save(tmp_path / "d" / f"{number}.npy", np.random.default_rng(number).integers(0, 60, (50, 30 + number)))
    return tmp_path / "d"


def files_of(folder):
    """name -> bytes of all files; audit.json and the report without the seconds that it took."""
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    found["audit.json"] = json.loads(found["audit.json"]) | {"seconds": 0}
    seconds = f"{load_audit(folder).seconds:,.1f} s on cpu"
    found["report.html"] = found["report.html"].replace(seconds.encode(), b"")
    return found


def test_a_merge_writes_the_files_of_an_audit(dump, tmp_path, capsys):
    np.save(tmp_path / "v.npy", np.random.default_rng(9).normal(size=(64, 4)))
    how = ("--axes", "b,t", "--ignore", 3, "--codebook", tmp_path / "v.npy")
    assert explorer("audit", "--indices", dump, *how, "--out", tmp_path / "whole") == 0
    told = capsys.readouterr().out
    for number in (2, 3, 1):
        line = ("audit", "--indices", dump, *how, "--out", tmp_path / "s", "--shard", f"{number}/3")
        assert explorer(*line) == 0
    assert "shard-3-of-3.npz: shard 3 of 3, " in capsys.readouterr().out
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "out", "--codebook", tmp_path / "v.npy") == 0
    assert capsys.readouterr().out == told.replace(str(tmp_path / "whole"), str(tmp_path / "out"))
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")
    assert "codebooks.npz" in files_of(tmp_path / "out")
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "plain") == 0
    assert "without --codebook FILE, what needs the code vectors is left out" in capsys.readouterr().err
    np.save(tmp_path / "v.npy", np.zeros((64, 4)))
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "out", "--codebook", tmp_path / "v.npy") == 2
    assert "holds other code vectors than the shards were counted with" in capsys.readouterr().err


def test_a_partial_merge_says_what_it_lacks(dump, tmp_path, capsys):
    assert explorer("audit", "--indices", dump, "--codebook-size", 60, "--out", tmp_path / "s", "--shard", "2/3") == 0
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "out") == 2
    assert "Missing: shards 1, 3 of 3. Run what is missing" in capsys.readouterr().err
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "out", "--partial") == 0
    assert "  Missing: shards 1, 3 of 3." in capsys.readouterr().out
    assert load_audit(tmp_path / "out").settings["notes"][0] == "Missing: shards 1, 3 of 3."
    assert "Missing: shards 1, 3 of 3" in (tmp_path / "out" / "report.html").read_text()


def test_what_does_not_fit(dump, tmp_path, capsys):
    how = ("audit", "--indices", dump, "--codebook-size", 60, "--out", tmp_path / "s")
    np.save(tmp_path / "v.npy", np.zeros((60, 4)))
    latents = ("audit", "--indices", dump, "--codebook", tmp_path / "v.npy", "--latents", "z.npy", "--out", tmp_path)
    for line, words in (
        ((*how, "--shard", "1/2", "--resume"), "goes on from its file by itself"),
        ((*how, "--shard", "1/2", "--ray"), "--shard and --ray are two ways"),
        ((*how, "--shard", "1/2", "--fail-on", "bad"), "give --fail-on to merge"),
        ((*latents, "--shard", "1/2"), "counted by one process"),
    ):
        assert explorer(*line) == 2
        assert words in capsys.readouterr().err
    assert explorer(*how, "--shard", "1/1") == 0
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "o", "--media", dump) == 2
    assert "these are of plain indices" in capsys.readouterr().err
