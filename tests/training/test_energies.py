"""The distance of local energies: what it sees, and what it does not."""

import math

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from explorer.training.losses.energies import OPPONENT, ORIENTATIONS, POOL, SIZE, EnergyDistance, gabor_pairs

SIDE = 64
Y, X = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")


def wave(phase=0.0, strength=0.4, turn=0):
    """A wave of four pixels, grey: (1, 3, SIDE, SIDE)."""
    along = X * math.cos(math.pi * turn / 4) + Y * math.sin(math.pi * turn / 4)
    return (strength * torch.cos(2 * math.pi / 4 * along + phase)).expand(1, 3, -1, -1)


def test_filters_have_no_mean_and_pairs_turn():
    pairs = gabor_pairs()
    assert pairs.shape == (2 * ORIENTATIONS, 1, SIZE, SIZE)
    assert pairs.sum((1, 2, 3)).abs().max() < 1e-6 and torch.allclose(pairs.abs().sum((1, 2, 3)), torch.ones(8))
    even, odd = pairs[0, 0], pairs[1, 0]
    assert torch.allclose(even, even.flip(1), atol=1e-6) and torch.allclose(odd, -odd.flip(1), atol=1e-6)
    assert torch.allclose(pairs[4, 0], pairs[0, 0].T, atol=1e-6)  # a quarter turn


def test_energies_are_those_of_scipy():
    picture = np.random.default_rng(0).uniform(-1, 1, (3, 40, 40))
    found = EnergyDistance().energies(torch.from_numpy(picture).float()[None])
    grey = np.tensordot(OPPONENT[0], picture, 1)
    pairs = gabor_pairs()[:, 0].numpy().astype(np.float64)
    even, odd = (correlate2d(grey, pairs[i], "valid") for i in (4, 5))  # the third orientation
    energy = np.sqrt(even**2 + odd**2 + 1e-8)  # (34, 34)
    first = energy[:POOL, 2 : 2 + POOL].mean()
    assert float(found[0][0, 2, 0, 1]) == pytest.approx(first, rel=1e-4)
    assert [tuple(one.shape[-2:]) for one in found] == [(16, 16), (6, 6), (1, 1)] and len(found[1]) == 3


def test_where_the_crests_lie_costs_little_and_a_flat_patch_much():
    """The squared error has it the other way round."""
    distance, original = EnergyDistance(), wave()
    moved, flat = wave(math.pi), torch.zeros_like(original)
    assert float(distance(original, original)) == 0
    assert float(distance(moved, original)) < 0.02 and float(distance(flat, original)) > 0.1
    assert (moved - original).square().mean() > (flat - original).square().mean()


def test_brightness_is_not_seen_and_direction_is():
    distance, original = EnergyDistance(), wave()
    assert float(distance(original + 0.3, original)) < 1e-3
    assert float(distance(wave(turn=2), original)) > 0.2


def test_a_flat_decode_is_pulled_to_texture_only_by_what_it_sees():
    decoded = (0.05 * wave()).clone().requires_grad_()
    EnergyDistance()(decoded, wave()).backward()
    assert float((decoded.grad * wave()).sum()) < 0  # more of the wave lowers it
