"""An experiment of known numbers: two media, two conditions and the bare network, two seeds."""

import numpy as np

from explorer.joints.experiment import Condition, Experiment, ExperimentRun

PLAIN, BARE = Condition("plain", "Codebook loss", "As it is."), Condition("none", "No quantizer", "Nothing.", False)


def finding_of(level, title, kind, text, advice=""):
    return {"level": level, "title": title, "text": text, "sure": "certain", "try": advice, "kind": kind}


BAD = finding_of("bad", "6 of 8 codes are dead", "Dead codes", "Six.", "Reseed.")
MILD = finding_of("warning", "Code 1 takes 90%", "A giant code", "One.", "Less.")
NOTED = finding_of("note", "2 codes are alike", "Duplicates", "Two.")


def run_of(modality, condition, seed, counts, lost, findings=()):
    counts = np.array(counts, np.int64)
    measured = {"media_error": lost, "axis_1": 3.0, "axis_2": 3.0, "axis_3": 0.0, "held_out": 5}
    measured |= {"psnr_db": 20 - 10 * lost, "ssim": 1 - lost, "accuracy": 0.9 - lost / 2, "classes": 10}
    if len(counts):
        tokens, used = int(counts.sum()), int((counts > 0).sum())
        measured |= {"used": used, "tokens": tokens, "largest": counts.max() / tokens, "usage": used / len(counts)}
        measured |= {"perplexity": 2.0, "repeated": float("nan"), "code_error": 0.5}
        measured |= {"codes": 2 * len(counts), "bits": 6.0, "gradient_ratio": 0.8, "gradient_cosine": 1.0}
    curves = {"usage": np.array([0.5, 0.25])} if len(counts) else {}
    curves |= {"perplexity": np.array([1.0, 2.0]), "dead": np.array([0.25, 0.5])} if len(counts) else {}
    curves |= {"media_error": np.array([1.0, lost])}
    steps, told = np.array([0, 10]), ("made data", "every fifth", 60.0, tuple(findings))
    return ExperimentRun(modality, condition, seed, steps, curves, measured, counts, *told)


def made_experiment():
    """Pictures use 2 of 8 codes with both seeds; sounds 4 and 6; the second seed of the pictures has no giant code."""
    runs = (
        run_of("image", "plain", 0, [90, 10, 0, 0, 0, 0, 0, 0], 0.4, [NOTED, MILD, BAD]),
        run_of("image", "plain", 1, [50, 50, 0, 0, 0, 0, 0, 0], 0.6, [BAD]),
        run_of("image", "none", 0, [], 0.1),
        run_of("image", "none", 1, [], 0.2),
        run_of("audio", "plain", 0, [25, 25, 25, 25, 0, 0, 0, 0], 0.9, [BAD, MILD]),
        run_of("audio", "plain", 1, [20, 20, 20, 20, 10, 10, 0, 0], 0.9, [MILD, BAD]),
        run_of("audio", "none", 0, [], 0.7),
        run_of("audio", "none", 1, [], 0.7),
    )
    settings = {
        "codebook_size": 8,
        "codebook_dim": 3,
        "beta": 0.25,
        "learning_rate": 1e-3,
        "steps": 10,
        "tokens_a_step": 64,
    }
    return Experiment("cross-modal", "Made", "Does it?", (PLAIN, BARE), runs, settings, "no machine", "python -m it")
