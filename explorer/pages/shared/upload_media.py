"""What visitors upload, decoded once: another tokenizer or another size begins with the pixels or samples themselves.
Of a long sound, what lies before the seconds that are asked for is not decoded again, either.

A file lies in a folder of its own, so its path names it. Eight bits a value are kept where that is all there is, as in
almost every picture and clip: a fourth of the memory, and the very same values come back.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from explorer.foundation.cache import Cache, share
from explorer.foundation.config import settings
from explorer.foundation.owners import owner
from explorer.media.clips.video import LoadedVideo
from explorer.media.medium import Medium, load_medium, modality_of
from explorer.media.pictures.image import LoadedImage
from explorer.media.sounds.audio import Excerpt, LoadedAudio
from explorer.media.sounds.heard import Heard

_kept = Cache("uploads as decoded", share(0.08))
_heard = Cache("how far uploaded sounds were decoded", share(0.01))
_excerpts = Cache("which seconds of uploaded sounds are shown", share(0.001))
_VALUES = {LoadedImage: "pixels", LoadedVideo: "frames"}  # those of light, which have eight bits as a rule


def upload_medium(path: str, modality: str | None, from_s: float = 0.0) -> Medium:
    """An upload as what it holds, or as `modality` where it can be that; a sound from that second on.

    Raises MediaError as `load_medium`.
    """

    def load() -> tuple[type, dict[str, object]]:
        heard = _heard.get(path, Heard, owner())
        medium = load_medium(path, settings().limits, modality, from_s, heard)
        _heard.put(path, heard, owner())  # it has grown
        return _packed(medium)

    found = _kept.get((path, modality, from_s), load, owner())
    medium = _unpacked(*found)
    if isinstance(medium, LoadedAudio):
        _excerpts.put((path, from_s), (medium.excerpt,), owner())
    if modality is None:  # what it is asked for next
        _kept.put((path, modality_of(medium), from_s), found, owner())
    return medium


def upload_excerpt(path: str, modality: str | None, from_s: float = 0.0) -> Excerpt | None:
    """Which seconds of a longer sound are shown; kept also where its samples are not. Raises MediaError."""
    kept = _excerpts.peek((path, from_s), owner())
    return upload_medium(path, modality, from_s).excerpt if kept is None else kept[0]


def _packed(medium: Medium) -> tuple[type, dict[str, object]]:
    """The fields of a medium, float32 light as uint8 where nothing is lost by it."""
    held = {one.name: getattr(medium, one.name) for one in fields(medium)}
    name = _VALUES.get(type(medium))
    if name is not None:
        held[name] = _eight_bits(held[name])  # type: ignore[arg-type]
    return type(medium), held


def _eight_bits(light: np.ndarray) -> np.ndarray:
    """float32 light as uint8, or as it is where that would lose anything; by rows or frames, to save memory."""
    small = np.empty(light.shape, np.uint8)
    for part, whole in zip(small, light, strict=True):
        np.rint(whole * np.float32(255), out=part, casting="unsafe")
        if not np.array_equal(_light(part), whole):
            return light
    return small


def _unpacked(kind: type, held: dict[str, object]) -> Medium:
    name = _VALUES.get(kind)
    if name is not None and held[name].dtype == np.uint8:  # type: ignore[attr-defined]
        held = held | {name: _light(held[name])}  # type: ignore[arg-type]
    return kind(**held)


def _light(small: np.ndarray) -> np.ndarray:
    """As the readers make it of eight bits."""
    return small.astype(np.float32) / np.float32(255)
