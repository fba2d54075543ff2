"""What the Inspect page shows of sounds, clips, sets and levels of different grids, recomputed from the tokenizers."""

import base64
import io
import json
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from made_codecs import MADE, bring_all, made
from PIL import Image

from explorer.analysis.pictures.depiction import depict
from explorer.foundation import stages
from explorer.foundation.errors import MediaError, RecordError
from explorer.media.clips.mosaic import mosaic_order
from explorer.media.quality.metrics import psnr
from explorer.media.samples import samples_of
from explorer.media.sounds.audio import wav_bytes
from explorer.media.sounds.spectrogram import sound_picture
from explorer.pages.inspect import events, media
from explorer.pages.inspect.alone import alone_ask, asked_later
from explorer.pages.shared import runtime
from explorer.pages.shared.session import UPLOADED, Visit, suit
from explorer.tokenizers import bring, load_tokenizer
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.views.inspect.facts import facts
from explorer.views.kit.wire.encoding import unpack
from tests.pages.inspect.made_visits import figures_of, visit_of


@pytest.fixture(scope="module", autouse=True)
def brought():
    bring_all()


def test_everything_is_there_for_every_kind_of_medium():
    for name in ("tones", "rates", "signs", "whole", "scales", "blocks"):
        visit = visit_of(name)
        record = runtime.record_of(visit)
        parts = events.everything(visit)
        assert json.loads(parts["exports"]) == {"missing": {}, "message": ""}, "all of these can be decoded"
        view, player, reconstruction, card = (parts[name] for name in ("view", "player", "reconstruction", "card"))
        view, reconstruction = json.loads(view), json.loads(reconstruction)
        picture = depict(record)
        for sent, level in zip(view["levels"], picture.levels, strict=True):
            np.testing.assert_array_equal(unpack(sent["indices"]), level.indices.reshape(-1))
        assert (player == "") == (record.modality == "image") and card == "", "the picture does not wait for a card"
        card = events.card_value(visit)
        counts = np.bincount(picture.levels[0].indices.reshape(-1))
        assert counts[json.loads(card)["code"]] >= np.sort(counts)[-3:].min(), "one of the most used is open at first"
        assert view["opened"]["code"] == json.loads(card)["code"]
        assert picture.levels[0].indices.reshape(-1)[view["opened"]["token"]] == view["opened"]["code"]
        assert len(reconstruction["margin"]) == (0 if name == "whole" else len(record.levels))
        for sent, level in zip(reconstruction["quantization_error"], picture.levels, strict=False):
            expected = np.square(level.z_e - level.z_q).sum(1)
            np.testing.assert_allclose(unpack(sent).reshape(-1), expected, rtol=1e-4, atol=1e-6)


def test_figures_of_a_clip_are_over_all_its_frames():
    visit = visit_of("blocks")
    record = runtime.record_of(visit)
    found = figures_of(events.decoded_values(visit)[1])
    frames = [psnr(a, b) for a, b in zip(record.media, record.reconstruction, strict=True)]
    error = np.mean(np.square(record.media.astype(float) - record.reconstruction))
    assert found["psnr_db"] == pytest.approx(-10 * np.log10(error), abs=1e-6)
    assert found["worst_frame"] == int(np.argmin(frames)) + 1
    assert record.frames_per_second == 12.5
    assert found["kbps_uniform"] == pytest.approx(record.num_tokens * 6 / (len(record.media) / 12.5) / 1000)


def test_a_card_of_a_clip_counts_places_of_the_mosaic():
    visit = visit_of("blocks", token=30)
    record = runtime.record_of(visit)
    card = json.loads(events.card_value(visit))
    level = record.levels[0]
    order = mosaic_order(level.layout.shape)
    assert card["code"] == level.indices.reshape(-1)[order[30]] and card["token"] == 30
    assert card["tokens"] == np.flatnonzero(level.indices.reshape(-1)[order] == card["code"]).tolist()
    assert card["alone"] is None and card["later"]["codes"][0] == card["code"]


@pytest.mark.parametrize("name", ["tones", "blocks", "whole"])
def test_single_codes_are_decoded_when_the_card_asks(name):
    tokenizer = load_tokenizer(f"made-{name}")
    answer = json.loads(alone_ask({"tokenizer": f"made-{name}", "level": 0, "codes": [3, 5]}))["alone"]
    assert [one["code"] for one in answer] == [3, 5] and asked_later(tokenizer.spec)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer[1]["url"].split(",")[1])))) / 255
    if name == "tones":
        decoded = tokenizer.decode_alone(0, [5], 80)[0]
        assert len(decoded) == 3200, "0.4 s at 8 kHz"
        assert soundfile.read(io.BytesIO(base64.b64decode(answer[1]["sound"].split(",")[1])))[0].shape == (3200,)
        np.testing.assert_allclose(shown, sound_picture(decoded, 8000, 128), atol=0.5 / 255 + 1e-6)
    else:
        decoded = tokenizer.decode_alone(0, [5])[0]
        expected = decoded if name == "whole" else decoded[0]  # a step of one frame
        np.testing.assert_allclose(shown, expected, atol=0.5 / 255 + 1e-6)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"tokenizer": "made-tones", "level": 0, "codes": []}, "1 to 8 codes"),
        ({"tokenizer": "made-tones", "level": 0, "codes": list(range(9))}, "1 to 8 codes"),
        ({"tokenizer": "made-tones", "level": "0", "codes": [1]}, "The level must be"),
        ({"tokenizer": "made-tones", "level": 7, "codes": [1]}, "levels 0..2"),
        ({"tokenizer": "made-tones", "level": 0, "codes": [99]}, "0..31"),
        ({"tokenizer": "nobody", "level": 0, "codes": [1]}, "nobody"),
        ({}, "The tokenizer is missing"),
    ],
)
def test_a_card_that_asks_for_nonsense_is_told(request_, words):
    assert words in json.loads(alone_ask(request_))["error"]["message"]


def test_another_kind_of_tokenizer_brings_its_first_sample_and_then_the_last_picture_back():
    visit = Visit(tokenizer="made-tones", picture="coffee")
    sound, words = media.settle(visit)
    assert (sound.picture, sound.modality) == (next(iter(samples_of("audio"))), "audio")
    assert "takes sounds" in words and "Your picture comes back" in words
    heard = replace(sound, picture="drums", tokenizer="made-blocks")
    clip, _ = media.settle(heard)
    assert clip.modality == "video"
    back, _ = media.settle(replace(clip, tokenizer="made-signs"))
    assert (back.picture, back.modality) == ("coffee", "image")
    again, words = media.settle(replace(back, tokenizer="made-rates"))
    assert again.picture == "drums" and media.settle(again) == (again, "") and "a sound is shown" in words
    assert suit(visit, "scent") == (visit, ""), "nothing to show of that kind: making it fit will say so"


@pytest.fixture
def files(tmp_path):
    t = np.arange(8000) / 16_000
    tone = 0.4 * np.sin(2 * np.pi * 500 * t)[:, None]
    (tmp_path / "tone.bin").write_bytes(wav_bytes(tone, 16_000))
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    (tmp_path / "text.txt").write_text("hello, this is nothing that can be seen or heard")
    return {file.stem: str(file) for file in tmp_path.iterdir()}


def test_an_upload_is_known_by_its_content_and_brings_a_tokenizer_that_takes_it(files):
    wish = Visit(tokenizer="made-tones", picture=UPLOADED, upload=files["tone"], modality="")
    visit, words = media.settle(wish)
    assert (visit.modality, visit.tokenizer, words) == ("audio", "made-tones", "")
    assert runtime.record_of(visit).media.shape == (4000, 1)
    visit, words = media.settle(replace(wish, tokenizer="made-signs"))
    assert load_tokenizer(visit.tokenizer).spec.modality == visit.modality == "audio"
    assert "This file is a sound" in words
    visit, words = media.settle(replace(wish, tokenizer="made-tones", upload=files["grey"]))
    assert visit.modality == "image" and "This file is a picture" in words
    with pytest.raises(MediaError, match="not a sound that can be read"):
        media.settle(replace(wish, upload=files["text"]))


def test_a_tokenizer_without_a_decoder_shows_its_tokens_and_says_so():
    codec = MADE["signs"]()
    spec = replace(codec.spec, id="made-mute", decodes=False)
    bring(spec, lambda device: AdaptedTokenizer(codec, spec, "cpu"))
    visit = replace(visit_of("signs", token=4), tokenizer="made-mute")
    view, player, reconstruction, card = map(events.everything(visit).get, ("view", "player", "reconstruction", "card"))
    value = json.loads(reconstruction)
    assert not json.loads(view)["decodes"] and not any("decoder" in note for note in json.loads(view)["notes"])
    assert value["reconstruction"] is None and len(value["margin"]) == 1
    assert "psnr_db" not in figures_of(reconstruction) and figures_of(reconstruction)["tokens"] > 0
    with pytest.raises(RecordError, match="no decoder"):
        events.differences(visit)
    card = json.loads(card)
    assert card["alone"] is None and card["later"] is None and card["context"]["reconstruction"] is None
    assert card["nearest"][0]["thumbnail"] is None and player == "" and json.loads(view)["levels"]
    assert ("none" in [one["value"] for one in facts(spec) if one["label"] == "decoder"]) is True
    with pytest.raises(Exception, match="no decoder"):
        events.export(visit, "decoded", 0)


@pytest.mark.parametrize(("name", "suffix"), [("tones", ".wav"), ("blocks", ".webp"), ("signs", ".png")])
def test_the_reconstruction_is_a_file_of_its_kind(name, suffix):
    file = events.export(visit_of(name), "decoded", 0)
    assert file.name.endswith(f"_reconstruction{suffix}")
    if name == "tones":
        samples, rate = soundfile.read(io.BytesIO(file.data))
        assert rate == 8000 and len(samples) == len(runtime.record_of(visit_of(name)).media)
    else:
        assert Image.open(io.BytesIO(file.data)).size[0] > 8


def test_facts_name_what_goes_in_and_what_it_costs():
    def shown(name):
        visit = visit_of(name)
        found = facts(load_tokenizer(visit.tokenizer).spec, runtime.record_of(visit))
        return {one["label"]: one["value"] for one in found}

    tones, rates, whole, blocks = (shown(name) for name in ("tones", "rates", "whole", "blocks"))
    assert (tones["takes"], tones["token rate"], tones["bit rate"]) == ("sounds at 8 kHz, mono", "200 Hz", "3 kbit/s")
    assert rates["tokens"] == "150 + 300 + 600" and rates["bit rate"] == "1.75 kbit/s" and "bits a token" not in rates
    assert whole["takes"] == "pictures of 64 x 64 px" and whole["tokens"] == "16"
    assert float(whole["bits a pixel"]) == pytest.approx(16 * 6 / 64**2, rel=0.01)
    assert blocks["takes"] == "clips, 1, then 4 frames a step" and blocks["from"] == "an adapter of your own"


def test_long_work_tells_its_stages_and_passes_errors_on(monkeypatch):
    monkeypatch.setattr(media, "PATIENCE_S", 0.01)
    monkeypatch.setattr(media, "EVERY_S", 0.01)
    go = threading.Event()

    def work():
        stages.begin("encoding")
        go.wait(10)

    said = []
    for line in media.progress(work, "A codec, 72.0 M parameters"):
        said.append(line)
        if "encoding" in line:
            go.set()
    assert said[-1].startswith("A codec, 72.0 M parameters: encoding, 0 s")
    go.clear()
    first = media.progress(work, "first", "key")
    while "encoding" not in next(first):
        pass
    second = next(media.progress(lambda: go.wait(10), "second", "key"))
    assert second.startswith("second: encoding"), "who waits for the same work is told its stage"
    go.set()
    assert all("encoding" in line for line in first) and not media._going_on
    with pytest.raises(MediaError, match="broken"):
        list(media.progress(lambda: (_ for _ in ()).throw(MediaError("broken")), "x"))
    begun = time.monotonic()
    assert list(media.progress(lambda: None, "x")) == [] and time.monotonic() - begun < 1


def test_a_run_tells_its_stages_to_the_thread_that_asked_for_it():
    heard = []
    tokenizer = made("tones")
    with stages.listening(heard.append):
        tokenizer.tokenize(np.zeros((400, 1), np.float32))
    assert heard == ["encoding", "quantizing", "decoding"]
    tokenizer.tokenize(np.zeros((400, 1), np.float32))
    assert len(heard) == 3


def test_samples_of_every_kind_have_thumbnails():
    for modality in ("image", "audio", "video"):
        found = media.thumbnails(modality)
        assert [one["id"] for one in found] == list(samples_of(modality))
        assert [one["url"] for one in found] == [f"thumbnails/sample/{name}" for name in samples_of(modality)]
