"""Checkpoints go to disk and back; whatever is wrong with one is said in one line, and nothing in it ever runs."""

import json
import pickle
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from small_zoo import SMALL, picture, small_model

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError, ExplorerError
from explorer.tokenizers.native.checkpoint import TABLES, TRAINING_ONLY, described_bytes, load_model, save_checkpoint
from explorer.tokenizers.native.codec import load_native


def edit_config(folder, **changes):
    """Change top-level keys of config.json; None removes one."""
    config = json.loads((folder / "config.json").read_text())
    for key, value in changes.items():
        config[key] = value
    config = {key: value for key, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(config))


def edit_tensors(folder, change):
    """Let `change` work on the dict of tensors of model.safetensors."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


def refusal(folder, limits=None):
    """The one line with which loading is refused."""
    with pytest.raises(CheckpointError) as caught:
        load_model(folder, limits)
    message = str(caught.value)
    assert "\n" not in message and folder.name in message
    return message


@pytest.mark.parametrize("quantizer_id", SMALL)
def test_what_was_saved_comes_back(quantizer_id, small_checkpoints):
    model, _ = small_model(quantizer_id)
    loaded = load_model(small_checkpoints / quantizer_id)
    want, found = model.state_dict(), loaded.state_dict()
    assert want.keys() == found.keys() and not loaded.training
    for name, tensor in want.items():
        if any(part in name for part in TRAINING_ONLY):
            continue
        if tensor.is_floating_point() and not name.startswith("quantizer."):
            off = (found[name] - tensor).abs().flatten(1) if tensor.ndim > 1 else (found[name] - tensor).abs()
            largest = tensor.abs().flatten(1).amax(1, keepdim=True) if tensor.ndim > 1 else tensor.abs()
            assert (off <= largest / 253.9 + 1e-7).all(), name  # half a step of eight bits, of its channel's largest
        else:
            assert torch.equal(found[name], tensor), name


def test_the_file_holds_no_state_of_training(small_checkpoints):
    names = set(load_file(small_checkpoints / "kmeans" / "model.safetensors"))
    assert "quantizer.vectors" in names
    assert not any(part in name for name in names for part in TRAINING_ONLY)


def test_a_wrong_shape_names_the_tensor(checkpoint):
    edit_tensors(checkpoint, lambda t: t.update({"quantizer.vectors": torch.zeros(31, 8)}))
    message = refusal(checkpoint)
    assert "quantizer.vectors" in message and "(31, 8)" in message and "(32, 8)" in message


def test_missing_and_unknown_keys_are_named(checkpoint):
    edit_tensors(checkpoint, lambda t: t.update({"quantizer.codes": t.pop("quantizer.vectors")}))
    message = refusal(checkpoint)
    assert "missing quantizer.vectors, unknown quantizer.codes" in message


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(value, checkpoint):
    edit_tensors(checkpoint, lambda t: t["encoder.1.bias"].__setitem__(0, value))
    assert "encoder.1.bias" in refusal(checkpoint) and "NaN or infinite" in refusal(checkpoint)


@pytest.mark.parametrize("quantizer_id", ["vq", "rvq", "pq", "simvq", "kmeans"])
def test_the_rest_of_a_table_that_diverged_is_shown(quantizer_id, small_checkpoints, tmp_path):
    folder = shutil.copytree(small_checkpoints / quantizer_id, tmp_path / quantizer_id)
    edit_tensors(folder, lambda t: [t[name][5:9].fill_(float("nan")) for name in t if name.endswith(TABLES)])
    tokenizer = load_native(folder, "cpu")
    record = tokenizer.tokenize(picture(64, 64))
    assert all(not np.isin(level.indices, np.arange(5, 9)).any() for level in record.levels)
    assert np.isfinite(record.reconstruction).all()
    assert len(record.notes) == len(record.levels) and all("4 of" in note for note in record.notes)
    assert all("NaN" in note for note in record.notes)
    of_second = {"rvq": "of level 2", "pq": "of group 2"}.get(quantizer_id, "")
    assert any(of_second in note for note in record.notes)
    assert np.isfinite(tokenizer.decode_levels(record, [])).all()  # what stands for a level left out is no NaN
    edit_tensors(folder, lambda t: [t[name].fill_(float("nan")) for name in t if name.endswith(TABLES)])
    assert "holds NaN or infinite weights" in refusal(folder)


class WritesAFile:
    """Unpickling this writes a file: the sign that a checkpoint ran code."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_and_does_not_run(protocol, checkpoint, tmp_path):
    content = pickle.dumps(WritesAFile(tmp_path / "ran"), protocol=protocol)
    (checkpoint / "model.safetensors").write_bytes(content)
    message = refusal(checkpoint)
    assert ("is a pickle" in message) == (protocol >= 2)  # older ones have no mark, and are no safetensors either
    assert not (tmp_path / "ran").exists()


def test_the_pickle_of_these_tests_would_run(tmp_path):
    pickle.loads(pickle.dumps(WritesAFile(tmp_path / "ran"))).close()
    assert (tmp_path / "ran").exists()


def test_a_torch_file_is_refused_and_does_not_run(checkpoint, tmp_path):
    torch.save({"weights": WritesAFile(tmp_path / "ran")}, checkpoint / "model.safetensors")
    assert "is a pickle" in refusal(checkpoint) and not (tmp_path / "ran").exists()


@pytest.mark.parametrize("keep", [0, 4, 100, -1])
def test_a_truncated_file(keep, checkpoint):
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    assert "model.safetensors of checkpoint 'vq' cannot be read" in refusal(checkpoint)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_missing_file_or_a_folder_in_its_place(name, checkpoint):
    (checkpoint / name).unlink()
    assert f"has no readable {name}" in refusal(checkpoint)
    (checkpoint / name).mkdir()
    assert f"has no readable {name}" in refusal(checkpoint)


@pytest.mark.parametrize("text", ["{", "", "\x00", "[" * 100_000, '{"id": "vq",}'], ids=range(5))
def test_a_config_that_is_not_json(text, checkpoint):
    (checkpoint / "config.json").write_text(text)
    assert "is not valid JSON" in refusal(checkpoint)


@pytest.mark.parametrize("text", ["[]", "null", "3", '"vq"'])
def test_a_config_that_is_no_object(text, checkpoint):
    (checkpoint / "config.json").write_text(text)
    assert "lacks id, title" in refusal(checkpoint)


@pytest.mark.parametrize("key", ["id", "quantizer", "architecture", "codebook_size", "parameters"])
def test_a_config_that_lacks_a_key(key, checkpoint):
    edit_config(checkpoint, **{key: None})
    assert refusal(checkpoint) == f"config.json of checkpoint 'vq' lacks {key}"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"codebook_size": "many"}, "no sound codebook_size: 'many'"),
        ({"codebook_size": True}, "no sound codebook_size"),
        ({"parameters": 0}, "no sound parameters: '0'"),
        ({"quantizer": "vq"}, "no sound quantizer"),
        ({"quantizer": {"id": "vq"}}, "needs a quantizer with an id and a config"),
        ({"quantizer": {"id": "vqq", "config": {}}}, "Did you mean 'vq'?"),
        ({"id": "other"}, "says id 'other'"),
        ({"measured": {"psnr_db": "24"}}, "measured values that are no numbers"),
        ({"codebook_size": 64}, "says codebook_size 64, its model has 32"),
        ({"num_quantizers": 2}, "says num_quantizers 2, its model has 1"),
        ({"downsampling": 16}, "says downsampling 16, its model has 8"),
        ({"architecture": {"channels": [4, 8, 8]}}, "it lacks 'blocks'"),
        ({"architecture": {"channels": [4, 8], "blocks": [1, 1, 1]}}, "describes no model"),
        ({"quantizer": {"id": "vq", "config": {"dim": 8, "codes": 32}}}, "describes no model"),
        ({"quantizer": {"id": "vq", "config": SMALL["vq"] | {"options": {"metric": "l1"}}}}, "metric must be"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:30],
)
def test_a_config_that_describes_something_else(changes, reason, checkpoint):
    edit_config(checkpoint, **changes)
    assert reason in refusal(checkpoint)


HUGE = 10**12


@pytest.mark.parametrize(
    ("quantizer", "architecture"),
    [
        (("vq", {"dim": 8, "codebook_size": HUGE}), {}),
        (("vq", {"dim": HUGE, "codebook_size": HUGE}), {}),
        (("kmeans", {"dim": 8, "codebook_size": 32, "sample": HUGE}), {}),
        (("rvq", {"dim": 8, "codebook_size": 32, "num_quantizers": HUGE}), {}),
        (("fsq", {"levels": [HUGE, 2]}), {}),
        (("fsq", {"levels": [2] * 10_000}), {}),
        (("fsq", {"levels": [4000, 4000, 4000]}), {}),
        (("lfq", {"bits": 40}), {}),
        (("bsq", {"bits": 4000}), {}),
        (("vq", SMALL["vq"]), {"channels": [HUGE, 8, 8]}),
        (("vq", SMALL["vq"]), {"channels": [4, 8, 8], "blocks": [1, 1, HUGE]}),
        (("vq", {"dim": 8, "codebook_size": float("inf")}), {}),
    ],
    ids=lambda value: str(value)[:50],
)
def test_absurd_sizes_are_refused_before_memory_is_taken(quantizer, architecture, checkpoint, monkeypatch):
    def built(*arguments, **options):
        raise AssertionError("a model was built before its size was checked")

    monkeypatch.setattr("explorer.tokenizers.native.checkpoint.TokenizerModel", built)
    name, config = quantizer
    edit_config(
        checkpoint,
        quantizer={"id": name, "config": config},
        architecture={"channels": [4, 8, 8], "blocks": [1, 1, 1]} | architecture,
    )
    message = refusal(checkpoint)
    assert "describes no model" in message and ("GiB" in message or "at most" in message)


def test_a_model_or_file_over_the_limit(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    model = load_model(checkpoint)
    taken = sum(t.numel() * t.element_size() for t in (*model.parameters(), *model.buffers()))
    described = described_bytes(config["quantizer"]["config"], config["architecture"])
    assert taken / 2 < described < taken * 2  # an estimate, of the right size
    limit = round(described * 2)
    assert "GiB" in refusal(checkpoint, Limits(checkpoint_bytes=round(described) - 1))
    assert load_model(checkpoint, Limits(checkpoint_bytes=limit))
    with (checkpoint / "model.safetensors").open("ab") as file:
        file.truncate(limit + 1)
    assert f"{limit + 1:,} bytes, the limit is {limit:,}" in refusal(checkpoint, Limits(checkpoint_bytes=limit))


def test_saving_to_a_place_that_cannot_be_is_said_plainly(tmp_path):
    (tmp_path / "file").write_text("in the way")
    model, config = small_model("vq")
    with pytest.raises(ExplorerError, match="cannot make the folder"):
        save_checkpoint(tmp_path / "file" / "vq", model, config)


def test_a_full_disk_leaves_the_old_checkpoint(checkpoint, monkeypatch):
    before = load_native(checkpoint, "cpu").tokenize(picture(16, 16))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExplorerError, match=r"cannot write model.safetensors: No space left on device"):
        save_checkpoint(checkpoint, *small_model("vq", seed=1))
    after = load_native(checkpoint, "cpu").tokenize(picture(16, 16))
    assert np.array_equal(before.reconstruction, after.reconstruction)
    assert sorted(path.name for path in checkpoint.iterdir()) == ["config.json", "model.safetensors"]
