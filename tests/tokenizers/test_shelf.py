"""Listing and sharing tokenizers: a broken one hides no other, one load serves all, nobody waits for another's."""

import json
import shutil
import threading

import pytest
from small_zoo import small_model

from explorer.foundation import stages
from explorer.foundation.errors import Cancelled, CheckpointError, UnknownIdError
from explorer.quantizers import QUANTIZERS
from explorer.tokenizers import broken_tokenizers, list_tokenizers, load_tokenizer, shelf
from explorer.tokenizers.native import codec
from explorer.tokenizers.native.checkpoint import save_checkpoint


@pytest.fixture(autouse=True)
def own_cache(monkeypatch):
    """Each test starts with nothing loaded."""
    monkeypatch.setattr(shelf, "_loaded", type(shelf._loaded)())


def test_all_good_ones_are_listed(small_checkpoints):
    specs = list_tokenizers(small_checkpoints)
    assert len(specs) == len(QUANTIZERS) and broken_tokenizers(small_checkpoints) == {}
    spec = next(spec for spec in specs if spec.id == "rvq")
    assert (spec.vocabulary, spec.codebook_dim, spec.combination) == ("3 x 32", 8, "sum")


def test_the_default_comes_first(small_checkpoints, tmp_path):
    for name in ("fsq", "vq-ema", "bsq", "vq-ema-reseed"):
        _, config = small_model("fsq")
        save_checkpoint(tmp_path / name, small_model("fsq")[0], config | {"id": name})
    assert [spec.id for spec in list_tokenizers(tmp_path)] == ["vq-ema-reseed", "vq-ema", "bsq", "fsq"]


def test_no_folder_is_no_error(tmp_path):
    assert list_tokenizers(tmp_path / "none") == [] and broken_tokenizers(tmp_path / "none") == {}


def test_a_broken_checkpoint_hides_no_other(checkpoint, tmp_path):
    for name, text in (("a", "{"), ("b", "{}"), ("c", None)):
        (tmp_path / name).mkdir()
        if text:
            (tmp_path / name / "config.json").write_text(text)
    shutil.copytree(checkpoint, tmp_path / "d")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "README.md").write_text("not a checkpoint")
    assert [spec.id for spec in list_tokenizers(tmp_path)] == ["vq"]
    broken = broken_tokenizers(tmp_path)
    assert list(broken) == ["a", "b", "c", "d"]
    assert "not valid JSON" in broken["a"] and "lacks id" in broken["b"] and "no readable" in broken["c"]
    assert "the folder must bear the same name" in broken["d"]
    with pytest.raises(CheckpointError, match="not valid JSON"):
        load_tokenizer("a", "cpu", tmp_path)
    assert load_tokenizer("vq", "cpu", tmp_path).spec.id == "vq"


@pytest.mark.parametrize("name", ["vqq", "", "../vq", "/etc", "config.json"])
def test_an_unknown_id_lists_the_valid_ones(name, checkpoint):
    with pytest.raises(UnknownIdError, match=r"Valid ids: vq\."):
        load_tokenizer(name, "cpu", checkpoint.parent)


def test_one_instance_for_all(small_checkpoints):
    first = load_tokenizer("vq", "cpu", small_checkpoints)
    assert load_tokenizer("vq", "cpu", small_checkpoints) is first
    assert load_tokenizer("fsq", "cpu", small_checkpoints) is not first


def test_the_least_recently_used_is_let_go(small_checkpoints, monkeypatch):
    vq, fsq = (load_tokenizer(name, "cpu", small_checkpoints) for name in ("vq", "fsq"))
    sizes = {
        name: codec.load_native(small_checkpoints / name, "cpu").spec.memory_bytes for name in ("vq", "fsq", "lfq")
    }
    of_two = sizes["vq"] + max(sizes["fsq"], sizes["lfq"])
    monkeypatch.setattr("explorer.tokenizers.shelf.budget", lambda limits: of_two)
    assert load_tokenizer("vq", "cpu", small_checkpoints) is vq  # now fsq is the older
    load_tokenizer("lfq", "cpu", small_checkpoints)
    assert load_tokenizer("vq", "cpu", small_checkpoints) is vq
    assert load_tokenizer("fsq", "cpu", small_checkpoints) is not fsq


def test_one_that_is_still_being_loaded_is_never_let_go_however_many_others_come(small_checkpoints, monkeypatch):
    """Else whoever asks next would load it a second time."""
    slow = type("Slow", (SlowTokenizer,), {"gate": threading.Event(), "begun": threading.Event(), "loads": []})
    monkeypatch.setattr(codec, "load_native", slow)
    found = []
    waiting = threading.Thread(target=lambda: found.append(load_tokenizer("vq", "cpu", small_checkpoints)))
    waiting.start()
    assert slow.begun.wait(10)
    for number in range(40):  # as many tokenizers, by as many devices
        load_tokenizer("fsq", f"device {number}", small_checkpoints)
    again = threading.Thread(target=lambda: found.append(load_tokenizer("vq", "cpu", small_checkpoints)))
    again.start()
    slow.gate.set()
    for thread in (waiting, again):
        thread.join(10)
    assert slow.loads.count("vq") == 1 and found[0] is found[1]


def test_who_waits_for_a_load_of_another_can_stop_waiting_and_the_load_goes_on(small_checkpoints, monkeypatch):
    slow = type("Slow", (SlowTokenizer,), {"gate": threading.Event(), "begun": threading.Event(), "loads": []})
    monkeypatch.setattr(codec, "load_native", slow)
    found, said, stop = [], [], threading.Event()
    loading = threading.Thread(target=lambda: found.append(load_tokenizer("vq", "cpu", small_checkpoints)))
    loading.start()
    assert slow.begun.wait(10)

    def wait():
        with stages.listening(said.append, stopped=stop.is_set), pytest.raises(Cancelled):
            load_tokenizer("vq", "cpu", small_checkpoints)
        found.append("stopped")

    waiting = threading.Thread(target=wait)
    waiting.start()
    stop.set()
    waiting.join(10)
    assert found == ["stopped"] and "waiting for its weights" in said[0]
    slow.gate.set()
    loading.join(10)
    assert len(found) == 2 and slow.loads == ["vq"]


class SlowTokenizer:
    """Stands in for `load_native`; loading "vq" waits until it is let through."""

    gate, begun, loads = threading.Event(), threading.Event(), []

    def __init__(self, folder, device):
        self.loads.append(folder.name)
        if folder.name == "vq":
            self.begun.set()
            assert self.gate.wait(10)


def test_two_ask_at_once_and_a_third_does_not_wait(small_checkpoints, monkeypatch):
    slow = type("Slow", (SlowTokenizer,), {"gate": threading.Event(), "begun": threading.Event(), "loads": []})
    monkeypatch.setattr(codec, "load_native", slow)
    fsq = load_tokenizer("fsq", "cpu", small_checkpoints)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(load_tokenizer("vq", "cpu", small_checkpoints))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert slow.begun.wait(10)
    assert load_tokenizer("fsq", "cpu", small_checkpoints) is fsq  # while vq is loading
    assert load_tokenizer("lfq", "cpu", small_checkpoints) is not None
    assert found == []
    slow.gate.set()
    for thread in threads:
        thread.join(10)
    assert len(found) == 4 and len(set(map(id, found))) == 1
    assert sorted(slow.loads) == ["fsq", "lfq", "vq"]


def test_a_mended_checkpoint_can_be_tried_again(checkpoint):
    path = checkpoint / "model.safetensors"
    good = path.read_bytes()
    path.write_bytes(good[:100])
    for _ in range(2):
        with pytest.raises(CheckpointError, match="cannot be read"):
            load_tokenizer("vq", "cpu", checkpoint.parent)
    path.write_bytes(good)
    assert load_tokenizer("vq", "cpu", checkpoint.parent).spec.id == "vq"


def test_listing_needs_no_torch(small_checkpoints):
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from explorer.tokenizers import list_tokenizers; "
        "print(len(list_tokenizers(Path(sys.argv[1]))), 'torch' in sys.modules)"
    )
    line = [sys.executable, "-c", code, str(small_checkpoints)]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout.split() == [
        f"{len(QUANTIZERS)}",
        "False",
    ]


def test_a_spec_says_what_the_config_says(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    (spec,) = list_tokenizers(checkpoint.parent)
    for name in ("title", "summary", "codebook_size", "codebook_dim", "parameters", "licence", "measured"):
        assert getattr(spec, name) == config[name]
