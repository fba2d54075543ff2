"""What a recipe trains on and is measured on: files of one modality from folders, or what comes with the app."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.foundation.errors import SettingsError
from explorer.media.clips.moving import HELD_PX, held_out_clip
from explorer.training.data import centre_crop, load_pictures, picture_files, sample_pictures
from explorer.training.recipes import Recipe
from explorer.training.schedules import LatentTokenSchedule
from explorer.training.sounds import load_sounds, sample_sounds
from explorer.training.tasks.whole_picture import whole_pictures


@dataclass(frozen=True)
class MediaSplit:
    """media to train on, media held out to measure, how the card names both, and the side of what was measured."""

    media: Sequence[Any]
    held_out: Sequence[Any]
    named: str
    held_named: str
    side_px: int | None = None


@dataclass(frozen=True)
class Kind:
    """noun: what the media are called, one and several. default: how the card names what comes with the app.

    read: folders and recipe -> media, and lines about what was skipped. own: the media that come with the app.
    measured: media of `read` or `own` as they are measured, those that cannot be left out.
    """

    noun: tuple[str, str]
    default: str
    read: Callable[[Sequence[Path], Recipe], tuple[list, list[str]]]
    own: Callable[[Recipe], list]
    measured: Callable[[list, Recipe], list]
    side_px: int | None = None
    needed: str = ""


def _pictures(folders: Sequence[Path], recipe: Recipe) -> tuple[list, list[str]]:
    files = [path for folder in folders for path in picture_files(folder)]
    return load_pictures(files, recipe.schedule.crop_px)


def _sounds(folders: Sequence[Path], recipe: Recipe) -> tuple[list, list[str]]:
    return load_sounds(folders, recipe.schedule.sample_rate_hz)


def _squares(pictures: list, recipe: Recipe) -> list:
    if isinstance(recipe.schedule, LatentTokenSchedule):
        return whole_pictures(pictures, recipe.schedule.side)
    large = [p for p in pictures if min(p.shape[:2]) >= FIGURE_SIDE_PX]
    return [centre_crop(p, FIGURE_SIDE_PX) for p in large]


def _clips(pictures: list, _: Recipe) -> list:
    large = [p for p in pictures if min(p.shape[:2]) >= HELD_PX]
    return [held_out_clip(picture, large[(i + 1) % len(large)], i) for i, picture in enumerate(large)]


_PICTURES = "pictures inside the installed packages"
KINDS = {
    "image": Kind(
        ("picture", "pictures"), _PICTURES, _pictures, lambda _: sample_pictures(FIGURE_SIDE_PX), _squares,
        FIGURE_SIDE_PX, f"picture of at least {FIGURE_SIDE_PX} px a side",
    ),
    "audio": Kind(
        ("sound", "sounds"), "sounds that the project makes by formula", _sounds,
        lambda recipe: sample_sounds(recipe.schedule.sample_rate_hz), lambda sounds, _: list(sounds), None, "sound",
    ),
    "video": Kind(
        ("picture", "pictures"), _PICTURES, _pictures, lambda _: sample_pictures(FIGURE_SIDE_PX), _clips,
        HELD_PX, f"picture of at least {HELD_PX} px a side",
    ),
}  # fmt: skip


def gather(arguments: argparse.Namespace, recipe: Recipe) -> MediaSplit:
    """The media that the arguments name. Raises MediaError and SettingsError for what is too little."""
    kind = KINDS[recipe.modality]
    one, several = kind.noun
    fifth = f"every fifth of the same {several}"
    if arguments.data is None:
        media, named = kind.own(recipe), kind.default
    else:
        media = _read(kind, arguments.data, recipe)
        named = arguments.data_note or _names(arguments.data)
    if arguments.held_out is None:
        media, held, held_named = [p for i, p in enumerate(media) if i % 5], media[::5], fifth
        if not media:
            raise SettingsError(f"one {one} is too few to train on and measure; add {several}, or give --held-out")
    else:
        held = _read(kind, arguments.held_out, recipe)
        held_named = arguments.held_out_note or _names(arguments.held_out)
    measured = kind.measured(held, recipe)
    if not measured:
        raise SettingsError(f"no held-out {kind.needed}; give --held-out")
    side_px = getattr(recipe.schedule, "side", kind.side_px)
    return MediaSplit(media, measured, named, held_named, side_px)


def _read(kind: Kind, folders: Sequence[Path], recipe: Recipe) -> list:
    media, skipped = kind.read(folders, recipe)
    for line in skipped:
        print("skipped", line)
    return media


def _names(folders: Sequence[Path]) -> str:
    return ", ".join(folder.resolve().name for folder in folders)
