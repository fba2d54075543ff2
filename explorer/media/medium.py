"""A medium of any kind: a picture, a sound or a clip, and how it is made to fit a tokenizer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.caps import check_bytes
from explorer.media.clips.containers import has_video
from explorer.media.clips.video import LoadedVideo, fit_video, load_video, webp_bytes
from explorer.media.pictures.image import LoadedImage, fit, load_image, png_bytes, scaled_to_cover
from explorer.media.pictures.opening import frame_count, open_picture, read_bytes
from explorer.media.sniffing import kind_of
from explorer.media.sounds.audio import LoadedAudio, fit_audio, load_audio, wav_bytes

DEFAULT_LIMITS = Limits()
Medium = LoadedImage | LoadedAudio | LoadedVideo
Modality = Literal["image", "audio", "video"]
NOUNS = {"image": "pictures", "audio": "sounds", "video": "clips"}
_ONE = {"image": "a picture", "audio": "a sound", "video": "a clip"}
_LOADERS = {"image": load_image, "audio": load_audio, "video": load_video}


def modality_of(medium: Medium) -> Modality:
    """ "image", "audio" or "video"."""
    return {LoadedImage: "image", LoadedAudio: "audio", LoadedVideo: "video"}[type(medium)]


def values(medium: Medium) -> np.ndarray:
    """The array that `Tokenizer.tokenize` takes."""
    if isinstance(medium, LoadedImage):
        return medium.pixels
    return medium.samples if isinstance(medium, LoadedAudio) else medium.frames


def load_medium(
    path: Path | str | bytes, limits: Limits = DEFAULT_LIMITS, wanted: Modality | None = None
) -> LoadedImage | LoadedAudio | LoadedVideo:
    """A file, or its bytes, as what it holds; as `wanted` where it can be that.

    With `wanted` an animation gives its first frame as a picture, and a film its sound. Without it an animation or a
    film is a clip. Raises MediaError with what was wrong and what to do.
    """
    data = read_bytes(path, limits, "media") if isinstance(path, (str, Path)) else bytes(path)
    return _LOADERS[wanted or _held(data, limits)](data, limits)


def _held(data: bytes, limits: Limits) -> Modality:
    """The modality of a file by its content. Raises MediaError for what nothing here reads."""
    check_bytes(len(data), limits, "file")
    kind = kind_of(data)
    if kind is None:
        raise MediaError(
            "This file is no picture, sound or clip that can be read here. Give PNG, JPEG, WebP or GIF; WAV, FLAC, "
            "Ogg, MP3 or M4A; MP4, WebM or AVI."
        )
    if kind.opener == "pillow":
        moves = kind.name in ("GIF", "WebP", "PNG", "AVIF") and frame_count(open_picture(data, limits)) > 1
        return "video" if moves else "image"
    if kind.opener == "soundfile":
        return "audio"
    return "video" if has_video(data, kind) else "audio"


def fit_medium(medium: Medium, spec: TokenizerSpec, side_px: int) -> Medium:
    """The medium as `spec` takes it, with notes of all that was done. side_px: the longest side, where sides are free.

    Raises MediaError for another modality.
    """
    modality = modality_of(medium)
    if modality != spec.modality:
        takes = NOUNS.get(spec.modality, spec.modality)
        raise MediaError(f"{spec.title} takes {takes}; this is {_ONE[modality]}. Choose another file or tokenizer.")
    if isinstance(medium, LoadedAudio):
        if spec.sample_rate_hz is None:
            raise MediaError(f"{spec.title} does not say its sample rate, so no sound can be made to fit it.")
        return fit_audio(
            medium, spec.sample_rate_hz, spec.channels, spec.media_multiple, spec.shortest, spec.whole_tokens_only
        )
    if isinstance(medium, LoadedVideo):
        return fit_video(
            medium, spec.media_multiple, side_px, spec.time_step, spec.first_frame_alone, tuple(spec.fixed_size)
        )
    if spec.fixed_size:
        return scaled_to_cover(medium, *spec.fixed_size)
    return fit(medium, spec.media_multiple, side_px)


def file_bytes(array: np.ndarray, modality: Modality, rate: float | None = None) -> tuple[bytes, str]:
    """What a tokenizer decoded, as the bytes of a file and its suffix: PNG, WAV or animated WebP.

    rate: samples a second of a sound, frames a second of a clip.
    """
    if modality == "audio":
        return wav_bytes(array, int(rate or 0)), ".wav"
    if modality == "video":
        return webp_bytes(array, rate or 12.5), ".webp"
    return png_bytes(array), ".png"


def tokenized(medium: Medium, tokenizer: Tokenizer, side_px: int) -> TokenRecord:
    """The record of a medium that is made to fit first, with notes of all that was done. Raises MediaError."""
    fitted = fit_medium(medium, tokenizer.spec, side_px)
    record = tokenizer.tokenize(values(fitted))
    rate = fitted.frames_per_second if isinstance(fitted, LoadedVideo) else None
    return replace(record, notes=fitted.notes + record.notes, frames_per_second=rate)
