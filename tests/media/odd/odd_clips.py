"""Odd clips beside what the ffmpeg program shows of them. `python -m tests.media.odd.odd_clips` prints the table."""

from __future__ import annotations

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.media.clips.video import LoadedVideo, load_video
from tests.media.ffmpeg_program import Watched, seen, version
from tests.media.odd.odd_clip_files import CLIPS
from tests.media.odd.odd_clip_making import Odd, make_all
from tests.media.odd.odd_table import REFUSED, Row, markdown

UNIT = "levels of 255"


def rows() -> list[Row]:
    """One a file: the program's frames, ours, and the largest difference of those that both have."""
    make_all(CLIPS)
    files = [case.make() for case in CLIPS]
    ours = [_loaded(data) for data in files]
    wanted = [Watched(data, case.suffix, case.told, case.options) for case, data in zip(CLIPS, files, strict=True)]
    asked = [number for number, case in enumerate(CLIPS) if not (case.refused or case.expected)]
    theirs = dict(zip(asked, seen([wanted[number] for number in asked]), strict=True))
    for number, case in enumerate(CLIPS):
        if case.expected:
            theirs[number] = case.expected()
        elif case.refused:
            theirs[number] = seen([wanted[number]])[0]
    return [_row(case, one, theirs[number]) for number, (case, one) in enumerate(zip(CLIPS, ours, strict=True))]


def _loaded(data: bytes) -> LoadedVideo | str:
    try:
        return load_video(data)
    except MediaError as error:
        return str(error)


def _row(case: Odd, ours: LoadedVideo | str, theirs: np.ndarray | None) -> Row:
    reference = "cannot read it" if theirs is None else _words(theirs.shape) + (f" ({case.by})" if case.by else "")
    if isinstance(ours, str):
        return Row(case.kind, case.name, reference, REFUSED, False, None, case.tolerance, UNIT, (ours,), case.says)
    shape = ours.frames.shape
    rate = f", {ours.frames_per_second:g} a second"
    same = theirs is not None and theirs.shape == shape
    return Row(
        case.kind, case.name, reference, _words(shape) + rate, same, _difference(ours, theirs, case.columns),
        case.tolerance, UNIT, ours.notes, case.says,
    )  # fmt: skip


def _words(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} frames of {shape[2]} x {shape[1]}"


def _difference(ours: LoadedVideo, theirs: np.ndarray | None, columns: tuple[int, int]) -> float | None:
    """Largest, of the frames that both have; None where there are none, or of another size."""
    if theirs is None or theirs.shape[1:] != ours.frames.shape[1:]:
        return None
    common = min(len(ours.frames), len(theirs))
    difference = np.abs(255 * ours.frames[:common] - theirs[:common])[:, :, columns[0] :: columns[1]]
    return float(difference.max()) if common else None


if __name__ == "__main__":
    print(f"{len(CLIPS)} files. The reference is {version()}, where no other is named.\n")
    print(markdown(rows()))
