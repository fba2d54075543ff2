"""Checkpoints that are cut, changed, lying or incomplete: read rightly or refused, and nothing stays random."""

import random
import struct

import made_format
import pytest
import torch
from refusal import BIG, refused
from safetensors.torch import save_file
from torch import nn

from explorer.foundation.errors import CheckpointError
from explorer.loading.planning import load, plan_file
from explorer.loading.reading import iterate_tensors, read_header


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
