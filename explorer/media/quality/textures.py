"""What a mean of squares does not see: how sharp a reconstruction is, whatever its error. Pictures (H, W, C) in [0, 1].

All are of the grey of a picture, the mean of its channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from explorer.media.quality.metrics import difference

GMSD_C = 170 / 255**2  # Xue et al. 2014, section II-B, for values in [0, 1]
FINE = 0.25  # cycles a pixel: half of the highest frequency that a picture can hold


@dataclass(frozen=True)
class Texture:
    """gradient_energy, fine_power: of the reconstruction over those of the picture, 1 being as sharp; NaN where the
    picture has none. gmsd: 0 for equal pictures, more is worse."""

    gradient_energy: float
    fine_power: float
    gmsd: float


def texture(picture: np.ndarray, reconstruction: np.ndarray) -> Texture:
    """All figures at once. Raises RecordError for pictures of different shapes."""
    difference(picture, reconstruction)
    real, made = (np.asarray(one, np.float64).mean(-1) for one in (picture, reconstruction))
    return Texture(
        _ratio(gradient_energy(made), gradient_energy(real)),
        _ratio(fine_power(made), fine_power(real)),
        gmsd(real, made),
    )


def gradient_energy(grey: np.ndarray) -> float:
    """The mean square of differences between neighbours, along rows and columns: (H, W) -> a number."""
    return float(np.square(np.diff(grey, axis=0)).mean() + np.square(np.diff(grey, axis=1)).mean())


def fine_power(grey: np.ndarray) -> float:
    """The power above FINE cycles a pixel along either axis, under a Hann window: (H, W) -> a number."""
    height, width = grey.shape
    window = np.hanning(height)[:, None] * np.hanning(width)
    power = np.square(np.abs(np.fft.fft2((grey - grey.mean()) * window)))
    fine = (np.abs(np.fft.fftfreq(height))[:, None] > FINE) | (np.abs(np.fft.fftfreq(width)) > FINE)
    return float(power[fine].sum())


def gmsd(real: np.ndarray, made: np.ndarray) -> float:
    """Gradient magnitude similarity deviation of Xue et al. 2014 (arXiv 1308.3052), equations 1 to 6: (H, W) twice.

    Averaged over 2 x 2 pixels first and every second one kept, as there; Prewitt filters, whose edges are left out.
    """
    one, other = (_prewitt_magnitude(_halved(grey)) for grey in (real, made))
    similarity = (2 * one * other + GMSD_C) / (one**2 + other**2 + GMSD_C)
    return float(similarity.std())


def _halved(grey: np.ndarray) -> np.ndarray:
    height, width = (side // 2 * 2 for side in grey.shape)
    return grey[:height, :width].reshape(height // 2, 2, width // 2, 2).mean((1, 3))


def _prewitt_magnitude(grey: np.ndarray) -> np.ndarray:
    rows = grey[:-2] + grey[1:-1] + grey[2:]  # sums of three below one another
    columns = grey[:, :-2] + grey[:, 1:-1] + grey[:, 2:]
    across, down = (rows[:, 2:] - rows[:, :-2]) / 3, (columns[2:] - columns[:-2]) / 3
    return np.hypot(across, down)


def _ratio(made: float, real: float) -> float:
    return made / real if real > 0 else math.nan
