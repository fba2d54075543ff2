"""Photos of more pixels than are kept are read smaller, and said; caps say how they are raised."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from explorer import __main__ as command_line
from explorer.foundation import limits
from explorer.foundation.config import Limits, limits_of, settings
from explorer.foundation.errors import MediaError, SettingsError
from explorer.media.clips.video import load_video
from explorer.media.pictures.image import load_image
from explorer.media.pictures.opening import open_picture
from explorer.media.sounds.audio import load_audio

PHOTO = Image.fromarray(data.astronaut())


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [(8064, 6048), (12000, 9000)])
def test_photos_of_phones_are_opened_within_the_cap(size):
    """48 and 108 million pixels; what is decoded then is held to the original below, at a smaller cap."""
    file = encoded(Image.new("L", size, 90), "JPEG")
    image = open_picture(file, Limits())
    assert image.size == (size[0] // 2, size[1] // 2) and image.width * image.height <= Limits().image_pixels
    pixels = size[0] * size[1]
    assert image.info["said"] == (
        f"It has {pixels:,} pixels, over the cap of 40,000,000: read at half of its size, {image.width:,} x "
        f"{image.height:,} pixels. Started with --limit pixels={-(-pixels // 10**6)}M, the app reads all of it.",
    )


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(("cap", "scale", "words"), [(70_000, 2, "half"), (20_000, 4, "a quarter")])
def test_a_jpeg_over_the_cap_is_decoded_smaller(cap, scale, words, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encoded(PHOTO, "JPEG", quality=95, exif=exif)
    loaded = load_image(file, Limits(image_pixels=cap))
    mean = np.asarray(Image.open(io.BytesIO(file))).reshape(512 // scale, scale, 512 // scale, scale, 3).mean((1, 3))
    if orientation == 6:
        mean = np.rot90(mean, -1)
    assert np.abs(loaded.pixels * 255 - mean).mean() < 2 and f"read at {words} of its size" in loaded.notes[0]


@pytest.mark.parametrize("file_format", ["HEIF", "AVIF"])
def test_heic_and_avif_over_the_cap_are_averaged(file_format):
    pytest.importorskip("pillow_heif").register_heif_opener()
    file = encoded(PHOTO.resize((128, 128)), file_format, quality=90)
    loaded, whole = load_image(file, Limits(image_pixels=10_000)), load_image(file).pixels
    mean = whole.reshape(64, 2, 64, 2, 3).mean((1, 3))
    np.testing.assert_allclose(loaded.pixels, mean, atol=1.01 / 255)
    assert "read at half of its size, 64 x 64 pixels" in loaded.notes[0]
    with pytest.raises(MediaError, match="16,384 pixels, over the cap of 8,000"):
        load_image(file, Limits(image_pixels=8_000))


def test_what_is_too_large_is_refused_with_the_way_out():
    with pytest.raises(MediaError, match=r"--limit pixels=262144, the app"):
        load_image(encoded(PHOTO, "PNG"), Limits(image_pixels=200_000))
    with pytest.raises(MediaError, match=r"over the cap of 0.0 MiB.*--limit bytes="):
        load_image(encoded(PHOTO, "PNG"), Limits(upload_bytes=1000))
    with pytest.raises(MediaError, match="over the cap"):
        load_image(encoded(PHOTO, "JPEG"), Limits(image_pixels=16_000))  # more than 16 times


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", {}),
        ("pixels=120M", {"image_pixels": 120_000_000}),
        ("pixels=120M, seconds=90,frames=97", {"image_pixels": 120 * 10**6, "audio_seconds": 90, "video_frames": 97}),
        ("seconds=0.5", {"audio_seconds": 0.5}),
        ("bytes=128MiB", {"upload_bytes": 128 * 2**20}),
        ("bytes=300M", {"upload_bytes": 300 * 10**6, "audit_upload_bytes": 300 * 10**6}),
        ("bytes=2GiB", dict.fromkeys(("upload_bytes", "audit_upload_bytes", "checkpoint_upload_bytes"), 2**31)),
        ("pixels=1k,pixels=2K", {"image_pixels": 2000}),
    ],
)
def test_limits_are_read_from_words(text, changed):
    assert limits_of(text) == Limits(**changed)


@pytest.mark.parametrize(
    "text", ["pixels", "pixels=", "pixels=-3", "pixels=0", "pixels=3X", "side=4", "pixels=nan", "=3"]
)
def test_limits_that_are_not_understood_name_what_is_possible(text):
    with pytest.raises(SettingsError, match="pixels, seconds, frames, bytes"):
        limits_of(text)


def test_the_option_reaches_everything_that_asks(monkeypatch):
    monkeypatch.setenv("EXPLORER_LIMITS", "seconds=5")
    options = type("Options", (), {"limit": ["pixels=9M", "frames=3"]})()
    try:
        limits.apply(options)
        found = settings().limits
        assert (found.image_pixels, found.audio_seconds, found.video_frames) == (9_000_000, 5, 3)
        with pytest.raises(SettingsError):
            limits.apply(type("Options", (), {"limit": ["pixels=no"]})())
        assert settings().limits == found
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_sounds_and_clips_say_it_too():
    sound = load_audio(np.zeros(2000, np.float32), Limits(audio_seconds=1), 1000)
    assert "--limit seconds=2, the app" in sound.notes[0]
    clip = load_video(np.zeros((5, 8, 8, 3), np.uint8), Limits(video_frames=2), 10)
    assert "--limit frames=5, the app" in " ".join(clip.notes)


LINES = ("tokenize some a.png --out t.npz", "audit some folder --out o", "compare a.png --tokenizers a,b --out o")


@pytest.mark.parametrize("line", [line.split() for line in LINES], ids=lambda line: line[0])
def test_commands_that_read_media_take_the_option(line, monkeypatch, capsys):
    monkeypatch.setenv("EXPLORER_LIMITS", "")
    seen = []
    monkeypatch.setattr(command_line, "load_dotted", lambda path: lambda options: seen.append(settings().limits) or 0)
    try:
        assert command_line.main([*line, "--limit", "pixels=120M", "--limit", "bytes=1GiB"]) == 0
        assert (seen[0].image_pixels, seen[0].upload_bytes) == (120_000_000, 2**30)
        assert command_line.main([*line, "--limit", "size=3"]) == 2
        assert "--limit 'size=3' is not understood" in capsys.readouterr().err
    finally:
        monkeypatch.undo()
        settings.cache_clear()
