"""Recipes of the zoo, shrunk to a few channels and 32 codes, and pictures on which a few steps show."""

import dataclasses

import numpy as np

from explorer.training.recipes import ZOO
from explorer.training.schedules import (
    AdversarialSchedule,
    AdversarialSoundSchedule,
    ClipSchedule,
    LatentTokenSchedule,
    PictureSchedule,
    SoundSchedule,
    TwoGridSchedule,
)
from explorer.training.sounds import Sound

COMMON = dict(steps=12, batch=4, learning_rate=3e-3, warmup=2, channels=(4, 8, 8), blocks=(1, 1, 1))
TINY = {
    PictureSchedule: PictureSchedule(**COMMON, crop_px=32),
    TwoGridSchedule: TwoGridSchedule(**COMMON | {"channels": (4, 8, 8, 8), "blocks": (1, 1, 1, 1)}, crop_px=32),
    LatentTokenSchedule: LatentTokenSchedule(
        **COMMON | {"channels": (32,), "blocks": (1,)}, crop_px=32, side=32, patch=8, tokens=6
    ),
    AdversarialSchedule: AdversarialSchedule(**COMMON, crop_px=48, adversary_from=4, adversary_channels=(4, 8)),
    SoundSchedule: SoundSchedule(**COMMON, samples=640, strides=(8, 5, 2)),
    AdversarialSoundSchedule: AdversarialSoundSchedule(
        **COMMON,
        samples=640,
        strides=(8, 5, 2),
        sibling="",
        waveform_weight=1.0,
        mel_weight=0.15,
        mel_floor=1e-6,
        adversary_from=4,
        adversary_weight=0.1,
        adversary_channels=2,
        feature_weight=0.1,
    ),
    ClipSchedule: ClipSchedule(**COMMON, crop_px=32, frames=5),
}
SMALLER = {"codebook_size": 32, "dim": 8, "levels": [4, 3, 3], "bits": 5, "fit_at": 5}
PICTURES = [name for name, recipe in ZOO.items() if recipe.modality == "image"]


def tiny(name, **schedule):
    """The recipe `name` with the same methods, small sizes and TINY's schedule, changed by `schedule`."""
    config = {key: SMALLER.get(key, value) for key, value in ZOO[name].config.items()}
    changed = dataclasses.replace(TINY[type(ZOO[name].schedule)], **schedule)
    return dataclasses.replace(ZOO[name], config=config, schedule=changed)


def structured(side_px, count, seed=0):
    """Pictures of coloured bars and a disc on a gradient: uint8 (side, side, 3)."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:side_px, 0:side_px] / side_px
    pictures = []
    for _ in range(count):
        angle, width, (cx, cy) = random.uniform(0, np.pi), random.uniform(4, 12), random.uniform(0.3, 0.7, 2)
        bars = np.sin((x * np.cos(angle) + y * np.sin(angle)) * width * np.pi) > 0
        disc = (x - cx) ** 2 + (y - cy) ** 2 < 0.05
        colours = random.uniform(0, 255, (3, 3))
        pixels = np.where(bars[..., None], colours[0], colours[1] * x[..., None])
        pixels = np.where(disc[..., None], colours[2], pixels)
        pictures.append(np.clip(pixels + random.normal(0, 4, pixels.shape), 0, 255).astype(np.uint8))
    return pictures


def tones(count, seconds=0.3, seed=0):
    """Sounds at 16 kHz: chords of three partials that fade, mono."""
    random = np.random.default_rng(seed)
    t = np.arange(round(16000 * seconds)) / 16000
    made = []
    for i in range(count):
        pitches, phases = random.uniform(60, 200, 3), random.uniform(0, 6, 3)
        chord = np.sin(2 * np.pi * pitches[:, None] * t + phases[:, None]).mean(0)
        made.append(Sound((0.3 * chord * np.exp(-3 * t)).astype(np.float32), i % 2, f"tone-{i}"))
    return made


def clip_of(picture, frames=5, side_px=32):
    """A view that moves one pixel a frame over a picture: uint8 (frames, side, side, 3)."""
    return np.stack([picture[i : i + side_px, 2 * i : 2 * i + side_px] for i in range(frames)])
