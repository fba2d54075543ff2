"""Small files that ask for endless memory or time by naming one thing many times: refused, and quickly."""

import pickle
import struct
import time
import tracemalloc
import zipfile

import pytest
import torch

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError
from explorer.loading.archives import Archive
from explorer.loading.reading import read_header

HASH = 2**61 - 1  # integers that differ by it have one hash
SECONDS, MEGABYTES = 10, 200  # those that were not refused took minutes or gigabytes


def name(module, one):
    return b"c" + f"{module}\n{one}\n".encode()


def number(value):
    data = pickle.encode_long(value)
    return b"\x8b" + struct.pack("<i", len(data)) + data


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value


def copies(call, things):
    """One list of many things, and a call that copies it, again and again."""
    return b"\x80\x02(]q\x00(" + things + b"eh\x00\x85q\x01" + call + b"q\x02" + b"h\x02h\x01R" * 2000 + b"t."


PAIRS = b"".join(b"K\x00" + number(i) + b"\x86" for i in range(2000))
NESTED = b"(" + name("collections", "OrderedDict") + b"Nh\x01Nt"  # what a rebuilt subclass is told to call
BOMBS = {
    "sets": copies(name("builtins", "set"), b"N" * 20_000),
    "dicts": copies(name("collections", "OrderedDict"), PAIRS * 4),
    "names within names": b"\x80\x02)" + b"q\x000h\x00h\x00\x86" * 60 + b"Q.",
    "sizes within sizes": b"\x80\x02" + name("torch._utils", "_rebuild_tensor_v2") + b"q\x01)"
    + b"q\x000h\x00h\x00\x86" * 60 + b"q\x000h\x01(h\x00h\x00h\x00h\x00tR.",
    "one hash": b"\x80\x02}(" + b"".join(number(i * HASH) + b"N" for i in range(30_000)) + b"u.",
    "one hash of pairs": b"\x80\x02" + name("collections", "OrderedDict") + b"]("
    + b"".join(number(i * HASH) + b"N\x86" for i in range(30_000)) + b"e\x85R.",
    "one hash of places": b"\x80\x02N" + b"".join(b"p%d\n" % (i * HASH) for i in range(30_000)) + b".",
    "items of a shell": b"\x80\x02" + name("far", "Away") + b")R" + b"Na" * 100_000 + b".",
    "key of many digits": b"\x80\x02}" + number(10**6000) + b"}s.",
    "long names of classes": b"\x80\x04" + text(b"a" * 10**6) + b"q\x000"
    + b"".join(b"h\x00" + text(b"%d" % i) + b"\x930" for i in range(300)) + b"N.",
    "lists of plain values, named often": b"\x80\x02](" + b"N" * 50_000 + b"eq\x000(" + b"h\x00" * 50_000 + b"t.",
}  # fmt: skip


def write(path, bomb):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a/data.pkl", BOMBS[bomb])
    assert path.stat().st_size < 2 * 2**20
    return path


@pytest.mark.parametrize("bomb", list(BOMBS))
def test_a_pickle_that_names_one_thing_often(tmp_path, bomb):
    path = write(tmp_path / "x.pt", bomb)
    began = time.process_time()
    with pytest.raises(CheckpointError):
        read_header(path)
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("bomb", ["sets", "dicts"])
def test_a_call_that_copies_a_long_list_takes_little_memory(tmp_path, bomb):
    path = write(tmp_path / "x.pt", bomb)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match="more than 1,000,000 things"):
            read_header(path, Limits(pickle_opcodes=10**6))
        assert tracemalloc.get_traced_memory()[1] < MEGABYTES * 2**20
    finally:
        tracemalloc.stop()


def test_a_module_with_a_name_that_nobody_could_read(tmp_path):
    """Every tensor of it would get a key that is as long."""
    inner = torch.nn.Module()
    for i in range(300):
        inner.register_parameter(f"x{i}", torch.nn.Parameter(torch.zeros(1)))
    outer = torch.nn.Module()
    outer._modules["a" * 10**6] = inner
    torch.save(outer, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match="names a part with 1,000,0"):
        read_header(tmp_path / "x.pt")


def test_a_version_of_many_digits(tmp_path):
    (tmp_path / "x.pt").write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + b"\x80\x02" + number(10**6000) + b".")
    with pytest.raises(CheckpointError, match="of torch's old format"):
        read_header(tmp_path / "x.pt")


@pytest.mark.parametrize("locator_lies", [True, False])
def test_a_long_directory_behind_a_short_end(tmp_path, locator_lies):
    """Python's zipfile goes by the zip64 record wherever there is one, so what the short end says does not count."""
    path, parts = tmp_path / "x.pt", 20_000
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    directory = entry * parts
    start, end = 30, 30 + len(directory)
    path.write_bytes(
        (b"PK\x03\x04" + bytes(26) + directory)
        + struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, parts, parts, len(directory), start)
        + struct.pack("<4sLQL", b"PK\x06\x07", 0, 0 if locator_lies else end, 1)
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 46, start, 0)
    )
    with path.open("rb") as file:
        assert len(zipfile.ZipFile(file).infolist()) == parts, "or the attack is none"
    limits = Limits(archive_entries=1000)
    with path.open("rb") as file, pytest.raises(CheckpointError, match="claims 20,000 parts"):
        Archive(path, file, limits)
