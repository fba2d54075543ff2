"""Odd files of sound beside what the ffmpeg program hears. `python -m tests.media.odd.odd_sounds` prints the table."""

from __future__ import annotations

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.media.sounds.audio import LoadedAudio, fit_audio, load_audio
from tests.media.ffmpeg_program import Heard, Wanted, heard, version
from tests.media.odd.odd_sound_files import EXACT, SOUNDS, Odd, make_all
from tests.media.odd.odd_table import REFUSED, Row, markdown

BLOCK = 2048  # the longest of Vorbis at this rate


def rows() -> list[Row]:
    """One a file: the program's samples, ours, and the largest difference where both have some."""
    make_all(SOUNDS)
    files = [case.make() for case in SOUNDS]
    ours = [_loaded(data) for data in files]
    wanted = [
        Wanted(case.of() if case.of else data, case.told, getattr(one, "sample_rate_hz", 0), case.until_s)
        for case, data, one in zip(SOUNDS, files, ours, strict=True)
    ]
    read = [number for number, one in enumerate(ours) if isinstance(one, LoadedAudio)]
    theirs = dict(zip(read, heard([wanted[number] for number in read]), strict=True))
    for number in set(range(len(SOUNDS))) - set(read):  # most of these end the program, and others with them
        theirs[number] = heard([wanted[number]])[0]
    return [_row(case, one, theirs[number]) for number, (case, one) in enumerate(zip(SOUNDS, ours, strict=True))]


def _loaded(data: bytes) -> LoadedAudio | str:
    try:
        return load_audio(data)
    except MediaError as error:
        return str(error)


def _as_it_must_sound(case: Odd, ours: LoadedAudio | str, theirs: Heard | None) -> Heard | None:
    if theirs is None or isinstance(ours, str):
        return theirs
    samples = case.heard_as(theirs.samples) if case.heard_as else theirs.samples
    return Heard(_without_a_gap(samples, ours.samples, case) if case.gap else samples, theirs.rate_hz)


def _without_a_gap(whole: np.ndarray, ours: np.ndarray, case: Odd) -> np.ndarray:
    """The whole sound without what is missing in ours, where ours first differs; NaN for a block behind it, in which
    a lossy decoder has not both halves of what it adds up."""
    missing, common = len(whole) - len(ours), min(len(whole), len(ours))
    if not 0 < missing <= case.gap:
        return whole
    differs = (np.abs(whole[:common] - ours[:common]) > case.tolerance).any(1)
    at = int(differs.argmax()) if differs.any() else common
    left = np.concatenate([whole[:at], whole[at + missing :]])
    if case.tolerance > EXACT:
        left[at : at + BLOCK] = np.nan
    return left


def _row(case: Odd, ours: LoadedAudio | str, theirs: Heard | None) -> Row:
    theirs = _as_it_must_sound(case, ours, theirs)
    reference = _words(theirs.samples, theirs.rate_hz) if theirs else "cannot read it"
    if case.length:
        reference += f"; {case.length:,} went in"
    if isinstance(ours, str):
        return Row(
            case.kind, case.name, reference, REFUSED, False, None, case.tolerance, "of full scale", (ours,), case.says
        )
    return Row(
        case.kind,
        case.name,
        reference,
        _words(ours.samples, ours.sample_rate_hz),
        theirs is not None and (case.length or len(theirs.samples)) == len(ours.samples),
        _difference(ours, theirs),
        case.tolerance,
        "of full scale",
        fit_audio(ours, ours.sample_rate_hz, 1, 1, 1).notes if case.mono else ours.notes,
        case.says,
    )


def _words(samples: np.ndarray, rate_hz: int) -> str:
    channels = f", {samples.shape[1]} channels" if samples.shape[1] > 1 else ""
    return f"{len(samples):,} samples at {rate_hz:,} Hz{channels}"


def _difference(ours: LoadedAudio, theirs: Heard | None) -> float | None:
    """Largest of the samples that both have; None where the program has none, or other channels."""
    if theirs is None or theirs.samples.shape[1] != ours.samples.shape[1]:
        return None
    common = min(len(ours.samples), len(theirs.samples))
    return float(np.nanmax(np.abs(ours.samples[:common] - theirs.samples[:common]))) if common else None


if __name__ == "__main__":
    print(f"{len(SOUNDS)} files. The reference is {version()}, which decodes each to float samples.\n")
    print(markdown(rows()))
