"""The ffmpeg program, as another program: it makes odd files, and decodes them as the reference for ours.

It takes a tenth of a second to start, so it is given many files at a time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

WHY_NOT = "there is no ffmpeg command, which makes the odd files and decodes them as the reference"
SECONDS = 60
AT_ONCE = 16
EXACTLY = ("-flags", "+bitexact", "-fflags", "+bitexact")


@dataclass(frozen=True)
class Heard:
    """What the program decoded: (S, C) float32 at `rate_hz`."""

    samples: np.ndarray
    rate_hz: int


@dataclass(frozen=True)
class Wanted:
    """A file whose first sound is wanted. told: options before it. rate_hz: to which it is resampled, 0 for its own.
    until_s: where it stops."""

    data: bytes
    told: tuple[str, ...] = ()
    rate_hz: int = 0
    until_s: float | None = None


def require() -> None:
    """Skip in words where the program is missing, or fail where nothing may be skipped."""
    if shutil.which("ffmpeg") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(WHY_NOT)


def ffmpeg(*arguments: str, given: bytes = b"") -> bytes:
    """Runs the program quietly, `given` on its standard input -> what it wrote to its standard output."""
    silent = () if given else ("-nostdin",)
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *silent, "-threads", "1", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, timeout=SECONDS, check=False)
    if done.returncode and not done.stdout:
        raise RuntimeError(f"ffmpeg {' '.join(arguments)}: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout


def written(suffixes: Sequence[str], inputs: Sequence[str], options: Sequence[Sequence[str]], given: bytes = b""):
    """Files with those suffixes, made from the same inputs, each with its options -> their bytes."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}{suffix}" for number, suffix in enumerate(suffixes)]
        outputs = [word for path, own in zip(paths, options, strict=True) for word in (*own, *EXACTLY, str(path))]
        ffmpeg(*inputs, *outputs, given=given)
        return [path.read_bytes() for path in paths]


def sound_files(samples: np.ndarray, rate_hz: int, wanted: Sequence[tuple[str, tuple[str, ...]]]) -> list[bytes]:
    """(S, C) floats encoded into files: (suffix, options) each."""
    given = np.ascontiguousarray(samples, "<f4").tobytes()
    raw = ("-f", "f32le", "-ar", str(rate_hz), "-ac", str(samples.shape[1]), "-i", "-")
    return written([suffix for suffix, _ in wanted], raw, [options for _, options in wanted], given)


def film_files(frames: np.ndarray, rate: str, wanted: Sequence[tuple[str, tuple[str, ...]]]) -> list[bytes]:
    """(F, H, W, 3) uint8 encoded into files: (suffix, options) each."""
    size = f"{frames.shape[2]}x{frames.shape[1]}"
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", rate, "-i", "-")
    return written([suffix for suffix, _ in wanted], raw, [options for _, options in wanted], frames.tobytes())


def heard(wanted: Sequence[Wanted]) -> list[Heard | None]:
    """What the program decodes of each, None where it decodes nothing."""
    found: list[Heard | None] = []
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        try:
            found += _heard(some)
        except (RuntimeError, OSError):  # one that cannot be opened ends the program
            found += [_heard_alone(one) for one in some]
    return found


def _heard_alone(one: Wanted) -> Heard | None:
    try:
        return _heard([one])[0]
    except (RuntimeError, OSError):
        return None


def _heard(wanted: Sequence[Wanted]) -> list[Heard | None]:
    inputs, outputs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, one in enumerate(wanted):
            given = Path(folder) / f"{number}.given"
            given.write_bytes(one.data)
            inputs += [*one.told, "-i", str(given)]
            resampled = ("-ar", str(one.rate_hz)) if one.rate_hz else ()
            until = ("-t", str(one.until_s)) if one.until_s else ()
            outputs += ["-map", f"{number}:a:0", *resampled, *until, "-c:a", "pcm_f32be", f"{folder}/{number}.au"]
        ffmpeg(*inputs, *outputs)
        return [_of_au((Path(folder) / f"{number}.au").read_bytes()) for number in range(len(wanted))]


def _of_au(made: bytes) -> Heard | None:
    if len(made) < 24:
        return None
    start, rate, channels = (int(n) for n in np.frombuffer(made, ">u4", 6)[[1, 4, 5]])  # of the AU header
    whole = len(made) - (len(made) - start) % (4 * channels)
    return Heard(np.frombuffer(made[start:whole], ">f4").reshape(-1, channels).astype(np.float32), rate)


@cache
def version() -> str:
    return ffmpeg("-version").split(b"\n")[0].decode().split(" Copyright")[0]


@dataclass(frozen=True)
class Watched:
    """A film whose frames are wanted. told: options before it. options: of the output, such as a filter."""

    data: bytes
    suffix: str
    told: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def seen(wanted: Sequence[Watched]) -> list[np.ndarray | None]:
    """The frames of each as the program decodes them, (F, H, W, 3) uint8; None where it decodes nothing."""
    found: list[np.ndarray | None] = []
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        try:
            found += _seen(some)
        except (RuntimeError, OSError):
            found += [_seen_alone(one) for one in some]
    return found


def _seen_alone(one: Watched) -> np.ndarray | None:
    try:
        return _seen([one])[0]
    except (RuntimeError, OSError):
        return None


CAREFULLY = ("-sws_flags", "accurate_rnd+full_chroma_int+full_chroma_inp+bicubic")


def _seen(wanted: Sequence[Watched]) -> list[np.ndarray | None]:
    inputs, outputs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, one in enumerate(wanted):
            given = Path(folder) / f"{number}{one.suffix}"
            given.write_bytes(one.data)
            inputs += ["-threads", "1", *one.told, "-i", str(given)]  # with more, it fills damage in as it comes
            every = () if any("fps" in word for word in one.options) else ("-vsync", "passthrough")
            outputs += ["-map", f"{number}:v:0", *CAREFULLY, *every, *one.options]
            outputs += ["-c:v", "ppm", "-pix_fmt", "rgb24", "-f", "image2pipe", f"{folder}/{number}.ppm"]
        ffmpeg(*inputs, *outputs)
        return [_of_ppm((Path(folder) / f"{number}.ppm").read_bytes()) for number in range(len(wanted))]


def _of_ppm(made: bytes) -> np.ndarray | None:
    """Pictures one behind another, each "P6", width and height, 255, pixels."""
    frames, at = [], 0
    while at < len(made):
        _, size, _ = made[at : at + 40].split(b"\n", 3)[:3]
        width, height = (int(side) for side in size.split())
        at = made.index(b"255\n", at) + 4
        frames.append(np.frombuffer(made[at : at + 3 * width * height], np.uint8).reshape(height, width, 3))
        at += 3 * width * height
    return np.stack(frames) if frames else None
