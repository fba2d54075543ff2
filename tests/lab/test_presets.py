"""Each preset breaks and its mend mends, over three seeds: one measure a preset, with thresholds on both sides."""

import json

import numpy as np
import pytest
import torch

from explorer.errors import UnknownIdError
from explorer.lab.presets import PRESETS, preset
from explorer.lab.runner import RESTARTING
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide

CPU = torch.device("cpu")


def dead_share(side):
    level = side.frame().levels[0]
    return level.dead / level.codebook_size


def perplexity(side):
    """Of the 512 or more latents shown, not of a training batch."""
    indices = side.frame().levels[0].indices
    p = np.bincount(indices) / len(indices)
    p = p[p > 0]
    return float(np.exp(-(p * np.log(p)).sum()))


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


def reseeds(side):
    """In the last 100 steps, as a share of K."""
    frame = side.frame()
    return len(side.events.since(frame.step - 100)) / frame.levels[0].codebook_size


# preset: (measure, steps, broken at or beyond, steps after the mend, mended at or within)
# The last two tell the direction: broken > mended for a measure that should be low, < for one that should be high.
PRESET_CHECKS = {
    "far_init": (dead_share, 300, 0.85, 300, 0.1),
    "rich_get_richer": (dead_share, 300, 0.8, 300, 0.1),
    "kmeans_collapse": (dead_share, 300, 0.8, 300, 0.1),
    "ema_overwrites": (reseeds, 400, 4.0, 300, 0.25),
    "stale_statistics": (reseeds, 300, 2.0, 300, 0.3),
    "threshold_too_high": (reseeds, 300, 9.0, 300, 0.1),
    "decay_too_slow": (relative_error, 400, 0.04, 300, 0.025),
    "beta_too_low": (latent_norm, 300, 4.0, 300, 2.5),
    "beta_too_high": (reconstruction, 400, 0.1, 300, 0.05),
    "cat_and_mouse": (relative_error, 300, 0.5, 400, 0.2),
    "near_duplicates": (relative_error, 300, 0.02, 300, 0.005),
    "lfq_sign": (perplexity, 400, 5.0, 400, 7.0),
    "entropy_too_strong": (latent_norm, 300, 6.0, 300, 4.0),
    "wide_latents": (dead_share, 400, 0.8, 400, 0.6),
}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def measured(name, seed):
    """The measure of a preset when broken, and when mended."""
    measure, steps, _, more, _ = PRESET_CHECKS[name]
    settings = LabSettings().changed({**PRESETS[name].changes, "seed": seed})
    side = LabSide(settings, CPU)
    for _ in range(steps):
        side.step()
    broken = measure(side)
    changes = PRESETS[name].mend.changes
    mended = settings.changed(changes)
    if RESTARTING & set(changes):
        side = LabSide(mended, CPU)
    else:
        side.trainer.apply(mended)
    for _ in range(more):
        side.step()
    return broken, measure(side)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", PRESET_CHECKS)
def test_a_preset_breaks_and_mends(name, seed):
    measure, _, bad, _, good = PRESET_CHECKS[name]
    broken, mended = measured(name, seed)
    print(f"{name} {seed} {measure.__name__} {broken:.3g} -> {mended:.3g}")
    if bad > good:
        assert broken >= bad, (broken, mended)
        assert mended <= good, (broken, mended)
    else:
        assert broken <= bad, (broken, mended)
        assert mended >= good, (broken, mended)


def test_every_preset_is_checked_and_there_are_enough():
    assert set(PRESET_CHECKS) == set(PRESETS)
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
