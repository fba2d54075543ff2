"""Sounds for training: folders of files, or by default the sounds that the project makes by formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.config import Limits
from explorer.foundation.errors import ExplorerError, MediaError
from explorer.media.listing import is_hidden
from explorer.media.sounds.audio import fit_audio, load_audio

SUFFIXES = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".aiff", ".aif"}
LONGEST_S = 600.0  # read of one file
SPEEDS = (0.8, 1.25)
GAINS_DB = (-15.0, 6.0)


@dataclass(frozen=True)
class Sound:
    """samples: (S,) float32, mono. folder: the number of the folder that it was given in."""

    samples: np.ndarray
    folder: int = 0
    name: str = ""


def sound_files(folder: Path) -> list[Path]:
    """All sounds under `folder`, sorted. Raises MediaError if there is none."""
    if not folder.is_dir():
        raise MediaError(f"there is no folder {str(folder)!r}")
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    files = sorted(path for path in found if not is_hidden(path.relative_to(folder).as_posix()))
    if not files:
        raise MediaError(f"no sounds ({', '.join(sorted(SUFFIXES))}) under {str(folder)!r}")
    return files


def load_sounds(folders: Sequence[Path], sample_rate_hz: int) -> tuple[list[Sound], list[str]]:
    """Every file as mono at that rate; those that cannot be read are skipped and named."""
    sounds, skipped = [], []
    limits = Limits(audio_seconds=LONGEST_S)
    for number, folder in enumerate(folders):
        for path in sound_files(folder):
            try:
                fitted = fit_audio(load_audio(path, limits), sample_rate_hz, 1, 1, 1)
            except ExplorerError as error:
                skipped.append(f"{path.name}: {error}")
            else:
                sounds.append(Sound(fitted.samples[:, 0], number, path.stem))
    if not sounds:
        raise MediaError(f"none of the sounds can be used; the first: {skipped[0]}")
    return sounds, skipped


def sample_sounds(sample_rate_hz: int) -> list[Sound]:
    """The sounds made by formula."""
    from explorer.media.samples import samples_of

    made = samples_of("audio").items()
    return [Sound(fit_audio(one.load(), sample_rate_hz, 1, 1, 1).samples[:, 0], 0, name) for name, one in made]


def shares(sounds: Iterable[Sound]) -> np.ndarray:
    """How often each is drawn from, summing to 1: every folder alike, within it by the square root of the length.

    So that neither a folder of many short words nor one long piece of music is all that is learned.
    """
    folders = np.array([one.folder for one in sounds])
    roots = np.sqrt([len(one.samples) for one in sounds])
    found = roots / np.bincount(folders, roots)[folders]
    return found / found.sum()


def random_sounds(sounds: Sequence[Sound], share: np.ndarray, batch: int, samples: int, seed: int, step: int) -> Tensor:
    """One batch of pieces (B, 1, samples) float32, half of them at another speed, all at another volume.

    It depends on (seed, step) alone. A piece that is too short is followed by others of its folder.
    """
    random = np.random.default_rng((seed, step))
    pieces = np.stack([_piece(sounds, share, samples, random) for _ in range(batch)])
    return torch.from_numpy(pieces[:, None])


def _piece(sounds: Sequence[Sound], share: np.ndarray, samples: int, random: np.random.Generator) -> np.ndarray:
    first = sounds[random.choice(len(sounds), p=share)]
    speed = random.uniform(*SPEEDS) if random.random() < 0.5 else 1.0
    wanted = int(np.ceil(samples * speed)) + 1
    parts, have = [first.samples], len(first.samples)
    while have < wanted:
        same = [one for one in (sounds[i] for i in random.integers(len(sounds), size=16)) if one.folder == first.folder]
        parts.append((same or [first])[0].samples)
        have += len(parts[-1])
    joined = np.concatenate(parts) if len(parts) > 1 else parts[0]
    start = random.integers(len(joined) - wanted + 1)
    piece = joined[start : start + wanted]
    if speed != 1.0:
        piece = np.interp(np.arange(samples) * speed, np.arange(wanted), piece)
    gain = 10 ** (random.uniform(*GAINS_DB) / 20) * random.choice((-1.0, 1.0))
    piece = piece[:samples] * gain
    return (piece / max(1.0, np.abs(piece).max())).astype(np.float32)
