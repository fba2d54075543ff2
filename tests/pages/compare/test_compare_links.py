"""The compare page opens from a link: what is here, what is left out and said, what a visitor brought stays."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.compare.kinds import KINDS
from explorer.compare.presets import PRESETS
from explorer.media.samples import SAMPLES
from explorer.pages.compare import events as compare_events
from explorer.pages.compare import page as compare
from explorer.pages.shared.thumbnails import thumbnail
from explorer.tokenizers import list_tokenizers
from tests.pages.compare.compare_page import ask


def test_a_link_opens_with_what_is_here(visitor):
    def opened(**query):
        return json.loads(compare.opening_of(query, "token"))

    plain = opened()
    assert len(plain["chosen"]) == 4 and plain["media"] == "sample:astronaut" and plain["message"] == ""
    specs = {spec.id: spec for spec in list_tokenizers()}
    assert len({specs[one].quantizer for one in plain["chosen"]}) == 4
    linked = opened(tokenizers="bsq,fsq,nothing", media="preset:text")
    assert (linked["chosen"], linked["media"]) == (["bsq", "fsq"], "preset:text") and "left out" in linked["message"]
    assert len(opened(tokenizers="nothing")["chosen"]) == 4
    assert "did not travel" in opened(media="own")["message"]
    assert "not here" in opened(media="sample:../x")["message"]


def test_a_page_that_is_open_takes_another_link_and_keeps_what_the_visitor_brought(visitor):
    found = ask(visitor, "link", query="tokenizers=bsq%2Cfsq&media=preset:text&learn=x.1")
    assert (found["chosen"], found["media"], found["message"]) == (["bsq", "fsq"], "preset:text", "")
    assert "did not travel" in ask(visitor, "link", query="media=own")["message"]
    visitor.files = (Path("mine.png"),)
    own = ask(visitor, "link", query="media=own&tokenizers=bsq,fsq", modality="image")
    assert (own["media"], own["message"]) == ("own", "")
    sounds = ask(visitor, "link", query="media=own&tokenizers=bsq,fsq", modality="audio")
    assert sounds["media"] == "sample:astronaut"


def test_everything_that_can_be_chosen_has_a_picture(visitor):
    media = ask(visitor, "media")["media"]
    assert [one["id"] for one in media if one["kind"] == "presets"] == [f"preset:{one}" for one in PRESETS]
    samples = {one["id"]: one["modality"] for one in media if one["kind"] == "samples"}
    assert samples == {f"sample:{name}": one.modality for name, one in SAMPLES.items() if one.modality in KINDS}
    for kind, name in (one["id"].split(":") for one in media):
        data, mime = thumbnail(kind, name)
        pixels = Image.open(io.BytesIO(data))
        assert (pixels.size, mime) == ((80, 80), "image/webp") and np.ptp(np.asarray(pixels.convert("L"))) > 40
    assert [one["image"] for one in media] == [f"thumbnails/{one['id'].replace(':', '/')}" for one in media]


def test_a_link_to_tokenizers_of_rows_opens_with_others_of_their_kind():
    opened = json.loads(compare.opening_of({"tokenizers": "series-vq,vq-ema"}, "t"))
    assert "series-vq" in opened["chosen"] and opened["media"] == "sample:reach" and "left out" in opened["message"]
    assert {one["modality"] for one in opened["tokenizers"] if one["id"] in opened["chosen"]} == {"series"}
    fits = {one["id"]: one["decodes"] for one in opened["tokenizers"]}
    assert fits["gart"] and fits["vq-ema"]
    shown = {one["id"] for one in compare_events.chosen_media()}
    assert {"sample:walk", "sample:books", "sample:karate"} <= shown
