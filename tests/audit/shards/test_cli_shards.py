"""`audit --shard` and `merge` write what `audit` writes; what is missing or does not fit is said in a line."""

import json

import pytest
from small_audit import GreyTokenizer

from explorer import tokenizers
from explorer.__main__ import main
from explorer.foundation.errors import UnknownIdError
from explorer.joints.files.audits import load_audit


@pytest.fixture(autouse=True)
def only_grey(monkeypatch):
    monkeypatch.setattr("explorer.audit.batches.SMALL_BLOCK", 2)
    monkeypatch.setattr(tokenizers, "load_tokenizer", lambda tokenizer_id, device=None: GreyTokenizer())


def explorer(*arguments) -> int:
    return main(list(map(str, arguments)))


def files_of(folder):
    """name -> bytes of all files; audit.json and the report without the seconds that it took."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found["audit.json"] = json.loads(found["audit.json"]) | {"seconds": 0}
    seconds = load_audit(folder).seconds
    found["report.html"] = found["report.html"].replace(f"{seconds:,.1f} s on cpu".encode(), b"")
    return found


def test_a_merge_writes_the_files_of_an_audit(pictures, tmp_path, capsys):
    root, _ = pictures
    (root / "notes.txt").write_text("notes")
    assert explorer("audit", "grey", root, "--out", tmp_path / "whole", "--title", "Mine") == 0
    for number in (3, 1, 2):
        line = ("audit", "grey", root, "--title", "Mine", "--out", tmp_path / "s", "--shard", f"{number}/3")
        assert explorer(*line) == 0
    said = capsys.readouterr().out
    assert "shard-3-of-3.npz: shard 3 of 3, " in said and "of 3 of 4 media, 1 skipped" in said
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [f"shard-{n}-of-3.npz" for n in (1, 2, 3)]
    shards = [tmp_path / "s" / f"shard-{n}-of-3.npz" for n in (2, 3, 1)]
    assert explorer("merge", *shards, "--out", tmp_path / "out", "--media", root) == 0
    assert "tokens of 11 of 12 media, 1 skipped" in capsys.readouterr().out
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


def test_a_partial_merge_says_what_it_lacks(pictures, tmp_path, capsys):
    root, _ = pictures
    assert explorer("audit", "grey", root, "--out", tmp_path / "s", "--shard", "1/2") == 0
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "out") == 2
    assert "Missing: shard 2 of 2 (files 7 to 11 of 11). Run what is missing" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "out", "--partial") == 0
    said = capsys.readouterr()
    assert "Missing: shard 2 of 2 (files 7 to 11 of 11)" in said.out and "no pictures of exemplars" in said.err
    assert "Missing: shard 2 of 2" in (tmp_path / "out" / "report.html").read_text()
    assert load_audit(tmp_path / "out").settings["notes"] == ["Missing: shard 2 of 2 (files 7 to 11 of 11)"]


def test_without_the_tokenizer_counts_are_merged_and_it_is_said(pictures, tmp_path, capsys, monkeypatch):
    root, _ = pictures
    assert explorer("audit", "grey", root, "--out", tmp_path / "s", "--shard", "1/1") == 0

    def gone(tokenizer_id, device=None):
        raise UnknownIdError("no such tokenizer")

    monkeypatch.setattr(tokenizers, "load_tokenizer", gone)
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "out", "--media", root) == 0
    assert "grey is not here: no such tokenizer" in capsys.readouterr().err
    assert load_audit(tmp_path / "out").complete and not (tmp_path / "out" / "exemplars").exists()
    other = GreyTokenizer()
    other.fine = 2 * other.fine
    monkeypatch.setattr(tokenizers, "load_tokenizer", lambda tokenizer_id, device=None: other)
    assert explorer("merge", tmp_path / "s", "--out", tmp_path / "out", "--media", root) == 0
    assert "grey here is another revision than that of the shards" in capsys.readouterr().err


def test_mistakes_give_one_line_and_code_2(pictures, tmp_path, capsys):
    root, out = pictures[0], tmp_path / "out"
    assert explorer("audit", "grey", root, "--out", tmp_path / "s", "--shard", "1/1") == 0
    capsys.readouterr()
    cases = [
        (("audit", "grey", root, "--out", out, "--shard", "3/2"), "A shard is i/n"),
        (("audit", "grey", root, "--out", out, "--shard", "1/2", "--fail-on", "bad"), "give --fail-on to merge"),
        (("audit", "--indices", "x.npy", "--codebook-size", 4, "--out", out, "--shard", "3/2"), "such as 3/8"),
        (("merge", tmp_path / "gone", "--out", out), "holds no shards of an audit"),
        (("merge", tmp_path / "s", "--out", out, "--media", root / "a"), "holds other files than were counted: 6"),
    ]
    for arguments, words in cases:
        assert explorer(*arguments) == 2
        said, error = capsys.readouterr()
        assert words in error and error.startswith("explorer: ") and error.count("\n") == 1 and said == ""
    assert not out.exists()
