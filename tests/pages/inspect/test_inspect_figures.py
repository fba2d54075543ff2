"""The figures of the Inspect page, usage and the vector of a code: of the record that it shows, asked for as all is."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from explorer.pages.inspect import answers, events, page
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared import runtime
from explorer.pages.shared.plotly_js import plotly_address
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import load_tokenizer
from explorer.views.inspect.reconstruction.reconstruction import absolute_error, signed_luminance
from explorer.views.kit.wire.encoding import unpack

VISIT = Visit(tokenizer="vq-ema", side_px=256)


@pytest.fixture(scope="module")
def visitor():
    visitor = visitors.enter("usage")
    list(page._all(visitor, VISIT))
    yield visitor
    visitors.leave("usage")


def asked(visitor, **changes):
    turn = visitor.part(Wish).shown.turn
    request = {"what": "usage", "token": visitor.token, "turn": turn, "level": 0, "theme": "light"}
    return json.loads(answers.ask(request | changes))


def test_the_figure_is_of_the_record_that_is_shown(visitor):
    answer = asked(visitor)
    assert answer["ok"] and answer["library"] == plotly_address()
    counts = np.bincount(runtime.record_of(VISIT).levels[0].indices.ravel(), minlength=1024)
    meta = answer["figure"]["layout"]["meta"]
    for said in (f"{(counts > 0).sum():,} of 1,024 codes in use", f"{counts.sum():,} tokens"):
        assert said in meta["words"]
    assert asked(visitor, log=True)["figure"]["layout"]["yaxis"]["type"] == "log"
    trained = asked(visitor, counts="training", codes="used", theme="dark")["figure"]["layout"]
    assert "What the checkpoint kept" in trained["meta"]["words"]


def test_what_cannot_be_drawn_is_said_at_its_field(visitor):
    for field, value in {"level": 9, "log": 1, "counts": "there", "codes": "few", "theme": "pink", "turn": 1e9}.items():
        error = asked(visitor, **{field: value})["error"]
        assert error["field"] == field and error["message"], field
    assert "outside 0..0" in asked(visitor, level=9)["error"]["message"]


def test_the_maps_of_each_pixel_are_those_of_the_levels_that_are_decoded(visitor):
    record = runtime.record_of(VISIT)
    answer = asked(visitor, what="differences", mode="all")
    for name, of in (("error", absolute_error), ("signed", signed_luminance)):
        sent, expected = answer[name], of(record.media, record.reconstruction)
        shown = (unpack(sent["data"]).astype(float) - sent["offset"]) * sent["scale"]
        assert np.abs(shown - expected).max() <= sent["scale"] / 2 + 1e-4 and sent["mean"] == pytest.approx(
            np.abs(expected).mean()
        )
    visitor.part(Wish).shown = replace(VISIT, tokenizer="rvq-4", turn=visitor.part(Wish).shown.turn)
    record, tokenizer = runtime.record_of(visitor.part(Wish).shown), load_tokenizer("rvq-4")
    expected = absolute_error(record.media, tokenizer.decode_levels(record, [2]))
    assert asked(visitor, what="differences", mode="solo", level=2)["error"]["limit"] == pytest.approx(expected.max())


def test_what_several_views_show_is_sent_once(visitor):
    *_, filled, _ = page._all(visitor, VISIT)
    value = json.loads(filled[2])
    (address,) = [
        name for name, url in value["shared"].items() if url == json.loads(events.view_value(VISIT))["picture"]["url"]
    ]
    for part, place in (("view", ("picture", "url")), ("reconstruction", ("original",))):
        shown = json.loads(value["parts"][part])
        for key in place:
            shown = shown[key]
        assert shown == address
    assert json.dumps(value).count("data:image/webp") == 2, "the picture and its reconstruction, each once"


def test_a_stranger_sees_nothing_and_what_is_shown_no_longer_is_not_drawn(visitor):
    assert "longer than the server remembers" in asked(visitor, token="x" * 24)["error"]["message"]
    before = visitor.part(Wish).shown.turn
    list(page._all(visitor, VISIT))
    assert asked(visitor, turn=before)["error"] == {"field": "turn", "message": answers.LATE}


def test_the_vector_on_the_card_is_that_of_the_code(visitor):
    vector = asked(visitor, what="vector", code=7)["figure"]["data"][0]["y"]
    stored = np.frombuffer(base64.b64decode(vector["bdata"]), vector["dtype"])
    assert np.array_equal(stored, runtime.record_of(VISIT).levels[0].codebook.vectors[7])
    for field, value in {"level": 9, "code": 1024, "theme": "pink"}.items():
        assert asked(visitor, what="vector", **{"code": 7, field: value})["error"]["field"] == field
