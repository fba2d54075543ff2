"""The player's payload against the media it was made from."""

import base64
import io
import json

import numpy as np
import pytest
import soundfile
from made_codecs import made, medium_for
from PIL import Image

from explorer.foundation.errors import RecordError
from explorer.views.inspect.player.player import clip_payload, sound_payload
from explorer.views.kit.wire.places import about, frames_of, places_of


def bytes_of(url):
    return io.BytesIO(base64.b64decode(url.split(",")[1]))


def test_both_sounds_travel_sample_by_sample():
    rng = np.random.default_rng(0)
    sound, decoded = rng.uniform(-0.9, 0.9, (2, 300, 2)).astype(np.float32)
    picture = np.zeros((128, 30, 3), np.float32)
    value = json.loads(sound_payload(sound, decoded, 24_000, [picture, picture], "Decoded from level 1."))
    for name, expected in (("original", sound), ("reconstruction", decoded)):
        samples, rate = soundfile.read(bytes_of(value[name]))
        assert rate == 24_000 and np.abs(samples - expected).max() <= 0.5 / 32768 + 1e-7
    assert (value["seconds"], value["caption"]) == (300 / 24_000, "Decoded from level 1.")
    assert Image.open(bytes_of(value["spectrograms"][0])).size == (30, 128)
    other = json.loads(sound_payload(sound, decoded[::-1], 24_000, [picture]))
    assert other["key"] == value["key"], "the key names the original: another decode plays on where it is"
    alone = json.loads(sound_payload(sound, None, 24_000, [picture]))
    assert alone["reconstruction"] is None
    with pytest.raises(RecordError, match="cannot be played"):
        sound_payload(sound, decoded[:-1], 24_000, [picture])


def test_every_frame_lies_in_its_place_of_the_sheet():
    frames = np.random.default_rng(1).random((7, 12, 20, 3)).astype(np.float32)
    value = json.loads(clip_payload(frames, frames[::-1], 12.5, [[0, 1], [1, 4], [4, 7]]))
    assert (value["frames"], value["columns"], value["width"], value["height"]) == (7, 3, 20, 12)
    for name, expected in (("original", frames), ("reconstruction", frames[::-1])):
        sheet = np.asarray(Image.open(bytes_of(value[name]))) / 255
        for number, frame in enumerate(expected):
            row, column = divmod(number, 3)
            cell = sheet[12 * row : 12 * row + 12, 20 * column : 20 * column + 20]
            assert np.abs(cell - frame).max() <= 0.5 / 255 + 1e-6
    with pytest.raises(RecordError, match="cannot be played"):
        clip_payload(frames, frames[1:], 12.5, [])


def test_a_large_clip_is_halved_until_its_sheet_can_be_drawn():
    frames = np.zeros((25, 900, 1000, 3), np.float32)
    value = json.loads(clip_payload(frames, None, 5, [[0, 25]]))
    assert value["reconstruction"] is None and max(Image.open(bytes_of(value["original"])).size) <= 4096


def record_of(name):
    tokenizer = made(name)
    return tokenizer.tokenize(medium_for(tokenizer.spec))


def test_places_say_what_tokens_stand_for():
    assert places_of(record_of("signs")) == {"kind": "picture", "noun": "picture"}
    assert places_of(record_of("whole")) == {"kind": "set", "noun": "picture"}
    assert places_of(record_of("rates")) == {"kind": "time", "noun": "sound", "seconds": 0.8}
    clip = places_of(record_of("blocks"))
    assert (clip["kind"], clip["tiles"], clip["frames"]) == ("clip", [1, 3], [[0, 1], [1, 5], [5, 9]])
    assert frames_of(record_of("blocks").levels[0].layout) == clip["frames"]


def test_sizes_in_words():
    assert about(record_of("signs")) == ""
    assert about(record_of("rates")).startswith("0.80 s at 8 kHz, 5 ms a token of the finest level")
    assert about(record_of("blocks")).startswith("9 frames of 96 x 64 px")
