"""The diagnosis of a run: constructed cases, one for each finding, and real runs that are broken or well."""

import numpy as np
import pytest
import torch

from explorer.analysis.lab_diagnosis import EARLY, diagnose
from explorer.frame import DEAD, Frame, FrameEvent, FrameLevel
from explorer.lab.history import Curves, EventLog, Timeline
from explorer.lab.presets import PRESETS
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide

K, BATCH = 16, 64
FIGURES = {"plane", "heatmap", "histogram", "curves", "pictures", "events"}


def frame(step, z, vectors, indices=None, dead=0, outputs=None):
    """A frame of one level; the last `dead` codes are dead."""
    state = np.zeros(len(vectors), dtype=np.uint8)
    state[len(vectors) - dead :] = DEAD
    if indices is None:
        alive = vectors[: len(vectors) - dead]
        indices = np.square(z[:, None] - alive[None]).sum(-1).argmin(1)
    level = FrameLevel(
        z_e=z.astype(np.float32),
        indices=np.asarray(indices, dtype=np.int32),
        vectors=vectors.astype(np.float32),
        counts=np.ones(len(vectors), dtype=np.float32),
        silent=np.zeros(len(vectors), dtype=np.int32),
        state=state,
        metric="euclidean",
        window=20,
    )
    inputs = None if outputs is None else z.astype(np.float32)
    return Frame(step, step * BATCH, BATCH, (level,), inputs=inputs, outputs=outputs)


def told(frames, norms=(), events=()):
    """Titles of the bad and other findings of a run made of `frames`."""
    curves, timeline, log = Curves(), Timeline(), EventLog()
    for step, norm in enumerate(norms, 1):
        curves.add(step, {"latent_norm": norm})
    for one in frames:
        timeline.add(one)
    log.add(tuple(events))
    return diagnose(curves, timeline, log)


@pytest.fixture
def cloud():
    """Latents (200, 2) of spread about 1.4 and codes on the first K of them."""
    z = np.random.default_rng(0).normal(size=(200, 2))
    return z, z[:K].copy()


def titles(found):
    return " / ".join(finding.title for finding in found)


def test_a_run_that_begins_is_not_judged(cloud):
    assert told([frame(EARLY - 1, *cloud, dead=K - 1)]) == ()


def test_a_healthy_run_is_called_healthy(cloud):
    (only,) = told([frame(0, *cloud), frame(1000, *cloud)])
    assert only.level == "good" and f"{K} of {K} codes in use" in only.text


def test_dead_codes_are_counted_with_steps_latents_and_ceiling(cloud):
    found = told([frame(0, *cloud), frame(2000, *cloud, dead=10)])
    assert found[0].level == "bad" and found[0].title == "10 of 16 codes dead"
    assert "after 2,000 steps over 128,000 latents" in found[0].text and "of at most 16" in found[0].text
    assert "of 4.0 bits" in found[0].text and "reseeding" in found[0].advice


def test_codes_far_from_the_latents(cloud):
    z, vectors = cloud
    vectors[6:] += 9
    assert "far from all latents" in titles(told([frame(0, z, vectors), frame(500, z, vectors, dead=10)]))


def test_reseeding_the_same_codes_for_ever(cloud):
    events = [FrameEvent(step, 0, code, "random_latent", 0, True) for step in range(810, 1000, 10) for code in range(8)]
    found = told([frame(0, *cloud), frame(1000, *cloud)], events=events)
    churn = next(finding for finding in found if "again and again" in finding.title)
    assert "N/K = 4" in churn.text and "50% of 16 codes" in churn.text and churn.figure == "events"
    assert "again and again" not in titles(told([frame(0, *cloud), frame(1000, *cloud)], events=events[:4]))


def test_latents_that_run_away_and_a_codebook_that_stands_still(cloud):
    z, vectors = cloud
    norms = np.linspace(1, 20, 40)
    start, late = [frame(0, z, vectors), frame(1, z, vectors)], range(496, 501)
    still = told(start + [frame(step, 20 * z, vectors) for step in late], norms)
    assert "stands still" in titles(still) and "learning rate" in still[0].advice
    ran = told(start + [frame(step, 20 * z, 3 * vectors) for step in late], norms)
    assert "run away" in titles(ran) and "beta" in ran[0].advice


def test_a_frozen_encoder(cloud):
    z, vectors = cloud
    nothing = np.zeros_like(z, dtype=np.float32)
    frozen = told([frame(0, z, vectors, outputs=nothing), frame(500, 1.1 * z, vectors, outputs=nothing)])
    assert "frozen" in titles(frozen)
    assert "frozen" not in titles(told([frame(0, z, vectors), frame(500, 1.1 * z, vectors)]))


def test_codes_that_lie_on_each_other(cloud):
    z, vectors = cloud
    vectors[8:] = vectors[:8] + 1e-4
    found = told([frame(0, z, vectors), frame(500, z, vectors)])
    assert "Near-duplicate" in titles(found) and "16 of 16" in found[0].text


EXPECTED = {
    "far_init": "far from all latents",
    "rich_get_richer": "codes dead",
    "ema_overwrites": "jump back",
    "stale_statistics": "again and again",
    "threshold_too_high": "again and again",
    "decay_too_slow": "lags behind",
}


def run(changes, steps):
    """Findings of a real run."""
    torch.set_num_threads(1)
    side = LabSide(LabSettings().changed(changes), torch.device("cpu"))
    for _ in range(steps):
        side.step()
    return diagnose(side.curves, side.timeline, side.events)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_preset_is_recognized(name):
    found = run(PRESETS[name].changes, 400)
    assert EXPECTED[name] in titles([finding for finding in found if finding.level == "bad"])
    assert all(finding.figure in FIGURES and finding.text and finding.advice for finding in found)


@pytest.mark.parametrize("model", ["none", "mlp"])
def test_a_run_that_is_well_raises_no_alarm(model):
    found = run({"model": model, "batch_size": 256, "reseeding": "random_latent", "threshold": 0.4}, 400)
    assert [finding for finding in found if finding.level == "bad"] == []
