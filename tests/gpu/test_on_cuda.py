"""What only a GPU can show: captured steps, frames that are read back while steps go on, crops that are cut there.

Everything up to it is tested on the CPU (`tests/lab/test_capture.py`, `tests/lab/test_read_back.py`).
"""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from explorer.lab.capture.stepping import Stepping
from explorer.lab.presets import PRESETS
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.lab.trainer import LabTrainer
from explorer.tokenizers.precision import WholeFloat32
from explorer.training.data import PictureStore, draw_places, random_crops

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
SMALL = {"codebook_size": 16, "batch_size": 64}
CONV = {"dataset": "patches", "model": "conv", "patch_px": 16, "dim": 8, "codebook_size": 64, "batch_size": 16}


def state(trainer):
    parts = (trainer.model, trainer.quantizer)
    return [
        tensor.clone() for part in parts for tensor in part.state_dict().values() if isinstance(tensor, torch.Tensor)
    ]


@pytest.mark.parametrize("changes", [SMALL, CONV, *(one.changes for one in PRESETS.values())], ids=str)
def test_cuda_graphs_take_the_steps_that_kernels_take_one_by_one(changes):
    trainers = [LabTrainer(LabSettings().changed(changes), torch.device("cuda")) for _ in range(2)]
    trainers[0].stepping = Stepping(None, "asked for")
    rows = ([], [])
    for trainer, kept in zip(trainers, rows, strict=True):
        trainer.keep_row = kept.append
        for step in range(80):
            trainer.step(measure=step % 3 == 0)
        trainer.read_losses()
    assert trainers[1].stepping.replays > 20, trainers[1].stepping.words
    assert [row.step for row in rows[0]] == [row.step for row in rows[1]] == list(range(1, 81))
    for one, other in zip(state(trainers[0]), state(trainers[1]), strict=True):
        assert torch.allclose(one.float(), other.float(), rtol=1e-3, atol=1e-4, equal_nan=True)
    for one, other in zip(*rows, strict=True):
        assert one.losses == pytest.approx(other.losses, rel=1e-2, abs=1e-4)


def test_cuda_graphs_are_captured_anew_after_a_change_of_settings():
    trainer = LabTrainer(LabSettings().changed(SMALL), torch.device("cuda"))
    for _ in range(20):
        trainer.step(measure=False)
    before, weights = trainer.stepping.captures, trainer.model.encoder[0].weight.clone()
    trainer.apply(trainer.settings.changed({"lr": 1e-6}))
    for _ in range(20):
        trainer.step(measure=False)
    assert trainer.stepping.captures > before > 0
    moved = trainer.model.encoder[0].weight - weights
    assert moved.abs().max() < 1e-4  # Adam moves a weight by about its rate a step


def test_on_cuda_steps_with_curves_and_frames_do_not_wait():
    side = LabSide(LabSettings().changed(SMALL), torch.device("cuda"))
    for _ in range(20):
        side.step()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(20):
            side.trainer.step(measure=True)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    frame = side.frame()
    assert frame.step == 40 and np.isfinite(frame.levels[0].z_e).all()
    assert list(side.curves.rows()[:, 0]) == list(range(1, 41))


def test_on_cuda_crops_are_cut_as_on_the_cpu():
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (*side, 3)).astype(np.uint8) for side in ((40, 61), (33, 32))]
    store = PictureStore(pictures, torch.device("cuda"))
    places = draw_places(store.shapes, 8, 32, 7, 0)
    assert torch.equal(store.crops(places, 32).cpu(), random_crops(pictures, 8, 32, 7, 0))


LAYERS = {
    "convolution": (lambda: nn.Conv1d(64, 64, 7, 2, 3), (2, 64, 200)),
    "transposed": (lambda: nn.ConvTranspose2d(64, 32, 4, 2, 1), (2, 64, 20, 20)),
    "LSTM": (lambda: nn.LSTM(64, 64, 2), (50, 2, 64)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_on_cuda_layers_of_codecs_in_float32_are_float32(name):
    """TF32, which cuDNN takes by itself, is off by about 5e-4 of a value."""
    torch.manual_seed(0)
    make, shape = LAYERS[name]
    layer, x = make().eval().requires_grad_(False), torch.randn(shape)

    def made(layer, x):
        found = layer(x)
        return found[0] if isinstance(found, tuple) else found

    expected = made(copy.deepcopy(layer).double(), x.double())
    with WholeFloat32():
        found = made(layer.cuda(), x.cuda()).cpu()
    assert (found - expected).abs().max() / expected.std() < 2e-5
