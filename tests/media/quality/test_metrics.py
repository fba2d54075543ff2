"""Quality figures against scikit-image's PSNR and an SSIM written out window by window."""

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from explorer.foundation.errors import RecordError
from explorer.media.quality.metrics import absolute_error_map, psnr, quality, ssim


def pair(height=24, width=17):
    rng = np.random.default_rng(0)
    picture = rng.random((height, width, 3)).astype(np.float32)
    return picture, np.clip(picture + rng.normal(scale=0.1, size=picture.shape), 0, 1).astype(np.float32)


def ssim_by_windows(x, y):
    """Wang et al. 2004, eq. 13, at every position where the 11 x 11 window fits, one channel at a time."""
    taps = np.exp(-np.square(np.arange(-5, 6)) / (2 * 1.5**2))
    weights = np.outer(taps, taps) / np.outer(taps, taps).sum()
    c1, c2, values = 0.01**2, 0.03**2, []
    for channel in range(x.shape[2]):
        for top in range(x.shape[0] - 10):
            for left in range(x.shape[1] - 10):
                a, b = (
                    p[top : top + 11, left : left + 11, channel].astype(np.float64) for p in (x, y)
                )  # one window of each picture
                ma, mb = (weights * a).sum(), (weights * b).sum()
                va, vb = (weights * a**2).sum() - ma**2, (weights * b**2).sum() - mb**2
                cov = (weights * a * b).sum() - ma * mb
                values.append((2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2)))
    return np.mean(values)


def test_psnr_is_scikit_images():
    picture, other = pair()
    expected = peak_signal_noise_ratio(picture.astype(np.float64), other.astype(np.float64), data_range=1.0)
    assert psnr(picture, other) == pytest.approx(expected)


def test_ssim_is_the_papers_formula_window_by_window():
    picture, other = pair()
    assert ssim(picture, other) == pytest.approx(ssim_by_windows(picture, other), abs=1e-6)


def test_hand_worked_quality_and_maps():
    picture = np.zeros((2, 2, 3), np.float32)
    other = picture.copy()
    other[0, 1] = [0.3, 0.0, 0.6]
    found = quality(picture, other)
    assert found.mse == pytest.approx(0.45 / 12) and found.max_error == pytest.approx(0.6)
    assert found.psnr_db == pytest.approx(10 * math.log10(12 / 0.45))
    assert absolute_error_map(picture, other) == pytest.approx(np.array([[0, 0.3], [0, 0]]))
    assert found.ssim is None and found.ssim_text == "needs 11 x 11 px"


def test_identical_pictures():
    picture, _ = pair()
    found = quality(picture, picture)
    assert math.isinf(found.psnr_db) and found.psnr_text == "∞ dB (identical)"
    assert found.ssim == pytest.approx(1.0) and found.ssim_text == "1.000"
    assert found.mse == found.max_error == 0


def test_ssim_begins_at_the_size_of_its_window():
    assert ssim(*pair(10, 30)) is None
    assert 0 < ssim(*pair(11, 11)) < 1


def test_different_shapes_are_named():
    with pytest.raises(RecordError, match=r"\(4, 4, 3\) and \(4, 5, 3\)"):
        quality(np.zeros((4, 4, 3)), np.zeros((4, 5, 3)))
