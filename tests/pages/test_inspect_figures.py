"""The figures of the Inspect page, usage and the vector of a code: of the record that it shows, asked for as all is."""

import base64
import json

import numpy as np
import pytest

from explorer.pages.inspect import answers, page
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared import runtime
from explorer.pages.shared.plotly_js import plotly_address
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import visitors

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
