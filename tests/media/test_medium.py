"""A file is taken for what it holds, and made to fit the tokenizer that is asked for."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from PIL import Image

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.clips.video import LoadedVideo, load_video, webp_bytes
from explorer.media.medium import file_bytes, fit_medium, load_medium, modality_of, values
from explorer.media.pictures.image import LoadedImage, load_image, png_bytes, scaled_to_cover
from explorer.media.sounds.audio import LoadedAudio, load_audio, wav_bytes

RNG = np.random.default_rng(0)
PICTURE = RNG.random((20, 30, 3)).astype(np.float32)
SOUND = RNG.uniform(-0.5, 0.5, (4000, 2)).astype(np.float32)
CLIP = RNG.random((6, 20, 30, 3)).astype(np.float32)


def spec(modality: str, **facts) -> TokenizerSpec:
    facts = {"downsampling": 8, "layout": {"audio": "sequence", "video": "grid3d"}.get(modality, "grid2d")} | facts
    return TokenizerSpec("x", "X", "", modality, "vq", 16, 4, 1, "single", parameters=1, licence="", **facts)


def film_with_sound() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        pictures, sound = file.add_stream("libx264", rate=10), file.add_stream("aac", rate=48_000, layout="mono")
        pictures.height, pictures.width, pictures.pix_fmt = 32, 48, "yuv420p"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), "fltp", "mono")
        frame.sample_rate = 48_000
        shown = [av.VideoFrame.from_ndarray(np.full((32, 48, 3), 90, np.uint8), format="rgb24") for _ in range(10)]
        for packet in (*(p for one in (*shown, None) for p in pictures.encode(one)), *sound.encode(frame)):
            file.mux(packet)
        for packet in sound.encode(None):
            file.mux(packet)
    return buffer.getvalue()


def test_a_file_is_what_it_holds(tmp_path):
    files = {"a.wav": png_bytes(PICTURE), "b.png": wav_bytes(SOUND, 8_000), "c.txt": webp_bytes(CLIP, 10)}
    for (name, content), kind in zip(files.items(), (LoadedImage, LoadedAudio, LoadedVideo), strict=True):
        (tmp_path / name).write_bytes(content)  # names lie
        for source in (tmp_path / name, str(tmp_path / name), content):
            medium = load_medium(source)
            assert type(medium) is kind
            expected = {LoadedImage: load_image, LoadedAudio: load_audio, LoadedVideo: load_video}[kind](content)
            np.testing.assert_array_equal(values(medium), values(expected))
    assert [modality_of(load_medium(content)) for content in files.values()] == ["image", "audio", "video"]


def test_a_film_has_a_sound_and_an_animation_a_first_picture():
    film = film_with_sound()
    assert modality_of(load_medium(film)) == "video"
    sound = load_medium(film, wanted="audio")
    assert isinstance(sound, LoadedAudio) and sound.sample_rate_hz == 48_000
    animated = webp_bytes(CLIP, 10)
    first = load_medium(animated, wanted="image")
    assert isinstance(first, LoadedImage) and "first frame of 6" in first.notes[0]


def test_a_sound_with_a_cover_is_a_sound():
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=48_000, layout="mono")
        cover = file.add_stream("mjpeg", rate=1)
        cover.height, cover.width, cover.pix_fmt = 20, 30, "yuvj444p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4_800), np.float32), "fltp", "mono")
        frame.sample_rate = 48_000
        picture = av.VideoFrame.from_ndarray(np.round(PICTURE * 255).astype(np.uint8), format="rgb24")
        for packet in (*cover.encode(picture), *cover.encode(None), *stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    assert modality_of(load_medium(buffer.getvalue())) == "audio"


def test_what_nothing_reads_is_said_once_for_all():
    for content, word in ((b"hello, this is a letter", "no picture, sound, clip or table"), (b"", "0 bytes")):
        with pytest.raises(MediaError, match=word):
            load_medium(content)
    with pytest.raises(MediaError, match="cap of"):
        load_medium(bytes(2000), Limits(upload_bytes=1000))
    with pytest.raises(MediaError, match="a sound"):
        load_medium(wav_bytes(SOUND, 8_000), wanted="video")


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_another_modality_is_refused_in_words(modality):
    media = {"image": LoadedImage(PICTURE), "audio": LoadedAudio(SOUND, 8_000), "video": LoadedVideo(CLIP, 10)}
    for other, medium in media.items():
        if other != modality:
            with pytest.raises(MediaError, match=r"X takes (pictures|sounds|clips); this is a (picture|sound|clip)\."):
                fit_medium(medium, spec(modality, sample_rate_hz=8_000), 64)


def test_pictures_fit_by_multiple_or_to_the_one_size():
    fitted = fit_medium(LoadedImage(PICTURE), spec("image", multiple=4), 64)
    np.testing.assert_array_equal(fitted.pixels, PICTURE[:, 1:29])
    fixed = fit_medium(LoadedImage(PICTURE, ("before",)), spec("image", fixed_size=(16, 16)), 64)
    assert fixed.pixels.shape == (16, 16, 3) and fixed.notes[0] == "before" and "to 16 x 16 pixels" in fixed.notes[1]


def test_scaling_to_cover_is_scaling_the_middle():
    smooth = np.linspace(0, 1, 64, dtype=np.float32)[None, :, None].repeat(32, 0).repeat(3, 2)  # (32, 64, 3)
    covered = scaled_to_cover(LoadedImage(smooth), 16, 16)
    middle = Image.fromarray(np.ascontiguousarray(smooth[:, 16:48, 0])).resize((16, 16), Image.Resampling.LANCZOS)
    np.testing.assert_allclose(covered.pixels[:, 1:-1, 0], np.asarray(middle)[:, 1:-1], atol=1e-3)
    larger = scaled_to_cover(LoadedImage(smooth), 96, 96)
    assert larger.pixels.shape == (96, 96, 3)
    cut = "Cropped at the centre from 64 x 32 to 32 x 32, then scaled from 32 x 32 to 16 x 16 pixels"
    assert covered.notes == (f"{cut}, which is what is taken.",)
    whole = scaled_to_cover(LoadedImage(smooth), 16, 32).notes
    assert whole == ("Scaled from 64 x 32 to 32 x 16 pixels, which is what is taken.",)
    assert scaled_to_cover(LoadedImage(smooth), 32, 64).notes == ()


def test_sounds_fit_rate_channels_and_length():
    audio = spec("audio", sample_rate_hz=16_000, channels=1, downsampling=320, shortest=640)
    fitted = fit_medium(LoadedAudio(SOUND, 8_000), audio, 64)
    assert values(fitted).shape == (8_000, 1) and fitted.sample_rate_hz == 16_000
    assert values(fit_medium(LoadedAudio(SOUND[:10], 16_000), audio, 64)).shape == (640, 1)
    with pytest.raises(MediaError, match="sample rate"):
        fit_medium(LoadedAudio(SOUND, 8_000), spec("audio"), 64)


def test_clips_fit_frames_and_sides():
    fitted = fit_medium(LoadedVideo(CLIP, 10), spec("video", time_step=4, first_frame_alone=True), 64)
    np.testing.assert_array_equal(values(fitted), CLIP[:5, 2:18, 3:27])


@pytest.mark.parametrize(
    ("alone", "taken"), [(True, {1: 1, 2: 5, 4: 5, 5: 5, 8: 5}), (False, {1: 4, 3: 4, 4: 4, 7: 4})]
)
def test_a_clip_shorter_than_a_step_repeats_its_last_frame_and_loses_none(alone, taken):
    clip = np.linspace(0, 1, 8, dtype=np.float32)[:, None, None, None].repeat(8, 1).repeat(8, 2).repeat(3, 3)
    for frames, wanted in taken.items():
        fitted = fit_medium(LoadedVideo(clip[:frames], 10), spec("video", time_step=4, first_frame_alone=alone), 64)
        shown = values(fitted)
        assert len(shown) == wanted
        np.testing.assert_array_equal(shown, clip[np.minimum(np.arange(wanted), frames - 1)])
        assert any("the last frame repeated" in note for note in fitted.notes) == (wanted > frames)


def test_what_was_decoded_becomes_a_file_again():
    png, suffix = file_bytes(PICTURE, "image")
    assert suffix == ".png" and np.abs(load_image(png).pixels - PICTURE).max() <= 0.5 / 255 + 1e-6
    wav, suffix = file_bytes(SOUND, "audio", 8_000)
    assert suffix == ".wav" and load_audio(wav).sample_rate_hz == 8_000
    webp, suffix = file_bytes(CLIP, "video", 20)
    assert suffix == ".webp" and load_video(webp).frames_per_second == 20
