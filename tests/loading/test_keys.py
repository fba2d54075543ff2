"""What training leaves in keys is taken out of them: the same codes as the plain file; torn files are refused.

Codes are those of the original taming VQGAN, committed with the tests of its format.
"""

import re

import convvq_originals as originals
import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_picture
from safetensors.torch import save_file

from explorer.foundation.errors import CheckpointError
from explorer.loading.keys import plain_keys
from explorer.loading.reading import read_header
from explorer.loading.recognition import recognise
from explorer.public.header import Header, TensorInfo

TAMING = originals.ENTRIES[0]


def written(tmp_path, tensors, kind="ckpt"):
    path = tmp_path / f"last.{kind}"
    if kind == "safetensors":
        save_file({key: value.clone() for key, value in tensors.items()}, path)
    else:
        torch.save({"state_dict": tensors}, path)
    return path


def within(word, *parts):
    """A change of keys: `word` behind those parts."""
    return lambda key: re.sub(rf"^({'|'.join(parts)})\.", rf"\1.{word}.", key)


def deep(key):
    """Activation checkpointing and FSDP wrap single layers."""
    key = key.replace("encoder.mid.", "encoder.mid._checkpoint_wrapped_module.")
    return key.replace("decoder.up.2.", "decoder.up.2._fsdp_wrapped_module.")


RENAMED = {
    "in the middle": (within("_orig_mod", "encoder"), ("'_orig_mod.' (of torch.compile)",)),
    "in the middle, of both": (within("_orig_mod", "encoder", "decoder"), ("'_orig_mod.' (of torch.compile)",)),
    "compiled, then parallel": (lambda key: f"module._orig_mod.{key}", ("'_orig_mod.'", "'module.' (of DataParallel)")),
    "parallel, then compiled": (lambda key: f"_orig_mod.module.{key}", ("'_orig_mod.'", "'module.'")),
    "parallel": (lambda key: f"module.{key}", ("'module.' (of DataParallel)",)),
    "each part parallel": (within("module", "encoder", "decoder", "quantize"), ("'module.'",)),
    "one part parallel and compiled": (within("module._orig_mod", "decoder"), ("'_orig_mod.'", "'module.'")),
    "fully sharded": (lambda key: f"_fsdp_wrapped_module.{key}", ("'_fsdp_wrapped_module.' (of FSDP)",)),
    "single layers": (deep, ("'_checkpoint_wrapped_module.' (of activation checkpointing)", "'_fsdp_wrapped")),
    "of Lightning": (lambda key: f"_forward_module.{key}", ("'_forward_module.' (of Lightning)",)),
}


@pytest.mark.parametrize("case", RENAMED)
@pytest.mark.parametrize("kind", ["ckpt", "safetensors"])
def test_the_codes_are_those_of_the_plain_file(case, kind, tmp_path):
    rename, words = RENAMED[case]
    tensors = {rename(key): value for key, value in originals.state("taming").items()}
    assert set(tensors) != set(originals.state("taming"))
    path = written(tmp_path, tensors, kind)
    header = read_header(path)
    assert set(header.tensors) == set(originals.state("taming"))
    assert len(header.notes) == 1 and all(word in header.notes[0] for word in words), header.notes
    (level,) = originals.load(path).encode([ruled_picture(TAMING.height, TAMING.width)])[0]
    assert np.array_equal(level.indices, golden("convvq")["taming_indices"])


def test_plain_keys_are_left_as_they_are(tmp_path):
    header = read_header(written(tmp_path, originals.state("taming")))
    assert header.notes == () and recognise(header).format_id == "taming-vqgan"


def test_the_counter_of_torchs_averages_goes_with_its_wrapper(tmp_path):
    tensors = {f"module.{key}": value for key, value in originals.state("taming").items()}
    header = read_header(written(tmp_path, tensors | {"n_averaged": torch.tensor(12)}))
    assert set(header.tensors) == set(originals.state("taming"))


def halves(tensors):
    return {(f"module.{key}" if number % 2 else key): value for number, (key, value) in enumerate(tensors.items())}


def parts(tensors):
    """The encoder within, all else beside it: no part is torn, the model is."""
    return {(f"module.{key}" if key.startswith("encoder") else key): value for key, value in tensors.items()}


def inner(tensors):
    return {
        (key.replace("encoder.", "encoder.module.") if number % 2 else key): value
        for number, (key, value) in enumerate(tensors.items())
    }


@pytest.mark.parametrize(("tear", "start"), [(halves, "module."), (parts, "module."), (inner, "encoder.module.")])
def test_half_of_the_keys_with_module_is_refused_with_both_kinds_named(tear, start, tmp_path):
    tensors = tear(originals.state("taming"))
    before = start.removesuffix("module.")
    with_it = [key for key in tensors if key.startswith(start)]
    without = [key for key in tensors if key.startswith(before) and not key.startswith(start)]
    with pytest.raises(CheckpointError) as refused:
        read_header(written(tmp_path, tensors))
    words = str(refused.value)
    assert f"{len(with_it):,} begin with '{start}', such as '{min(with_it)}'" in words
    assert f"{len(without):,} do not, such as '{min(without)}'" in words


def test_two_tensors_of_one_plain_key_are_refused(tmp_path):
    tensors = dict(originals.state("taming"))
    tensors["encoder._orig_mod.conv_in.weight"] = tensors["encoder.conv_in.weight"] + 1
    words = r"'encoder\.conv_in\.weight' and 'encoder\._orig_mod\.conv_in\.weight' are one tensor"
    with pytest.raises(CheckpointError, match=words):
        read_header(written(tmp_path, tensors))


def test_a_part_of_a_larger_model_may_be_called_module():
    """A loss beside it is no torn model, and nothing is taken out of the keys."""
    keys = ("module.encoder.weight", "loss.weight", "net.module.weight", "net.bias")
    header = Header(None, "torch", {key: TensorInfo((2, 2)) for key in keys})
    assert plain_keys(header) is header


def test_averages_of_a_compiled_model_are_found(tmp_path):
    """Lightning's averages have names without dots, so that what compiling left is within a word."""
    state = originals.state("ibq")
    weights = {key.replace("encoder.", "encoder._orig_mod."): value + 1 for key, value in state.items()}
    averages = {
        "model_ema." + key.replace("encoder.", "encoder._orig_mod.").replace(".", ""): value
        for key, value in state.items()
    }
    path = written(tmp_path, weights | averages)
    entry = next(entry for entry in originals.ENTRIES if entry.name == "ibq")
    (level,) = originals.load(path).encode([ruled_picture(entry.height, entry.width)])[0]
    assert np.array_equal(level.indices, golden("convvq")["ibq_indices"])
