"""What a run begins with, from a file that ships, so that a page of the lab shows it before there is a run.

`python -m explorer.pages.lab.beginnings` makes the file again: step 0 of the first run, of every preset, and of every
run that a chapter opens. A run of other settings has none there, and its page waits for the run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np

from explorer.foundation.cards import surely_cpu
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError
from explorer.foundation.files import write_atomically
from explorer.joints.files.beginnings import beginnings_bytes, read_beginning
from explorer.joints.frame import Frame
from explorer.lab.controls import RESTARTING
from explorer.lab.plane import fit_plane
from explorer.lab.preset import Preset
from explorer.lab.presets import PRESETS, preset
from explorer.lab.settings import LabSettings
from explorer.learn.tour import CHAPTERS
from explorer.pages.lab.link import LinkedRun, linked_run
from explorer.views.lab.payload import frame_payload

LARGEST_BYTES = 200_000  # of a frame's arrays; one of latents of 256 dimensions has half a million
_log = logging.getLogger(__name__)


def beginnings_file() -> Path:
    """Where the file lies."""
    return settings().assets / "lab" / "beginnings.npz"


def first_sight(run: LinkedRun) -> dict[str, Any] | None:
    """What a page shows of a run that is still being opened, as an answer to a pull begins: the settings and the frame
    of each side. None where the file has not all of them, or the run may be one of a GPU, which draws other numbers."""
    if not surely_cpu(settings().device):
        return None
    try:
        frames = [read_beginning(beginnings_file(), side.to_json()) for side in sides_of(run)]
    except ExplorerError as error:
        _log.warning("%s", error)
        return None
    if any(frame is None for frame in frames):
        return None
    return {
        "settings": [asdict(side) for side in sides_of(run)],
        "sides": [{"frame": frame_payload(frame, 0, plane_of(frame))} for frame in frames if frame is not None],
    }


def sides_of(run: LinkedRun) -> list[LabSettings]:
    """The settings with which each side of a linked run begins: mended ones only where mending begins it anew."""
    first = run.settings
    if run.mended and run.preset and begins_anew(preset(run.preset)):
        first = first.changed(preset(run.preset).mend.changes)
    return [first, first.changed(run.other)] if run.other else [first]


def begins_anew(chosen: Preset) -> bool:
    """Whether the run of a preset begins anew when it is mended."""
    return bool(RESTARTING & set(chosen.mend.changes))


def plane_of(frame: Frame) -> Any:
    """The plane of its first level, as a run fits it on what it begins with."""
    shown = frame.levels[0]
    return fit_plane(np.concatenate([shown.z_e, shown.vectors]), frame.step)


def all_settings() -> Iterator[LabSettings]:
    """Of every side of the first run, of the presets and of the chapters' runs; each once."""
    of_chapters = [
        step["query"]
        for chapter in CHAPTERS
        for step in chapter.as_json()["steps"]
        if step["page"] == "lab" and step["query"] is not None
    ]
    queries = ["", *(f"preset={id}" for id in PRESETS), *of_chapters]
    runs = [linked_run(dict(parse_qsl(query, keep_blank_values=True))) for query in queries]
    yield from {side.to_json(): side for run in runs for side in sides_of(run)}.values()


def compute_beginning(side: LabSettings) -> Frame:
    """The frame with which a run of these settings begins, as the lab computes it."""
    from explorer.foundation.device import pick_device  # torch, which the server itself goes without
    from explorer.lab.side import LabSide

    return LabSide(side, pick_device("cpu")).newest


def main() -> None:
    from explorer.foundation.device import rounding, use_one_thread  # as above

    use_one_thread()  # as every run
    frames = {side.to_json(): compute_beginning(side) for side in all_settings()}
    kept = {name: frame for name, frame in frames.items() if sum(one.nbytes for one in frame.levels) <= LARGEST_BYTES}
    data = beginnings_bytes(kept, rounding())
    beginnings_file().parent.mkdir(exist_ok=True)
    write_atomically(beginnings_file(), data)
    print(f"{len(kept)} of {len(frames)} beginnings, {len(data):,} bytes")


if __name__ == "__main__":
    main()
