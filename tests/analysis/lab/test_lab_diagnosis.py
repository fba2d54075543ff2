"""The diagnosis of a run: what it is, and real runs that are broken or well."""

import re

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from explorer.analysis.lab.diagnosis import EARLY, diagnose
from explorer.joints.frame import FrameEvent
from explorer.lab.history import Curves, EventLog, Timeline
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from tests.analysis.lab.made_frames import K, frame, titles, told


def test_a_run_that_begins_is_not_judged(cloud):
    assert told([frame(EARLY - 1, *cloud, dead=K - 1)]) == ()


def test_a_healthy_run_is_called_healthy(cloud):
    (only,) = told([frame(0, *cloud), frame(1000, *cloud)])
    assert only.level == "good" and f"{K} of {K} codes in use" in only.text


def test_the_moment_on_screen_is_judged_and_nothing_after_it(cloud):
    curves, timeline, log = Curves(), Timeline(), EventLog()
    for step, dead in ((0, 0), (100, 0), (200, 12)):
        timeline.add(frame(step, *cloud, dead=dead))
    assert "dead" in titles(diagnose(curves, timeline, log))
    assert "dead" not in titles(diagnose(curves, timeline, log, until=100))
    assert diagnose(curves, timeline, log, until=EARLY - 1) == ()


def run(changes, steps):
    """Findings of a real run."""
    torch.set_num_threads(1)
    side = LabSide(LabSettings().changed(changes), torch.device("cpu"))
    for _ in range(steps):
        side.step()
    return diagnose(side.curves, side.timeline, side.events)


WELL = {
    "plane": ({"model": "none"}, 400),
    "mlp": ({}, 400),
    "digits": ({"dataset": "digits", "dim": 8, "lr": 3e-3, "threshold": 1.0}, 300),
    "patches": ({"dataset": "patches", "model": "conv", "dim": 8, "batch_size": 32, "threshold": 0.8}, 150),
}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", WELL)
def test_a_run_that_is_well_raises_no_alarm(name, seed):
    """Of seeds 0 to 19 none raises an alarm. Of patches codes trail behind for some steps about step 150, which is no
    ailment.

    threshold: tokens a step below which a code is put elsewhere. A fair share is N/K = 256 / 64 = 4 tokens, of which
    0.4 is a tenth and 1.0 a quarter. Digits have 1.0: with 0.4 they are truly not well after 300 steps (17 of 20 have
    dead codes, three of them so many or so bad a fit that the alarm is right), as the next test shows of seed 1; to
    forbid an alarm there would be to ask for a wrong word.
    """
    changes, steps = WELL[name]
    found = run({"batch_size": 256, "reseeding": "random_latent", "threshold": 0.4, "seed": seed, **changes}, steps)
    assert [finding for finding in found if finding.level == "bad"] == []


def test_digits_whose_codes_are_reseeded_too_late_are_not_called_well():
    """The run that the test above leaves out, threshold 0.4 and seed 1, by numbers of its own: almost half of the codes
    won nothing for 20 steps, and the others leave a quarter of the variance where k-means leaves a fiftieth."""
    torch.set_num_threads(1)
    settings = {"batch_size": 256, "reseeding": "random_latent", "dataset": "digits", "dim": 8, "lr": 3e-3, "seed": 1}
    side = LabSide(LabSettings().changed({**settings, "threshold": 0.4}), torch.device("cpu"))
    won = []
    side.trainer.quantizer.register_forward_hook(
        lambda module, given, output: won.append(set(output.indices.flatten().tolist())) if module.training else None
    )
    for _ in range(300):
        side.step()
    never = 64 - len(set.union(*won[-20:]))
    level = side.frame().levels[0]
    z = level.z_e.astype(np.float64)
    variance = np.square(z - z.mean(0)).sum()
    left = np.square(z - level.vectors[level.indices]).sum() / variance
    assert never > 0.3 * 64 and left > 5 * KMeans(64, n_init=1, random_state=0).fit(z).inertia_ / variance
    found = diagnose(side.curves, side.timeline, side.events)
    assert found[0].level in ("warning", "bad") and titles(found).startswith(f"{never} of 64 codes dead")


def test_of_one_code_words_speak_in_the_singular(cloud):
    """One code amid its latents, and one that was reseeded twice: never "1 codes", "1 reseeds"."""
    z = cloud[0]
    middle = z.mean(0, keepdims=True)
    frames = [frame(step, z, middle) for step in (0, 500, 1000)]
    events = [FrameEvent(990, 0, 0, "random_latent", 5, died_again=True)]
    found = told(frames, norms=[1.0] * 1000, events=events, name="perplexity_0")
    said = " ".join(f"{one.title} {one.text}" for one in found)
    assert "1 reseed in the last" in said and "100% of 1 code at each of 1 check that" in said
    assert not re.search(r"\b1 (codes|reseeds|checks|steps)\b", said)
