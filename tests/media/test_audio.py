"""Sounds of every kind go in and come out as a person expects, or are refused in one plain line."""

from __future__ import annotations

import io
import struct

import av
import numpy as np
import pytest
import soundfile

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.sounds.audio import LoadedAudio, fit_audio, load_audio, wav_bytes

RNG = np.random.default_rng(0)
RATE = 8_000
NOISE = RNG.uniform(-0.9, 0.9, (1000, 2)).astype(np.float32)  # (S, C)


def tone(hertz: float, seconds: float, rate: int) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)[:, None]


def encode(samples: np.ndarray, rate: int, file_format: str, subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=file_format, subtype=subtype)
    return buffer.getvalue()


def encode_with_ffmpeg(samples: np.ndarray, rate: int, container: str, codec: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono" if samples.shape[1] == 1 else "stereo")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), "fltp", stream.layout.name)
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return buffer.getvalue()


def refusal(source, limits: Limits | None = None, **options) -> str:
    """The one line that a refused sound gives."""
    with pytest.raises(MediaError) as caught:
        load_audio(source, limits or Limits(), **options)
    message = str(caught.value)
    assert message and "\n" not in message and "Traceback" not in message and len(message) < 300
    return message


@pytest.mark.parametrize(
    ("file_format", "subtype", "step"),
    [
        ("WAV", "FLOAT", 0),
        ("WAV", "PCM_16", 2**-15),
        ("WAV", "PCM_24", 2**-23),
        ("FLAC", "PCM_24", 2**-23),
        ("AIFF", "PCM_16", 2**-15),
        ("RF64", "PCM_16", 2**-15),
        ("WAV", "PCM_U8", 2**-7),
    ],
)
def test_lossless_files_give_the_samples_to_their_own_step(file_format, subtype, step):
    loaded = load_audio(encode(NOISE, RATE, file_format, subtype))
    assert loaded.sample_rate_hz == RATE and loaded.samples.dtype == np.float32 and loaded.notes == ()
    np.testing.assert_allclose(loaded.samples, NOISE, atol=1.01 * step + 1e-9)


@pytest.mark.parametrize(("file_format", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")])
def test_lossy_files_are_what_another_decoder_makes_of_them(file_format, subtype):
    file = encode(tone(440, 0.5, 24_000), 24_000, file_format, subtype)
    expected, rate = soundfile.read(io.BytesIO(file), dtype="float32", always_2d=True)
    loaded = load_audio(file)
    np.testing.assert_allclose(loaded.samples, expected, atol=1e-5)  # of FFmpeg and libmpg123; a third of 16 bits' step
    assert loaded.sample_rate_hz == rate


@pytest.mark.parametrize(
    ("container", "codec"), [("ipod", "aac"), ("mp4", "aac"), ("adts", "aac"), ("webm", "libopus")]
)
def test_the_sound_of_other_containers_is_read_by_ffmpeg(container, codec):
    sent = tone(440, 0.5, 48_000)
    loaded = load_audio(encode_with_ffmpeg(sent, 48_000, container, codec))
    assert loaded.sample_rate_hz == 48_000 and loaded.samples.shape[1] == 1
    assert abs(len(loaded.samples) - len(sent)) <= 2 * 1024 + 48
    spectrum = np.abs(np.fft.rfft(loaded.samples[:, 0]))
    assert abs(spectrum.argmax() * 48_000 / len(loaded.samples) - 440) < 4


def test_a_path_its_text_and_its_bytes_are_the_same(tmp_path):
    path = tmp_path / "picture.png"  # names may lie
    path.write_bytes(encode(NOISE, RATE, "WAV", "FLOAT"))
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
        np.testing.assert_array_equal(load_audio(source).samples, NOISE)


def test_wav_bytes_round_trip_is_exact_at_16_bits():
    whole = np.round(NOISE * 32768) / np.float32(32768)
    loaded = load_audio(wav_bytes(whole, 44_100))
    np.testing.assert_array_equal(loaded.samples, whole.astype(np.float32))
    assert loaded.sample_rate_hz == 44_100
    loud = load_audio(wav_bytes(np.array([2.0, -2.0, 1.0, -1.0]), 8_000)).samples[:, 0]
    np.testing.assert_array_equal(loud, np.float32([32767, -32768, 32767, -32768]) / 32768)


@pytest.mark.parametrize("samples", [np.zeros((2, 3, 4)), np.zeros((0, 1)), np.array([0.1, np.nan])])
def test_what_cannot_be_written_is_refused(samples):
    with pytest.raises(MediaError, match="sound"):
        wav_bytes(samples, 8_000)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([0.25, -0.5]), [[0.25], [-0.5]]),
        (np.array([[16384, -32768]], np.int16), [[0.5, -1.0]]),
        (np.array([2**30], np.int32), [[0.5]]),
        (np.array([[3.0], [-1.5]]), [[1.0], [-0.5]]),  # louder than full scale
    ],
)
def test_arrays(array, expected):
    loaded = load_audio(array, sample_rate_hz=RATE)
    np.testing.assert_allclose(loaded.samples, expected, atol=1e-6)
    assert bool(loaded.notes) == (np.abs(array).max() == 3)


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (np.zeros((2, 44_100)), "channels last"),
        (np.zeros((2, 2, 2)), "(2, 2, 2)"),
        (np.zeros(0), "nothing in it"),
        (np.array([np.nan, 0]), "NaN"),
        (np.array([np.inf, 0]), "infinite"),
        (np.zeros(4, np.uint8), "uint8"),
        (np.zeros(4, complex), "complex"),
    ],
)
def test_arrays_that_are_not_sounds(array, word):
    assert word in refusal(array, sample_rate_hz=RATE)


def test_an_array_needs_its_rate_and_a_rate_must_be_possible():
    assert "sample rate" in refusal(np.zeros(4))
    assert "999" in refusal(np.zeros(4), sample_rate_hz=999)
    assert "1,000,000" in refusal(np.zeros(4), sample_rate_hz=1_000_000)


def test_a_long_sound_is_cut_and_said():
    loaded = load_audio(encode(tone(100, 2.5, RATE), RATE, "WAV"), Limits(audio_seconds=1.5))
    assert len(loaded.samples) == 12_000 and loaded.seconds == 1.5
    assert loaded.notes == (
        "Only the first 1.5 s of 2.5 s are read. Started with --limit seconds=3, the app reads all of it.",
    )
    assert load_audio(tone(100, 1.5, RATE), Limits(audio_seconds=1.5), RATE).notes == ()
    for rate in (8_000, 16_000, 44_100):  # of blocks whose seconds are no floats, none is a sample short
        long = load_audio(encode(tone(100, 31, rate), rate, "FLAC"))
        assert len(long.samples) == 30 * rate and "Only the first 30 s of 31 s are read." in long.notes[0]


def test_files_that_are_empty_too_large_or_not_there(tmp_path):
    (tmp_path / "empty.wav").touch()
    assert "0 bytes" in refusal(tmp_path / "empty.wav") and "0 bytes" in refusal(b"")
    assert "cap of" in refusal(encode(NOISE, RATE, "WAV"), Limits(upload_bytes=100))
    assert "no file" in refusal(tmp_path / "none.wav") and "not a file" in refusal("/dev/zero")
    assert "Download the sound" in refusal("https://example.org/a.wav") and "NoneType" in refusal(None)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"hello, this is a letter", "not a sound"),
        (bytes(200), "not a sound"),
        (b"%PDF-1.7", "not a sound"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a picture"),
        (b"#EXTM3U\nhttp://example.org/a.ts", "not a sound"),
    ],
)
def test_what_is_not_a_sound_is_named(content, word):
    assert word in refusal(content)


@pytest.mark.parametrize("file_format", ["WAV", "AIFF", "FLAC"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_of_a_truncated_file_what_is_there_is_read_and_said(file_format, share):
    samples = RNG.uniform(-0.9, 0.9, 20_000)
    whole = encode(samples, RATE, file_format, "PCM_16")
    loaded = load_audio(whole[: int(len(whole) * share)])
    there = len(loaded.samples)
    assert (share - 0.2 if file_format == "FLAC" else share - 0.01) * 20_000 < there <= share * 20_000
    np.testing.assert_allclose(loaded.samples[:, 0], samples[:there], atol=1.01 * 2**-15)
    said = loaded.notes[-1]
    if file_format == "FLAC":
        assert said == f"Damaged or cut short: {there / RATE:.2f} s could be decoded, and its header promises 2.50 s."
    else:
        assert said == (
            f"Cut short: the file has {int(len(whole) * share):,} of the {len(whole):,} bytes that its header "
            f"promises; {there / RATE:.2f} s of sound are in them."
        )


@pytest.mark.parametrize("file_format", ["WAV", "AIFF", "FLAC"])
def test_a_file_of_half_a_header_is_damaged(file_format):
    whole = encode(RNG.uniform(-0.9, 0.9, 20_000), RATE, file_format, "PCM_16")
    assert "damaged or cut short" in refusal(whole[:20])


@pytest.mark.parametrize("container", ["ipod", "webm"])
def test_a_truncated_container_says_so(container):
    whole = encode_with_ffmpeg(tone(440, 1, 48_000), 48_000, container, "aac" if container == "ipod" else "libopus")
    assert "damaged or cut short" in refusal(whole[:40])


def test_nan_in_a_float_wav_is_refused():
    assert "NaN" in refusal(encode(np.array([0, np.nan], np.float32), RATE, "WAV", "FLOAT"))


def test_a_header_that_claims_too_much():
    file = bytearray(encode(NOISE, RATE, "WAV", "PCM_16"))
    file[24:28] = struct.pack("<I", 4_000_000)  # RIFF WAVE: samples a second
    assert "4,000,000" in refusal(bytes(file))
    assert "9 channels" in refusal(encode(np.zeros((10, 9)), RATE, "WAV"))


def test_random_damage_never_gives_anything_but_a_sound_or_a_line():
    short = tone(440, 0.3, 24_000)
    originals = [encode(short, 24_000, name) for name in ("WAV", "FLAC", "OGG", "MP3", "AIFF")]
    originals.append(encode_with_ffmpeg(short, 24_000, "ipod", "aac"))
    outcomes = set()
    for trial in range(120):
        file = bytearray(originals[trial % len(originals)])
        for place in (*RNG.integers(0, len(file), 6), RNG.integers(0, 60)):
            file[place] = RNG.integers(256)
        try:
            outcomes.add(type(load_audio(bytes(file))))
        except MediaError as error:
            outcomes.add(MediaError)
            assert "\n" not in str(error)
    assert outcomes == {LoadedAudio, MediaError}


@pytest.mark.parametrize("samples", [np.zeros(4, np.float32), np.zeros((4, 1)), np.zeros((0, 1), np.float32)])
def test_a_loaded_sound_checks_itself(samples):
    with pytest.raises(MediaError, match="float32"):
        LoadedAudio(samples, RATE)


def test_fit_leaves_a_fitting_sound_alone():
    fitted = fit_audio(LoadedAudio(NOISE, RATE, ("before",)), RATE, 2, 100, 1000)
    np.testing.assert_array_equal(fitted.samples, NOISE)
    assert fitted.notes == ("before",)


def test_fit_averages_and_repeats_channels():
    mono = fit_audio(LoadedAudio(NOISE, RATE), RATE, 1, 1, 1)
    np.testing.assert_allclose(mono.samples[:, 0], (NOISE[:, 0] + NOISE[:, 1]) / 2, atol=1e-7)
    stereo = fit_audio(mono, RATE, 2, 1, 1)
    np.testing.assert_array_equal(stereo.samples[:, 0], stereo.samples[:, 1])
    assert "2 channels averaged" in stereo.notes[0] and "repeated over 2" in stereo.notes[1]


@pytest.mark.parametrize(("from_hz", "to_hz"), [(44_100, 24_000), (16_000, 24_000), (48_000, 16_000), (44_101, 16_000)])
def test_fit_resamples_a_tone_to_the_same_tone(from_hz, to_hz):
    fitted = fit_audio(LoadedAudio(tone(440, 0.5, from_hz), from_hz), to_hz, 1, 1, 1)
    expected = tone(440, 0.5, to_hz)
    assert abs(len(fitted.samples) - len(expected)) <= 1 and fitted.sample_rate_hz == to_hz
    inner = slice(200, len(expected) - 200)  # the filter rings at the ends
    np.testing.assert_allclose(fitted.samples[inner], expected[inner], atol=2e-3)
    assert f"from {from_hz:,} to {to_hz:,} Hz" in fitted.notes[0]


def test_fit_resampling_lets_nothing_above_the_new_limit_through():
    fitted = fit_audio(LoadedAudio(tone(15_000, 0.5, 48_000), 48_000), 16_000, 1, 1, 1)
    assert np.abs(fitted.samples[200:-200]).max() < 0.01  # 15 kHz would fold to 1 kHz


def test_fit_fills_the_end_up_to_the_multiple_and_what_is_too_short():
    filled = fit_audio(LoadedAudio(NOISE, RATE), RATE, 2, 320, 1)
    np.testing.assert_array_equal(filled.samples[:1000], NOISE)
    assert filled.samples.shape == (1280, 2) and not filled.samples[1000:].any()
    assert filled.notes == (
        "The end filled with 35.0 ms of silence: 1,000 become 1,280 samples, a multiple of 320; what is decoded is as "
        "long.",
    )
    short = fit_audio(LoadedAudio(NOISE, RATE), RATE, 2, 320, 1300)
    assert short.samples.shape == (1600, 2) and not short.samples[1000:].any()
    assert short.notes == ("Too short: silence added from 1,000 to 1,600 samples.",)


@pytest.mark.parametrize(("have", "multiple", "tokens"), [(441_000, 512, 862), (24_000, 1_920, 13), (24_576, 512, 48)])
def test_as_many_tokens_as_the_original_codecs_give(have, multiple, tokens):
    """descriptinc/descript-audio-codec fills up to whole tokens, as do Mimi's and EnCodec's convolutions."""
    fitted = fit_audio(LoadedAudio(np.ones((have, 1), np.float32), RATE), RATE, 1, multiple, multiple)
    assert len(fitted.samples) == tokens * multiple and bool(fitted.notes) == (have % multiple > 0)


@pytest.mark.parametrize(
    ("right", "words"),
    [
        (lambda left: -left, "The channels cancel each other (antiphase): their average is silence."),
        (lambda left: -0.98 * left, "40 dB quieter"),
        (lambda left: -0.5 * left, ""),
        (lambda left: left, ""),
        (lambda left: 0 * left, ""),
    ],
)
def test_channels_that_cancel_are_said(right, words):
    left = tone(440, 0.5, RATE)
    mono = fit_audio(LoadedAudio(np.hstack([left, right(left)]), RATE), RATE, 1, 1, 1)
    assert mono.notes[0] == "2 channels averaged to one." and len(mono.notes) == 1 + bool(words)
    assert words in mono.notes[-1]
    np.testing.assert_allclose(mono.samples[:, 0], (left + right(left))[:, 0] / 2, atol=1e-7)


def test_silence_in_two_channels_is_no_antiphase():
    assert len(fit_audio(LoadedAudio(np.zeros((9, 2), np.float32), RATE), RATE, 1, 1, 1).notes) == 1
