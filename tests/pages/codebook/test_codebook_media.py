"""The codebook page's answers for sounds, clips and tokens of every layout: without an audit, and with the samples."""

import base64
import io
import json
import time

import numpy as np
import pytest
import soundfile
from PIL import Image

from explorer.analysis.pictures.token_pictures import MediumPictures
from explorer.media.medium import fit_medium, values
from explorer.media.samples import samples_of
from explorer.pages.codebook import events as codebook_events
from explorer.pages.codebook.events import ask, visitors
from explorer.pages.codebook.first_look import QUICK
from explorer.tokenizers import forget, load_tokenizer
from explorer.views.kit.wire.encoding import unpack
from tests.made_codecs import MADE, bring_all

PATIENCE_S = 60


@pytest.fixture(autouse=True, scope="module")
def brought():
    bring_all()
    yield
    for name in MADE:
        forget(f"made-{name}")


@pytest.fixture
def visitor():
    made = visitors.enter("codebook-media")
    yield made
    visitors.leave("codebook-media")


def get(what, name, audit=None, **more):
    answer = json.loads(ask({"what": what, "tokenizer": f"made-{name}", "audit": audit, **more}))
    assert answer["ok"], answer
    return answer


def png(url):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,")))))


def sound(url):
    return soundfile.read(io.BytesIO(base64.b64decode(url.split(",", 1)[1])), always_2d=True)


def first_medium(spec):
    sample = next(iter(samples_of(spec.modality).values()))
    return values(fit_medium(sample.load(), spec, 256))


@pytest.mark.parametrize("name", MADE)
def test_a_codebook_without_an_audit_is_opened_on_one_sample(name):
    opened = get("open", name)
    tokenizer = load_tokenizer(f"made-{name}")
    record = tokenizer.tokenize(first_medium(tokenizer.spec))
    assert opened["audit"]["id"] == QUICK and [one["id"] for one in opened["audits"]] == [QUICK]
    assert opened["audits"][0]["title"].startswith("One sample: ") and opened["audit"]["media"] == 1
    assert opened["tokenizer"]["modality"] == opened["audit"]["modality"] == tokenizer.spec.modality
    for shown, level in zip(opened["levels"], record.levels, strict=True):
        expected = np.bincount(level.indices.reshape(-1), minlength=level.codebook.codebook_size)
        np.testing.assert_array_equal(unpack(shown["counts"]), expected)
    assert opened["diagnosis"]


@pytest.mark.parametrize("name", MADE)
def test_maps_and_geometry_need_no_audit(name):
    level = len(get("open", name)["levels"]) - 1
    size = load_tokenizer(f"made-{name}").codebooks()[level].codebook_size
    assert unpack(get("map", name, level=level, kind="pca")["xy"]).shape == (size, 2)
    geometry = get("geometry", name, level=level)
    rows = load_tokenizer(f"made-{name}").codebooks()[level].rows(np.arange(size))
    np.testing.assert_allclose(unpack(geometry["code_norms"]), np.linalg.norm(rows, axis=1), rtol=1e-5)


@pytest.mark.parametrize("name", MADE)
def test_exemplars_are_cut_from_the_medium_where_their_tokens_are(name):
    counts = [unpack(level["counts"]) for level in get("open", name)["levels"]]
    tokenizer = load_tokenizer(f"made-{name}")
    record = tokenizer.tokenize(first_medium(tokenizer.spec))
    for number, level in enumerate(record.levels):
        code = int(counts[number].argmax())
        page = get("code", name, level=number, code=code)
        for kind in ("closest", "random", "farthest"):
            for one in page["exemplars"][kind]:
                assert level.indices.reshape(-1)[one["token"]] == code, "the token has this code"
                expected = MediumPictures(record.media, tokenizer.spec.sample_rate_hz).around(
                    level.layout, one["token"]
                )
                assert np.abs(png(one["url"]).astype(int) - expected.pixels.astype(int)).max() <= 1
                assert one["box"] == list(expected.box) and one["where"] == expected.where
                assert (one["heard"] is None) == (tokenizer.spec.modality != "audio")


@pytest.mark.parametrize("name", MADE)
def test_a_code_is_decoded_by_itself(name):
    counts = [unpack(level["counts"]) for level in get("open", name)["levels"]]
    tokenizer = load_tokenizer(f"made-{name}")
    for number, level in enumerate(counts):
        code = int(level.argmax())
        page, made = get("code", name, level=number, code=code), get("code_decoded", name, level=number, code=code)
        named = {str(near[0]) for near in page["nearest"]}
        named |= {str(b[0]) for row in (page["neighbours"] or {}).values() for b in row}
        assert set(made["thumbnails"]) == named and made["note"] == ""
        shown = png(made["alone"])
        assert list(shown.shape[:2]) == made["size"]
        if tokenizer.spec.modality == "audio":
            samples, rate = sound(made["sound"])
            tokens = -(-4000 // tokenizer.spec.downsampling)
            expected = tokenizer.decode_alone(number, [code], tokens)[0]
            assert rate == 8000 and len(samples) >= 4000 and np.abs(samples - np.clip(expected, -1, 1)).max() < 1e-3
        else:
            assert made["sound"] is None
    if name == "whole":
        expected = tokenizer.decode_alone(0, [code])[0]
        assert np.abs(shown / 255 - expected).max() < 0.01 and made["box"] is None
    if name == "scales":  # a field of the finest scale, the middle 3 x 3 of 8 x 8 tokens
        expected = tokenizer.decode_fields(3, np.full((1, 8, 8), code))[0][16:40, 16:40]
        assert np.abs(shown / 255 - expected).max() < 0.01 and made["box"] == [8, 8, 8, 8]


def test_a_slow_decoder_draws_few_codes_and_says_so(monkeypatch):
    from explorer.pages.codebook import decoding as codebook_decoded

    monkeypatch.setattr(codebook_decoded, "_decoded", codebook_decoded.Cache("codes", 4))
    monkeypatch.setattr(codebook_decoded, "BUDGET_S", 0.0)
    code = int(unpack(get("open", "signs")["levels"][0]["counts"]).argmax())
    made = get("code_decoded", "signs", level=0, code=code)
    assert made["thumbnails"] == {} and made["contexts"] == [] and "others are not drawn" in made["note"]


def test_a_tokenizer_without_a_decoder_says_so_and_shows_the_rest(monkeypatch):
    from dataclasses import replace

    from explorer.tokenizers import bring
    from tests.made_codecs import made

    blind = made("signs")
    blind.spec = replace(blind.spec, id="made-blind", decodes=False)
    bring(blind.spec, lambda device: blind)
    code = int(unpack(get("open", "blind")["levels"][0]["counts"]).argmax())
    assert get("code", "blind", level=0, code=code)["exemplars"]["closest"]
    answer = json.loads(ask({"what": "code_decoded", "tokenizer": "made-blind", "level": 0, "code": code}))
    assert "has no decoder" in answer["error"]["message"]
    forget("made-blind")


def test_what_is_heard_about_a_token_is_its_stretch_of_the_sound():
    code = int(unpack(get("open", "tones")["levels"][0]["counts"]).argmax())
    one = get("code", "tones", level=0, code=code)["exemplars"]["random"][0]
    samples, rate = sound(get("sound", "tones", level=0, medium=one["heard"], position=one["token"])["url"])
    tokenizer = load_tokenizer("made-tones")
    medium = first_medium(tokenizer.spec)
    pictures = MediumPictures(medium, 8000)
    stretch = pictures.stretch_of(tokenizer.layouts(medium.shape[:1])[0], one["token"])
    assert rate == 8000 and np.abs(samples - medium[stretch]).max() < 1e-4
    for wrong in ({"position": 10**6, "medium": 0}, {"position": 0, "medium": 7}):
        answer = json.loads(ask({"what": "sound", "tokenizer": "made-tones", "level": 0, **wrong}))
        assert not answer["ok"]
    assert (
        "no sound"
        in json.loads(ask({"what": "sound", "tokenizer": "fsq", "level": 0, "medium": 0, "position": 0}))["error"][
            "message"
        ]
    )


@pytest.mark.parametrize("name", ["rates", "blocks", "whole"])
def test_the_samples_of_the_app_are_counted_on_request(visitor, name):
    ask_own = {"token": visitor.token, "tokenizer": f"made-{name}"}
    job = json.loads(ask(ask_own | {"what": "audit_start", "samples": True}))["job"]
    end = time.monotonic() + PATIENCE_S
    while job["state"] in ("waiting", "running"):
        assert time.monotonic() < end
        time.sleep(0.05)
        job = json.loads(ask(ask_own | {"what": "audit_state"}))["job"]
    assert job["state"] == "done", job
    opened = json.loads(ask(ask_own | {"what": "open", "audit": job["audit"]}))
    samples = samples_of(load_tokenizer(f"made-{name}").spec.modality)
    assert opened["audit"]["media"] == len(samples) and opened["audit"]["title"].startswith("Sample ")
    assert [one["id"] for one in opened["audits"]] == [job["audit"], QUICK]
    code = int(unpack(opened["levels"][0]["counts"]).argmax())
    page = json.loads(ask(ask_own | {"what": "code", "audit": job["audit"], "level": 0, "code": code}))
    assert page["exemplars"]["closest"][0]["medium"] in samples


def test_samples_need_a_tokenizer(visitor):
    answer = json.loads(ask({"what": "audit_start", "token": visitor.token, "tokenizer": "no", "samples": True}))
    assert "Choose a tokenizer" in answer["error"]["message"]
    assert codebook_events.shipped_ids("made-tones") == [QUICK]
