"""Evidence of an experiment is the range over its seeds, by hand."""

import numpy as np

from explorer.analysis.experiments.evidence import gather_evidence
from explorer.joints.experiment import Condition, Experiment, ExperimentRun

SETTINGS = {"seconds": 1.0, "data": "made", "held_out": "made"}


def run(condition, seed, **measured):
    curves = {"usage": np.array([0.5])}
    return ExperimentRun("image", condition, seed, np.array([0]), curves, measured, np.array([], np.int64), **SETTINGS)


def test_ranges_are_over_seeds_and_what_does_not_quantize_is_left_out():
    conditions = (Condition("vq", "VQ", "."), Condition("none", "None", ".", False), Condition("later", "Later", "."))
    figures = {"codes": 256, "tokens": 5120, "bits": 8.0}
    runs = (run("vq", 0, used=49, psnr_db=17.9, **figures), run("vq", 1, used=64, psnr_db=18.1, **figures))
    made = Experiment("x", "X", "?", conditions, (*runs, run("none", 0, psnr_db=21.0)), {}, "CPU", "command", ())
    (found,) = gather_evidence(made).values()
    assert (found.used, found.psnr_db, found.seeds) == ((49, 64), (17.9, 18.1), 2)
    assert (found.codes, found.tokens, found.bits) == (256, 5120, 8.0)
