"""Where dumps lie: folders, several places, what is given twice or is not there, files that number themselves."""

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.audit.indices.run import Reading, audit_indices
from explorer.foundation.errors import RecordError, SettingsError
from tests.dumps.dump_counts import K, counted, counts_of
from tests.dumps.test_formats import made_rows


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


def test_a_file_that_is_given_twice_is_counted_once(tmp_path):
    rows = made_rows()
    for name in ("a.npy", "b.npy", "c.npy"):
        np.save(tmp_path / name, rows)
    alone = audit_indices([tmp_path / "a.npy", str(tmp_path / "." / "a.npy")], K)
    assert counts_of(alone) == counted(rows)
    assert alone.settings["reading"] == audit_indices(tmp_path / "a.npy", K).settings["reading"]
    assert alone.settings["notes"][0] == "'a.npy' was given more than once, and counted once."
    several = audit_indices([tmp_path / "b.npy", tmp_path / "a.npy", tmp_path, tmp_path], K)
    assert counts_of(several) == [3 * count for count in counted(rows)]
    assert several.settings["notes"][0] == "'a.npy' and 2 more files were given more than once, and counted once."


def test_an_address_that_is_given_twice_is_counted_once(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    rows, held = made_rows(), fsspec.filesystem("memory")
    for name in ("a.npy", "b.npy"):
        np.save(tmp_path / name, rows)
        held.pipe(f"/given twice/{name}", (tmp_path / name).read_bytes())
    try:
        several = audit_indices(["memory://given twice/b.npy", "memory://given twice", "memory:///given twice/*"], K)
    finally:
        held.rm("/given twice", recursive=True)
    assert counts_of(several) == [2 * count for count in counted(rows)]
    assert several.settings["notes"][0] == "'b.npy' and 1 more file were given more than once, and counted once."
    by_address = audit_indices([tmp_path / "a.npy", (tmp_path / "a.npy").as_uri()], K)
    assert counts_of(by_address) == counted(rows)


TOO_MANY = "was counted, though the set of 'x-00000-of-00003.npy' has 3 files by its names."


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ([0, 1, 2], ()),
        ([1, 2, 3], ()),
        ([0, 1, 2, 3], (f"'x-00003-of-00003.npy' {TOO_MANY}",)),
        ([1, 2], ("1 of 3 files of the set of 'x-00001-of-00003.npy' is missing.",)),
        (
            [0, 5],
            (
                "2 of 3 files of the set of 'x-00000-of-00003.npy' are missing.",
                f"'x-00005-of-00003.npy' {TOO_MANY}",
            ),
        ),
    ],
)
def test_files_that_say_how_many_they_are(tmp_path, there, words):
    for number in there:
        np.save(tmp_path / f"x-{number:05}-of-00003.npy", made_rows())
    audit = audit_indices(tmp_path, K, Reading("b,t"))
    assert tuple(note for note in audit.settings.get("notes", ()) if "x-0" in note) == words
    assert counts_of(audit) == [len(there) * count for count in counted(made_rows())]


def test_a_link_to_nothing_is_named(tmp_path):
    np.save(tmp_path / "0.npy", np.arange(9))
    (tmp_path / "1.npy").symlink_to(tmp_path / "gone.npy")
    audit = audit_indices(tmp_path, K)
    assert counts_of(audit) == counted(np.arange(9)) and [name for name, _ in audit.skipped] == ["1.npy"]
    assert audit.settings["notes"][0].startswith("1 of 2 files was left out: '1.npy' cannot be read")


@pytest.mark.parametrize(("name", "ending"), [("t.jsonl.gz", "'.jsonl.gz'"), ("t.txt", "'.txt'"), ("t", "none")])
def test_a_file_of_no_known_ending_is_told_which_are_read(name, ending, tmp_path):
    (tmp_path / name).write_text("1 2 3")
    with pytest.raises(
        RecordError, match=rf"its ending \({ending}\) tells no other format; these are read: .npy, .npz, "
    ):
        audit_indices(tmp_path / name, K)
    np.save(tmp_path / "a.npy", np.arange(5))
    (tmp_path / "a.npy").rename(tmp_path / name)
    assert audit_indices(tmp_path / name, K).levels[0].tokens == 5
