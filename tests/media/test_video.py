"""Clips of every kind go in and come out as a person expects, or are refused in one plain line."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from PIL import Image

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError, SettingsError
from explorer.media.clips import films
from explorer.media.clips.video import LoadedVideo, fit_video, load_video, webp_bytes
from explorer.media.pictures.image import LoadedImage, scaled_to_cover
from explorer.media.samples import SAMPLES
from explorer.media.sounds.audio import load_audio
from tests.media import ffmpeg_program

RNG = np.random.default_rng(0)
SMOOTH = np.round(SAMPLES["shapes"].load().frames[:7, 32:96, 48:128] * 255).astype(np.uint8)  # (7, 64, 80, 3)


def encode(frames: np.ndarray, container: str, codec: str, pixel_format: str, rate: int = 10) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], pixel_format
        for pixels in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode(None):
            file.mux(packet)
    return buffer.getvalue()


def animation(frames: np.ndarray, file_format: str, milliseconds: int = 100, **options) -> bytes:
    pictures, buffer = [Image.fromarray(frame) for frame in frames], io.BytesIO()
    pictures[0].save(
        buffer, format=file_format, save_all=True, append_images=pictures[1:], duration=milliseconds, **options
    )
    return buffer.getvalue()


def refusal(source, limits: Limits | None = None) -> str:
    """The one line that a refused clip gives."""
    with pytest.raises(MediaError) as caught:
        load_video(source, limits or Limits())
    message = str(caught.value)
    assert message and "\n" not in message and "Traceback" not in message and len(message) < 300
    return message


@pytest.mark.parametrize(
    ("container", "codec", "pixel_format", "tolerance"),
    [
        ("mp4", "libx264", "yuv420p", 0.2),
        ("matroska", "ffv1", "bgr0", 0.5 / 255),
        ("avi", "mpeg4", "yuv420p", 0.3),
        ("webm", "libvpx-vp9", "yuv420p", 0.3),
        ("mov", "mjpeg", "yuvj444p", 0.2),
    ],
)
def test_films_give_their_frames_and_their_rate(container, codec, pixel_format, tolerance):
    loaded = load_video(encode(SMOOTH, container, codec, pixel_format))
    assert loaded.frames.shape == SMOOTH.shape and loaded.frames.dtype == np.float32
    assert loaded.frames_per_second == pytest.approx(10, rel=0.02) and loaded.notes == ()
    error = np.abs(loaded.frames - SMOOTH / 255)
    assert error.mean() < 0.05 and np.quantile(error, 0.99) <= tolerance


@pytest.mark.parametrize("file_format", ["WEBP", "PNG", "GIF"])
def test_animated_pictures_give_their_frames_and_their_rate(file_format):
    options = {"lossless": True} if file_format == "WEBP" else {}
    flat = np.stack([np.full((16, 24, 3), (number * 40, 0, 255 - number * 40), np.uint8) for number in range(5)])
    loaded = load_video(animation(flat, file_format, 50, **options))
    np.testing.assert_allclose(loaded.frames, flat / 255, atol=1e-6)
    assert loaded.frames_per_second == 20


def test_webp_bytes_round_trip_is_exact_at_8_bits():
    loaded = load_video(webp_bytes(SMOOTH / 255, 12.5))
    np.testing.assert_array_equal(np.round(loaded.frames * 255).astype(np.uint8), SMOOTH)
    assert loaded.frames_per_second == 12.5
    with pytest.raises(MediaError, match="clip"):
        webp_bytes(np.zeros((4, 4, 3)), 10)


def test_a_long_clip_is_cut_and_a_large_one_scaled_and_both_are_said():
    file = animation(SMOOTH, "WEBP", lossless=True)
    loaded = load_video(file, Limits(video_frames=3, video_side_px=40))
    assert loaded.frames.shape == (3, 32, 40, 3)
    expected = np.asarray(Image.fromarray(SMOOTH[2]).resize((40, 32), Image.Resampling.LANCZOS)) / 255
    np.testing.assert_allclose(loaded.frames[2], expected, atol=1e-6)
    assert loaded.notes == (
        "Only the first 3 frames of 7, 0.3 s, are read. Started with --limit frames=7, the app reads all of it.",
        "Scaled down from 80 x 64 to 40 x 32 pixels.",
    )


def test_a_film_turned_by_its_header_is_turned_upright():
    file = encode(SMOOTH, "mov", "mjpeg", "yuvj444p")
    place = file.index(b"tkhd") + 4 + 40  # ISO 14496-12, 8.3.2: the matrix lies 40 bytes after the version
    quarter = np.array([0, 1, 0, -1, 0, 0, 0, 0, 16384], np.float64) * 65536  # clockwise
    turned = bytearray(file)
    turned[place : place + 36] = quarter.astype(">i4").tobytes()
    loaded = load_video(bytes(turned))
    assert loaded.frames.shape == (7, 80, 64, 3)
    np.testing.assert_array_equal(loaded.frames, np.rot90(load_video(file).frames, -1, axes=(1, 2)))
    assert loaded.notes == ("Shown turned by 90 degrees clockwise, as its header says.",)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_film_whose_sound_is_left_out_says_so(suffix):
    ffmpeg_program.require()
    seen, heard = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10"), ("-f", "lavfi", "-i", "sine=frequency=440")
    until = ("-t", "1")
    (talking,) = ffmpeg_program.written([suffix], (*seen, *heard), [until])
    (silent,) = ffmpeg_program.written([suffix], seen, [until])
    assert load_audio(talking).samples.std() > 0.01
    assert load_video(silent).notes == () and load_video(talking).notes == (films.UNHEARD,)
    cut = load_video(talking, Limits(video_frames=4))
    assert len(cut.frames) == 4 and films.UNHEARD in cut.notes, "also where it is not read to its end"
    assert fit_video(cut, 8, 64).notes[: len(cut.notes)] == cut.notes


def test_arrays():
    loaded = load_video(SMOOTH, frames_per_second=8)
    np.testing.assert_allclose(loaded.frames, SMOOTH / 255, atol=1e-7)
    assert loaded.frames_per_second == 8
    floats = load_video(SMOOTH / 255)
    np.testing.assert_allclose(floats.frames, SMOOTH / 255, atol=1e-7)
    assert "how fast it plays" in floats.notes[0]


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (np.zeros((4, 8, 8)), "(4, 8, 8)"),
        (np.zeros((0, 8, 8, 3)), "(0, 8, 8, 3)"),
        (np.full((2, 8, 8, 3), np.nan), "NaN"),
        (np.full((2, 8, 8, 3), 7.0), "0..1"),
        (np.zeros((2, 8, 8, 3), np.int32), "int32"),
    ],
)
def test_arrays_that_are_not_clips(array, word):
    assert word in refusal(array)


def test_files_that_are_empty_too_large_or_not_there(tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert "0 bytes" in refusal(tmp_path / "empty.mp4") and "0 bytes" in refusal(b"")
    file = animation(SMOOTH, "WEBP")
    assert "cap of" in refusal(file, Limits(upload_bytes=100))
    assert "cap of 1,000" in refusal(file, Limits(image_pixels=1000))
    film = encode(SMOOTH, "mp4", "libx264", "yuv420p")
    assert "5,120 pixels" in refusal(film, Limits(image_pixels=1000))
    assert "no file" in refusal(tmp_path / "none.mp4") and "NoneType" in refusal(None)


def test_a_stream_that_claims_more_than_its_header_is_not_decoded(monkeypatch):
    film = encode(SMOOTH, "mp4", "libx264", "yuv420p")
    monkeypatch.setattr(films, "check_pixels", lambda *claimed: None)  # as if the header had said something small
    assert load_video(film).frames.shape == SMOOTH.shape
    assert "not one of them can be decoded" in refusal(film, Limits(image_pixels=1000))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"hello, this is a letter", "not a clip"),
        (b"fLaC" + bytes(60), "a sound"),
        (b"#EXTM3U\n/etc/passwd", "not a clip"),
        (b"ffconcat version 1.0\nfile /etc/passwd", "not a clip"),
    ],
)
def test_what_is_not_a_clip_is_named(content, word):
    assert word in refusal(content)


def test_a_picture_that_stands_still_is_not_a_clip():
    buffer = io.BytesIO()
    Image.fromarray(SMOOTH[0]).save(buffer, format="PNG")
    assert "does not move" in refusal(buffer.getvalue())


@pytest.mark.parametrize(("container", "codec"), [("mp4", "libx264"), ("matroska", "ffv1")])
def test_a_truncated_film_says_so(container, codec):
    whole = encode(SMOOTH, container, codec, "yuv420p")
    assert "damaged or cut short" in refusal(whole[:60])


@pytest.mark.parametrize("file_format", ["WEBP", "GIF"])
def test_a_truncated_animation_says_so(file_format):
    whole = animation(RNG.integers(0, 255, (5, 32, 32, 3), np.uint8), file_format)
    assert "damaged or cut short" in refusal(whole[: len(whole) // 2])


def test_random_damage_never_gives_anything_but_a_clip_or_a_line():
    originals = [encode(SMOOTH, "mp4", "libx264", "yuv420p"), encode(SMOOTH, "avi", "mpeg4", "yuv420p")]
    originals += [animation(SMOOTH, "WEBP"), animation(SMOOTH, "GIF")]
    outcomes = set()
    for trial in range(80):
        file = bytearray(originals[trial % len(originals)])
        for place in (*RNG.integers(0, len(file), 6), RNG.integers(0, 200)):
            file[place] = RNG.integers(256)
        try:
            outcomes.add(type(load_video(bytes(file))))
        except MediaError as error:
            outcomes.add(MediaError)
            assert "\n" not in str(error)
    assert outcomes == {LoadedVideo, MediaError}


@pytest.mark.parametrize(
    ("have", "step", "alone", "wanted"),
    [(25, 4, True, 25), (24, 4, True, 21), (25, 8, True, 25), (25, 4, False, 24), (3, 4, False, 4), (3, 8, True, 9)],
)
def test_fit_takes_as_many_frames_as_there_are_steps(have, step, alone, wanted):
    frames = RNG.random((have, 8, 8, 3)).astype(np.float32)
    fitted = fit_video(LoadedVideo(frames, 10), 8, 64, step, alone)
    assert len(fitted.frames) == wanted and bool(fitted.notes) == (have != wanted)
    common = min(have, wanted)
    np.testing.assert_array_equal(fitted.frames[:common], frames[:common])
    if wanted > have:
        np.testing.assert_array_equal(fitted.frames[have:], np.broadcast_to(frames[-1], fitted.frames[have:].shape))


def test_fit_makes_sides_fit_as_of_pictures():
    frames = np.linspace(0, 1, 5 * 19 * 29 * 3, dtype=np.float32).reshape(5, 19, 29, 3)
    fitted = fit_video(LoadedVideo(frames, 10, ("before",)), 8, 64)
    np.testing.assert_array_equal(fitted.frames, frames[:, 1:17, 2:26])
    assert (
        fitted.notes[0] == "before" and "from 29 x 19 to 24 x 16 pixels" in fitted.notes[1] and len(fitted.notes) == 2
    )
    with pytest.raises(SettingsError, match="4 pixels"):
        fit_video(LoadedVideo(frames, 10), 8, 4)


def test_fit_to_a_fixed_size():
    frames = RNG.random((5, 19, 29, 3)).astype(np.float32)
    fitted = fit_video(LoadedVideo(frames, 10), 8, 64, 4, True, (9, 16, 16))
    assert fitted.frames.shape == (9, 16, 16, 3)
    np.testing.assert_array_equal(fitted.frames[0], scaled_to_cover(LoadedImage(frames[0]), 16, 16).pixels)


@pytest.mark.parametrize("frames", [np.zeros((4, 4, 3), np.float32), np.zeros((1, 4, 4, 3))])
def test_a_loaded_clip_checks_itself(frames):
    with pytest.raises(MediaError, match="float32"):
        LoadedVideo(frames, 10)
