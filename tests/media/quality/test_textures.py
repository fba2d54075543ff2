"""Sharpness of pictures, against scipy and cases by hand."""

import numpy as np
import pytest
from scipy.signal import convolve2d

from explorer.foundation.errors import RecordError
from explorer.media.quality.textures import FINE, fine_power, gmsd, gradient_energy, texture

SIDE = 64


def noise(seed, side=SIDE):
    return np.random.default_rng(seed).uniform(0, 1, (side, side, 3))


def wave(cycles):
    """Grey stripes of so many cycles a pixel, (SIDE, SIDE)."""
    return np.tile(0.5 + 0.25 * np.cos(2 * np.pi * cycles * np.arange(SIDE)), (SIDE, 1))


def test_gradient_energy_by_hand():
    grey = np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 0.5]])
    down, across = [0, 1, 0.25], [1, 0, 0, 0.25]
    assert gradient_energy(grey) == pytest.approx(np.mean(down) + np.mean(across))


@pytest.mark.parametrize(("cycles", "fine"), [(0.1, False), (FINE - 0.05, False), (FINE + 0.05, True), (0.45, True)])
def test_fine_power_is_that_of_waves_above_a_quarter(cycles, fine):
    grey = wave(cycles)
    window = np.hanning(SIDE)[:, None] * np.hanning(SIDE)
    every = SIDE**2 * np.square((grey - grey.mean()) * window).sum()  # Parseval
    share = fine_power(grey) / every
    assert share > 0.98 if fine else share < 0.02
    assert fine_power(grey.T) == pytest.approx(fine_power(grey))


def test_gmsd_is_that_of_scipy():
    real, made = noise(0).mean(-1), noise(1).mean(-1)
    kernel = np.array([[1, 0, -1]] * 3) / 3

    def magnitude(grey):
        halved = convolve2d(grey, np.full((2, 2), 0.25), "valid")[::2, ::2]
        return np.hypot(convolve2d(halved, kernel, "valid"), convolve2d(halved, kernel.T, "valid"))

    a, b, c = magnitude(real), magnitude(made), 170 / 255**2
    assert gmsd(real, made) == pytest.approx(((2 * a * b + c) / (a**2 + b**2 + c)).std())
    assert gmsd(real, real) == pytest.approx(0, abs=1e-12)


def test_a_blurred_picture_is_less_sharp_and_an_equal_one_is_one():
    picture = noise(2)
    blurred = (picture + np.roll(picture, 1, 0) + np.roll(picture, 1, 1) + np.roll(picture, (1, 1), (0, 1))) / 4
    same, soft = texture(picture, picture), texture(picture, blurred)
    assert (same.gradient_energy, same.fine_power) == (1, 1) and same.gmsd == pytest.approx(0, abs=1e-12)
    assert soft.gradient_energy == pytest.approx(gradient_energy(blurred.mean(-1)) / gradient_energy(picture.mean(-1)))
    assert soft.fine_power < soft.gradient_energy < 0.5 and soft.gmsd > 0


def test_a_flat_picture_has_no_sharpness_to_share():
    flat = np.full((16, 16, 3), 0.5)
    assert np.isnan(texture(flat, noise(3, 16)).gradient_energy)
    with pytest.raises(RecordError):
        texture(flat, noise(3, 24))
