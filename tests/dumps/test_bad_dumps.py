"""Dumps that are damaged, change, or hold something else: named, counted, and what could be counted is kept."""

import os
import sys
import tarfile

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.audit.indices import blocks
from explorer.audit.indices.run import Reading, audit_indices
from explorer.foundation.errors import RecordError, SettingsError
from tests.dumps.made_dumps import WRITERS, add_member, npy_bytes, write_parquet, write_webdataset
from tests.dumps.test_formats import made_rows

K = 50


def counts_of(audit):
    return audit.levels[0].counts.tolist()


def counted(array):
    return np.bincount(np.asarray(array).reshape(-1), minlength=K).tolist()


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
    assert 400 <= tokens <= rows.size // 2 and tokens % 400 == 0
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


@pytest.mark.parametrize(
    ("place", "error", "words"),
    [
        ("memory://dumps/none.npy", RecordError, "There is nothing at"),
        ("zzz://bucket/a.npy", SettingsError, "zzz:// cannot be read here"),
        ("none/*.npy", RecordError, "Nothing matches"),
        ("none.parquet", RecordError, "There is no file"),
    ],
)
def test_places_where_there_is_nothing(place, error, words):
    pytest.importorskip("fsspec")
    with pytest.raises(error, match=words):
        audit_indices(place, K)


def test_a_folder_of_one_format_and_what_is_beside_it(tmp_path):
    rows = made_rows()
    for number, row in enumerate(rows):
        np.save(tmp_path / f"{number}.npy", row)
    (tmp_path / "labels.csv").write_text("1,2\n")
    (tmp_path / "manifest.json").write_text("{}")
    audit = audit_indices(tmp_path, K)
    assert counts_of(audit) == counted(rows)
    assert audit.settings["notes"][0].startswith("1 CSV files beside the 90 numpy files were left out")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "read.me").write_text("nothing")
    with pytest.raises(RecordError, match=r"holds no file of indices, of 1 files: .npy, "):
        audit_indices(tmp_path / "b", K)


def test_several_places_at_once(tmp_path, capsys):
    rows = made_rows()
    for name, some in (("a.npy", rows[:30]), ("b10.npy", rows[60:]), ("b9.npy", rows[30:60])):
        np.save(tmp_path / name, some)
    given = [str(tmp_path / "a.npy"), str(tmp_path / "b*.npy")]
    options = ["--codebook-size", str(K), "--axes", "b,t", "--out", str(tmp_path / "out")]
    assert main(["audit", "--indices", *given, *options]) == 0
    said = capsys.readouterr().out
    assert "3,600 tokens of 90 media" in said and "Real bits: " in said and "equal the token before it" in said
    assert np.load(tmp_path / "out" / "counts.npy")[0].tolist() == counted(rows)


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
    assert whys[0] == "t.tar, b: it has no file .npy." and all("no array of numpy" in why for why in whys[1:])
    assert len(whys) == 3
