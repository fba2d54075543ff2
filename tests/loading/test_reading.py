"""Headers and tensors of every container are those that torch itself wrote, read one by one and never run."""

import io
import json
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from explorer.foundation.errors import CheckpointError
from explorer.loading.reading import iterate_tensors, read_header

BIG = torch.arange(60.0).reshape(5, 12)
VALUES = {
    "plain": torch.randn(3, 4, generator=torch.Generator().manual_seed(0)),
    "turned": BIG.t(),
    "window": BIG[1:4, 2:9:3],
    "same": BIG,
    "repeated": torch.ones(3, 1).expand(3, 4),
    "scalar": torch.tensor(2.5),
    "empty": torch.empty(0, 3),
    "half": BIG.half(),
    "brain": BIG.bfloat16(),
    "double": BIG.double(),
    "long": torch.arange(4),
    "small": torch.tensor([-3, 5], dtype=torch.int8),
    "yes": torch.tensor([True, False]),
    "complex": torch.tensor([1 + 2j]),
}


def read(path, **options):
    header = read_header(path, **options)
    return header, dict(iterate_tensors(header, list(header.tensors)))


def check(found, expected):
    """Same keys, dtypes, shapes and bits."""
    assert set(found) == set(expected)
    for key, want in expected.items():
        assert found[key].dtype == want.dtype and found[key].shape == want.shape, key
        assert torch.equal(found[key], want) and found[key].is_contiguous(), key


class Net(nn.Module):
    """Every kind of thing that a module can hold."""

    def __init__(self):
        super().__init__()
        self.width, self.name = 7, "a net"
        self.first = nn.Conv2d(3, 4, 3)
        self.stack = nn.ModuleList([nn.Linear(4, 4), nn.BatchNorm1d(4)])
        self.shared = self.stack[0]
        self.alone = nn.Parameter(torch.full((2, 2), 3.0))
        self.register_buffer("kept", torch.arange(3))
        self.register_buffer("passing", torch.arange(5), persistent=False)
        self.register_parameter("none", None)

    def forward(self, x):
        return self.first(x)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_state_dict_of_torch(tmp_path, zipped, protocol):
    path = tmp_path / "x.pt"
    torch.save(VALUES, path, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
    header, found = read(path)
    check(found, VALUES)
    assert (header.container, header.wrapper) == ("torch" if zipped else "torch-legacy", "")
    assert header.tensors["brain"].dtype == "bfloat16" and header.tensors["turned"].shape == (12, 5)


@pytest.mark.parametrize("dtype", [torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2])
def test_dtypes_without_a_storage_class_of_their_own(tmp_path, dtype):
    torch.save({"x": BIG.to(dtype)[1:]}, tmp_path / "x.pt")
    _, found = read(tmp_path / "x.pt")
    assert found["x"].dtype == dtype and torch.equal(found["x"].float(), BIG.to(dtype)[1:].float())


def test_safetensors_with_their_dtypes_and_config(tmp_path):
    values = {key: value.contiguous().clone() for key, value in VALUES.items()}
    save_file(values, tmp_path / "model.safetensors", {"format": "pt"})
    (tmp_path / "config.json").write_text('{"model_type": "x", "sizes": [1, 2]}')
    for path in (tmp_path, tmp_path / "model.safetensors"):
        header, found = read(path)
        check(found, values)
        assert header.container == "safetensors" and header.config == {"model_type": "x", "sizes": [1, 2]}


def test_shards_of_an_index(tmp_path):
    parts = {"a-1.safetensors": {"x": torch.ones(2), "y": torch.zeros(3)}, "a-2.safetensors": {"z": torch.ones(4) * 5}}
    for name, part in parts.items():
        save_file(part, tmp_path / name)
    index = {"metadata": {}, "weight_map": {key: name for name, part in parts.items() for key in part}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    _, found = read(tmp_path)
    check(found, {key: value for part in parts.values() for key, value in part.items()})
    (tmp_path / "a-2.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"a-2\.safetensors is missing"):
        read_header(tmp_path)


LIGHTNING = {
    "epoch": 12,
    "pytorch-lightning_version": "1.0.8",
    "state_dict": OrderedDict((f"module.{key}", value) for key, value in VALUES.items()),
    "optimizer_states": [{"state": {0: {"exp_avg": BIG}, 1: {"exp_avg": BIG}}, "param_groups": [{"lr": 1e-4}]}],
    "callbacks": {io.StringIO: {"best": torch.tensor(1.0)}},
    "hyper_parameters": {"lr": 0.5, "name": "vqgan", "path": __import__("pathlib").Path("/x")},
}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_lightning_checkpoint(tmp_path, zipped):
    path = tmp_path / "last.ckpt"
    content = LIGHTNING | {"callbacks": {"cb": {"best": torch.tensor(1.0)}}}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    header, found = read(path)
    check(found, VALUES)
    assert header.wrapper == "state_dict" and header.others == {}
    assert header.scalars["epoch"] == 12 and header.scalars["hyper_parameters/name"] == "vqgan"
    notes = " ".join(header.notes)
    assert "read without 'module.' (of DataParallel)" in notes and "pathlib.PosixPath" in notes
    assert "optimizer_states (2 tensors)" in notes and "callbacks (1 tensors)" in notes


def test_names_that_only_a_library_has_are_shells(tmp_path, monkeypatch):
    """A class of a library that is not here: torch.load refuses it, the tensors are read all the same."""
    module = type(io)("gone_library.callbacks")
    for name in ("gone_library", "gone_library.callbacks"):
        monkeypatch.setitem(__import__("sys").modules, name, module)
    module.State = type("State", (), {"__module__": "gone_library.callbacks"})
    state = module.State()
    state.patience = 3
    torch.save({"state_dict": {"x": BIG}, "callback": state}, tmp_path / "x.ckpt")
    monkeypatch.undo()
    header, found = read(tmp_path / "x.ckpt")
    check(found, {"x": BIG})
    assert any("gone_library.callbacks.State" in note for note in header.notes)


@pytest.mark.parametrize(
    ("content", "wrapper", "others"),
    [
        ({"model": {"a": BIG}, "ema": {"a": BIG}, "optimizer": {"a": BIG}}, "model", ["ema"]),
        ({"ema": {"a": BIG}}, "ema", []),
        ({"state_dict_ema": {"a": BIG}, "state_dict": {"a": BIG, "b": BIG}}, "state_dict", ["state_dict_ema"]),
        ({"generator": {"a": BIG}, "discriminator": {"a": BIG, "b": BIG}}, "generator", []),
        ({"weird": {"a": BIG, "b": BIG}, "other": {"a": BIG}}, "weird", ["other"]),
        ({"a": BIG, "b": BIG, "meta": {"x": BIG}}, "", ["meta"]),
        ({"step": torch.tensor(3), "net": {"state_dict": {"a": BIG, "b": BIG, "c": BIG}}}, "net/state_dict", [""]),
    ],
)
def test_which_of_several_sets_is_the_model(tmp_path, content, wrapper, others):
    torch.save(content, tmp_path / "x.pt")
    header = read_header(tmp_path / "x.pt")
    assert header.wrapper == wrapper and list(header.others) == others


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.filterwarnings("ignore")  # torch cannot find the source of a class of a test
def test_a_whole_module_has_the_keys_of_its_state_dict(tmp_path, zipped):
    net = Net()
    torch.save(net, tmp_path / "x.pt", _use_new_zipfile_serialization=zipped)
    header, found = read(tmp_path / "x.pt")
    check(found, net.state_dict())
    assert header.scalars["width"] == 7 and header.scalars["name"] == "a net"
    torch.save({"model": net, "x": 1}, tmp_path / "y.pt", _use_new_zipfile_serialization=zipped)
    header, found = read(tmp_path / "y.pt")
    check(found, net.state_dict())
    assert header.wrapper == "model" and header.scalars["model/width"] == 7


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the format is old, and so are its files
def test_torchscript_has_the_keys_of_its_state_dict_and_is_not_run(tmp_path):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.BatchNorm2d(4)))
    torch.jit.save(torch.jit.script(net), tmp_path / "x.jit")
    header, found = read(tmp_path / "x.jit")
    check(found, net.state_dict())
    assert header.container == "torchscript" and any("code was not opened" in note for note in header.notes)
    torch.jit.save(torch.jit.freeze(torch.jit.script(net[0].eval())), tmp_path / "frozen.jit")
    header, found = read(tmp_path / "frozen.jit")
    assert header.wrapper == "constants" and any(torch.equal(value, net[0].weight) for value in found.values())
    traced = torch.jit.trace(net.eval(), torch.zeros(1, 3, 5, 5))
    torch.jit.save(traced, tmp_path / "traced.jit")
    check(read(tmp_path / "traced.jit")[1], net.state_dict())


def test_an_encoder_and_a_decoder_are_one_tokenizer(tmp_path):
    for part in ("encoder", "decoder"):
        torch.save({"x": BIG * (part == "encoder")}, tmp_path / f"{part}.pkl")
    for path in (tmp_path, tmp_path / "encoder.pkl", tmp_path / "decoder.pkl"):
        _, found = read(path)
        check(found, {"encoder.x": BIG, "decoder.x": BIG * 0})
    (tmp_path / "autoencoder.pkl").write_bytes(b"both in one, left aside")
    check(read(tmp_path)[1], {"encoder.x": BIG, "decoder.x": BIG * 0})
    (tmp_path / "encoder.pkl").unlink()
    with pytest.raises(CheckpointError, match=r"several files of weights.*Name one"):
        read_header(tmp_path)


def test_yaml_beside_a_checkpoint_is_plain_data(tmp_path):
    torch.save({"x": BIG}, tmp_path / "x.ckpt")
    (tmp_path / "x.yaml").write_text("model:\n  target: os.system\n  params:\n    n_embed: 1024\n")
    assert read_header(tmp_path / "x.ckpt").config == {"model": {"target": "os.system", "params": {"n_embed": 1024}}}


def swapped(path, out):
    """The same archive as a big-endian machine would have written it."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename.endswith("byteorder"):
                data = b"big"
            elif "/data/" in info.filename:
                data = np.frombuffer(data, "<f4").astype(">f4").tobytes()
            target.writestr(info.filename, data)


def test_big_end_first(tmp_path):
    values = {"x": BIG, "y": BIG.t()[2:]}
    torch.save(values, tmp_path / "x.pt")
    swapped(tmp_path / "x.pt", tmp_path / "y.pt")
    check(read(tmp_path / "y.pt")[1], values)


class Old(pickle.Pickler):
    """Tensors as torch 0.3 pickled them: storages that are views of others."""

    def persistent_id(self, thing):
        if isinstance(thing, Ellipsis.__class__):
            return ("storage", torch.FloatStorage, "root", "cpu", 12, ("view", 4, 8))
        return None


def test_storages_that_are_views(tmp_path):
    class Tensor:
        def __reduce__(self):
            return torch._utils._rebuild_tensor, (..., 1, (2, 3), (3, 1))

    numbers = np.arange(12, dtype=np.float32)
    with (tmp_path / "x.pt").open("wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
            pickle.dump(value, file, 2)
        Old(file, 2).dump({"x": Tensor()})
        pickle.dump(["root"], file, 2)
        file.write(struct.pack("<q", 12) + numbers.tobytes())
    check(read(tmp_path / "x.pt")[1], {"x": torch.from_numpy(numbers[5:11].reshape(2, 3))})


def test_tensors_are_read_one_by_one_in_the_order_of_the_file(tmp_path):
    torch.save({f"t{i}": torch.full((10,), float(i)) for i in range(5)}, tmp_path / "x.pt")
    header = read_header(tmp_path / "x.pt")
    starts = [header.tensors[key].place.start for key in header.tensors]
    reading = iterate_tensors(header, ["t3", "t1", "t4"])
    key, first = next(reading)
    assert starts == sorted(starts) and key == "t1" and torch.equal(first, torch.full((10,), 1.0))
    (tmp_path / "x.pt").write_bytes((tmp_path / "x.pt").read_bytes()[: header.tensors["t4"].place.start + 8])
    assert next(reading)[0] == "t3"
    with pytest.raises(CheckpointError, match=r"x\.pt ends early, within t4"):
        next(reading)
    assert torch.equal(first, torch.full((10,), 1.0))  # memory of its own: the file may go


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "pointer of Git LFS"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "compressed with gzip"),
        (b"\x93NUMPY" + bytes(20), "an array of NumPy"),
        (bytes(257) + b"ustar" + bytes(20), "a tar archive"),
        (b"hello, world", "neither safetensors nor of torch.save"),
    ],
)
def test_what_is_no_checkpoint_is_said(tmp_path, content, words):
    (tmp_path / "x.ckpt").write_bytes(content)
    with pytest.raises(CheckpointError, match=words):
        read_header(tmp_path / "x.ckpt")


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(CheckpointError, match="There is no file"):
        read_header(tmp_path / "x.ckpt")
    with pytest.raises(CheckpointError, match="holds no weights"):
        read_header(tmp_path)
    torch.save({"epoch": 3}, tmp_path / "x.ckpt")
    with pytest.raises(CheckpointError, match="holds no tensors of a model"):
        read_header(tmp_path / "x.ckpt")
    with (tmp_path / "y.ckpt").open("wb") as file:
        pickle.dump({"x": [1, 2]}, file)
    with pytest.raises(CheckpointError, match=r"pickle that torch\.save did not write"):
        read_header(tmp_path / "y.ckpt")
