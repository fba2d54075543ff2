"""Media held out of an experiment, as networks take them and as an audit reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.audit.sources import MediaSource
from explorer.media.clips.moving import clip_of_bytes
from explorer.media.medium import Medium
from explorer.media.pictures.image import LoadedImage
from explorer.media.sounds.audio import LoadedAudio
from explorer.training.recipes import Recipe


def _picture(pixels: np.ndarray, recipe: Recipe) -> Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255


def _clip(frames: np.ndarray, recipe: Recipe) -> Tensor:
    return torch.from_numpy(frames).permute(3, 0, 1, 2).float() / 255


def _sound(sound: Any, recipe: Recipe) -> Tensor:
    """Filled up with silence to a whole token."""
    step = int(np.prod(recipe.schedule.strides))
    return torch.from_numpy(np.pad(sound.samples, (0, -len(sound.samples) % step)))[None]


AS_TENSOR: Mapping[str, Callable[[Any, Recipe], Tensor]] = {"image": _picture, "audio": _sound, "video": _clip}


def tensors_of(media: Sequence[Any], recipe: Recipe) -> list[Tensor]:
    """Each medium (1, C, *extent), as a `Codec` takes it."""
    return [AS_TENSOR[recipe.modality](one, recipe)[None] for one in media]


def _loaded(medium: Any, recipe: Recipe) -> Medium:
    if recipe.modality == "audio":
        return LoadedAudio(medium.samples[:, None], recipe.schedule.sample_rate_hz)
    if recipe.modality == "video":
        return clip_of_bytes(medium)
    return LoadedImage((medium / np.float32(255)).astype(np.float32))


def source_of(media: Sequence[Any], recipe: Recipe, title: str) -> MediaSource:
    """The media as an audit reads them."""
    names = tuple(f"{number + 1}" for number in range(len(media)))
    return MediaSource(title, names, lambda number, modality: _loaded(media[number], recipe))
