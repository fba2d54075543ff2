"""More ways to say how far a reconstruction is from its picture: MS-SSIM, errors of gradients, the worst patch.

Pictures are (H, W, C) in [0, 1]; `metrics` has PSNR, SSIM and the error maps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import SettingsError
from explorer.media.quality.metrics import SSIM_WINDOW_PX, difference, psnr

# Wang et al. 2003, section 3.2: the exponents of the five scales, found by asking people; they sum to 1.
MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# Halving (rounded up) four times must leave room for a window of 11 pixels.
MS_SSIM_LEAST_PX = (SSIM_WINDOW_PX - 1) * 2 ** (len(MS_SSIM_WEIGHTS) - 1) + 1
_C1, _C2 = 0.01**2, 0.03**2  # of a range of 1
_MIDDLE = 0.5
WORST_PATCH_PX = 64


@dataclass(frozen=True)
class Fidelity:
    """All figures of one reconstruction.

    psnr_db: inf for identical pictures. ssim, ms_ssim: None below 11 and 161 pixels a side. gradient_error: see
    `gradient_error`. mean_absolute_error: of values in [0, 1].
    """

    psnr_db: float
    ssim: float | None
    ms_ssim: float | None
    gradient_error: float
    mean_absolute_error: float


@dataclass(frozen=True)
class WorstPatch:
    """box: (top, left, height, width) in pixels. mse: mean squared error within it."""

    box: tuple[int, int, int, int]
    mse: float


class Original:
    """A picture (H, W, C) in [0, 1] that several reconstructions are held against: its own part is worked out once."""

    def __init__(self, picture: np.ndarray) -> None:
        self.picture = np.asarray(picture)
        self._scales: list[_Scale] = []

    def fidelity(self, reconstruction: np.ndarray) -> Fidelity:
        """All figures at once. Raises RecordError for pictures of different shapes."""
        error = difference(self.picture, reconstruction)
        one, many = self.similarities(reconstruction)
        return Fidelity(
            psnr(self.picture, reconstruction),
            one,
            many,
            gradient_error(self.picture, reconstruction),
            float(np.abs(error).mean()),
        )

    def similarities(self, reconstruction: np.ndarray) -> tuple[float | None, float | None]:
        """(SSIM, MS-SSIM), each the mean over the channels; None where the picture is too small for it.

        MS-SSIM is eq. 7 of Wang et al. 2003: the product over five scales of the mean contrast-structure term, and at
        the last scale of the mean SSIM, each to the power of its weight. Between scales 2 x 2 pixels are averaged, the
        last row or column of an odd side twice. A negative mean, which has no such power, counts as 0. Window and
        constants are those of `metrics.ssim`. Raises RecordError for pictures of different shapes.
        """
        difference(self.picture, reconstruction)
        side = min(self.picture.shape[:2])
        if side < SSIM_WINDOW_PX:
            return None, None
        y = _planes(reconstruction)
        whole, contrast = self._scale(0).means(y)
        single = float(whole.mean())
        if side < MS_SSIM_LEAST_PX:
            return single, None
        product = np.ones(len(y))
        for number, weight in enumerate(MS_SSIM_WEIGHTS):
            if number > 0:
                y = _halved(y)
                whole, contrast = self._scale(number).means(y)
            last = number == len(MS_SSIM_WEIGHTS) - 1
            product *= np.maximum(whole if last else contrast, 0) ** weight
        return single, float(product.mean())

    def _scale(self, number: int) -> _Scale:
        while len(self._scales) <= number:
            self._scales.append(_Scale(_halved(self._scales[-1].x) if self._scales else _planes(self.picture)))
        return self._scales[number]


def fidelity(picture: np.ndarray, reconstruction: np.ndarray) -> Fidelity:
    """All figures at once. Raises RecordError for pictures of different shapes."""
    return Original(picture).fidelity(reconstruction)


def similarities(picture: np.ndarray, reconstruction: np.ndarray) -> tuple[float | None, float | None]:
    """(SSIM, MS-SSIM); see `Original.similarities`."""
    return Original(picture).similarities(reconstruction)


def ms_ssim(picture: np.ndarray, reconstruction: np.ndarray) -> float | None:
    """Multi-scale structural similarity of Wang, Simoncelli, Bovik 2003 (https://doi.org/10.1109/ACSSC.2003.1292216).

    See `Original.similarities`; None if a side is below 161 pixels.
    """
    return similarities(picture, reconstruction)[1]


def gradient_error(picture: np.ndarray, reconstruction: np.ndarray) -> float:
    """Gradient RMSE: root mean square of how far the slopes of the reconstruction are from those of the picture.

    Slopes are differences of neighbouring pixels, along rows and along columns, in units of [0, 1] a pixel; the mean
    runs over all of both directions and all channels. Blur and blocking show in it, an even shift of brightness does
    not. 0 for a picture of one pixel. Raises RecordError for pictures of different shapes.
    """
    error = difference(picture, reconstruction)  # taking differences is linear: of the error, or of both and then less
    squares = [np.square(np.diff(error, axis=axis)) for axis in (0, 1)]
    count = sum(part.size for part in squares)
    return float(np.sqrt(sum(part.sum() for part in squares) / count)) if count else 0.0


def worst_patch(picture: np.ndarray, reconstruction: np.ndarray, side_px: int = WORST_PATCH_PX) -> WorstPatch:
    """The patch of side_px x side_px (less where the picture is smaller) with the largest mean squared error.

    Every position is tried, not only those of a grid; of equal ones the first in reading order is taken. Raises
    SettingsError for a side below 1, RecordError for pictures of different shapes.
    """
    if side_px < 1:
        raise SettingsError(f"a patch needs at least one pixel a side, not {side_px}")
    squares = np.square(difference(picture, reconstruction)).mean(axis=-1)  # (H, W)
    height, width = (min(side_px, side) for side in squares.shape)
    sums = np.zeros((squares.shape[0] + 1, squares.shape[1] + 1))
    sums[1:, 1:] = squares.cumsum(0).cumsum(1)
    within = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    mse = np.maximum(within, 0) / (height * width)
    near = mse >= mse.max() - 1e-9 * max(1e-12, float(squares.max()))  # the sums round apart what is equal
    top, left = np.unravel_index(int(near.argmax()), mse.shape)
    patch = squares[top : top + height, left : left + width]
    return WorstPatch((int(top), int(left), height, width), float(patch.mean()))


class _Scale:
    """One scale of the original: x (C, H, W) less its middle, and the windowed means that need nothing else."""

    def __init__(self, x: np.ndarray) -> None:
        self.x, self._mean, self._square = x, _windowed(x), _windowed(x * x)

    def means(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean SSIM and mean contrast-structure term (eqs. 6 and 7 of Wang et al. 2003) of each channel: (C,) each."""
        mean_y, square_y, product = _windowed(y), _windowed(y * y), _windowed(self.x * y)
        covariance = product - self._mean * mean_y
        variances = self._square - self._mean * self._mean + square_y - mean_y * mean_y
        contrast = (2 * covariance + _C2) / (variances + _C2)
        light_x, light_y = self._mean + _MIDDLE, mean_y + _MIDDLE
        whole = contrast * (2 * light_x * light_y + _C1) / (light_x * light_x + light_y * light_y + _C1)
        return whole.mean((1, 2), dtype=np.float64), contrast.mean((1, 2), dtype=np.float64)


def _planes(picture: np.ndarray) -> np.ndarray:
    """(H, W, C) -> (C, H, W) float32 less _MIDDLE: variances as differences of squares then lose no digits."""
    return np.ascontiguousarray(np.moveaxis(picture, -1, 0), np.float32) - np.float32(_MIDDLE)


def _windowed(values: np.ndarray) -> np.ndarray:
    """Gaussian mean (11 pixels, sigma 1.5) at every place where the whole window fits: (C, H - 10, W - 10)."""
    from scipy.ndimage import correlate1d  # on first use: the app starts without it

    radius = SSIM_WINDOW_PX // 2
    taps = np.exp(-np.square(np.arange(-radius, radius + 1)) / (2 * 1.5**2))
    taps /= taps.sum()
    rows = correlate1d(values, taps, axis=1)[:, radius:-radius]
    return correlate1d(rows, taps, axis=2)[:, :, radius:-radius]


def _halved(values: np.ndarray) -> np.ndarray:
    """(C, H, W) -> means of 2 x 2 pixels; an odd side is made even by its last row or column again."""
    even = np.pad(values, ((0, 0), *((0, side % 2) for side in values.shape[1:])), mode="edge")
    return (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / 4
