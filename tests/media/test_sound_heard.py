"""What was decoded of a long sound without a fault is passed over the next time, and the samples stay the very same."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import soundfile
from ffmpeg_program import require, sound_files
from test_audio import encode, encode_with_ffmpeg

from explorer.foundation.config import Limits
from explorer.media.sounds import decoders
from explorer.media.sounds.audio import load_audio
from explorer.media.sounds.heard import Heard, Mark, Marks

RATE, SECONDS, MOST = 16_000, 24, Limits(audio_seconds=1.5)
TIME = np.arange(SECONDS * RATE) / RATE
# Never twice the same, with silence in the middle: there an encoder saves bits that later frames borrow.
SOUND = 0.4 * np.sin(2 * np.pi * (200 + 20 * TIME) * TIME) + 0.2 * np.random.default_rng(0).normal(size=len(TIME))
SOUND = (SOUND * (np.abs(TIME - 12) > 0.5)).clip(-1, 1).astype(np.float32)[:, None]


def by_the_program(suffix: str, *options: str) -> bytes:
    """The sound as the ffmpeg program writes it: the package av has no encoder of Vorbis."""
    require()
    return sound_files(SOUND, RATE, [(suffix, options)])[0]


SOUGHT = {
    "WAV": partial(encode, SOUND, RATE, "WAV", "PCM_16"),
    "float AIFF": partial(encode, SOUND, RATE, "AIFF", "FLOAT"),
    "FLAC": partial(encode, SOUND, RATE, "FLAC"),
    "Ogg Vorbis": partial(encode, SOUND, RATE, "OGG", "VORBIS"),
    "MP3": partial(encode_with_ffmpeg, SOUND, RATE, "mp3", "libmp3lame"),
    "MP3 in Matroska": partial(encode_with_ffmpeg, SOUND, RATE, "matroska", "libmp3lame"),
    "Vorbis in WebM": partial(by_the_program, ".webm", "-c:a", "libvorbis"),
    "WavPack": partial(by_the_program, ".wv"),
    "ALAC": partial(encode_with_ffmpeg, SOUND, RATE, "ipod", "alac"),
    "MP3 of few bits": partial(by_the_program, ".mp3", "-ar", "24000", "-b:a", "8k"),
    "FLAC in Matroska": partial(by_the_program, ".mkv", "-c:a", "flac"),
    "PCM in QuickTime": partial(encode_with_ffmpeg, SOUND, RATE, "mov", "pcm_s16le"),
    "two MP3 joined": lambda: 2 * encode_with_ffmpeg(SOUND[: 12 * RATE], RATE, "mp3", "libmp3lame"),
}
FROM_THE_BEGINNING = {
    "M4A": partial(encode_with_ffmpeg, SOUND, RATE, "ipod", "aac"),
    "Opus": partial(encode, SOUND, RATE, "OGG", "OPUS"),
    "MS ADPCM": partial(encode, SOUND, RATE, "WAV", "MS_ADPCM"),
}


@pytest.fixture
def decoded(monkeypatch):
    """How many samples were decoded, by either decoder; frames that FFmpeg only warms up with are not looked at."""
    many, read, floats = [0], soundfile.SoundFile.read, decoders.floats_of

    def counted(result):
        many[0] += len(result)
        return result

    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *args, **options: counted(read(*args, **options)))
    monkeypatch.setattr(decoders, "floats_of", lambda frame: counted(floats(frame)))
    return many


def parts(data: bytes, seconds: tuple[float, ...], heard: Heard | None, decoded: list[int]) -> tuple[list, int]:
    """What is read from those seconds on, and how many samples were decoded for it."""
    decoded[0] = 0
    found = [load_audio(data, MOST, from_s=from_s, heard=heard) for from_s in seconds]
    return found, decoded[0]


def check_same(found: list, expected: list) -> None:
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one.samples, other.samples) and one.excerpt == other.excerpt
        assert (one.notes, one.sample_rate_hz) == (other.notes, other.sample_rate_hz)


@pytest.mark.parametrize("name", SOUGHT)
def test_it_goes_on_where_it_was_and_back_with_the_very_samples(name, decoded):
    data, heard = SOUGHT[name](), Heard()
    seconds = (22.0, 1.0, 7.25, 12.1, 17.0, 20.0, 22.4)
    whole, _ = parts(data, seconds, None, decoded)
    check_same(parts(data, seconds[:1], heard, decoded)[0], whole[:1])
    found, short = parts(data, seconds[1:], heard, decoded)
    check_same(found, whole[1:])
    from_the_beginning = RATE * sum(one + MOST.audio_seconds for one in seconds[1:])
    assert (
        short < from_the_beginning / 1.5 or name == "two MP3 joined"
    )  # a block of 4 s and a mark of 2.3 s are much of 24 s


@pytest.mark.parametrize("name", FROM_THE_BEGINNING)
def test_what_cannot_be_sought_exactly_is_decoded_from_the_beginning(name, decoded):
    data, heard = FROM_THE_BEGINNING[name](), Heard()
    parts(data, (20.0,), heard, decoded)
    (whole, long), (found, short) = (parts(data, (5.0, 20.0), one, decoded) for one in (None, heard))
    check_same(found, whole)
    assert short == long


@pytest.mark.parametrize("name", ["FLAC", "Ogg Vorbis", "MP3"])
def test_what_nobody_decoded_yet_is_not_passed_over(name, decoded):
    data = SOUGHT[name]()
    _, long = parts(data, (20.0,), None, decoded)
    _, first = parts(data, (20.0,), Heard(), decoded)
    assert first == long >= 20 * RATE


@pytest.mark.parametrize("name", ["FLAC", "Ogg Vorbis", "MP3", "Vorbis in WebM"])
def test_a_fault_on_the_way_is_told_and_shifts_the_rest_whether_it_was_heard_before_or_not(name, decoded):
    data = bytearray(SOUGHT[name]())
    for at in range(len(data) // 2, len(data) // 2 + 400):  # about at second 12
        data[at] ^= 0x5A
    data, heard = bytes(data), Heard()
    seconds = (1.0, 5.0, 9.0, 13.0, 16.0, 19.0)
    whole, _ = parts(data, seconds, None, decoded)
    for _ in range(2):
        check_same(parts(data, seconds, heard, decoded)[0], whole)
    assert name == "Vorbis in WebM" or any(
        "amaged" in note or "disagree" in note for one in whole[3:] for note in one.notes
    )


def test_the_length_that_is_counted_does_not_change_behind_the_end(decoded):
    data, heard = SOUGHT["MP3"](), Heard()
    (end,) = parts(data, (22.6,), heard, decoded)[0]
    again = load_audio(data, MOST, from_s=23.5, heard=heard)
    assert not end.excerpt.goes_on and again.excerpt.of_s == end.excerpt.of_s
    assert np.array_equal(end.samples[round(0.9 * RATE) :], again.samples)


def test_marks_are_a_second_apart_between_packets_and_end_where_another_rate_begins():
    marks = Marks(None)
    for frame in range(50):  # two frames a packet of 0.2 s
        marks.add(1 + frame // 2, 10 if frame < 30 else 20, 1)
    assert marks.found == [Mark(10, 10, 5), Mark(10, 20, 10)]
    more = Marks(Mark(10, 20, 10))
    for frame in range(20, 50):
        more.add(1 + frame // 2, 10, 1)
    assert more.found == [Mark(10, 30, 15), Mark(10, 40, 20)]
