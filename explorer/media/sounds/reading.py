"""A file of sound -> its samples, by the decoder that knows it best; what is not sure is said in notes.

libsndfile reads files that say exactly what they hold. FFmpeg reads the rest, and is asked where libsndfile gives up,
where the header cannot be true, or where the length is anybody's guess; then the longer decode is taken.
Letters of the shapes: S samples, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.media.sniffing import Kind
from explorer.media.sounds.decoders import SAME_S, SoundRuns, by_ffmpeg, by_libsndfile
from explorer.media.sounds.header_claims import bytes_behind, claimed_bytes, contradiction
from explorer.media.sounds.heard import Heard, Place
from explorer.media.sounds.mpeg_audio import joined_at
from explorer.media.sounds.ogg_pages import OggLinks, ogg_links

MOST_BEHIND = 512  # bytes behind the sound that are not worth a word
MOST_JOINED = 100  # more are read as one file
_DECODERS = {  # in the order in which they are asked
    "soundfile": (by_libsndfile, by_ffmpeg),
    "MP3": (by_ffmpeg, by_libsndfile),
    "ffmpeg": (by_ffmpeg,),
}
_UNMARKED_NOTE = (
    "This file does not mark what its encoder added before and behind the sound: up to some 3,000 samples of near "
    "silence may be in it."
)


@dataclass(frozen=True)
class SoundReading:
    """runs, passed_s: as of SoundRuns. capped: the limit ended them. promised_s: as of SoundRuns, where it is sure."""

    runs: list[tuple[int, np.ndarray]]
    notes: list[str]
    capped: bool
    promised_s: float | None = None
    passed_s: float = 0.0

    @property
    def seconds(self) -> float:
        return self.passed_s + sum(len(samples) / rate for rate, samples in self.runs)


def read_sound(
    data: bytes, kind: Kind, most_seconds: float, from_s: float = 0.0, heard: Heard | None = None
) -> SoundReading:
    """At most `most_seconds` from a second on, and a sample more if there is more; no runs where the sound ends before.

    heard: what is known of this file from earlier readings, and is added to. Raises MediaError where nothing can be
    decoded.
    """
    heard = Heard() if heard is None else heard
    if kind.name == "Ogg":
        links = ogg_links(data)
        no_measure = bool(links.damaged) or not links.ended
        if links.damaged:  # libsndfile plays some of what lies behind them twice
            kind = replace(kind, opener="ffmpeg")
        read = _read_joined(data, kind, (from_s, most_seconds), links.starts, no_measure, heard)
        read.notes[:0] = _ogg_words(links, read.capped)
        return read
    if kind.name == "MP3":
        return _read_joined(data, kind, (from_s, most_seconds), joined_at(data), False, heard)
    claimed = claimed_bytes(data)
    cut = claimed is not None and claimed > len(data)
    read = _read_one(data, kind, (from_s, most_seconds), cut or claimed == 0, Place(heard, 0))
    read.notes.extend(filter(None, [contradiction(data)]))
    if cut and not read.capped:
        read.notes.append(
            f"Cut short: the file has {len(data):,} of the {claimed:,} bytes that its header promises; "
            f"{read.seconds:.2f} s of sound are in them."
        )
    elif claimed != 0 and not read.capped and (behind := bytes_behind(data)) > MOST_BEHIND:
        read.notes.append(
            f"Behind the sound that its header counts lie {behind:,} bytes that it does not explain: if they are "
            "sound, too, it is not read."
        )
    return read


def _read_joined(
    data: bytes, kind: Kind, span: tuple[float, float], starts: tuple[int, ...], no_measure: bool, heard: Heard
) -> SoundReading:
    """Files that were joined one behind another are decoded one by one: no decoder counts them rightly.

    span: how many seconds are passed over, and how many are read then.
    """
    starts = starts if 0 < len(starts) <= MOST_JOINED else (0,)
    runs, notes, capped, failed = [], [], False, None
    (ahead, left), passed = span, 0.0
    for start, stop in pairwise((*starts, len(data))):
        try:
            own = (0.0 if runs else ahead - passed, max(left, 0.0))
            read = _read_one(data[start:stop], kind, own, no_measure, Place(heard, start))
        except MediaError as error:
            failed = failed or error
            continue
        runs += read.runs
        notes += [note for note in read.notes if note not in notes]
        passed += read.passed_s
        left -= read.seconds - read.passed_s
        capped = read.capped
        if capped:  # and not where nothing is left: whether anything follows is known by the sample more
            break
    if not runs and not passed:
        raise failed or MediaError(f"The sound has no samples: there is nothing in it ({kind.name}).")
    if len(starts) == 1:
        return SoundReading(runs, notes, capped, read.promised_s, passed)
    notes.insert(0, f"{len(starts)} files that were joined into one are read one after another.")
    if failed is not None:
        notes.insert(1, "Damaged: some of them cannot be decoded and are left out.")
    return SoundReading(runs, notes, capped, passed_s=passed)


def _read_one(data: bytes, kind: Kind, span: tuple[float, float], no_measure: bool, place: Place) -> SoundReading:
    taken, notes = _decoded(data, kind, span, no_measure, place)
    if taken.unmarked and not taken.capped:
        notes.append(_UNMARKED_NOTE)
    promised = None if no_measure else taken.promised_s
    return SoundReading(_trimmed(taken, kind), notes, taken.capped, promised, taken.passed_s)


def _decoded(
    data: bytes, kind: Kind, span: tuple[float, float], no_measure: bool, place: Place
) -> tuple[SoundRuns, list[str]]:
    """The better of the decodes, and what is to be said of it. no_measure: the header does not tell the length."""
    from_s, most_seconds = span
    tried, refused = [], None
    for decode in _DECODERS[kind.opener if kind.name != "MP3" else "MP3"]:
        try:
            tried.append(decode(data, kind, most_seconds, from_s, place.of(decode.__name__)))
        except MediaError as error:
            refused = refused or error
        if tried and tried[-1].clean and not no_measure:
            break
    some = [one for one in tried if one.seconds > 0 and not 2 * one.damaged > one.packets > 0]
    if not some:
        if any(one.gave_up or one.damaged or one.promised_s for one in tried):
            raise MediaError(
                f"This {kind.name} file is damaged or cut short: no sound can be decoded from it. Choose another file."
            )
        raise refused or MediaError(f"The sound has no samples: there is nothing in it ({kind.name}).")
    longest = max(one.seconds for one in some)
    taken = next(one for one in some if one.seconds > longest - SAME_S)
    return taken, _words(taken, some, no_measure)


def _words(taken: SoundRuns, tried: list[SoundRuns], no_measure: bool) -> list[str]:
    """What is to be said of a decode, beside those of all decoders that were asked."""
    notes, seconds = [], taken.seconds
    if taken.damaged:
        notes.append(f"Damaged: {taken.damaged:,} of {taken.packets:,} packets could not be decoded and are left out.")
    if taken.missing_s and not taken.capped:
        notes.append(f"By its time stamps {taken.missing_s:.2f} s are missing within; what is there is joined.")
    shortest = min(one.seconds for one in tried)
    if taken.short and not no_measure:
        by = "its frames add up to" if taken.counted else "its header promises"
        notes.append(f"Damaged or cut short: {seconds:.2f} s could be decoded, and {by} {taken.promised_s:.2f} s.")
    elif seconds - shortest > SAME_S:
        notes.append(f"Two decoders disagree on its length, {shortest:.2f} and {seconds:.2f} s: the longer is taken.")
    return notes


def _trimmed(taken: SoundRuns, kind: Kind) -> list[tuple[int, np.ndarray]]:
    """Without what the encoder added behind: MP4 says how long the sound is (ISO 14496-12, 8.6.6), FFmpeg goes on."""
    if kind.container != "mov" or len(taken.runs) != 1 or not taken.promised_s or taken.capped:
        return taken.runs
    rate, samples = taken.runs[0]
    length = round((taken.promised_s - taken.passed_s) * rate)
    if not 0 < len(samples) - length < SAME_S * rate:
        return taken.runs
    return [(rate, samples[:length])] if length > 0 else []


def _ogg_words(links: OggLinks, capped: bool) -> list[str]:
    notes = []
    if links.damaged:
        notes.append(f"Damaged: {links.damaged:,} of {links.pages:,} pages fail their checksum and are left out.")
    if not links.ended and not capped:
        notes.append("Cut short: its last page is missing, so how much is lost is not known.")
    return notes
