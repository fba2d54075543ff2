"""Zips, arrays and JSON of others that lie about themselves: refused in one line, without the memory they ask for."""

import io
import re
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from explorer.foundation import damage
from explorer.foundation.damage import listed_in_zip, open_arrays, open_zip, read_array_header
from explorer.foundation.errors import RecordError
from explorer.foundation.plain_json import parse_json

ROOT = Path(__file__).parents[2]
WORDS = "'x' is damaged."


def header(shape, descr="<f8", fortran=False):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": fortran, "shape": shape})
    return file.getvalue()


def packed(content, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


def read(data, **more):
    with open_arrays(io.BytesIO(data), "x", WORDS, **more) as arrays:
        return dict(arrays)


ARRAYS = {
    "plain": np.arange(12.0).reshape(3, 4),
    "fortran": np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4)),
    "text": np.array("words"),
    "none": np.zeros((0, 3), np.float32),
    "big_end": np.arange(5, dtype=">i4"),
    "times": np.array(["2020-01-01"], "M8[D]"),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_those_that_numpy_reads(save):
    file = io.BytesIO()
    save(file, **ARRAYS)
    with np.load(io.BytesIO(file.getvalue()), allow_pickle=False) as theirs:
        ours = read(file.getvalue())
        assert list(ours) == list(theirs)
        for name, array in ours.items():
            assert array.dtype == theirs[name].dtype and array.flags.f_contiguous == theirs[name].flags.f_contiguous
            np.testing.assert_array_equal(array, theirs[name])


def test_one_array_is_that_which_numpy_reads():
    for array in ARRAYS.values():
        file = io.BytesIO()
        np.save(file, array)
        np.testing.assert_array_equal(read(file.getvalue())[""], array)


LIES = {
    "a shape of 2^60 numbers": header((2**60,)) + bytes(80),
    "a product that wraps around": header((2**32, 2**32)) + bytes(80),
    "a negative extent": header((-8, -1)) + bytes(80),
    "one number too many": header((11,)) + bytes(80),
    "a type without bytes": header((2**40,), "|V0"),
    "a header of 4 GB": b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + bytes(80),
    "a header of 64 KiB of brackets": b"\x93NUMPY\x02\x00" + struct.pack("<I", 65_000) + b"(" * 65_000,
    "a header of minus signs": b"\x93NUMPY\x01\x00" + struct.pack("<H", 9_000) + b"-" * 8_999 + b"1",
    "an unknown version": b"\x93NUMPY\x09\x00" + header((1,))[8:] + bytes(8),
    "nothing": b"",
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("method", [None, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_header_that_lies_is_refused_and_takes_no_memory(lie, method):
    data = LIES[lie] if method is None else packed({"a.npy": LIES[lie]}, method)
    tracemalloc.start()
    try:
        with pytest.raises(RecordError, match=re.escape(WORDS)):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


def test_more_than_the_array_is_damage_and_so_is_another_check_sum():
    whole = header((4,)) + bytes(range(32))
    for name, data in (
        ("long", packed({"a.npy": whole + b"x"})),
        ("sum", packed({"a.npy": whole}, zipfile.ZIP_STORED)),
    ):
        changed = data if name == "long" else data.replace(bytes(range(32)), bytes(range(1, 33)))
        with pytest.raises(RecordError, match=re.escape(WORDS)):
            read(changed)


def test_pickles_are_named_and_left_alone():
    file = io.BytesIO()
    np.savez(file, good=np.ones(2), bad=np.array([{}], dtype=object))
    with pytest.raises(RecordError, match=r"'x' holds a pickled object \('bad'\)\. Such objects can run code"):
        read(file.getvalue())
    for pickle in (b"\x80\x04\x95.", b"cos\nsystem\n(S'true'\ntR."):
        with pytest.raises(RecordError, match=re.escape(WORDS)):
            read(pickle)


def test_only_what_is_asked_for_counts_and_is_there():
    data = packed({"a.npy": header((4,)) + bytes(32), "b.npy": header((2**17,)) + bytes(2**20)})
    with pytest.raises(RecordError, match="unpacks to 1 MiB, over the cap of 0 MiB"):
        read(data, most_bytes=1000)
    assert list(read(data, most_bytes=1000, only=("a", "c"))) == ["a"]


def test_a_zip_of_too_many_files_is_refused_before_their_list_is_read(monkeypatch):
    data = packed(dict.fromkeys(map(str, range(30)), b""))
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", lambda archive: pytest.fail("the list was read"))
    with pytest.raises(RecordError, match="'x' holds 30 files; 20 is the most"), open_zip(io.BytesIO(data), "x", 20):
        pass


@pytest.mark.parametrize("claimed", [1, 2**32 - 1])
def test_a_zip_that_claims_few_files_and_has_a_long_list_is_refused(claimed):
    data = bytearray(packed({f"{number:0400}": b"" for number in range(30)}))
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<HH", 1, 1)
    assert listed_in_zip(io.BytesIO(data))[0] == 1
    if claimed > 1:
        data[end + 12 : end + 16] = struct.pack("<I", claimed)
    with pytest.raises(RecordError, match=r"holds [\d,]+ files; 20 is the most"), open_zip(io.BytesIO(data), "x", 20):
        pass


def test_the_place_in_a_file_stays_where_it_stood():
    file = io.BytesIO(packed({"a": b"b"}))
    file.seek(7)
    assert listed_in_zip(file) == (1, 47) and file.tell() == 7
    array = io.BytesIO(header((3,)) + bytes(24))
    assert read_array_header(array) == ((3,), False, np.dtype("<f8")) and array.tell() == len(header((3,)))


def test_json_is_bounded_by_its_bytes_its_lists_and_its_depth():
    assert (
        parse_json('{"a": [1, {"b": null}]}', "x")
        == {"a": [1, {"b": None}]}
        == parse_json(b'{"a":[1,{"b":null}]}', "x")
    )
    with pytest.raises(RecordError, match="'x' has 0 MiB of text with 0 lists and objects; at most 0 MiB and"):
        parse_json('"' + "a" * 100 + '"', "x", 100)
    with pytest.raises(RecordError, match="with 51 lists and objects; at most 128 MiB and 50 are read"):
        parse_json("[" + ",".join(["{}"] * 50) + "]", "x", most_nests=50)
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000, "x")


# Files that others made are opened in one place; these open what the program made itself, or look at it on their own.
OPENERS = {
    "explorer/foundation/damage.py": "the one place",
    "explorer/loading/archives.py": "files of torch: the list is looked at before, and only the pickle is unpacked",
    "explorer/audit/sources.py": "media in a zip: the list is looked at before, and each file has a bound of its own",
    "explorer/dumps/numpy_files.py": "a member that is read on, of a zip that was opened there before",
    "explorer/audit/indices/vectors.py": "latents, which stay on the disk: numpy maps no more than the file has",
    "explorer/analysis/maps/umap_worker.py": "the vectors that the page wrote for its own process",
}
OPENS = re.compile(r"np\.load\(|numpy\.load\(|zipfile\.ZipFile\((?![^)]*\"[wx]\")|npy\.read_|format\.read_")


def test_zips_and_arrays_are_opened_in_one_place():
    found = {
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "explorer").rglob("*.py"))
        if any(OPENS.search(line.partition("#")[0]) for line in path.read_text(encoding="utf-8").splitlines())
    }
    assert found == set(OPENERS), damage.__name__
