"""What the chapters on starts, reseeding and regularizers say in numbers, asked of runs and of the races that ship."""

import numpy as np
import pytest

from explorer.experiments.shelf import open_experiment
from explorer.lab.batch import run_lab
from explorer.lab.presets import preset
from explorer.lab.settings import LabSettings
from explorer.learn.chapters.initialization import STARTED_ON_LATENTS
from explorer.learn.chapters.regularizers import CROWDED
from explorer.learn.chapters.reseeding import CHURNING

ON_LATENTS, BLIND = ("kmeans", "online", "error_driven"), ("gaussian", "uniform")
REVIVED = ("random_latent", "hard_example", "split", "reservoir")


def curves(name, condition, measure="perplexity"):
    """(seeds, looks), and the steps of the looks."""
    runs = [run for run in open_experiment(name).runs if run.condition == condition]
    return np.stack([run.curves[measure] for run in runs]), runs[0].steps


def test_starts_on_latents_use_many_codes_at_first_one_soon_and_more_in_the_end():
    for condition in ON_LATENTS:
        found, steps = curves("initialization-raced", condition)
        assert steps[0] == 1 and found[:, 0].min() > 30
        assert found[:, (steps > 20) & (steps < 70)].max() < 1.1
        assert found[:, -1].min() > 11
    for condition in BLIND:
        found, _ = curves("initialization-raced", condition)
        assert found.max() < 2.5


def test_a_random_latent_is_soonest_and_all_ways_lead_back():
    second = {name: curves("reseeding-raced", name)[0][:, 1].mean() for name in REVIVED}
    assert min(second["random_latent"], second["reservoir"]) > 3 * max(second["hard_example"], second["split"])
    for name in REVIVED:
        found, _ = curves("reseeding-raced", name)
        assert found[:, 0].max() < 1.1 and found[:, -1].min() > 35
    ends = [curves("reseeding-raced", name)[0][:, -1].mean() for name in ("random_latent", "hard_example")]
    assert abs(ends[0] - ends[1]) < 5
    assert curves("reseeding-raced", "none")[0].max() < 1.1


def measured(steps, **changes):
    return run_lab(LabSettings().changed(changes), steps, "cpu").frame().measures


def test_kmeans_on_first_latents_is_left_behind():
    assert 5 <= measured(300, **STARTED_ON_LATENTS)["perplexity_0"] <= 7


def test_what_each_regularizer_does_to_the_crowd():
    plain, spread, strong = (measured(400, **CROWDED, soft_entropy=weight) for weight in (0, 0.03, 1.0))
    assert plain["perplexity_0"] == pytest.approx(7.3, abs=1)
    assert spread["perplexity_0"] > 40 > strong["perplexity_0"]
    short = measured(400, **CROWDED, norm=1.0)
    assert short["code_norm"] == pytest.approx(1, abs=0.15) and short["latent_norm"] == pytest.approx(2, abs=0.4)
    assert short["quantization_error"] > spread["quantization_error"]
    assert short["perplexity_0"] < spread["perplexity_0"]


def test_the_churning_task_begins_as_the_preset_does():
    assert LabSettings().changed(CHURNING) == LabSettings().changed(preset("threshold_too_high").changes)
    assert CHURNING["batch_size"] / CHURNING["codebook_size"] == 64 / 256


def test_what_is_reseeded_at_step_100_is_torn_back_or_stays():
    torn = LabSettings().changed(preset("ema_overwrites").changes)
    fresh = torn.changed(preset("ema_overwrites").mend.changes)
    assert run_lab(torn, 99, "cpu").events.total == 0
    reseeded, kept = (run_lab(settings, 140, "cpu") for settings in (torn, fresh))
    assert reseeded.events.total > 3 * kept.events.total > 100
    assert reseeded.frame().measures["perplexity_0"] < 8 and kept.frame().measures["perplexity_0"] > 40
