"""Folders as the Hub has them, as the library saves its models; and our loader over them."""

from dataclasses import replace

import numpy as np
import torch

from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

CLOSE = 1e-4  # how near a decode is to the library's


def saved(model, folder):
    """The header of the model's folder."""
    model.save_pretrained(folder)
    return read_header(folder)


def recognised(header):
    """Ids of all formats that claim the header."""
    return [name for name in FORMATS if FORMATS.load(name).recognises(header)]


def loaded(header, name):
    """The tokenizer that the app makes of it."""
    assert recognised(header) == [name]
    form = FORMATS.load(name)
    spec = replace(form.describe(header), id=f"hub--{name}")
    tokenizer = AdaptedTokenizer(fill(form, header), spec, "cpu")
    return tokenizer


def sound(samples, channels=1, seed=0):
    """(samples, channels) float32: a few tones that change, and a little noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(samples)[:, None] / 16_000
    pitch = rng.uniform(100, 2000, (3, channels))
    tones = sum(np.sin(2 * np.pi * f * t * (1 + 0.2 * t)) for f in pitch) / 6
    return (tones + 0.05 * rng.standard_normal((samples, channels))).astype(np.float32)


def picture(height, width, seed=0):
    """(H, W, 3) float32 in [0, 1]: a few smooth waves and a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width][..., None]
    waves = sum(np.sin(x * a + y * b + c) for a, b, c in rng.uniform(-0.5, 0.5, (4, 3, 3)))
    return np.clip(0.5 + waves / 8 + 0.05 * rng.standard_normal((height, width, 3)), 0, 1).astype(np.float32)


def tensor(media):
    """(S, C) -> (1, C, S), or (H, W, 3) -> (1, 3, H, W)."""
    return torch.from_numpy(np.moveaxis(media, -1, 0)[None].copy())


def codes(record):
    return np.stack([level.indices for level in record.levels])


def gap(array, expected):
    """The largest difference of a decode (S, C) from the library's (1, C, S), where both have samples."""
    expected = expected[0].T.numpy()
    return float(np.abs(array[: len(expected)] - expected[: len(array)]).max())
