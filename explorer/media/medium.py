"""A medium of any kind: a picture, a sound or a clip, and how it is made to fit a tokenizer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.errors import MediaError
from explorer.media.image import LoadedImage, fit
from explorer.tokenizers.base import TokenizerSpec


@dataclass(frozen=True)
class LoadedAudio:
    """samples: (S, C) float32 in about [-1, 1]. notes: what was done on the way in, in plain words."""

    samples: np.ndarray
    sample_rate_hz: int
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or 0 in self.samples.shape or self.samples.dtype != np.float32:
            raise MediaError(f"A loaded sound is (S, C) float32, got {self.samples.shape} {self.samples.dtype}.")


@dataclass(frozen=True)
class LoadedVideo:
    """frames: (F, H, W, 3) float32 in [0, 1]. notes: what was done on the way in, in plain words."""

    frames: np.ndarray
    frames_per_second: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape, dtype = self.frames.shape, self.frames.dtype
        if len(shape) != 4 or shape[3] != 3 or 0 in shape or dtype != np.float32:
            raise MediaError(f"A loaded clip is (F, H, W, 3) float32, got {shape} {dtype}.")


Medium = LoadedImage | LoadedAudio | LoadedVideo


def modality_of(medium: Medium) -> str:
    """ "image", "audio" or "video"."""
    return {LoadedImage: "image", LoadedAudio: "audio", LoadedVideo: "video"}[type(medium)]


def values(medium: Medium) -> np.ndarray:
    """The array that `Tokenizer.tokenize` takes."""
    if isinstance(medium, LoadedImage):
        return medium.pixels
    return medium.samples if isinstance(medium, LoadedAudio) else medium.frames


def fit_medium(medium: Medium, spec: TokenizerSpec, side_px: int) -> Medium:
    """The medium as `spec` takes it, with notes of all that was done. Raises MediaError for another modality."""
    if modality_of(medium) != spec.modality:
        raise MediaError(f"{spec.title} takes {spec.modality}, this is {modality_of(medium)}.")
    if isinstance(medium, LoadedImage):
        return fit(medium, spec.media_multiple, side_px)
    return medium
