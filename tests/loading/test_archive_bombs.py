"""Archives and pickles that would eat memory or time, or reach beyond their own numbers: each is refused in words."""

import io
import pickle
import struct
import zipfile

import pytest
import torch
from refusal import BIG, refused
from safetensors.torch import save_file

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError
from explorer.loading.reading import read_header


def archive(path, parts, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in parts.items():
            file.writestr(f"archive/{name}", data)
    return path


def test_a_zip_that_unpacks_to_too_much(tmp_path):
    archive(tmp_path / "x.pt", {"data.pkl": bytes(70 * 2**20)}, zipfile.ZIP_DEFLATED)
    assert (tmp_path / "x.pt").stat().st_size < 2**20
    refused(tmp_path / "x.pt", "unpacks to 73,400,320 bytes")


def test_a_zip_that_lies_about_its_size(tmp_path):
    path = archive(tmp_path / "x.pt", {"data.pkl": bytes(70 * 2**20)}, zipfile.ZIP_DEFLATED)
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 70 * 2**20), struct.pack("<I", 1000)))
    refused(path, "data.pkl")


def test_numbers_that_are_compressed_are_refused(tmp_path):
    torch.save({"x": torch.zeros(1000)}, tmp_path / "x.pt")
    with zipfile.ZipFile(tmp_path / "x.pt") as source:
        parts = {info.filename.partition("/")[2]: source.read(info) for info in source.infolist()}
    refused(archive(tmp_path / "y.pt", parts, zipfile.ZIP_DEFLATED), "is compressed")


def test_too_many_parts(tmp_path):
    path = archive(tmp_path / "x.pt", {f"data/{i}": b"" for i in range(200)} | {"data.pkl": b"."})
    with pytest.raises(CheckpointError, match="claims 201 parts, at most 100"):
        read_header(path, Limits(archive_entries=100))
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x05\x06")
    data[at + 12 : at + 16] = struct.pack("<I", 2**31)  # a directory of 2 GiB
    path.write_bytes(data)
    refused(path)


def test_names_that_stand_twice(tmp_path):
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "x.pt", "w") as file:
        for _ in range(2):
            file.writestr("a/data.pkl", b".")
    refused(tmp_path / "x.pt", "names a part twice")
    refused(archive(tmp_path / "y.pt", {"readme": b"x"}), "not one that torch.save writes")


BOMBS = {
    "memo": b"\x80\x02]r\xff\xff\xff\x7f.",
    "bytes": b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x.",
    "text": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"x.",
    "number": b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"x.",
    "digits": b"\x80\x02L" + b"9" * 10**6 + b"L\n.",
    "deep tuples": b"\x80\x02)" + b"\x85" * 50_000 + b"}q\x00h\x00K\x01s.",
    "deep key": b"\x80\x02}" + b")" + b"\x85" * 50_000 + b"K\x01s.",
    "deep lists": b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b".",
    "deep dicts": b"\x80\x02" + b"}K\x01" * 50_000 + b"K\x01" + b"s" * 50_000 + b".",
    "doubling": b"\x80\x02]" + b"".join(b"q%c]h%ch%ce" % (i, i, i) for i in range(60)).replace(b"]h", b"](h") + b".",
    "itself": b"\x80\x02]q\x00h\x00a.",
    "marks": b"\x80\x02" + b"(" * 50_000 + b".",
    "nothing": b"\x80\x02.",
    "stack": b"\x80\x02R.",
    "negative": b"\x80\x02\x8b\xff\xff\xff\xff.",
}  # fmt: skip


@pytest.mark.parametrize("name", list(BOMBS))
@pytest.mark.parametrize("kind", ["zip", "plain"])
def test_a_pickle_that_would_eat_memory_or_time(tmp_path, name, kind):
    path = tmp_path / "x.pt"
    archive(path, {"data.pkl": BOMBS[name]}) if kind == "zip" else path.write_bytes(BOMBS[name])
    refused(path)


def test_more_opcodes_bytes_or_tensors_than_allowed(tmp_path):
    torch.save({f"x{i}": BIG.clone() for i in range(100)}, tmp_path / "x.pt")
    for limits, words in (
        (Limits(pickle_opcodes=500), "more than 500 things"),
        (Limits(pickle_bytes=500), "unpacks to"),
        (Limits(checkpoint_tensors=50), "more than 50 tensors"),
        (Limits(checkpoint_file_bytes=100), "the limit is 0.0 GiB"),
    ):
        with pytest.raises(CheckpointError, match=words):
            read_header(tmp_path / "x.pt", limits)
    save_file({f"x{i}": BIG.clone() for i in range(100)}, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError, match="at most 50 may be"):
        read_header(tmp_path / "x.safetensors", Limits(checkpoint_tensors=50))


def test_a_small_storage_that_claims_to_be_huge(tmp_path):
    torch.save({"x": torch.zeros(1).expand(2**20, 2**20)}, tmp_path / "x.pt")
    assert (tmp_path / "x.pt").stat().st_size < 10_000
    refused(tmp_path / "x.pt", "claim 4,096.0 GiB")


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [(0, (61,), (1,)), (1, (60,), (1,)), (0, (5, 12), (13, 1)), (0, (-1,), (1,)), (0, (5,), (-1,)), (0, (5, 5), (1,)),
     (-1, (5,), (1,)), (0, (2**62, 2**62), (1, 1)), (0, (True,), (1,)), (0, ("5",), (1,)), (0, (1,) * 99, (1,) * 99),
     (2**63, (1,), (1,)), (0, None, None), (0, (5.0,), (1,))],
)  # fmt: skip
def test_views_that_leave_their_storage(tmp_path, offset, shape, stride):
    """A tensor whose numbers would lie elsewhere in the file, or in memory."""

    class Tensor:
        def __reduce__(self):
            return torch._utils._rebuild_tensor_v2, (STORAGE, offset, shape, stride, False, None)

    class Writer(pickle.Pickler):
        def persistent_id(self, thing):
            return ("storage", torch.FloatStorage, "0", "cpu", 60) if thing is STORAGE else None

    stream = io.BytesIO()
    Writer(stream, 2).dump({"x": Tensor()})
    path = archive(tmp_path / "x.pt", {"data.pkl": stream.getvalue(), "data/0": bytes(240)})
    refused(path, "damaged")


STORAGE = object()
