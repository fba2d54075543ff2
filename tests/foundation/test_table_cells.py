"""Cells of separated text: each reader has its own bound, whichever reader came before it."""

import csv

import pytest

from explorer.audit.indices.run import audit_indices
from explorer.foundation.cells import split_cells
from explorer.foundation.errors import MediaError
from explorer.media.rows.series import load_series


def test_cells_are_those_of_csv_with_the_line_that_ends_them():
    lines = ["a,b\n", '"1\n', '2",3\n', "4,5"]
    assert list(split_cells(lines, ",")) == [(1, ["a", "b"]), (3, ["1\n2", "3"]), (4, ["4", "5"])]


@pytest.mark.parametrize("length", [10, 11])
def test_a_cell_beyond_the_bound_is_named_by_its_line(length):
    rows = split_cells(["a,b\n", "c," + "x" * length + "\n"], ",", longest=10)
    assert next(rows) == (1, ["a", "b"])
    if length == 10:
        assert next(rows) == (2, ["c", "x" * 10])
        return
    with pytest.raises(csv.Error, match="Line 2 cannot be read: a cell has more than 10 characters"):
        next(rows)


@pytest.mark.parametrize("text", ['1,2\n"3,4\n5,6\n', '1,2\n3,"4', '1,2\n"3""'], ids=["rest", "last", "doubled"])
def test_a_quote_that_nothing_closes_is_named_by_the_line_that_opens_it(text, tmp_path):
    """csv takes all that follows for one cell, so that a dump had its last rows in one."""
    rows = split_cells(text.splitlines(keepends=True), ",")
    assert next(rows) == (1, ["1", "2"])
    with pytest.raises(csv.Error, match="Line 2 cannot be read: a quote stands open"):
        next(rows)
    (tmp_path / "t.csv").write_text('tokens\n1 2\n3 4\n"5 6\n7 8\n9 0\n')
    audit = audit_indices(tmp_path / "t.csv", 10)
    assert audit.levels[0].counts.tolist() == [0, 1, 1, 1, 1, 0, 0, 0, 0, 0]
    assert "Line 4 cannot be read: a quote stands open" in audit.settings["notes"][0]


@pytest.mark.parametrize("ended", ["end", '"end"', "a,end", "end\n", '"end\n"', "", "\n\n"])
def test_what_ends_a_table_is_read_as_csv_reads_it(ended):
    lines = ("1,2\n" + ended).splitlines(keepends=True)
    assert [cells for _, cells in split_cells(lines, ",")] == list(csv.reader(lines))


def test_the_first_lines_of_a_dump_may_be_blank_and_its_rows_go_on_over_lines(tmp_path):
    (tmp_path / "t.csv").write_text('\n\ntokens\n"[1\n2]"\n"[3\n4]"\n')
    audit = audit_indices(tmp_path / "t.csv", 10)
    assert audit.levels[0].counts[:6].tolist() == [0, 1, 1, 1, 1, 0] and audit.settings["media"] == 2


def test_reading_a_dump_leaves_the_bound_of_tables_as_it_was(tmp_path):
    """A dump's cell may hold 128 MB, a table's 128 kB: the bound was once the process's, and the last reader's won."""
    path = tmp_path / "t.csv"
    path.write_text('tokens\n"' + " ".join(["7"] * 100_000) + '"\n')  # one cell of 200 kB
    assert audit_indices(path, 10).levels[0].counts.tolist() == [0] * 7 + [100_000, 0, 0]
    with pytest.raises(MediaError, match="Line 4 cannot be read: a cell has more than 131,072 characters"):
        load_series(b'a,b\n1,2\n3,4\n"' + b"x" * 200_000)
