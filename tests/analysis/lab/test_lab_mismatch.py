"""A decoder that is trained on something else than single codes, and codes that every latent draws at."""

import numpy as np
import pytest
import torch

from explorer.analysis.lab.diagnosis import diagnose
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from tests.analysis.lab.made_frames import K, frame, titles, told

MIXED = "what no code gives"


def run(steps=400, **changes):
    """Findings of a real run, with its settings for the advice."""
    torch.set_num_threads(1)
    settings = LabSettings().changed({"batch_size": 256} | changes)
    side = LabSide(settings, torch.device("cpu"))
    for _ in range(steps):
        side.step()
    return diagnose(side.curves, side.timeline, side.events, settings)


@pytest.mark.parametrize(
    ("off", "training", "step", "said"),
    [(0.5, 0.01, 500, True), (0.5, 0.2, 500, False), (0.1, 0.001, 500, False), (0.5, 0.01, 100, False)],
)
def test_single_codes_that_miss_far_more_than_training_does_are_told(cloud, off, training, step, said):
    """off: of each output, in standard deviations of the inputs, so off^2 of the variance is missed."""
    z, vectors = cloud
    outputs = (z + off * z.std(0)).astype(np.float32)
    found = told(
        [frame(1, z, vectors, outputs=outputs), frame(step, z, vectors, outputs=outputs)],
        [training] * 30,
        name="missed",
    )
    assert (MIXED in titles(found)) == said
    if said:
        (text,) = (finding.text for finding in found if MIXED in finding.title)
        assert (
            "miss 25.0% of the inputs' variance, and in training at most 1.0% (worst of 20 looks from step 11 to 30)"
            in text
        )


def test_a_mixture_that_stays_warm_is_told_with_what_mends_it_and_one_that_cools_is_not():
    found = run(quantizer="soft", final_temperature=1.0)
    (finding,) = (one for one in found if MIXED in one.title)
    assert finding.level == "bad" and finding.advice.startswith("Lower the temperature at the end")
    assert MIXED not in titles(run(quantizer="soft", anneal_steps=100))


@pytest.mark.parametrize("quantizer", ["nsvq", "diveq", "ibq", "affine", "cvq", "gumbel"])
def test_methods_that_give_codes_in_training_are_not_accused(quantizer):
    assert MIXED not in titles(run(quantizer=quantizer))


def test_codes_that_all_latents_draw_at_do_not_lag():
    """They stand beside the middle of their own latents, which is no delay, and no decay mends it."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(K, 2)) * 9
    each = np.repeat(np.arange(K), 20)
    noise = 0.1 * rng.normal(size=(len(each), 2))
    frames = [frame(0, vectors[each] + noise, vectors - 0.1, each)]
    frames.append(frame(500, vectors[each] + noise + [3, 0], vectors, each))
    assert "lags behind" in titles(told(frames, update="ema"))
    found = told(frames, update="soft_em")
    assert "lags" not in titles(found)
    (finding,) = (one for one in found if one.title == "Codes stand beside their latents")
    assert finding.advice.startswith("Lower the EM temperature") and "trail" not in finding.text
