"""The frames with which runs of the lab begin, in one file: .npz that `numpy.load` opens without pickle. No torch.

meta: JSON text (format, version, made_with, frames: name -> what a frame has besides its arrays, and of each array the
member that holds it). Runs with the same data begin with the same latents, so an array that several frames have is
there once. Points that went in and came out, which are as large as the latents, are left out; pictures are kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from explorer.foundation.damage import open_arrays
from explorer.foundation.errors import RecordError
from explorer.joints.frame import Frame, FrameLevel

FORMAT, VERSION = "discrete-tokenizer-explorer beginnings", 1
ARRAYS = ("z_e", "indices", "vectors", "counts", "silent", "state", "won")
PICTURES = ("inputs", "outputs")


def beginnings_bytes(frames: Mapping[str, Frame], made_with: str) -> bytes:
    """name -> frame, without gradients and events, as a file. made_with: what rounds its numbers, in words.

    Raises RecordError for a frame that shows only some codes, or has events.
    """
    members: dict[tuple[str, tuple[int, ...], bytes], str] = {}
    arrays: dict[str, np.ndarray] = {}

    def hold(array: np.ndarray | None) -> str | None:
        if array is None:
            return None
        key = (array.dtype.str, array.shape, array.tobytes())
        name = members.setdefault(key, f"a{len(members)}")
        arrays[name] = array
        return name

    entries = {}
    for name, frame in frames.items():
        if frame.events or any(level.sampled for level in frame.levels):
            raise RecordError(f"{name}: a beginning shows all codes, and nothing has happened before it")
        levels = [
            {"metric": level.metric, "window": level.window} | {one: hold(getattr(level, one)) for one in ARRAYS}
            for level in frame.levels
        ]
        pictures = {one: hold(getattr(frame, one)) if has_pictures(frame) else None for one in PICTURES}
        entries[name] = {
            "step": frame.step,
            "latents_seen": frame.latents_seen,
            "batch_size": frame.batch_size,
            "losses": dict(frame.losses),
            "measures": dict(frame.measures),
            "levels": levels,
        } | pictures
    meta = {"format": FORMAT, "version": VERSION, "made_with": made_with, "frames": entries}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, meta=np.array(json.dumps(meta)), **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def has_pictures(frame: Frame) -> bool:
    """Whether what went in are pictures, not points."""
    return frame.inputs is not None and frame.inputs.ndim > 2


def read_beginning(path: Path, name: str) -> Frame | None:
    """The frame of that name; None where the file has none. Raises RecordError for what is no such file."""
    with _opened(path) as file:
        entry = _meta(path, file)["frames"].get(name)
        return None if entry is None else _frame(entry, file)


def made_with(path: Path) -> str:
    """What rounded the numbers of that file, in words. Raises RecordError for what is no such file."""
    with _opened(path) as file:
        return str(_meta(path, file)["made_with"])


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The arrays of a file by name. Raises RecordError for whatever is wrong while they are read."""
    with open_arrays(path, path.name, f"{path} cannot be read as beginnings of runs.") as arrays:
        yield arrays


def _meta(path: Path, file: Any) -> dict[str, Any]:
    meta = json.loads(str(file["meta"]))
    if (meta.get("format"), meta.get("version")) != (FORMAT, VERSION):
        raise RecordError(f"{path} is no file of beginnings, version {VERSION}")
    return meta


def _frame(entry: dict[str, Any], file: Any) -> Frame:
    def read(member: str | None) -> np.ndarray | None:
        return None if member is None else file[member]

    levels = tuple(
        FrameLevel(metric=level["metric"], window=level["window"], **{one: read(level[one]) for one in ARRAYS})
        for level in entry["levels"]
    )
    numbers = {one: entry[one] for one in ("step", "latents_seen", "batch_size", "losses", "measures")}
    return Frame(levels=levels, **numbers, **{one: read(entry[one]) for one in PICTURES})
