"""Recipes of the zoo, shrunk to a few channels and 32 codes, and pictures on which a few steps show."""

import dataclasses

import numpy as np

from explorer.training.recipes import ZOO, Schedule

TINY = Schedule(steps=12, batch=4, crop_px=32, learning_rate=3e-3, warmup=2, channels=(4, 8, 8), blocks=(1, 1, 1))
SMALLER = {"codebook_size": 32, "dim": 8, "levels": [4, 3, 3], "bits": 5, "fit_at": 5}


def tiny(name, **schedule):
    """The recipe `name` with the same methods, small sizes and TINY's schedule, changed by `schedule`."""
    config = {key: SMALLER.get(key, value) for key, value in ZOO[name].config.items()}
    return dataclasses.replace(ZOO[name], config=config, schedule=dataclasses.replace(TINY, **schedule))


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
