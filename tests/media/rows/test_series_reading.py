"""Series out of .csv and .npy: the numbers against numpy, and a sentence for everything that is wrong, at its place."""

import io

import numpy as np
import pytest

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.joints.columns import Column
from explorer.media.medium import load_medium, modality_of
from explorer.media.rows.series import LoadedSeries, load_series
from explorer.media.rows.writing import csv_bytes

VALUES = np.round(np.random.default_rng(0).normal(0, 3, (12, 3)), 4)


def text(separator=",", header="a,b [rad],c (mm)", values=VALUES, decimal="."):
    head = [header.replace(",", separator)] if header else []
    rows = [separator.join(f"{x:.4f}".replace(".", decimal) for x in row) for row in values]
    return "\n".join(head + rows).encode()


def npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", "."), ("\t", "."), ("|", "."), (";", ",")])
def test_the_numbers_of_a_table_are_read_whatever_separates_them(separator, decimal):
    found = load_series(text(separator, decimal=decimal))
    np.testing.assert_array_equal(found.values, VALUES)
    assert found.columns == (Column("a"), Column("b", "rad"), Column("c", "mm"))
    assert found.rate_hz is None and found.notes == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_letters_of_names_are_read_in_usual_encodings(encoding):
    data = text(header="élan,b,c").decode().encode(encoding)
    assert load_series(data).columns[0].name == "élan"


def test_the_name_of_a_column_alone_may_have_several_words():
    found = load_series(b"left knee [deg]\n1\n2.5\n3\n")
    assert found.columns == (Column("left knee", "deg"),) and found.values[:, 0].tolist() == [1, 2.5, 3]


def test_white_space_and_remarks_as_numpy_writes_them():
    buffer = io.BytesIO()
    np.savetxt(buffer, VALUES, header="made by numpy", fmt="%.4f")
    np.testing.assert_array_equal(load_series(buffer.getvalue()).values, VALUES)


def test_a_line_of_units_under_the_names_is_read():
    data = b"angle,force\nrad,N\n1,2\n3,4\n"
    assert load_series(data).columns == (Column("angle", "rad"), Column("force", "N"))


def test_a_column_of_time_gives_the_rate_and_is_left_out():
    time = np.arange(12) / 50
    rows = "\n".join(f"{t},{a},{b}" for t, (a, b, _) in zip(time, VALUES, strict=True))
    found = load_series(f"time [s],a,b\n{rows}".encode())
    assert found.rate_hz == pytest.approx(50) and [column.name for column in found.columns] == ["a", "b"]
    np.testing.assert_array_equal(found.values, VALUES[:, :2])
    found = load_series(f"time_ms,a,b\n{rows}".encode())  # the same numbers, of milliseconds
    assert found.rate_hz == pytest.approx(50_000)


@pytest.mark.parametrize(
    ("head", "step", "rate"),
    [
        ("time [us]", 10_000, 100),
        ("t (\u00b5s)", 500, 2000),
        ("timestamp [ns]", 10_000_000, 100),
        ("time [min]", 1, 1 / 60),
    ],
)
def test_time_is_counted_in_the_unit_that_its_column_names(head, step, rate):
    data = f"{head},a\n" + "\n".join(f"{1_700_000_000 + n * step},{n}" for n in range(9))
    assert load_series(data.encode()).rate_hz == pytest.approx(rate, rel=1e-6)


def test_time_without_a_unit_is_seconds_and_says_so_and_of_an_unknown_unit_a_column():
    found = load_series(b"timestamp,a\n" + b"\n".join(b"%d,%d" % (n * 10_000_000, n) for n in range(9)))
    assert found.rate_hz == pytest.approx(1e-7) and "in seconds, as it names no unit: 1e-07 rows" in found.notes[0]
    found = load_series(b"time [frames],a\n0,1\n1,2\n2,3\n")
    assert found.rate_hz is None and len(found.columns) == 2 and "counts 'frames'" in found.notes[0]


def test_lines_that_end_in_a_carriage_return_alone_are_lines():
    for data in (
        b"a\r1\r2\r3\r",
        b"a,b,c\r" + b"1.25,2.5,3.75\r" * 9000,
    ):  # the second is longer than what is looked at
        plain = load_series(data.replace(b"\r", b"\n"))
        np.testing.assert_array_equal(load_series(data).values, plain.values)
        assert len(plain.values) in (3, 9000)


def test_uneven_time_is_said_and_time_that_goes_back_is_a_column():
    uneven = load_series(b"t,a\n0,1\n1,2\n2,3\n4,4\n5,5\n")
    assert uneven.rate_hz == 1 and any("1 of 4 time steps are uneven" in note for note in uneven.notes)
    back = load_series(b"t,a\n0,1\n2,2\n1,3\n")
    assert back.rate_hz is None and len(back.columns) == 2 and "does not grow" in back.notes[0]


def test_columns_of_words_are_left_out_and_said():
    found = load_series(b"name,a\nleft,1\nright,2\nleft,3\n")
    np.testing.assert_array_equal(found.values[:, 0], [1, 2, 3])
    assert found.notes == ("Column 'name' holds words, and is left out.",)


def test_a_comma_that_may_part_thousands_is_said():
    found = load_series(b'a,b\n1,"2,000"\n2,"12,500"\n3,7\n')
    assert found.values[:, 1].tolist() == [2, 12.5, 7]
    assert "Column 'b': the comma of '2,000' is read as a decimal point" in found.notes[0]
    assert not load_series(b"a;b\n1;2,000\n2;12,5\n").notes and not load_series(b"a;b\n1;0,125\n2;0,250\n").notes


def test_gaps_are_filled_on_a_line_and_counted():
    found = load_series(b"a,b\n1,1\n,NaN\n3,na\n4,7\n")
    np.testing.assert_allclose(found.values, [[1, 1], [2, 3], [3, 5], [4, 7]])
    assert any("3 gaps of 8 values" in note for note in found.notes)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int32, np.uint8, bool, ">f8"])
def test_arrays_of_numbers_are_read(dtype):
    array = (VALUES > 0).astype(dtype) if dtype is bool else np.abs(VALUES).astype(dtype)
    for one in (array, np.asfortranarray(array)):
        np.testing.assert_array_equal(load_series(npy(one)).values, array.astype(np.float64))
    assert load_series(npy(array[:, 0])).values.shape == (12, 1)
    assert load_series(npy(array[None])).values.shape == (12, 3)


def test_the_content_says_what_a_file_is():
    for data in (npy(VALUES), text(), text(header=""), b"1\n2\n3\n"):
        assert modality_of(load_medium(data)) == "series"
    with pytest.raises(MediaError, match="no picture, sound, clip or table"):
        load_medium(b"dear reader, this is a letter\nand it goes on\n")


BAD = {
    "text in a number": (b"a,b\n1,2\n3,x4\n5,6\n7,8\n", "Line 3, column 'b': 'x4' is no number"),
    "infinite": (b"a,b\n1,2\ninf,4\n", "Line 3, column 'a': the value is infinite"),
    "ragged": (b"a,b\n1,2\n3,4\n5,6\n1,2\n3\n7,8\n", "Line 6 has 1 cell, and the first has 2"),
    "one row": (b"a,b\n1,2\n", "1 row of numbers; a series needs at least 2"),
    "words alone": (b"a,b\nx,y\nz,w\n", "no table of numbers"),
    "zero bytes": (b"a,b\n1,2\n\0\0\n", "no table of numbers"),
    "verse": (b"in 1990 I went\nout of the house of 3 doors\nand never\ncame back at all\n", "no table of numbers"),
    "a quote that never ends": (
        b'a,b\n1,2\n3,4\n"' + b"x" * 200_000,
        "Line 4 cannot be read: a cell has more than 131,072 characters",
    ),
    "mostly gaps": (b"a,b\n1,2\n3,\n4,\n5,\n", "Column 'b' is missing (empty or NaN) in 3 of 4 rows"),
    "empty": (b"", "0 bytes"),
    "wide": ((",".join(map(str, range(200))) + "\n").encode() * 3, "200 columns; 128 is the most"),
    "three axes": (npy(np.zeros((4, 5, 2))), "An array of 4 x 5 x 2 is no series"),
    "turned": (npy(np.zeros((7, 900))), "900 columns; 128 is the most. Its rows may be its columns"),
    "complex": (npy(np.zeros((4, 2), complex)), "holds complex128, and numbers are needed"),
    "named fields": (npy(np.zeros(4, [("x", "f4"), ("y", "f4")])), "has named fields (x, y)"),
    "objects": (npy(np.array([[1], [None]], object), allow_pickle=True), "can run code"),
    "cut off": (npy(VALUES)[:-8], "is cut off: its header promises 288 bytes of numbers, and 280 are there"),
    "no header": (b"\x93NUMPY\x01\x00", "its header cannot be read"),
    "nothing in it": (npy(np.zeros((0, 3))), "there is nothing in it"),
    "no axis": (npy(np.array(3.0)), "An array of one number is no series"),
    "infinite in an array": (npy(np.array([[1.0, 2], [3, np.inf]])), "Row 2, column 2 is infinite"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_at_its_place(case):
    data, words = BAD[case]
    with pytest.raises(MediaError) as found:
        load_series(data)
    assert words in str(found.value)


def test_a_header_that_promises_terabytes_takes_no_memory():
    buffer = io.BytesIO()
    head = {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)}
    np.lib.format.write_array_header_1_0(buffer, head)
    with pytest.raises(MediaError, match="promises 8,000,000,000,000 bytes of numbers, and 16 are there"):
        load_series(buffer.getvalue() + bytes(16))


def test_rows_over_the_cap_are_left_out_and_said():
    found = load_series(text(), Limits(series_values=15))
    np.testing.assert_array_equal(found.values, VALUES[:5])
    assert (
        "Only the first 5 rows are read" in found.notes[-1]
        and "--limit values=30, the app reads twice as much" in found.notes[-1]
    )
    assert len(load_series(npy(VALUES), Limits(series_values=15)).values) == 5


def test_what_is_written_is_read_back_in_its_units():
    columns = (Column("a", "rad", 1.5, 0.25), Column("b", "", -2.0, 4.0), Column("c", "mm"))
    found = load_series(csv_bytes(VALUES.astype(np.float32), columns, 20.0))
    units = VALUES * [0.25, 4, 1] + [1.5, -2, 0]
    np.testing.assert_allclose(found.values, units, rtol=1e-5, atol=1e-5)
    assert found.rate_hz == pytest.approx(20) and [one.title for one in found.columns] == ["a [rad]", "b", "c [mm]"]
    far = np.arange(5)[:, None] * 0.001 + 1_700_000_000  # what lies far from 0 keeps what moves
    np.testing.assert_allclose(load_series(csv_bytes(far)).values, far, rtol=0, atol=1e-6)
    with pytest.raises(MediaError, match="NaN"):
        csv_bytes(np.full((3, 1), np.nan))
    with pytest.raises(MediaError, match="D columns"):
        LoadedSeries(VALUES, columns[:2])
