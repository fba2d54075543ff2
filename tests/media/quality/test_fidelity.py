"""MS-SSIM, gradient error and the worst patch against scikit-image and formulas written out place by place."""

import math

import numpy as np
import pytest
from scipy.signal import convolve2d
from skimage.metrics import structural_similarity

from explorer.foundation.errors import RecordError, SettingsError
from explorer.media.quality.fidelity import (
    MS_SSIM_LEAST_PX,
    MS_SSIM_WEIGHTS,
    fidelity,
    gradient_error,
    ms_ssim,
    similarities,
    worst_patch,
)
from explorer.media.quality.metrics import psnr, signed_error_map


def pair(height, width, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 13)], axis=-1) * 0.3 + 0.5
    picture = np.clip(smooth + rng.normal(scale=0.05, size=smooth.shape), 0, 1)
    return picture, np.clip(picture + rng.normal(scale=noise, size=picture.shape), 0, 1)


def scale_terms(a, b):
    """Mean SSIM and mean contrast-structure of one channel, by whole two-dimensional convolutions."""
    taps = np.exp(-np.square(np.arange(-5, 6)) / (2 * 1.5**2))
    window = np.outer(taps, taps) / taps.sum() ** 2

    def mean(p):
        return convolve2d(p, window, mode="valid")

    ma, mb = mean(a), mean(b)
    va, vb, cov = mean((a - 0.5) ** 2) - (ma - 0.5) ** 2, mean(b**2) - mb**2, mean(a * b) - ma * mb
    contrast = (2 * cov + 0.03**2) / (va + vb + 0.03**2)
    luminance = (2 * ma * mb + 0.01**2) / (ma**2 + mb**2 + 0.01**2)
    return (luminance * contrast).mean(), contrast.mean()


def ms_ssim_by_hand(picture, other):
    """Eq. 7 of Wang et al. 2003, one channel and one scale after another."""
    values = []
    for channel in range(3):
        a, b = picture[..., channel], other[..., channel]
        value = 1.0
        for scale in range(5):
            whole, contrast = scale_terms(a, b)
            value *= max(0.0, whole if scale == 4 else contrast) ** MS_SSIM_WEIGHTS[scale]
            a, b = (shrunk(p) for p in (a, b))
        values.append(value)
    return np.mean(values)


def shrunk(p):
    """Means of 2 x 2 pixels, one by one; beyond the edge the last pixel again."""
    height, width = p.shape
    rows, columns = range(0, height, 2), range(0, width, 2)
    return np.array(
        [[np.mean([p[min(r + i, height - 1), min(c + j, width - 1)] for i in (0, 1) for j in (0, 1)]) for c in columns]
         for r in rows]
    )  # fmt: skip


@pytest.mark.parametrize(("size", "noise"), [((161, 161), 0.1), ((176, 163), 0.3)])
def test_ms_ssim_is_the_papers_product_over_scales(size, noise):
    picture, other = pair(*size, noise)
    assert ms_ssim(picture, other) == pytest.approx(ms_ssim_by_hand(picture, other), abs=2e-6)


def test_the_single_scale_is_scikit_images():
    picture, other = pair(40, 57)
    expected = structural_similarity(
        picture, other, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0, channel_axis=-1
    )
    assert similarities(picture, other) == (pytest.approx(expected, abs=2e-6), None)


def test_the_weights_sum_to_one_and_the_ends_are_right():
    picture, other = pair(170, 165)
    assert sum(MS_SSIM_WEIGHTS) == pytest.approx(1, abs=2e-4)  # as printed in the paper
    assert ms_ssim(picture, picture) == pytest.approx(1)
    assert ms_ssim(picture, 1 - picture) == 0  # structure turned round: negative means count as 0
    blurred, worse = pair(170, 165, 0.02)[1], other
    assert 0 < ms_ssim(picture, worse) < ms_ssim(picture, blurred) < 1


def test_ms_ssim_begins_where_five_windows_fit():
    assert MS_SSIM_LEAST_PX == 161
    assert ms_ssim(*pair(160, 200)) is None and ms_ssim(*pair(161, 161)) is not None
    assert similarities(*pair(10, 200)) == (None, None)


def test_gradient_error_is_the_difference_of_slopes_pixel_by_pixel():
    picture, other = pair(7, 5)
    found = []
    for channel in range(3):
        for y in range(7):
            for x in range(5):
                for down, right in ((1, 0), (0, 1)):
                    if y + down < 7 and x + right < 5:
                        slope = picture[y + down, x + right, channel] - picture[y, x, channel]
                        mine = other[y + down, x + right, channel] - other[y, x, channel]
                        found.append((slope - mine) ** 2)
    assert gradient_error(picture, other) == pytest.approx(math.sqrt(np.mean(found)))
    assert gradient_error(picture, picture + 0.1) == pytest.approx(0, abs=1e-12)  # an even shift has no slope
    assert gradient_error(np.zeros((1, 1, 3)), np.ones((1, 1, 3))) == 0
    step = np.zeros((1, 2, 3))
    step[0, 1] = 1
    assert gradient_error(step, np.zeros_like(step)) == 1


@pytest.mark.parametrize("side", [1, 3, 6])
def test_the_worst_patch_is_found_by_trying_all(side):
    picture, other = pair(9, 12, 0.2, seed=side)
    squares = np.square(picture - other).mean(-1)
    places = {
        (top, left): squares[top : top + side, left : left + side].mean()
        for top in range(9 - side + 1)
        for left in range(12 - side + 1)
    }
    best = max(places, key=places.get)
    found = worst_patch(picture, other, side)
    assert found.box == (*best, side, side) and found.mse == pytest.approx(places[best])


def test_the_worst_patch_of_ties_and_of_small_pictures():
    picture, _ = pair(8, 6)
    assert worst_patch(picture, picture, 4).box == (0, 0, 4, 4)
    assert worst_patch(picture, picture + 0.5, 64).box == (0, 0, 8, 6)
    assert worst_patch(picture, picture + 0.5, 3).box == (0, 0, 3, 3)
    assert worst_patch(picture, picture + 0.5, 3).mse == pytest.approx(0.25)
    with pytest.raises(SettingsError, match="at least one pixel"):
        worst_patch(picture, picture, 0)


def test_the_signed_map_says_where_it_is_too_bright():
    picture = np.full((2, 2, 3), 0.5, np.float32)
    other = picture.copy()
    other[0, 0] = [0.8, 0.5, 0.5]
    other[1, 1] = [0.5, 0.2, 0.2]
    assert signed_error_map(picture, other) == pytest.approx(np.array([[0.1, 0], [0, -0.2]]))


def test_all_figures_at_once_are_the_single_ones():
    picture, other = pair(165, 161)
    found = fidelity(picture, other)
    assert (found.psnr_db, found.gradient_error) == (psnr(picture, other), gradient_error(picture, other))
    assert (found.ssim, found.ms_ssim) == similarities(picture, other)
    assert found.mean_absolute_error == pytest.approx(np.mean(np.abs(picture - other)))


def test_different_shapes_are_named():
    for work in (fidelity, ms_ssim, gradient_error, worst_patch):
        with pytest.raises(RecordError, match=r"\(4, 4, 3\) and \(4, 5, 3\)"):
            work(np.zeros((4, 4, 3)), np.zeros((4, 5, 3)))
