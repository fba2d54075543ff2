"""Files that mean harm: each rule of safe loading is attacked; nothing may be run, imported, written or left behind.

The harmful pickles are real ones: `test_the_attack_is_real` shows that Python's own unpickler runs them.
"""

import json
import os
import pickle
import pickletools
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from refusal import BIG, refused
from safetensors.torch import save, save_file
from torch import nn

from explorer.loading import pickles
from explorer.loading.reading import iterate_tensors, read_header


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
