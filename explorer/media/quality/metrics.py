"""How far a reconstruction is from its picture: PSNR, SSIM, error maps. Pictures are (H, W, C) in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of

SSIM_WINDOW_PX = 11
PSNR_WORDS = (
    "Peak signal-to-noise ratio in dB, for a peak of 1, over all pixels and channels of one picture. It depends on "
    f"the picture and on its size, so each figure says of what it is; {FIGURE_SIDE_PX} px is the size of cards and "
    "the first choice on the pages. A picture that is decoded exactly has an infinite one: means leave it out and "
    "say so."
)


@dataclass(frozen=True)
class Quality:
    """psnr_db: inf for identical pictures. ssim: None below 11 x 11 pixels. mse, max_error: of values in [0, 1]."""

    psnr_db: float
    ssim: float | None
    mse: float
    max_error: float

    @property
    def psnr_text(self) -> str:
        """The PSNR for the screen; identical pictures have no finite one."""
        return "∞ dB (identical)" if math.isinf(self.psnr_db) else f"{self.psnr_db:.2f} dB"

    @property
    def ssim_text(self) -> str:
        """The SSIM for the screen."""
        return f"{self.ssim:.3f}" if self.ssim is not None else f"needs {SSIM_WINDOW_PX} x {SSIM_WINDOW_PX} px"


def quality(picture: np.ndarray, reconstruction: np.ndarray) -> Quality:
    """All figures at once. Raises RecordError for pictures of different shapes."""
    error = difference(picture, reconstruction)
    mse = float(np.square(error).mean())
    return Quality(psnr_of(mse), ssim(picture, reconstruction), mse, float(np.abs(error).max()))


def frame_qualities(frames: np.ndarray, decoded: np.ndarray) -> list[Quality]:
    """All figures of each frame of a clip, (F, H, W, C) both. Raises RecordError for clips of different shapes."""
    if frames.shape != decoded.shape:
        raise RecordError(f"clips to compare need one shape, got {frames.shape} and {decoded.shape}")
    return [quality(one, other) for one, other in zip(frames, decoded, strict=True)]


def psnr(picture: np.ndarray, reconstruction: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB for a peak of 1, over all pixels and channels; inf for identical pictures."""
    return psnr_of(float(np.square(difference(picture, reconstruction)).mean()))


@dataclass(frozen=True)
class Mean:
    """A mean of figures of several pictures: value (None if none of them is finite), over how many, and how many were
    left out because they are infinite (pictures decoded exactly) or not known."""

    value: float | None
    over: int
    infinite: int
    unknown: int

    @property
    def left_out(self) -> str:
        """ "2 decoded exactly and 1 not known left out", "" if none are."""
        parts = [f"{self.infinite:,} decoded exactly"] if self.infinite else []
        parts += [f"{self.unknown:,} not known"] if self.unknown else []
        return f"{' and '.join(parts)} left out" if parts else ""

    def words(self, noun: str = "picture") -> str:
        """Over what the mean is, such as "mean of 98 pictures, 2 decoded exactly left out"."""
        some = f"mean of {count_of(self.over, noun)}"
        return f"{some}, {self.left_out}" if self.left_out else some


def mean_of(values: Sequence[float | None]) -> Mean:
    """The mean of the finite ones: an infinite PSNR would make the mean of a hundred pictures infinite."""
    known = [float(value) for value in values if value is not None and not math.isnan(value)]
    finite = [value for value in known if math.isfinite(value)]
    mean = sum(finite) / len(finite) if finite else None
    return Mean(mean, len(finite), len(known) - len(finite), len(values) - len(known))


def ssim(picture: np.ndarray, reconstruction: np.ndarray) -> float | None:
    """Structural similarity of Wang et al. 2004 (https://doi.org/10.1109/TIP.2003.819861), eqs 13 to 17, mean over the
    channels, where the paper's experiments take the luminance alone, at half the size.

    Gaussian window of 11 pixels with sigma 1.5, population covariance, range 1. None if a side is below 11 pixels.
    """
    difference(picture, reconstruction)
    if min(picture.shape[:2]) < SSIM_WINDOW_PX:
        return None
    # scikit-image's metrics bring scipy.ndimage with them; the app starts without either.
    from skimage.metrics import structural_similarity

    return float(
        structural_similarity(
            picture,
            reconstruction,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1.0,
            channel_axis=-1,
        )
    )


def signed_error_map(picture: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Mean over the channels of reconstruction less picture: (H, W) float32 in [-1, 1]; above 0 it is too bright."""
    return -difference(picture, reconstruction).mean(axis=-1).astype(np.float32)


def absolute_error_map(picture: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Mean absolute difference over the channels: (H, W) float32 in [0, 1]."""
    return np.abs(difference(picture, reconstruction)).mean(axis=-1).astype(np.float32)


def psnr_of(mse: float) -> float:
    """The PSNR in dB of a mean squared error, for a peak of 1; inf of 0."""
    return math.inf if mse == 0 else -10 * math.log10(mse)


def difference(picture: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Picture less reconstruction, (H, W, C) float64. Raises RecordError unless both are of one such shape."""
    if picture.shape != reconstruction.shape or picture.ndim != 3 or 0 in picture.shape:
        raise RecordError(
            f"pictures to compare need one shape (H, W, C), got {picture.shape} and {reconstruction.shape}"
        )
    return np.asarray(picture, np.float64) - np.asarray(reconstruction, np.float64)
