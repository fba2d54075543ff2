"""Files that are cut at any place, or in which bytes were changed, are read or refused in one line that names them."""

import zipfile

import numpy as np
import pytest
from made_audits import audit_of, level_of, table

from explorer.audit.indices.vectors import load_codebooks, read_belongings, read_codebooks, save_codebooks
from explorer.audit.opening import is_audit, take_audit
from explorer.audit.standing import open_archive
from explorer.dumps.arrays import DumpRows
from explorer.dumps.opening import open_dump
from explorer.foundation.damage import open_arrays
from explorer.foundation.errors import ExplorerError, RecordError
from explorer.joints.files.audits import save_audit
from tests.damaged_bytes import damage

TABLE = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)
LATENTS = np.random.default_rng(1).normal(size=(200, 4)).astype(np.float32)
CUTS, FLIPS = 60, 200


def check_words(path, read, name=None) -> int:
    """How many of the changed files are refused; whatever is no ExplorerError fails the test."""
    whole, refused = path.read_bytes(), 0
    for data in damage(whole, CUTS, FLIPS, head=400):
        path.write_bytes(data)
        try:
            read()
        except ExplorerError as error:
            told = str(error)
            assert "\n" not in told and (name or path.name) in told, told
            refused += 1
    path.write_bytes(whole)
    read()
    return refused


def write_npz(path, save=np.savez_compressed):
    with path.open("wb") as file:
        save(file, codebook_0=TABLE, codebook_1=TABLE, metric=np.array("euclidean"))


def pack(folder, path, method):
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"run/{file.name}")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_codebooks_in_an_npz(save, tmp_path):
    path = tmp_path / "books.npz"
    write_npz(path, save)
    assert check_words(path, lambda: read_codebooks(path)) > 100


def test_codebooks_and_latents_in_an_npy(tmp_path):
    book, latents = tmp_path / "book.npy", tmp_path / "latents.npy"
    np.save(book, TABLE)
    np.save(latents, LATENTS)
    assert check_words(book, lambda: read_codebooks(book)) > 100
    assert check_words(latents, lambda: read_belongings(book, latents)) > 100


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_tables_beside_an_audit_are_not_there_where_they_are_damaged(save, tmp_path):
    path = tmp_path / "codebooks.npz"
    write_npz(path, save)
    found = []
    assert check_words(path, lambda: found.append(load_codebooks(tmp_path, [16, 16]))) == 0
    assert found.count(None) > 100 and found[-1][1].vectors.tolist() == TABLE.tolist()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_an_audit_in_a_zip(method, tmp_path):
    folder, path, taken = tmp_path / "audit", tmp_path / "audit.zip", tmp_path / "taken"
    book = table(TABLE)
    save_audit(folder, audit_of(level_of(book, LATENTS)))
    save_codebooks(folder / "codebooks.npz", [book])
    pack(folder, path, method)
    taken.mkdir()

    def take():
        if is_audit([path]):
            return take_audit([path], taken)
        raise RecordError(f"{path.name} is none")

    def take_at_once():
        return take_audit([path], taken)

    assert check_words(path, take, "") > 100  # of what unpacks whole, the folder is named
    assert check_words(path, take_at_once, "") > 100


def test_a_state_of_an_audit(tmp_path):
    path = tmp_path / "state.npz"
    write_npz(path)

    def read():
        with open_archive(path) as arrays:
            return [arrays[name] for name in arrays]

    assert check_words(path, read) > 100


@pytest.mark.parametrize("rows", [False, True])
def test_a_dump_of_hdf5(rows, tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "t.h5"
    with h5py.File(path, "w") as file:
        if rows:
            held = file.create_dataset("tokens", (40,), h5py.vlen_dtype(np.int64))
            for number in range(40):
                held[number] = np.arange(number + 1)
        else:
            file["tokens"] = np.arange(480).reshape(40, 12)

    def read():
        for part in open_dump(path).parts():
            for array in () if isinstance(part, DumpRows) or not isinstance(part, tuple) else part:
                sum(map(len, array.pieces(100)))

    assert check_words(path, read) > 50
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordError, match=r"t\.h5"):
        read()


@pytest.mark.parametrize("more", [{}, {"chunks": (16,)}])
@pytest.mark.parametrize(("row", "many"), [(0, 2**32 - 1), (39, 2**26), (20, 10**6)])
def test_a_row_of_hdf5_that_claims_more_than_its_file_has_is_refused_before_it_is_looked_for(more, row, many, tmp_path):
    """The library would make room for it, and look for it for as long as that takes."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "t.h5"
    with h5py.File(path, "w") as file:
        held = file.create_dataset("tokens", (40,), h5py.vlen_dtype(np.int64), **more)
        for number in range(40):
            held[number] = np.arange(number + 1)
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL").to_bytes(8, "little")  # a row: its length, the heap it lies in, its number there
    at = data.index((row + 1).to_bytes(4, "little") + heap)
    data[at : at + 4] = many.to_bytes(4, "little")
    path.write_bytes(data)
    total = 40 * 41 // 2 - (row + 1) + many
    with pytest.raises(RecordError, match=rf"row 0 of tokens on \(rows claim {total:,} numbers, more than the file"):
        list(open_dump(path).parts())


def test_rows_of_hdf5_that_are_no_sequences_do_not_end_the_process(tmp_path):
    """Read as it stands, such a type ends the process within libhdf5."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "t.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("tokens", (4,), h5py.vlen_dtype(np.int64))
    data = bytearray(path.read_bytes())
    at = data.index(b"\x19\x00\x00\x00\x10\x00\x00\x00\x10\x08")  # class 9 of version 1, a sequence of 16 bytes
    data[at + 1] = 0xFF
    path.write_bytes(data)
    with pytest.raises(RecordError, match=r"t\.h5' cannot be read: it is cut short, damaged or no HDF5"):
        open_dump(path)


def test_arrays_that_would_unpack_to_too_much_are_not_read(tmp_path):
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, a=np.zeros(2**18))
    with (
        pytest.raises(RecordError, match=r"'zeros\.npz' unpacks to 2 MiB, over the cap of 1 MiB\."),
        open_arrays(path, path.name, "not this", 2**20),
    ):
        pass


def test_what_is_raised_while_arrays_are_read_is_told_with_what_the_system_says(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, TABLE)

    def fail(error: Exception):
        with open_arrays(path, path.name, "a.npy is damaged.") as arrays:
            assert arrays[""].tolist() == TABLE.tolist()
            raise error

    for error, words in (
        (KeyError("x"), "a.npy is damaged."),
        (OSError(28, "No space left on device"), "a.npy is damaged. (No space left on device)"),
        (RecordError("a word of its own"), "a word of its own"),
    ):
        with pytest.raises(RecordError) as caught:
            fail(error)
        assert str(caught.value) == words
    with (
        pytest.raises(RecordError, match=r"missing is not there\. \(No such file or directory\)"),
        open_arrays(tmp_path / "missing", "missing", "missing is not there."),
    ):
        pass
