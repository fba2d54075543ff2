"""A long sound is read from a second on: the samples of an excerpt are those of the whole sound, in every format."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from test_audio import RATE, encode, encode_with_ffmpeg

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.sounds.audio import Excerpt, fit_audio, load_audio

SECONDS, MOST = 5, Limits(audio_seconds=1.5)
TIME = np.arange(SECONDS * RATE)[:, None] / RATE
# No two places of it are alike.
SOUND = (0.6 * np.sin(2 * np.pi * (200 + 60 * TIME) * TIME) * (0.2 + 0.16 * TIME)).astype(np.float32)
ENCODERS = {
    "WAV": partial(encode, SOUND, RATE, "WAV", "PCM_16"),
    "FLAC": partial(encode, SOUND, RATE, "FLAC"),
    "Ogg Vorbis": partial(encode, SOUND, RATE, "OGG", "VORBIS"),
    "Opus": partial(encode, SOUND, RATE, "OGG", "OPUS"),
    "MP3": partial(encode, SOUND, RATE, "MP3"),
    "M4A": partial(encode_with_ffmpeg, SOUND, RATE, "ipod", "aac"),
    "AAC without a length": partial(encode_with_ffmpeg, SOUND, RATE, "adts", "aac"),
    "two MP3 joined": lambda: 2 * encode(SOUND[: 3 * RATE], RATE, "MP3"),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_an_excerpt_is_cut_from_the_whole_sound(name):
    data = ENCODERS[name]()
    whole = load_audio(data)
    rate = whole.sample_rate_hz
    for from_s in (0, 1, 2, 4):
        part = load_audio(data, MOST, from_s=from_s)
        expected = whole.samples[from_s * rate : int((from_s + 1.5) * rate)]
        assert part.sample_rate_hz == rate and np.array_equal(part.samples, expected), from_s
        goes_on = from_s * rate + len(expected) < len(whole.samples)
        found = part.excerpt
        assert (found.from_s, found.goes_on, found.most_s) == (from_s, goes_on, 1.5)  # 2.9999 would lead to second 2
        assert found.to_s == from_s + len(expected) / rate
        if not goes_on:
            assert found.of_s == pytest.approx(whole.seconds)
    assert whole.excerpt is None


def test_what_is_known_of_its_length_and_what_is_said():
    data = ENCODERS["WAV"]()
    middle = load_audio(data, MOST, from_s=2)
    assert middle.excerpt == Excerpt(2.0, 3.5, 5.0, True, 1.5)
    assert middle.notes == (
        "Only 2 to 3.5 s of 5 s are read, as a sound of its own: its first tokens may be others than in the whole, "
        "where something stands before them. Started with --limit seconds=5, the app reads all of it.",
    )
    unknown = load_audio(ENCODERS["AAC without a length"](), MOST, from_s=2).excerpt
    assert unknown.of_s is None and unknown.goes_on
    assert fit_audio(middle, 4000, 1, 1, 1).excerpt == middle.excerpt


def test_two_hours_of_beginning_do_not_shift_the_rest():
    """Blocks of 65,536 samples whose seconds are no floats are added up without losing one."""
    rate = 1_000
    counted = np.arange(7_300 * rate, dtype=np.int64)
    data = encode((counted % 30_011).astype(np.int16)[:, None], rate, "WAV", "PCM_16")
    part = load_audio(data, Limits(audio_seconds=1, upload_bytes=2**30), from_s=7_201)
    assert np.array_equal(np.rint(part.samples[:, 0] * 32768), counted[7_201_000:7_202_000] % 30_011)


@pytest.mark.parametrize("name", ENCODERS)
def test_behind_the_end_there_is_nothing(name):
    with pytest.raises(MediaError, match=r"The sound ends after [56]\.?\d* s: nothing stands where"):
        load_audio(ENCODERS[name](), MOST, from_s=60)


def test_files_of_other_rates_that_are_joined_lose_nothing_where_an_excerpt_begins():
    """A cut that is rounded in one file once took all but the last samples of a block of the next."""
    ogg = partial(encode, file_format="OGG", subtype="VORBIS")
    last = ogg(np.tile(SOUND, (6, 1))[:192_000], 48_000)  # 4 s
    for k in range(1, 12, 2):
        begin, middle = 12_000 + 3 * k, 44_100 + 7 * k
        data = ogg(SOUND[:begin], 8_000) + ogg(np.tile(SOUND, (2, 1))[:middle], 22_050) + last
        part = load_audio(data, from_s=3)
        assert part.sample_rate_hz == 22_050
        assert part.seconds == pytest.approx(begin / 8_000 + middle / 22_050 + 4 - 3, abs=1.5 / 22_050)


def test_a_joined_file_that_fills_the_time_is_not_taken_for_all():
    data = 2 * encode(SOUND[: 3 * RATE], RATE, "OGG", "VORBIS")
    for from_s, goes_on in ((0, True), (3, False)):
        part = load_audio(data, Limits(audio_seconds=3), from_s=from_s)
        assert len(part.samples) == 3 * RATE
        assert part.excerpt == Excerpt(from_s, from_s + 3, None if goes_on else 6, goes_on, 3)
    assert load_audio(data, Limits(audio_seconds=6)).excerpt is None


@pytest.mark.parametrize("behind", [0, 0.01])
def test_of_m4a_what_its_encoder_added_behind_is_no_excerpt(behind):
    """What was left of the padding were no samples at all, or some of it."""
    data = ENCODERS["M4A"]()
    end = load_audio(data).seconds
    with pytest.raises(MediaError, match=r"The sound ends after 5\.[12]\d* s: nothing stands where"):
        load_audio(data, MOST, from_s=end + behind)


def test_hours_and_shortened_times_are_told_as_they_are():
    data = encode(np.zeros((12_345_000, 1), np.int16) + 1, 1_000, "WAV", "PCM_16")
    assert load_audio(data, MOST, from_s=9_000).notes[0].startswith("Only 9,000 to 9,001.5 s of 12,345 s are read, as")
    with pytest.raises(MediaError, match="The sound ends after 12,345 s"):
        load_audio(data, MOST, from_s=20_000)
    dense = load_audio(encode(np.zeros((768_000, 8), np.int16) + 1, 384_000, "WAV", "PCM_16"), MOST, from_s=1)
    assert dense.excerpt == Excerpt(1, 1.75, 2, True, 0.75)
