"""Columns and lines of tables: which one holds the tokens, what a row is, and what is no row."""

import numpy as np
import pytest

from explorer.audit.indices.run import Reading, audit_indices
from explorer.dumps import arrays
from explorer.dumps.opening import open_dump
from explorer.foundation.errors import RecordError
from tests.dumps.made_dumps import WRITERS
from tests.dumps.test_formats import K, assert_counted, made_rows


@pytest.fixture(params=[2**20, 70])
def at_once(request, monkeypatch):
    monkeypatch.setattr(arrays, "ROWS_AT_ONCE", request.param)


def saved(path, table):
    pytest.importorskip("pyarrow")
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(table)
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=23)
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=17)
    return path


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_a_column_of_single_tokens_is_one_row(name, tmp_path):
    rows = made_rows()
    audit = audit_indices(saved(tmp_path / name, {"tokens": rows.reshape(-1), "text": ["a"] * rows.size}), K)
    assert audit.levels[0].counts.tolist() == np.bincount(rows.reshape(-1), minlength=K).tolist()
    assert "media unknown" in audit.settings["reading"]


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_rows_of_levels(name, at_once, tmp_path):
    """A list of levels a row, each of lists of tokens, as neural codecs give them."""
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, 16, (4, n)) + 16 * np.arange(4)[:, None] for n in rng.integers(20, 40, 60)]
    audit = audit_indices(saved(tmp_path / name, {"codes": [row.tolist() for row in rows]}), 64)
    assert len(audit.levels) == 4 and audit.settings["media"] == 60
    for q, level in enumerate(audit.levels):
        expected = np.bincount(np.concatenate([row[q] for row in rows]), minlength=64)
        np.testing.assert_array_equal(level.counts, expected)


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_missing_and_empty_rows_and_values(name, at_once, tmp_path):
    rows = [[1, 2, 3], None, [], [4, None, 5], [6]]
    audit = audit_indices(saved(tmp_path / name, {"ids": rows}), 10)
    assert audit.levels[0].counts.tolist() == [0, 1, 1, 1, 1, 1, 1, 0, 0, 0]
    assert audit.settings["media"] == 3 and audit.settings["padding"] == 1
    assert audit.settings["left_out"] == 2 and "row 1: it holds no tokens" in audit.skipped[0][1]


def test_lists_of_one_length_and_rows_that_are_no_codes(at_once, tmp_path):
    pa = pytest.importorskip("pyarrow")
    rows = made_rows()
    rows[40, 3] = K
    audit = audit_indices(saved(tmp_path / "t.parquet", {"tokens": pa.array(list(rows), pa.list_(pa.int16(), 40))}), K)
    kept = np.delete(rows, 40, 0)
    np.testing.assert_array_equal(audit.levels[0].counts, np.bincount(kept.reshape(-1), minlength=K))
    ((name, why),) = audit.skipped
    assert name == "t.parquet, row 40" and "Index 50 at place 3 of 't.parquet, row 40'" in why


def test_which_column(tmp_path):
    table = {"left": [[1, 2]], "right": [[3, 4]], "name": ["a"]}
    path = saved(tmp_path / "t.parquet", table)
    with pytest.raises(RecordError, match=r"several columns of numbers: left, right, name.*--field"):
        audit_indices(path, 10)
    assert audit_indices(path, 10, Reading(name="right")).levels[0].counts.nonzero()[0].tolist() == [3, 4]
    with pytest.raises(RecordError, match="no column 'wrong'; it has: left"):
        audit_indices(path, 10, Reading(name="wrong"))
    with pytest.raises(RecordError, match=r"column 'name' .*holds string"):
        audit_indices(path, 10, Reading(name="name"))


@pytest.mark.parametrize(
    ("text", "field", "media", "tokens"),
    [
        ("1,2,3\n4,5\n", None, 2, [1, 2, 3, 4, 5]),
        ("1\t2\n3\t4\n", None, 2, [1, 2, 3, 4]),
        ("1 2 3\n4 5 6\n", None, 2, [1, 2, 3, 4, 5, 6]),
        (",0,1,2\n0,7,8,9\n1,6,5,4\n", None, 2, [7, 8, 9, 6, 5, 4]),  # as pandas writes a table without names
        ("0,1,2\n7,8,9\n6,5,4\n", None, 2, [7, 8, 9, 6, 5, 4]),
        ("token\n3\n4\n4\n", None, None, [3, 4, 4]),
        ("3\n4\n4\n", None, None, [3, 4, 4]),
        (",tokens\n0,3\n1,4\n", None, None, [3, 4]),
        ('id,codes\n7,"[1, 2]"\n8,"[3]"\n', None, 2, [1, 2, 3]),
        ("a;b\n1 2;9\n3 4;9\n", "a", 2, [1, 2, 3, 4]),
        ("1,2\nx,y\n3,4\n", None, 2, [1, 2, 3, 4]),
    ],
)
def test_csv(text, field, media, tokens, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    audit = audit_indices(tmp_path / "t.csv", 10, Reading(name=field))
    assert audit.levels[0].counts.tolist() == np.bincount(tokens, minlength=10).tolist()
    assert audit.settings.get("media") == media
    assert ("left_out" in audit.settings) == ("x" in text)


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("", None, "holds no lines"),
        ("a,b\n", None, "only names of columns"),
        ("a,b\n1,2\n", None, "several columns: a, b.*--field"),
        ("a,b\n1,2\n", "c", "no column 'c'; it has: a, b"),
        ("3\n4\n5 6\n", None, "line 3: it holds 2 tokens, the lines before it one each"),
    ],
)
def test_csv_that_holds_no_tokens(text, field, words, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(RecordError, match=words):
        audit_indices(tmp_path / "t.csv", 10, Reading(name=field))


def test_cells_that_are_no_plain_numbers_are_left_out_by_name(tmp_path):
    lines = ["1,2,3", "4,1_0,6", "7,\u0661,8", "9,inf,1", "2,1e400,1", "0,5.5,1", "+8,4.0,nan", "7,1e0,5"]
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    audit = audit_indices(tmp_path / "t.csv", 11)
    assert audit.levels[0].counts.tolist() == np.bincount([1, 2, 3, 8, 4, 7, 1, 5], minlength=11).tolist()
    assert audit.settings["media"] == 3 and audit.settings["padding"] == 1
    whys = dict(audit.skipped)
    assert whys.pop("t.csv, line 2") == "t.csv, line 2: '1_0' is no whole number in plain digits."
    assert whys.pop("t.csv, line 3") == "t.csv, line 3: '\u0661' is no whole number in plain digits."
    assert list(whys) == ["t.csv, line 4", "t.csv, line 5", "t.csv, line 6"]
    assert [": inf at place 1" in why for why in whys.values()] == [True, True, False]


def test_names_of_columns_that_python_takes_for_numbers_are_no_tokens(tmp_path):
    (tmp_path / "t.csv").write_text("0_0,0_1,1_0\n4,5,6\n7,8,9\n")  # as pandas joins names of two floors
    with pytest.raises(RecordError, match="several columns: 0_0, 0_1, 1_0"):
        audit_indices(tmp_path / "t.csv", 11)
    assert audit_indices(tmp_path / "t.csv", 11, Reading(name="1_0")).levels[0].counts.nonzero()[0].tolist() == [6, 9]


def test_gaps_of_csv(tmp_path):
    """A gap between tokens keeps the places of those behind it; behind the last of a row there is nothing."""
    (tmp_path / "t.csv").write_text("1,2,3\n1,,3\n1, ,3\n4,5,\n")
    audit = audit_indices(tmp_path / "t.csv", 10)
    assert audit.levels[0].counts.tolist() == [0, 3, 1, 3, 1, 1, 0, 0, 0, 0]
    assert audit.settings["media"] == 4 and audit.settings["padding"] == 2
    (tmp_path / "t.csv").write_text("1,2,3\n1,,3\n,2,3\n")
    assert "3 media of 3 tokens" in audit_indices(tmp_path / "t.csv", 10).settings["reading"]
    (tmp_path / "t.csv").write_text('name,tokens\na,"1 2"\nb,\nc,"4"\n')
    audit = audit_indices(tmp_path / "t.csv", 10)
    assert audit.settings["media"] == 2 and audit.skipped == (("t.csv, line 3", "t.csv, line 3: it holds no tokens."),)


@pytest.mark.parametrize("last", ["1e3", "0.001", "1e400", "9" * 30])
def test_one_token_a_line_that_is_no_code_is_named_as_it_is(last, tmp_path):
    (tmp_path / "t.csv").write_text(f"3\n4\n{last}\n")
    with pytest.raises(RecordError) as wrong:
        audit_indices(tmp_path / "t.csv", 10)
    said = {"1e3": "1,000", "0.001": ": 0.001 at", "1e400": ": inf at", "9" * 30: "outside 0..9"}[last]
    assert said in str(wrong.value) and "place 2" in str(wrong.value)


def test_true_and_false_are_no_tokens(tmp_path):
    (tmp_path / "t.jsonl").write_text("[1, 2]\n[3, true]\n[false, 4]\n[[1, true], [2, 3]]\n[5]\n")
    audit = audit_indices(tmp_path / "t.jsonl", 10)
    assert audit.levels[0].counts.nonzero()[0].tolist() == [1, 2, 5]
    assert [name for name, _ in audit.skipped] == [f"t.jsonl, line {n}" for n in (2, 3, 4)]
    assert all("no list of whole numbers" in why for _, why in audit.skipped)


def test_levels_of_an_hdf5_and_which_data_set(tmp_path):
    h5py = pytest.importorskip("h5py")
    rows = made_rows()
    with h5py.File(tmp_path / "levels.h5", "w") as file:
        for q in range(3):
            file[f"indices_{q}"] = rows[q * 30 : (q + 1) * 30]
    audit = audit_indices(tmp_path / "levels.h5", K)
    for q, level in enumerate(audit.levels):
        np.testing.assert_array_equal(level.counts, np.bincount(rows[q * 30 : (q + 1) * 30].reshape(-1), minlength=K))
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["a"], file["b/c"] = rows, rows + 1
    with pytest.raises(RecordError, match=r"several data sets or none: a, b/c.*--field"):
        audit_indices(tmp_path / "two.h5", K)
    assert_counted(audit_indices(tmp_path / "two.h5", K, Reading(name="a")), rows, K)


@pytest.mark.parametrize("shape", [(3600,), (1, 3600), (9, 400), (4, 5, 180), (90, 5, 8), (2, 3, 4, 150)])
@pytest.mark.parametrize("length", [1, 7, 150, 401, 3600])
def test_an_hdf5_is_read_in_pieces_of_any_length(shape, length, tmp_path):
    h5py = pytest.importorskip("h5py")
    array = np.random.default_rng(0).integers(0, 1000, shape)
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file.create_dataset("tokens", data=array, chunks=tuple(-(-n // 3) for n in shape))
    (held,) = open_dump(tmp_path / "t.h5").first
    for first, stop in ((0, 3600), (13, 3599), (400, 801), (5, 6)) if length > 1 else ((395, 410),):
        pieces = list(held.pieces(length, first, stop))
        assert [len(piece) for piece in pieces[:-1]] == [length] * (len(pieces) - 1)
        np.testing.assert_array_equal(np.concatenate(pieces), array.reshape(-1)[first:stop])


def test_files_of_levels_in_a_folder_are_a_medium_each(tmp_path):
    """As `tokenize` writes a record: an .npz of indices_0, indices_1, ..."""
    rows = made_rows()
    for number in range(30):
        np.savez(tmp_path / f"{number}.npz", indices_0=rows[number], indices_1=rows[30 + number])
    np.savez(tmp_path / "30.npz", indices_0=rows[0], indices_1=rows[0], indices_2=rows[0])
    audit = audit_indices(tmp_path, K)
    for q, level in enumerate(audit.levels):
        expected = rows[30 * q : 30 * q + 30]
        np.testing.assert_array_equal(level.counts, np.bincount(expected.reshape(-1), minlength=K))
    assert audit.settings["media"] == 30
    assert audit.skipped == (("30.npz, indices_0", "'30.npz, indices_0' has 3 levels; the first has 2."),)


@pytest.mark.parametrize("written", ["npy", "npz", "jsonl", "csv", "parquet", "arrow", "hdf5", "webdataset"])
def test_every_format_is_read_by_address(written, tmp_path):
    fsspec = pytest.importorskip("fsspec")
    rows = made_rows()
    path = WRITERS[written](tmp_path, rows)
    place = f"memory://by_address/{path.name}"
    with fsspec.open(place, "wb") as file:
        file.write(path.read_bytes())
    axes = "b,t" if written in ("npy", "npz", "hdf5") else "t"
    found = audit_indices(place, K, Reading(axes))
    assert found.levels[0].counts.tolist() == np.bincount(rows.reshape(-1), minlength=K).tolist()
