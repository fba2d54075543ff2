"""What the chapter of the course assignment says in words and numbers is so, over three seeds."""

import io
import math

import numpy as np
import pytest
import torch

from explorer.lab.batch import run_lab
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.learn.chapters.assignment import DIGITS, REVIVED

LEFT = LabSettings().changed(DIGITS | {"codebook_size": 64})  # as the task begins


def test_a_digit_has_49_tokens_a_batch_784_and_the_budget_is_that_of_32_codes():
    settings = LabSettings().changed(REVIVED)
    assert settings.latents_an_item == 49 and settings.batch_size * 49 == 784 > settings.codebook_size == 64
    assert 49 * math.log2(32) == 245 and 49 * math.log2(64) == 294


def test_reconstructions_are_dark_at_first_and_digits_after_200_steps():
    side = LabSide(LabSettings().changed(REVIVED), torch.device("cpu"))
    first = side.frame()
    assert first.outputs.max() < 85 and first.inputs.max() == 255  # a third of white
    side = run_lab(side.settings, 200, "cpu")
    frame = side.frame()
    pairs = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(frame.inputs, frame.outputs, strict=True)]
    assert min(pairs) > 0.95
    assert frame.measures["missed"] < 0.06 and frame.measures["perplexity_0"] > 30
    with np.load(io.BytesIO(side.npz())) as file:  # "Frames" of the menu
        assert file["l0_indices"].shape[1] == 10 * 49 and file["l0_vectors"].shape[1:] == (64, 8)


@pytest.mark.parametrize("seed", [pytest.param(0), *(pytest.param(one, marks=pytest.mark.slow) for one in (1, 2))])
def test_the_task_asks_for_both_changes(seed):
    """Most of 64 codes are dead; fewer codes alone stay far below a perplexity of 16, and reseeded pass it."""

    def after(**changes):
        frame = run_lab(LEFT.changed({"seed": seed} | changes), 200, "cpu").frame()
        return frame.measures["perplexity_0"], frame.levels[0].dead

    perplexity, dead = after()
    assert dead > 32 and perplexity < 12
    assert after(codebook_size=32)[0] < 12
    assert after(codebook_size=32, reseeding="random_latent")[0] > 17
