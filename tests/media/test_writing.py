"""Media written as files, read back by readers of their own."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from explorer.foundation.errors import MediaError
from explorer.media.clips.video import load_video
from explorer.media.medium import load_medium
from explorer.media.writing import SUFFIXES, check_suffix, medium_bytes


def clip(frames=5, height=33, width=48):
    y, x, t = np.meshgrid(np.arange(height), np.arange(width), np.arange(frames), indexing="ij")
    bright = 0.5 + 0.4 * np.sin(0.2 * x + 0.15 * y + 0.9 * t)
    return np.repeat(np.moveaxis(bright, 2, 0)[..., None], 3, axis=3).astype(np.float32)


def test_a_sound_comes_back_within_half_a_step_of_16_bits():
    sound = np.random.default_rng(0).uniform(-0.9, 0.9, (500, 2))
    samples, rate = soundfile.read(io.BytesIO(medium_bytes(sound, ".wav", 24_000)))
    assert rate == 24_000 and np.abs(samples - sound).max() <= 0.5 / 32768 + 1e-9


def test_a_picture_comes_back():
    pixels = clip(1)[0]
    back = np.asarray(Image.open(io.BytesIO(medium_bytes(pixels, ".png")))) / 255
    assert np.abs(back - pixels).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize(("suffix", "allowed"), [(".webp", 0.5 / 255 + 1e-6), (".gif", 0.02), (".mp4", 0.05)])
def test_a_clip_comes_back_with_its_frames_and_their_rate(suffix, allowed):
    frames = clip()
    back = load_video(medium_bytes(frames, suffix, 10.0))
    assert back.frames_per_second == pytest.approx(10, rel=0.01)
    assert len(back.frames) == 5
    assert np.abs(back.frames[:, :33, :48] - frames).max() <= allowed


def test_odd_sides_repeat_their_last_line_in_mp4():
    pytest.importorskip("av")
    back = load_medium(medium_bytes(clip(), ".mp4", 10.0)).frames
    assert back.shape == (5, 34, 48, 3)
    assert np.abs(back[:, 33] - back[:, 32]).max() < 0.05


def test_the_suffix_must_fit_the_medium():
    assert check_suffix(Path("a.WAV"), "audio") == ".wav"
    for modality, valid in SUFFIXES.items():
        assert all(check_suffix(Path(f"a{suffix}"), modality) == suffix for suffix in valid)
        with pytest.raises(MediaError, match=f"does not end in {valid[0]}"):
            check_suffix(Path("a.jpg"), modality)
