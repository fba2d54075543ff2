"""An upload is decoded once, whatever tokenizers and sizes are tried on it, and what is kept is the very same."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PIL import Image

from explorer.foundation.cache import Cache
from explorer.media.medium import tokenized
from explorer.media.pictures.image import LoadedImage
from explorer.media.sounds.audio import load_audio, wav_bytes
from explorer.pages.inspect import events, media
from explorer.pages.shared import runtime, upload_media
from explorer.pages.shared.session import UPLOADED, Visit
from explorer.tokenizers import load_tokenizer
from tests.made_codecs import bring_all


@pytest.fixture
def decodes(monkeypatch):
    """What was decoded: (path, as what)."""
    made, real = [], upload_media.load_medium

    def counted(path, limits, wanted=None, from_s=0.0, heard=None):
        made.append((path, wanted))
        return real(path, limits, wanted, from_s, heard)

    monkeypatch.setattr(upload_media, "load_medium", counted)
    monkeypatch.setattr(upload_media, "_kept", Cache("uploads in this test", 2**26))
    return made


def test_a_picture_is_decoded_once_for_all_tokenizers_and_sizes(decodes, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3)).astype(np.uint8)
    path = str(tmp_path / "noise.png")
    Image.fromarray(noise).save(path)
    wish, light = Visit(picture=UPLOADED, upload=path, modality=""), noise.astype(np.float32) / np.float32(255)
    for tokenizer in ("vq-ema", "fsq", "rvq-4"):
        for side in (256, 512):
            visit, _ = media.settle(replace(wish, tokenizer=tokenizer, side_px=side))
            record = runtime.record_of(visit)
            expected = tokenized(LoadedImage(light), load_tokenizer(tokenizer), side)
            np.testing.assert_array_equal(record.media, expected.media)
            np.testing.assert_array_equal(record.levels[0].indices, expected.levels[0].indices)
    assert decodes == [(path, "image")]


def test_a_sound_is_decoded_once_after_a_tokenizer_of_pictures_could_not(decodes, tmp_path):
    bring_all()
    path = tmp_path / "tone.bin"
    path.write_bytes(wav_bytes(0.4 * np.sin(np.arange(8000) / 5)[:, None], 16_000))
    wish = Visit(tokenizer="made-signs", picture=UPLOADED, upload=str(path), modality="")
    visit, _ = media.settle(wish)
    for tokenizer in (visit.tokenizer, "made-rates", "made-tones"):
        assert runtime.record_of(replace(visit, tokenizer=tokenizer)).modality == "audio"
    assert decodes == [(str(path), "image"), (str(path), None)]


def test_what_has_more_than_eight_bits_is_kept_as_it_is(decodes, tmp_path):
    deep = (np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 13).astype(np.uint16)
    path = str(tmp_path / "deep.png")
    Image.fromarray(deep).save(path)
    first, again = (upload_media.upload_medium(path, "image") for _ in range(2))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert len(np.unique(again.pixels)) > 256 and again.notes == first.notes and len(decodes) == 1


def test_which_seconds_are_shown_is_known_where_the_samples_were_let_go(decodes, tmp_path, monkeypatch):
    """A click on a level of a long sound asks for them, and decoded the upload again."""
    bring_all()
    path = str(tmp_path / "long.wav")
    (tmp_path / "long.wav").write_bytes(wav_bytes(0.4 * np.sin(np.arange(70 * 8000) / 5)[:, None], 8_000))
    wish = Visit(tokenizer="made-tones", picture=UPLOADED, upload=path, modality="audio", from_s=30)
    shown = [json.loads(events.decoded_values(wish)[0])["excerpt"]]
    monkeypatch.setattr(upload_media, "_kept", Cache("uploads that were let go", 2**26))
    for level in (0, 1):
        shown.append(json.loads(events.decoded_values(replace(wish, mode="solo", level=level))[0])["excerpt"])
    assert shown == 3 * [{"from_s": 30.0, "to_s": 60.0, "of_s": 70.0, "goes_on": True, "most_s": 30.0}]
    assert decodes == [(path, "audio")]


def test_the_next_part_of_a_long_sound_begins_where_the_last_one_ended(decodes, tmp_path, monkeypatch):
    path = tmp_path / "long.flac"
    soundfile.write(path, 0.4 * np.sin(np.arange(100 * 8000) / 5), 8_000)
    upload_media.upload_medium(str(path), "audio", 60.0)
    read, many = soundfile.SoundFile.read, []
    monkeypatch.setattr(
        soundfile.SoundFile, "read", lambda *args, **options: many.append(args[1]) or read(*args, **options)
    )
    part = upload_media.upload_medium(str(path), "audio", 90.0)
    assert part.excerpt.from_s == 90.0 and np.array_equal(part.samples, load_audio(path, from_s=90.0).samples)
    assert len(many) - -(-(100 * 8000) // 2**16) <= 3  # blocks, without those of the whole decode beside it
