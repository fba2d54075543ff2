"""Dumps that are damaged, change, or hold something else: named, counted, and what could be counted is kept."""

import gzip
import json
import os
import sys
import tarfile

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.audit.indices import blocks
from explorer.audit.indices.run import Reading, audit_indices
from explorer.dumps.opening import open_dump
from explorer.foundation.errors import RecordError, SettingsError
from tests.dumps.dump_counts import K, counted, counts_of
from tests.dumps.made_dumps import WRITERS, add_member, npy_bytes, write_data_set, write_parquet, write_webdataset
from tests.dumps.test_formats import made_rows


def test_a_dump_that_changes_while_it_is_read(monkeypatch, tmp_path):
    monkeypatch.setattr(blocks, "PIECE", 400)
    rows = made_rows()
    np.save(tmp_path / "t.npy", rows)

    def touch(at):
        os.utime(tmp_path / "t.npy", (1, 1))

    audit = audit_indices(tmp_path / "t.npy", K, progress=touch)
    assert counts_of(audit) == counted(rows)
    assert audit.settings["notes"][0].startswith("'t.npy' changed while it was read")
    assert "notes" not in audit_indices(tmp_path / "t.npy", K).settings or not any(
        "changed" in note for note in audit_indices(tmp_path / "t.npy", K).settings["notes"]
    )


def test_a_dump_that_shrinks_while_it_is_read_is_counted_up_to_there(monkeypatch, tmp_path):
    monkeypatch.setattr(blocks, "PIECE", 400)
    rows = made_rows()
    np.save(tmp_path / "t.npy", rows)
    whole = (tmp_path / "t.npy").stat().st_size

    def cut(at):
        os.truncate(tmp_path / "t.npy", whole - rows.nbytes // 2)

    audit = audit_indices(tmp_path / "t.npy", K, Reading("b,t"), progress=cut)
    tokens = audit.levels[0].tokens
    assert 200 <= tokens <= rows.size // 2 and tokens % 200 == 0
    assert counts_of(audit) == counted(rows.reshape(-1)[:tokens])
    ((name, why),) = audit.skipped
    assert name == "t.npy" and "cut short" in why and "What was read until then was counted." in why
    assert any("cut short" in note for note in audit.settings["notes"])


CUT = {
    "npy": "cut short: its header promises 3,600 indices",
    "npz": "damaged|no array|cut short",
    "pt": "ends early|damaged|incomplete",
    "parquet": "cut short, damaged",
    "arrow": "cut short, damaged",
    "hdf5": "cut short, damaged",
}


@pytest.mark.parametrize("written", CUT)
def test_a_file_that_is_cut_short_is_refused_alone_and_left_out_of_a_folder(written, tmp_path):
    rows = made_rows()
    path = WRITERS[written](tmp_path, rows)
    data = path.read_bytes()
    (tmp_path / "a").mkdir()
    broken = tmp_path / "a" / f"0{path.suffix}"
    broken.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(RecordError, match=CUT[written]):
        audit_indices(broken, K)
    for number in (1, 2):
        (tmp_path / "a" / f"{number}{path.suffix}").write_bytes(data)
    audit = audit_indices(tmp_path / "a", K, Reading("b,t" if written in ("npy", "npz", "pt", "hdf5") else "t"))
    assert counts_of(audit) == (2 * np.array(counted(rows))).tolist()
    assert [name for name, _ in audit.skipped] == [broken.name]
    assert audit.settings["left_out"] == 1 and "was left out: " in audit.settings["notes"][0]


def test_samples_before_the_end_of_a_tar_that_is_cut_short_are_kept(tmp_path):
    rows = made_rows()
    path = write_webdataset(tmp_path, rows)
    with tarfile.open(path) as tar:
        end = tar.getmember("some/000050.tokens.npy").offset_data + 10
    os.truncate(path, end)
    audit = audit_indices(path, K)
    assert counts_of(audit) == counted(rows[:50]) and audit.settings["media"] == 50
    assert "cut short, damaged or no tar" in audit.settings["notes"][0]


def test_one_file_of_many_with_tokens_out_of_range(tmp_path):
    rows = np.tile(made_rows(), (4, 1))
    for number, row in enumerate(rows):
        np.save(tmp_path / f"{number}.npy", row)
    wrong = rows[77].copy()
    wrong[3], wrong[9] = K, K + 7
    np.save(tmp_path / "77.npy", wrong)
    np.save(tmp_path / "78.npy", rows[:2])
    audit = audit_indices(tmp_path, K)
    assert counts_of(audit) == counted(np.delete(rows, [77, 78], 0)) and audit.settings["media"] == 358
    assert [name for name, _ in audit.skipped] == ["77.npy", "78.npy"]
    assert "Index 50 at place 3 of '77.npy'" in audit.skipped[0][1] and "So are 1 more of 40." in audit.skipped[0][1]
    assert audit.skipped[1][1] == "'78.npy' has the shape (2, 40); the first has axes t."
    assert audit.settings["notes"][0].startswith("2 of 360 files were left out: Index 50")
    assert audit.complete and audit.planned == 3


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch, tmp_path):
    path = write_parquet(tmp_path, made_rows())
    for name in [name for name in sys.modules if name.startswith(("explorer.dumps.parquet", "explorer.dumps.columns"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(SettingsError, match=r"'t.parquet' is Parquet, .*: pip install pyarrow"):
        audit_indices(path, K)


def test_a_torch_file_that_would_run_code_is_refused(tmp_path):
    torch = pytest.importorskip("torch")

    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    torch.save({"tokens": torch.zeros(9, dtype=torch.int64), "more": Trap()}, tmp_path / "t.pt")
    with pytest.raises(RecordError):
        audit_indices(tmp_path / "t.pt", K)
    assert not (tmp_path / "sprung").exists()


def test_rows_that_a_data_set_does_not_list_are_left_out_and_told(tmp_path):
    rows = made_rows()
    folder = write_data_set(tmp_path, rows)
    (folder / "data-00003-of-00003.arrow").write_bytes((folder / "data-00000-of-00003.arrow").read_bytes())
    audit = audit_indices(folder, K)
    assert counts_of(audit) == counted(rows)
    assert (
        "1 file beside those that state.json lists was left out: 'data-00003-of-00003.arrow'."
        in audit.settings["notes"]
    )


def test_samples_without_tokens_are_left_out(tmp_path):
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        add_member(tar, "a.npy", npy_bytes(np.arange(5)))
        add_member(tar, "b.txt", b"no tokens")
        add_member(tar, "c.npy", b"no array")
        add_member(tar, "d.npy", npy_bytes(np.array([{}], dtype=object)))
        add_member(tar, "e.npy", npy_bytes(np.arange(7)))
    audit = audit_indices(tmp_path / "t.tar", K)
    assert audit.settings["media"] == 2 and audit.levels[0].tokens == 12
    whys = [why for _, why in audit.skipped]
    assert whys[:2] == [
        "t.tar, b: it has no file .npy.",
        "t.tar, c.npy: this is no array of numpy (.npy) of plain numbers.",
    ]
    assert "'t.tar, d.npy' holds a pickled object." in whys[2]
    assert len(whys) == 3


@pytest.mark.parametrize(
    "name", ["\N{SUPERSCRIPT TWO}1.npy", "\N{ARABIC-INDIC DIGIT THREE}.npy", "1\N{SUPERSCRIPT TWO}.npy"]
)
def test_digits_that_are_no_ascii_are_letters_of_a_name(name, tmp_path):
    for number, one in enumerate((name, "2.npy", "10.npy")):
        np.save(tmp_path / one, np.full(3, number))
    audit = audit_indices(tmp_path, K)
    assert counts_of(audit)[:4] == [3, 3, 3, 0] and not audit.skipped


def test_infinite_values_are_no_codes(tmp_path):
    np.save(tmp_path / "t.npy", np.array([[1.0, np.inf], [2, 3]]))
    with pytest.raises(RecordError, match="numbers that are not whole ones: inf at place 1"):
        audit_indices(tmp_path / "t.npy", K)
    (tmp_path / "t.jsonl").write_text("[1, 2]\n[1e400]\n[-Infinity, 2]\n[3]\n")
    audit = audit_indices(tmp_path / "t.jsonl", K)
    assert counts_of(audit) == counted([1, 2, 3])
    assert [name for name, _ in audit.skipped] == ["t.jsonl, line 2", "t.jsonl, line 3"]


def test_a_negative_index_is_not_one_of_those_near_it(tmp_path):
    for values, words in (
        ([1, -7], "is negative. Codes"),
        ([-7, -7, -8], "is negative, as are 2 values near it. Codes"),
    ):
        np.save(tmp_path / "t.npy", np.array(values))
        with pytest.raises(RecordError, match=words):
            audit_indices(tmp_path / "t.npy", K)


def test_a_field_that_is_not_there_is_not_passed_over(tmp_path):
    (tmp_path / "t.jsonl").write_text("[1, 2]\n[3]\n")
    with pytest.raises(RecordError, match=r"t\.jsonl, line 1: it has no field 'x', since it is no object"):
        audit_indices(tmp_path / "t.jsonl", K, Reading(name="x"))
    with pytest.raises(RecordError, match=r"'t\.tar' has no ending 'x'; its samples have: cls, tokens\.npy\."):
        audit_indices(write_webdataset(tmp_path, made_rows()), K, Reading(name="x"))


def test_json_lines_may_begin_with_a_mark_of_their_encoding(tmp_path):
    (tmp_path / "t.jsonl").write_bytes(b"\xef\xbb\xbf[1, 2]\r\n[3]\r\n")
    assert counts_of(audit_indices(tmp_path / "t.jsonl", K)) == counted([1, 2, 3])


def test_what_was_left_out_is_counted_alike_in_the_note_and_in_the_finding(capsys, tmp_path):
    """Of a folder with many files the reading says "2 of 7 files"; the finding once said "2 of 3 media"."""
    for number in range(5):
        np.save(tmp_path / f"{number}.npy", np.full((2, 3), number))
    np.save(tmp_path / "5.npy", np.full((2, 3), K))
    (tmp_path / "6.npy").write_bytes(b"")
    assert main(["audit", "--indices", str(tmp_path), "--codebook-size", str(K), "--out", str(tmp_path / "o")]) == 0
    assert "2 of 7 files were left out: Index 50 at place 0 of '5.npy'" in capsys.readouterr().out
    findings = json.loads((tmp_path / "o" / "audit.json").read_text())["findings"]
    [found] = [finding for finding in findings if "were skipped" in finding["title"]]
    assert found["title"] == "2 of 7 files were skipped" and found["text"].startswith("First of them: 5.npy")


def test_a_single_token_is_one_of_all_codes(capsys, tmp_path):
    np.save(tmp_path / "one.npy", np.int64(5))
    main(["audit", "--indices", str(tmp_path / "one.npy"), "--codebook-size", str(K), "--out", str(tmp_path / "o")])
    assert "1 token of media that are not told apart; 1 of 50 codes used (1 at most, of so few tokens)" in (
        capsys.readouterr().out
    )


def test_a_damaged_header_within_a_tar_is_told_and_what_stands_before_is_kept(tmp_path):
    """To tarfile it is the end of the tar: samples behind it were left out without a word."""
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        for number in range(40):
            add_member(tar, f"{number:06}.npy", npy_bytes(np.full(5, number % K)))
    with tarfile.open(tmp_path / "t.tar") as tar:
        begin = tar.getmembers()[30].offset
    torn = bytearray((tmp_path / "t.tar").read_bytes())
    torn[begin + 148 : begin + 156] = b"99999999"  # its checksum
    packed = gzip.compress(torn)
    for name, data in {"t.tar": torn, "t.tar.gz": packed, "u.tar": torn[: begin + 200]}.items():
        (tmp_path / name).write_bytes(data)
        audit = audit_indices(tmp_path / name, K)
        assert audit.levels[0].tokens == 150
        assert "a header is damaged" in " ".join(audit.settings["notes"])


@pytest.mark.parametrize(
    ("there", "instead"), [(b"}", b"("), (b"fortran", b"\xffortran"), (b"(4,)", b"(4,-"), (b"<i8", b"<x8")]
)
def test_a_changed_header_of_an_array_within_a_tar_leaves_out_its_sample(there, instead, tmp_path):
    """numpy raises errors of Python's own parser for some of them."""
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        for name in ("a", "b"):
            data = npy_bytes(np.arange(4))
            assert data.count(there) == 1
            add_member(tar, f"{name}.npy", data if name == "a" else data.replace(there, instead))
    parts = list(open_dump(tmp_path / "t.tar").parts())
    assert parts[0].values.tolist() == [0, 1, 2, 3]
    assert parts[1].why == "t.tar, b.npy: this is no array of numpy (.npy) of plain numbers."


def test_a_gap_at_the_beginning_of_csv_without_names_is_a_token_that_is_missing(tmp_path):
    """It was taken for the name of an index, and the first token of every line left out without a word."""
    (tmp_path / "t.csv").write_text(",1,2\n3,4,5\n")
    audit = audit_indices(tmp_path / "t.csv", K)
    assert np.flatnonzero(audit.levels[0].counts).tolist() == [1, 2, 3, 4, 5]
    assert "1 of 6 values are padding" in audit.settings["notes"][0]
    (tmp_path / "t.csv").write_text(",0,1\n7,4,5\n")  # as pandas writes columns without names: the first is the index
    assert np.flatnonzero(audit_indices(tmp_path / "t.csv", K).levels[0].counts).tolist() == [4, 5]


@pytest.mark.parametrize("text", ["# tokens of a run\n1,2\n3,4\n", "tokens\n[1, 2, 3]\n[4, 5]\n", "a,tokens\n0,1,2\n"])
def test_csv_with_more_cells_than_names_is_refused(text, tmp_path):
    """All but the first token of every line was left out without a word."""
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(RecordError, match=r"names fewer columns \([12]\) than the next has cells \([23]\)"):
        audit_indices(tmp_path / "t.csv", K)
    (tmp_path / "t.csv").write_text("tokens,\n1,\n2,\n")  # nothing stands in what is more
    assert audit_indices(tmp_path / "t.csv", K).tokens == 2
