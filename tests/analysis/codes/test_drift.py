"""Usage that changes along the media, and media that only differ from each other."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from explorer.analysis.codes.drift import halves_in_order, trend
from tests.analysis.codes.calibration import level_of_tokens

RNG = np.random.default_rng(0)


def level(codes, size=64):
    """codes (media, tokens), counted in stretches of one medium."""
    each = np.stack([np.bincount(medium, minlength=size) for medium in codes])
    used = [(len(medium), np.count_nonzero(row), _perplexity(row)) for medium, row in zip(codes, each, strict=True)]
    return replace(level_of_tokens(codes, size), stretches=each, batches=np.array(used, np.float64))


def _perplexity(row):
    share = row[row > 0] / row.sum()
    return np.exp(-(share * np.log(share)).sum())


def test_halves_that_use_other_codes():
    codes = np.concatenate([RNG.integers(0, 40, (16, 500)), RNG.integers(24, 64, (16, 500))])
    found = halves_in_order(level(codes))
    p, q = (np.bincount(half.reshape(-1), minlength=64) for half in (codes[:16], codes[16:]))
    assert found.js_bits == pytest.approx(jensenshannon(p, q, base=2) ** 2)
    assert found.usual < 0.2 * found.js_bits and found.only == (24, 24) and found.used == (40, 40)


def test_media_that_differ_without_an_order_are_no_drift():
    kinds = RNG.integers(0, 8, 32)
    codes = np.stack([8 * kind + RNG.integers(0, 8, 500) for kind in kinds])
    assert halves_in_order(level(codes)) is None
    assert halves_in_order(level(RNG.integers(0, 64, (32, 500)))) is None
    assert halves_in_order(level(np.repeat([[1, 2], [3, 4]], 2, axis=0))) is None, "too few media"


def test_usage_that_falls():
    few = np.linspace(60, 6, 40).astype(int)
    codes = np.stack([RNG.integers(0, n, 400) for n in few])
    found = trend(level(codes))
    assert found.first > 45 and found.last < 12 and found.media == 40
    assert trend(level(codes[::-1])).first < 12, "rising, too"
    assert trend(level(RNG.permutation(codes))) is None and trend(level(codes[:20])) is None
