"""Files that mean harm: each rule of safe loading is attacked; nothing may be run, imported, written or left behind.

The harmful pickles are real ones: `test_the_attack_is_real` shows that Python's own unpickler runs them.
"""

import io
import json
import os
import pickle
import pickletools
import random
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import made_format
import pytest
import torch
from safetensors.torch import save, save_file
from torch import nn

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError
from explorer.loading import pickles
from explorer.loading.reading import iterate_tensors, read_header
from explorer.loading.sources import load, plan_file

BIG = torch.arange(60.0).reshape(5, 12)


class Calls:
    """Pickles into a call of `function(*args)`."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def writer(path):
    """What opens a file for writing, by several roads."""
    return {
        "os.system": Calls(os.system, f"touch {path}"),
        "exec": Calls(exec, f"open({str(path)!r}, 'w')"),
        "eval": Calls(eval, f"open({str(path)!r}, 'w')"),
        "open": Calls(open, str(path), "w"),
        "subprocess": Calls(subprocess.Popen, ["touch", str(path)]),
        "getattr": Calls(getattr, Path(path), "touch"),
        "import": Calls(__import__, "antigravity"),
        "shutil": Calls(__import__("shutil").copy, __file__, str(path)),
        "hub": Calls(torch.hub.load, str(path), "x"),
    }


NAMES = list(writer("x"))


@pytest.fixture
def mark(tmp_path):
    """A path that no attack may bring into being."""
    path = tmp_path / "mark"
    yield path
    assert not path.exists()


def refused(path, *words):
    """The file is refused in one line of plain words, and quickly."""
    began = time.monotonic()
    with pytest.raises(CheckpointError) as caught:
        read_header(path)
    message = str(caught.value)
    assert "\n" not in message and "Traceback" not in message and len(message) < 800
    assert time.monotonic() - began < 20
    for word in words:
        assert word in message, message
    return message


def test_the_attack_is_real(tmp_path):
    with (tmp_path / "x.pkl").open("wb") as file:
        pickle.dump(writer(tmp_path / "mark")["open"], file)
    with (tmp_path / "x.pkl").open("rb") as file:
        pickle.Unpickler(file).load().close()
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize("kind", ["zip", "legacy", "lightning", "key", "pickle"])
@pytest.mark.parametrize("name", NAMES)
def test_a_pickle_that_would_act_is_refused_by_name(tmp_path, mark, name, kind):
    attack, path = writer(mark)[name], tmp_path / "x.ckpt"
    if kind == "pickle":
        path.write_bytes(pickle.dumps(attack, 2))
    else:
        where = "callbacks" if kind == "lightning" else "state_dict"
        content = {"state_dict": {"x": BIG}} | {where: {"x": BIG, "y": attack} if kind != "lightning" else attack}
        torch.save(content, path, _use_new_zipfile_serialization=kind != "legacy")
    refused(path, "can act on this machine", "Nothing of it was run")


@pytest.mark.parametrize("words", [b"cposix\nsystem\n", b"cos\nsystem\n", b"c__builtin__\neval\n", b"cbuiltins\nexec\n",
                                   b"\x8c\x02os\x8c\x06system\x93", b"cbuiltins\nobject.__subclasses__\n"])  # fmt: skip
@pytest.mark.parametrize("call", [b"(X\x04\x00\x00\x00echotR.", b"(X\x04\x00\x00\x00echot\x81.", b"."])
def test_every_opcode_that_names_or_calls(tmp_path, words, call):
    (tmp_path / "x.pt").write_bytes(b"\x80\x04" + words + call)
    refused(tmp_path / "x.pt", "can act on this machine")


def test_instances_of_the_oldest_kind(tmp_path, mark):
    (tmp_path / "x.pt").write_bytes(b"(S'touch " + str(mark).encode() + b"'\nios\nsystem\n.")
    refused(tmp_path / "x.pt", "os.system")
    (tmp_path / "x.pt").write_bytes(b"(cos\nsystem\nS'touch " + str(mark).encode() + b"'\no.")
    refused(tmp_path / "x.pt", "os.system")


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_module_on_the_path_is_not_even_imported(tmp_path, monkeypatch, mark, zipped):
    """A harmless looking name, of a module whose import would act: it stays a name, and the tensors are read."""
    absent = type(sys)("helpful_callbacks")
    absent.Best = type("Best", (), {"__module__": "helpful_callbacks"})
    monkeypatch.setitem(sys.modules, "helpful_callbacks", absent)
    content = {"state_dict": {"x": BIG}, "callback": absent.Best(), "call": Calls(absent.Best)}
    torch.save(content, tmp_path / "x.ckpt", _use_new_zipfile_serialization=zipped)
    monkeypatch.undo()
    (tmp_path / "helpful_callbacks.py").write_text(f"open({str(mark)!r}, 'w')\nclass Best: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    header = read_header(tmp_path / "x.ckpt")
    assert any("never run: helpful_callbacks.Best" in note for note in header.notes)
    assert torch.equal(dict(iterate_tensors(header, ["x"]))["x"], BIG)
    assert "helpful_callbacks" not in sys.modules


def test_the_machine_imports_nothing_and_knows_every_opcode():
    source = Path(pickles.__file__).read_text()
    assert "import_module" not in source and "__import__" not in source and "getattr(" not in source
    known = set(pickles._STEPS) | set(pickles._CONSTANTS) | set(pickles._VALUES) | {"PROTO", "FRAME", "STOP"}
    refused_by_name = {"PERSID", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER"}
    assert {opcode.name for opcode in pickletools.opcodes} == known | refused_by_name


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the format is old, and so are its files
def test_code_in_torchscript_is_never_opened(tmp_path, mark):
    torch.jit.save(torch.jit.script(nn.Linear(2, 3)), tmp_path / "x.pt")
    with zipfile.ZipFile(tmp_path / "x.pt") as source, zipfile.ZipFile(tmp_path / "y.pt", "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if "/code/" in info.filename:
                data = f"import os\nos.system('touch {mark}')".encode()
            target.writestr(info.filename, data)
    header = read_header(tmp_path / "y.pt")
    assert header.container == "torchscript" and len(dict(iterate_tensors(header, list(header.tensors)))) == 2


# --- bombs ---


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


# --- damage ---


@pytest.mark.parametrize("name", ["x.safetensors", "zip.pt", "legacy.pt"])
def test_a_file_that_is_cut_anywhere(tmp_path, name):
    path, tensors = tmp_path / name, {"a": BIG, "b": BIG.clone(), "c": torch.arange(5)}
    if name.endswith("safetensors"):
        save_file(tensors, path)
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=name == "zip.pt")
    whole = path.read_bytes()
    for length in range(0, len(whole), 13):
        path.write_bytes(whole[:length])
        refused(path)


@pytest.mark.parametrize("name", ["x.safetensors", "zip.pt", "legacy.pt", "script.pt"])
@pytest.mark.filterwarnings("ignore")
def test_a_file_in_which_bytes_were_changed_is_read_or_refused(tmp_path, name):
    """Whatever comes of it, it is a header with tensors in the file, or a CheckpointError."""
    path, tensors = (
        tmp_path / name,
        {"state_dict": {"a": BIG, "b": torch.arange(5)}, "epoch": 3, "deep": [{"x": (1, 2)}]},
    )
    if name == "script.pt":
        torch.jit.save(torch.jit.script(nn.Linear(2, 3)), path)
    elif name.endswith("safetensors"):
        save_file(tensors["state_dict"], path)
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=name == "zip.pt")
    whole, rng, read = path.read_bytes(), random.Random(0), 0
    for _ in range(250):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 8))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        try:
            header = read_header(path)
            for _, tensor in iterate_tensors(header, list(header.tensors)):
                assert tensor.numel() < 10**6
            read += 1
        except CheckpointError:
            pass
    assert 0 < read < 250


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"[1, 2]", "neither safetensors nor"),
        (b"{" * 100_000, "not valid JSON"),
        (b'{"x": {"dtype": "F32", "shape": [5], "data_offsets": [0, 19]}}', "has another length"),
        (b'{"x": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}', "reaches to byte"),
        (b'{"x": {"dtype": "F32", "shape": [-5], "data_offsets": [0, -20]}}', "damaged"),
        (b'{"x": {"dtype": "F32", "shape": [1e300], "data_offsets": [0, 20]}}', "damaged"),
        (b'{"x": {"dtype": "F32", "shape": [true], "data_offsets": [0, 4]}}', "damaged"),
        (b'{"x": {"dtype": "PICKLE", "shape": [5], "data_offsets": [0, 20]}}', "cannot be read"),
        (b'{"x": 3}', "cannot be read"),
        (b"{}", "holds no tensors"),
    ],
)
def test_safetensors_with_a_lying_header(tmp_path, header, words):
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(20))
    refused(tmp_path / "x.safetensors", words)


@pytest.mark.parametrize("name", ["a\x1b[2Jweight", "a\nweight", "a" * 1001], ids=["terminal", "line", "long"])
@pytest.mark.parametrize("write", [save_file, torch.save], ids=["safetensors", "torch"])
def test_a_name_that_would_act_on_a_terminal(tmp_path, name, write):
    write({name: BIG}, tmp_path / "x.bin")
    assert "\x1b" not in refused(tmp_path / "x.bin", "letters")


def test_safetensors_with_a_header_that_never_ends(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", 2**60) + b"{")
    refused(tmp_path / "x.safetensors")


# --- what would stay random, or be wrong ---


def broken(tmp_path, change):
    tensors = made_format.state()
    change(tensors)
    path = tmp_path / "x.pt"
    torch.save(tensors, path)
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("decoder.weight"), "missing decoder.weight"),
        (lambda t: t.update({"decoder.extra": BIG}), "not expected decoder.extra"),
        (
            lambda t: t.update({"decoder.weight": BIG}),
            r"decoder.weight has shape \(5, 12\); \(5, 3, 4, 4\) was expected",
        ),
        (lambda t: t["encoder.bias"].fill_(float("nan")), "encoder.bias holds NaN or infinite weights"),
        (lambda t: t["codes.weight"].fill_(float("inf")), "codes.weight: 16 of 16 codes are infinite: the run"),
        (lambda t: t.update({"codes.weight": BIG[0]}), "codes.weight has shape"),
    ],
)
def test_nothing_stays_random_or_wrong(made, tmp_path, change, words):
    from explorer import tokenizers

    with pytest.raises(CheckpointError, match=words):
        load(plan_file(broken(tmp_path, change)), "cpu")
    assert tokenizers.brought_tokenizers() == [] and tokenizers.loaded_bytes() == 0


# --- folders ---


def shard_index(folder, name):
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"x": name}}))


@pytest.mark.parametrize("name", ["../secret.safetensors", "/etc/passwd", "sub/x.safetensors", "..", "", "x\\y", "~/x"])
def test_an_index_that_leads_out_of_its_folder(tmp_path, name):
    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"x": BIG}, tmp_path / "secret.safetensors")
    shard_index(folder, name)
    refused(folder, "not the plain name of a file")


def test_links_that_lead_out_of_the_folder(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"x": BIG}, tmp_path / "secret.safetensors")
    (folder / "model.safetensors").symlink_to(tmp_path / "secret.safetensors")
    refused(folder, "a link that leads outside")
    (folder / "model.safetensors").unlink()
    save_file({"x": BIG}, folder / "model.safetensors")
    (tmp_path / "secret.json").write_text('{"password": 1}')
    (folder / "config.json").symlink_to(tmp_path / "secret.json")
    assert "password" not in refused(folder, "a link that leads outside")


def test_links_of_the_hubs_own_cache_are_followed(tmp_path):
    for blobs in (tmp_path / "models--a--b" / "blobs", tmp_path / "blobs"):
        blobs.mkdir(parents=True)
        (blobs / "abc").write_bytes(save({"x": BIG}))
        folder = tmp_path / "models--a--b" / "snapshots" / blobs.parent.name / "part"
        folder.mkdir(parents=True)
        (folder / "model.safetensors").symlink_to(blobs / "abc")
        assert list(read_header(folder).tensors) == ["x"]


def test_a_folder_that_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "model.safetensors")  # would wait for ever
    refused(tmp_path, "is missing")
    refused(tmp_path / "model.safetensors", "There is no file")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!!python/object/apply:os.system ['touch {mark}']", "not plain YAML"),
        ("a: !!python/name:os.system", "not plain YAML"),
        ("a: !!python/object/new:subprocess.Popen [['touch', '{mark}']]", "not plain YAML"),
        ("a: [" * 5000, "not plain YAML"),
        ("a: b: c", "not plain YAML"),
        ("x" * 300_000, "longer than"),
    ],
)
def test_yaml_that_would_act(tmp_path, mark, text, words):
    torch.save({"x": BIG}, tmp_path / "x.ckpt")
    (tmp_path / "x.yaml").write_text(text.replace("{mark}", str(mark)))
    refused(tmp_path / "x.ckpt", words)


@pytest.mark.parametrize("last", ["model_type: *a59", "<<: [{x: 1}]"])
def test_yaml_that_doubles(tmp_path, last):
    """Shared parts cost nothing until somebody asks for their text, or merges them."""
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)), last]
    torch.save({"x": BIG}, tmp_path / "x.ckpt")
    (tmp_path / "x.yaml").write_text("\n".join(lines))
    refused(tmp_path / "x.ckpt", "x.yaml uses aliases")


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": ' * 50_000, "\xff"])
def test_a_config_that_is_none(tmp_path, text):
    save_file({"x": BIG}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(text, encoding="latin-1")
    refused(tmp_path, "config.json")
