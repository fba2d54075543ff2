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


def test_reading_a_dump_leaves_the_bound_of_tables_as_it_was(tmp_path):
    """A dump's cell may hold 128 MB, a table's 128 kB: the bound was once the process's, and the last reader's won."""
    path = tmp_path / "t.csv"
    path.write_text('tokens\n"' + " ".join(["7"] * 100_000) + '"\n')  # one cell of 200 kB
    assert audit_indices(path, 10).levels[0].counts.tolist() == [0] * 7 + [100_000, 0, 0]
    with pytest.raises(MediaError, match="Line 4 cannot be read: a cell has more than 131,072 characters"):
        load_series(b'a,b\n1,2\n3,4\n"' + b"x" * 200_000)
