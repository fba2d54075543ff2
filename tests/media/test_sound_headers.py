"""What headers of sound say, against slow and plain counting, and what bounds the work on one file."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from explorer.foundation.errors import MediaError
from explorer.media.clips import containers
from explorer.media.sniffing import kind_of
from explorer.media.sounds import decoders as sound_decoders
from explorer.media.sounds.audio import load_audio
from explorer.media.sounds.header_claims import bytes_behind, claimed_bytes
from explorer.media.sounds.mpeg_audio import after_id3, counted_seconds, first_frame, joined_at, states_its_length
from explorer.media.sounds.ogg_pages import ogg_links
from tests.media import ffmpeg_program
from tests.media.odd.odd_sound_files import MP3, NO_XING, RATE, tone

RNG = np.random.default_rng(0)
UNMARKED = (
    "This file does not mark what its encoder added before and behind the sound: up to some 3,000 samples of near "
    "silence may be in it."
)


def encoded(file_format: str, subtype: str, rate: int = 24_000, channels: int = 1, seconds: float = 2.0) -> bytes:
    buffer = io.BytesIO()
    time = np.arange(round(seconds * rate))[:, None] / rate
    samples = 0.4 * np.sin(2 * np.pi * 300 * time * (1 + 0.1 * np.arange(channels)))
    soundfile.write(buffer, samples, rate, format=file_format, subtype=subtype)
    return buffer.getvalue()


def crc_bit_by_bit(page: bytes) -> int:
    """RFC 3533, section 6, as it is written there."""
    value = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value


def test_pages_of_ogg_are_checked_as_the_rfc_says():
    data = encoded("OGG", "VORBIS", seconds=4.0)
    links = ogg_links(data)
    starts = [at for at in range(len(data)) if data[at : at + 4] == b"OggS"]
    assert (links.starts, links.pages, links.damaged, links.ended) == ((0,), len(starts), 0, True) and len(starts) > 3
    for start, stop in zip(starts, [*starts[1:], len(data)], strict=True):
        assert crc_bit_by_bit(data[start:stop]) == int.from_bytes(data[start + 22 : start + 26], "little")
    for place in RNG.integers(starts[2] + 60, starts[3], 20):
        damaged = bytearray(data)
        damaged[place] ^= 1 << RNG.integers(8)
        assert ogg_links(bytes(damaged)).damaged == 1
    assert ogg_links(data + data).starts == (0, len(data)) and not ogg_links(data[:-1]).ended


@pytest.mark.parametrize(
    ("rate", "channels"), [(48_000, 2), (44_100, 1), (32_000, 1), (24_000, 2), (16_000, 1), (8_000, 1)]
)
def test_frames_of_mp3_are_counted_as_another_reader_counts_them(rate, channels):
    data = encoded("MP3", "MPEG_LAYER_III", rate, channels)
    frames = counted_seconds(data) * rate / (1152 if rate >= 32_000 else 576)
    assert frames == pytest.approx(round(frames), abs=1e-6) and states_its_length(data)
    number = data.index(b"Xing" if b"Xing" in data[:200] else b"Info") + 8  # behind the flags: how many frames follow
    assert round(frames) == int.from_bytes(data[number : number + 4], "big") + 1
    assert joined_at(data) == (0,) and joined_at(data + data) == (0, len(data))


def test_tags_before_a_sound_are_passed_over():
    mp3, tag = encoded("MP3", "MPEG_LAYER_III"), b"ID3\4\0\0\0\0\1\x10" + bytes(144)
    assert after_id3(tag + tag + mp3) == 2 * len(tag) and first_frame(tag + mp3, len(tag)) == len(tag)
    for file_format, subtype in (("FLAC", "PCM_16"), ("WAV", "PCM_16"), ("MP3", "MPEG_LAYER_III")):
        assert kind_of(tag + encoded(file_format, subtype)).name == file_format
    assert kind_of("\ufeffa letter of some length, in sixteen bits".encode("utf-16-le")) is None


@pytest.mark.parametrize("file_format", ["WAV", "RF64", "W64", "AIFF", "AU", "CAF"])
def test_a_header_claims_the_bytes_there_are(file_format):
    data = encoded(file_format, "PCM_16")
    claimed = claimed_bytes(data)
    assert claimed is not None and len(data) - 8 <= claimed <= len(data) and bytes_behind(data) == 0


def test_work_on_one_file_ends(monkeypatch):
    frames = b"#!AMR\n" + 20 * (bytes([0x3C]) + bytes(31))
    assert load_audio(frames).seconds == 0.4
    monkeypatch.setattr(containers, "MOST_SECONDS", -1.0)
    with pytest.raises(MediaError, match=r"took more than -1 s to decode"):
        load_audio(frames)


def test_many_channels_at_a_high_rate_are_read_for_a_shorter_time(monkeypatch):
    monkeypatch.setattr(sound_decoders, "MOST_VALUES_A_SECOND", 24_000)
    loaded = load_audio(encoded("WAV", "PCM_16", channels=4, seconds=10.0))
    assert loaded.samples.shape == (7.5 * 24_000, 4) and "Only the first 7.5 s of 10 s are read." in loaded.notes[0]


def uneven(seconds: float) -> np.ndarray:
    """Half a second of noise, then a quiet tone: at a variable rate the first frames say nothing of the others."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (RATE // 2, 1))
    return np.concatenate([noise, 0.01 * tone(seconds - 0.5)]).astype(np.float32)


def placed(samples: np.ndarray, sound: np.ndarray) -> tuple[int, float]:
    """Where in (S, 1) the sound lies best, and the correlation there."""
    size = 1 << (len(samples) + len(sound)).bit_length()
    products = np.fft.irfft(np.fft.rfft(samples[:, 0], size) * np.conj(np.fft.rfft(sound[:, 0], size)))
    at = int(products[: len(samples)].argmax())
    there = samples[at : at + len(sound), 0]
    return at, float(np.corrcoef(there, sound[: len(there), 0])[0, 1])


def test_twenty_seconds_of_mp3_stay_twenty_seconds():
    """libsndfile guesses from the first frames: it reads 2.7 s of these 20, and 3.1 s of the two that were joined."""
    ffmpeg_program.require()
    variable = ("-q:a", "0")
    whole = ffmpeg_program.sound_files(uneven(20.0), RATE, [(".mp3", (*NO_XING, *variable))])[0]
    files = [(".mp3", (*options, *variable)) for options in (MP3, NO_XING)]
    marked, bare = ffmpeg_program.sound_files(uneven(10.0), RATE, files)
    alone = load_audio(whole)
    assert 0 <= len(alone.samples) - 20 * RATE <= 3000 and alone.notes == (UNMARKED,)
    at, alike = placed(alone.samples, uneven(20.0))
    assert at == 1105 and alike > 0.9  # LAME's and the decoder's delay; the noise above 11 kHz is cut
    joined, ten = load_audio(2 * marked), load_audio(marked)
    assert ten.samples.shape == (10 * RATE, 1) and ten.notes == ()
    assert np.array_equal(joined.samples, np.concatenate([ten.samples, ten.samples]))  # 20.0 s to the sample
    assert joined.notes == ("2 files that were joined into one are read one after another.",)
    both, one = load_audio(2 * bare).samples, load_audio(bare).samples
    assert 0 <= len(one) - 10 * RATE <= 3000 and len(both) == 2 * len(one)
    np.testing.assert_allclose(both[len(one) + 2304 :], one[2304:], atol=1e-5)  # behind what two frames have in common


def test_an_aac_that_is_named_wav_is_read_whole(tmp_path):
    ffmpeg_program.require()
    (tmp_path / "a.wav").write_bytes(ffmpeg_program.sound_files(tone(1.0), RATE, [(".aac", ())])[0])
    loaded = load_audio(tmp_path / "a.wav")
    assert loaded.sample_rate_hz == RATE and loaded.notes == (UNMARKED,)
    at, alike = placed(loaded.samples, tone(1.0))
    assert at == 1024 and alike > 0.99  # FFmpeg's encoder puts one frame before the sound
    assert 0 <= len(loaded.samples) - at - 24_000 < 1024
