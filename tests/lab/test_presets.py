"""Each preset breaks, its mend mends, and the diagnosis says what broke, over three seeds: one measure a preset, with
thresholds on both sides."""

import json

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from explorer.analysis.lab_diagnosis import diagnose
from explorer.errors import UnknownIdError
from explorer.frame import LIVE
from explorer.lab.presets import PRESETS, preset
from explorer.lab.runner import RESTARTING
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide

CPU = torch.device("cpu")
FIGURES = {"plane", "heatmap", "histogram", "curves", "pictures", "events"}


def dead_share(side):
    level = side.frame().levels[0]
    return level.dead / level.codebook_size


def latent_norm(side):
    return float(np.linalg.norm(side.frame().levels[0].z_e, axis=1).mean())


def relative_error(side):
    """Quantization error as a share of the variance of the latents."""
    level = side.frame().levels[0]
    error = np.square(level.z_e - level.vectors[level.indices]).sum(-1).mean()
    return float(error / np.square(level.z_e - level.z_e.mean(0)).sum(-1).mean())


def reconstruction(side):
    """Mean squared error of the points shown."""
    frame = side.frame()
    return float(np.square(frame.inputs - frame.outputs).mean())


def missed(side):
    """Squared error of the outputs while training, as a share of the variance of the inputs: last 20 steps."""
    return float(side.curves.series("missed")[1][-20:].mean())


def near_duplicates(side):
    """Share of the codes in use that lie nearer to another code in use than a twentieth of the distance (root mean
    square) of a latent to its code."""
    level = side.frame().levels[0]
    live = level.vectors[level.state == LIVE].astype(np.float64)
    typical = np.sqrt(np.square(level.z_e - level.vectors[level.indices]).sum(-1).mean())
    distance, _ = cKDTree(live).query(live, k=2)
    return float((distance[:, 1] < typical / 20).mean())


def reseeds(side):
    """In the last 100 steps, as a share of K."""
    frame = side.frame()
    return len(side.events.since(frame.step - 100)) / frame.levels[0].codebook_size


# preset: (measure, steps, broken at or beyond, steps after the mend, mended at or within)
PRESET_CHECKS = {
    "far_init": (dead_share, 300, 0.85, 300, 0.1),
    "rich_get_richer": (dead_share, 300, 0.8, 300, 0.1),
    "kmeans_collapse": (dead_share, 300, 0.8, 300, 0.1),
    "ema_overwrites": (reseeds, 400, 4.0, 300, 0.25),
    "stale_statistics": (reseeds, 400, 4.0, 300, 0.3),
    # 10 checks in 100 steps, each of which has 64 latents to put one of 256 codes on
    "threshold_too_high": (reseeds, 300, 10 * 64 / 256, 300, 0.1),
    "decay_too_slow": (relative_error, 400, 0.1, 200, 0.03),
    "beta_too_low": (latent_norm, 300, 9.0, 400, 5.0),
    "beta_too_high": (reconstruction, 400, 0.7, 500, 0.05),
    "cat_and_mouse": (relative_error, 300, 0.7, 400, 0.2),
    "near_duplicates": (near_duplicates, 400, 0.5, 300, 0.1),
    "lfq_sign": (dead_share, 400, 0.8, 500, 0.4),
    "entropy_too_strong": (missed, 400, 0.15, 600, 0.07),
    "wide_latents": (dead_share, 300, 0.75, 400, 0.25),
}
# What the diagnosis calls bad in the broken run, and no more in the mended one.
FINDINGS = {
    "far_init": "far from all latents",
    "rich_get_richer": "codes dead",
    "kmeans_collapse": "codes dead",
    "ema_overwrites": "jump back",
    "stale_statistics": "again and again",
    "threshold_too_high": "again and again",
    "decay_too_slow": "lags behind",
    "beta_too_low": "run away",
    "beta_too_high": "encoder is frozen",
    "cat_and_mouse": "stands still",
    "near_duplicates": "Near-duplicate",
    "lfq_sign": "codes dead",
    "entropy_too_strong": "Usage without fidelity",
    "wide_latents": "codes dead",
}
FULL_USAGE = ("near_duplicates", "entropy_too_strong")  # what breaks is not the usage, which is why it misleads


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def judged(side, measure):
    """The measure of a run, and the titles of what the diagnosis calls bad in it."""
    found = diagnose(side.curves, side.timeline, side.events)
    assert all(finding.text and finding.figure in FIGURES for finding in found)
    assert all(finding.advice for finding in found if finding.level != "good")
    return measure(side), " / ".join(finding.title for finding in found if finding.level == "bad")


def broken_and_mended(name, seed):
    """A preset when broken, and when mended, as `judged`."""
    measure, steps, _, more, _ = PRESET_CHECKS[name]
    settings = LabSettings().changed({**PRESETS[name].changes, "seed": seed})
    side = LabSide(settings, CPU)
    for _ in range(steps):
        side.step()
    broken = judged(side, measure)
    if name in FULL_USAGE:
        assert dead_share(side) <= 0.1
    changes = PRESETS[name].mend.changes
    mended = settings.changed(changes)
    if RESTARTING & set(changes):
        side = LabSide(mended, CPU)
    else:
        side.trainer.apply(mended)
    for _ in range(more):
        side.step()
    return broken, judged(side, measure)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", PRESET_CHECKS)
def test_a_preset_breaks_and_mends_and_is_recognized(name, seed):
    measure, _, bad, _, good = PRESET_CHECKS[name]
    (broken, found), (mended, left) = broken_and_mended(name, seed)
    print(f"{name} {seed} {measure.__name__} {broken:.3g} -> {mended:.3g}; {found} -> {left}")
    assert broken >= bad > good >= mended
    assert FINDINGS[name] in found and FINDINGS[name] not in left


def test_every_preset_is_checked_and_there_are_enough():
    assert set(PRESET_CHECKS) == set(FINDINGS) == set(PRESETS)
    assert len(PRESETS) >= 10


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_possible_and_says_what_it_is(name):
    one = PRESETS[name]
    broken = LabSettings().changed(one.changes)
    assert one.id == name
    assert len(one.mend.changes) == 1, "a mend changes one thing"
    assert broken.changed(one.mend.changes) != broken
    words = one.as_json()
    assert json.loads(json.dumps(words)) == words
    assert all(words[key].strip() for key in ("title", "watch", "why", "source"))
    assert words["mend"]["label"] and words["mend"]["says"]
    says_so = "starts anew" in one.mend.says
    assert says_so == bool(RESTARTING & set(one.mend.changes)), "a mend that restarts the run says so"


def test_an_unknown_preset_names_the_valid_ones():
    with pytest.raises(UnknownIdError, match="far_init"):
        preset("far_inti")
