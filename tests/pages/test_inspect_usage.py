"""The usage panel of the inspect page: drawn of the record that the ticket names, for whoever holds it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from explorer.foundation.owners import acting_for
from explorer.pages.inspect import events, usage
from explorer.pages.shared import runtime
from explorer.pages.shared.plotly_js import plotly_address
from explorer.pages.shared.session import Visit

VISIT = Visit(tokenizer="vq-ema", side_px=256)


def asked(**changes):
    request = {"level": 0, "counts": "here", "codes": "all", "log": False, "theme": "light"}
    return json.loads(usage.usage_ask(request | changes))


@pytest.fixture(scope="module")
def ticket():
    value = json.loads(events.shown(VISIT))
    assert value["ticket"] == json.loads(events.shown(VISIT))["ticket"], "the same result keeps its ticket"
    return value["ticket"]


def test_the_figure_is_of_the_record_that_is_shown(ticket):
    answer = asked(ticket=ticket)
    assert answer["ok"] and answer["library"] == plotly_address()
    counts = np.bincount(runtime.record_of(VISIT).levels[0].indices.ravel(), minlength=1024)
    meta = answer["figure"]["layout"]["meta"]
    for said in (f"{(counts > 0).sum():,} of 1,024 codes in use", f"{counts.sum():,} tokens"):
        assert said in meta["words"]
    assert asked(ticket=ticket, log=True)["figure"]["layout"]["yaxis"]["type"] == "log"
    trained = asked(ticket=ticket, counts="training", codes="used", theme="dark")["figure"]["layout"]
    assert "What the checkpoint kept" in trained["meta"]["words"]


def test_another_picture_has_another_ticket_and_nobody_guesses_one(ticket):
    assert usage.ticket_of(replace(VISIT, picture="coffee")) != ticket
    with acting_for("somebody"):
        assert usage.ticket_of(VISIT) != ticket
    for wrong in ("", "x" * 24, None, 7, ["a"]):
        answer = asked(ticket=wrong)
        assert not answer["ok"] and answer["error"]["message"], wrong
    assert "longer than the server remembers" in asked(ticket="x" * 24)["error"]["message"]


def test_what_cannot_be_drawn_is_said(ticket):
    for changes, words in (
        ({"level": 9}, "outside 0..0"),
        ({"level": "0"}, "a level"),
        ({"level": True}, "a level"),
        ({"log": 1}, "a scale"),
        ({"counts": "there"}, "Usage by rank"),
        ({"codes": None}, "Usage by rank"),
        ({"theme": "pink"}, "theme"),
    ):
        answer = asked(ticket=ticket, **changes)
        assert not answer["ok"] and words in answer["error"]["message"], changes
    assert not json.loads(usage.usage_ask(None))["ok"]
