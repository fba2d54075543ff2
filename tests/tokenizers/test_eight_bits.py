"""Weights in eight bits: held to numpy in float64, and refused where scales and weights do not belong together."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from explorer.foundation.errors import CheckpointError
from explorer.tokenizers.native.checkpoint import load_model
from explorer.tokenizers.native.eight_bits import FEWEST, pack, unpack


def weights(shape=(8, 16, 3, 3), seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 0.1, shape).astype(np.float32))


def test_each_channel_has_its_own_scale():
    tensor = weights()
    tensor[3] *= 50
    tensor[5] = 0
    packed = pack("w", tensor)
    assert packed["w"].dtype == torch.int8 and packed["w.scale"].shape == (8,)
    rows = tensor.numpy().astype(np.float64).reshape(8, -1)
    step = np.abs(rows).max(1) / 127
    assert np.abs(packed["w"].numpy().reshape(8, -1)[[0, 3]]).max(1).tolist() == [127, 127]
    found = unpack("w", packed, "here").numpy().astype(np.float64).reshape(8, -1)
    assert (np.abs(found - rows) <= step[:, None] * 0.5001).all() and not found[5].any()
    whole = np.round(rows[0] / step[0])
    np.testing.assert_allclose(found[0], whole * step[0], rtol=1e-6)


@pytest.mark.parametrize("tensor", [weights((FEWEST - 1, 1)), weights((4096,)), weights().fill_(float("nan"))])
def test_what_is_small_or_flat_or_broken_stays_a_float(tensor):
    packed = pack("w", tensor)
    assert packed.keys() == {"w"} and packed["w"].dtype == torch.float16


def test_packing_again_changes_nothing():
    once = pack("w", weights())
    again = pack("w", unpack("w", once, "here"))
    assert torch.equal(once["w"], again["w"])


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.update({"decoder.0.weight.scale": t["decoder.0.weight.scale"][:-1]}),
        lambda t: t.update({"decoder.0.weight": t["decoder.0.weight"].half()}),
        lambda t: t.update({"decoder.0.weight.scale": t["decoder.0.weight.scale"].fill_(float("inf"))}),
        lambda t: t.update({"decoder.0.bias.scale": torch.ones(1)}),
        lambda t: t.update({"decoder.0.nothing.scale": torch.ones(1)}),
    ],
)
def test_scales_that_do_not_fit_are_refused_by_name(change, small_checkpoints, tmp_path):
    folder = tmp_path / "vq"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes((small_checkpoints / "vq" / name).read_bytes())
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"decoder\.0\."):
        load_model(folder)
