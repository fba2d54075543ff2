"""One VQ configuration on pictures, sound and clips: what breaks where, with every hyper-parameter the same.

"Cross-modal generalization" of the survey of discrete tokenization (2025), its second next check: one implementation,
identical hyper-parameters, failure modes by modality. Only the encoder and decoder, and the terms that compare with the
original, are the medium's own; a third condition without a quantizer says what these alone would reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from explorer.experiments.arms import Arm, Judge, carry_out, tokens_of
from explorer.experiments.measure import CENSUS
from explorer.experiments.options import Options, split_of
from explorer.foundation.device import device_label, pick_device
from explorer.joints.experiment import Condition, Experiment
from explorer.training.recipes import ClipSchedule, PictureSchedule, Recipe, SoundSchedule

TITLE = "One VQ on pictures, sound and clips"
QUESTION = "With every setting of the quantizer the same, does a codebook live or die alike on every kind of medium?"
K, DIM, BETA, DECAY = 256, 8, 0.25, 0.99
CONDITIONS = (
    Condition(
        "plain",
        "Codebook loss",
        "Codes start uniformly within 1/K of the origin and learn from the codebook loss; nothing revives a dead one.",
    ),
    Condition(
        "mended",
        "EMA and reseeding",
        "Codes start on latents, follow them by moving averages, and are put onto a latent where they died.",
    ),
    Condition(
        "none", "No quantizer", "The latents go to the decoder as they are: what the network alone reaches.", False
    ),
)
_CODEBOOK = {"dim": DIM, "codebook_size": K}
_CONFIGS: Mapping[str, Mapping] = {
    "plain": {"update": "gradient", "beta": BETA, "initialization": {"name": "uniform", "scale": 1 / K}},
    "mended": {
        "update": "ema",
        "beta": BETA,
        "decay": DECAY,
        "initialization": {"name": "online"},
        "reseeding": {"strategy": "random_latent", "threshold": 0.05, "every": 20},
    },
}
_CONFIGS = {**_CONFIGS, "none": _CONFIGS["plain"]}
TOKENS_A_STEP = 384  # of every medium: 6 pictures of 64, 12 sounds of 32, 2 clips of 3 x 64
SHARED = {"learning_rate": 1e-3, "warmup": 50}
_SCHEDULES = {
    "image": PictureSchedule(batch=6, crop_px=64, channels=(24, 48, 96), blocks=(1, 1, 2), **SHARED),
    "audio": SoundSchedule(batch=12, samples=10240, channels=(24, 48, 96), blocks=(1, 1, 2), dropout=0.0, **SHARED),
    "video": ClipSchedule(batch=2, crop_px=64, frames=9, channels=(24, 48, 96), blocks=(1, 1, 2), **SHARED),
}


def recipe_of(modality: str, condition: str, steps: int, seed: int) -> Recipe:
    """How one run is trained."""
    config = _CODEBOOK | {"options": dict(_CONFIGS[condition])}
    schedule = replace(_SCHEDULES[modality], steps=steps, seed=seed)
    return Recipe(TITLE, QUESTION, "vq", config, schedule=schedule)


def run(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """Every medium under every condition, with every seed. Raises MediaError for folders without media, ExplorerError
    where a training diverges."""
    device = pick_device(options.device)
    splits = {name: split_of(recipe_of(name, "plain", options.steps, 0), options) for name in _SCHEDULES}
    census = min(CENSUS, *(tokens_of(split, recipe_of(name, "plain", 1, 0)) for name, split in splits.items()))
    arms = [
        Arm(condition, recipe_of(modality, condition.id, options.steps, seed), split)
        for seed in range(options.seeds)
        for modality, split in splits.items()
        for condition in CONDITIONS
    ]
    shared = {"codebook_size": K, "codebook_dim": DIM, "beta": BETA, "decay": DECAY, "tokens_a_step": TOKENS_A_STEP}
    return Experiment(
        "cross-modal",
        TITLE,
        QUESTION,
        CONDITIONS,
        carry_out(arms, census, device, judge, progress),
        settings={**shared, **SHARED, "steps": options.steps, "census": census},
        hardware=device_label(device),
        command=options.command_of("cross-modal"),
    )
