"""The results of the Inspect page: choices come in, one component is filled, and it asks for what follows."""

import json
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from explorer.foundation.errors import RecordError
from explorer.media.sounds.audio import wav_bytes
from explorer.pages.app import build
from explorer.pages.inspect import answers, events, page
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared import runtime
from explorer.pages.shared.session import Visit
from explorer.pages.shared.turns import MAPS, Turns
from explorer.pages.shared.visitors import visitors

VISIT = Visit(tokenizer="vq-ema-reseed", picture="astronaut", side_px=256)
LEVELS = Visit(tokenizer="rvq-4", picture="astronaut", side_px=256)


@pytest.fixture
def visitor():
    yield visitors.enter("clicks")
    visitors.leave("clicks")


@pytest.fixture
def shown(visitor):
    """The value of the results after a choice."""
    *_, filled, _ = page._all(visitor, VISIT)
    return json.loads(filled[2])


def ask(visitor, what, turn, **more):
    return json.loads(answers.ask({"what": what, "token": visitor.token, "turn": turn, **more}))


def test_a_choice_fills_three_values_and_the_results_are_one_of_them(visitor, shown):
    assert set(shown["parts"]) == {"view", "player", "reconstruction", "card", "address", "editor", "exports"}
    assert shown["token"] == visitor.token and not shown["chosen"] and shown["parts"]["card"] == ""
    assert visitor.part(Wish).shown.turn == shown["turn"]
    filled = [function for function in build().fns.values() if function.fn and function.fn.__module__ == page.__name__]
    assert len(filled) > 8 and max(len(function.outputs) for function in filled) == 3


def test_a_click_gives_the_card_and_the_first_is_there_without_one(visitor, shown):
    def card(**more):
        return json.loads(ask(visitor, "card", shown["turn"], **more)["parts"]["card"])

    assert card(level=0, code=3)["code"] == 3
    assert card(first=True)["code"] == json.loads(shown["parts"]["view"])["opened"]["code"]


def test_a_level_without_a_choice_has_a_card_of_its_own(visitor):
    """The first code to look at of that level, as a link that names the level has it."""
    *_, filled, _ = page._all(visitor, LEVELS)
    turn = json.loads(filled[2])["turn"]
    for level in (2, 0):
        card = json.loads(ask(visitor, "card", turn, level=level, code=None, position=None)["parts"]["card"])
        linked = json.loads(events.view_value(replace(LEVELS, level=level)))["opened"]
        assert (card["level"], card["code"], card["token"]) == (level, linked["code"], linked["token"])


def test_what_is_asked_of_an_earlier_choice_is_refused(visitor, shown):
    *_, filled, _ = page._all(visitor, VISIT)
    late = ask(visitor, "card", shown["turn"], level=0, code=3)
    assert late["error"]["message"] == answers.LATE and json.loads(filled[2])["turn"] > shown["turn"]


def test_a_click_that_fails_is_said(visitor, shown, monkeypatch):
    def refuse(visit):
        raise RecordError("There is no such code.")

    monkeypatch.setattr(answers.events, "card_value", refuse)
    assert ask(visitor, "card", shown["turn"], level=0, code=3)["error"]["message"] == "There is no such code."
    assert ask(visitor, "levels", shown["turn"], level=0, mode="loud")["error"]["field"] == "mode"


def test_a_choice_that_fails_says_why_and_leaves_what_is_shown(visitor, shown):
    values = list(page._all(visitor, Visit(tokenizer="nobody")))
    strip, facts, results = values[-2]
    assert "nobody" in json.loads(strip)["message"] and facts == results == gr.skip()
    assert visitor.part(Wish).shown.tokenizer == visitor.part(Wish).get().tokenizer == VISIT.tokenizer
    assert ask(visitor, "levels", shown["turn"], level=0, mode="solo")["ok"]


def test_a_choice_that_was_overtaken_shows_nothing(visitor):
    going = page._all(visitor, VISIT)
    visitor.part(Turns).begin(MAPS)
    next(going, None)
    visitor.part(Turns).begin(MAPS)
    assert all(values[1:] == page.NOTHING[1:] for values in going)


def visited(visitor, query):
    """What the page is filled with when it is to show another link."""
    event = gr.EventData(None, {"query": query})
    request = SimpleNamespace(session_hash=visitor.session)
    return [one for one in page._visit(event, request) if one != page.NOTHING]


def test_a_page_that_is_open_shows_another_link_and_still_has_the_visitors_file(visitor, shown, tmp_path):
    filled = visited(visitor, "tokenizer=vq-ema-reseed&picture=astronaut&token=330&learn=tokens.0")[-1]
    value = json.loads(filled[2])
    assert value["turn"] > shown["turn"] and value["chosen"] and json.loads(value["parts"]["card"])["token"] == 330
    assert "not here" in json.loads(visited(visitor, "tokenizer=nobody")[-1][0])["message"]
    lost = json.loads(visited(visitor, "picture=uploaded")[-1][0])
    assert "did not travel" in lost["message"]
    file = tmp_path / "mine.png"
    Image.new("RGB", (64, 64), "red").save(file)
    list(page._all(visitor, replace(VISIT, picture="uploaded", upload=str(file), modality="")))
    assert visitor.part(Wish).shown.picture == "uploaded"
    visited(visitor, "tokenizer=vq-ema-reseed&picture=coffee")
    assert visitor.part(Wish).shown.picture == "coffee"
    back = json.loads(visited(visitor, "tokenizer=vq-ema-reseed&picture=uploaded")[-1][0])
    assert back["message"] == "" and visitor.part(Wish).shown.upload == str(file)


def test_another_part_of_a_long_sound_is_a_link_and_another_medium_begins_anew(visitor, tmp_path):
    """The samples of an excerpt are those of the file; what is behind the end is said and changes nothing."""
    rate, file = 8_000, tmp_path / "long.wav"
    samples = np.arange(65 * rate) % 4_001 / 8_000
    file.write_bytes(wav_bytes(samples, rate))
    sound = Visit(tokenizer="sound-vq", picture="uploaded", upload=str(file), modality="")
    first = [one for one in page._all(visitor, sound) if one != page.NOTHING][-1]
    player = json.loads(json.loads(first[2])["parts"]["player"])
    assert player["excerpt"] == {"from_s": 0.0, "to_s": 30.0, "of_s": 65.0, "goes_on": True, "most_s": 30.0}
    shown = json.loads(visited(visitor, "picture=uploaded&tokenizer=sound-vq&from=60")[-1][2])
    player = json.loads(shown["parts"]["player"])
    assert player["excerpt"] == {"from_s": 60.0, "to_s": 65.0, "of_s": 65.0, "goes_on": False, "most_s": 30.0}
    assert json.loads(shown["parts"]["address"])["from"] == "60"
    heard = np.rint(runtime.medium_of(visitor.part(Wish).shown).samples[:, 0] * 32768)
    assert np.array_equal(heard, np.rint(samples[60 * rate :] * 32768))
    other = json.loads(visited(visitor, "picture=uploaded&tokenizer=sound-fsq&from=60")[-1][2])
    assert json.loads(other["parts"]["player"])["excerpt"] == player["excerpt"]
    message = json.loads(visited(visitor, "picture=uploaded&tokenizer=sound-vq&from=70")[-1][0])["message"]
    assert message.startswith("The sound ends after 65 s") and visitor.part(Wish).shown.from_s == 60
    request = SimpleNamespace(session_hash=visitor.session)
    list(page._pick_sample(gr.EventData(None, {"id": "coffee"}), request))
    assert visitor.part(Wish).shown.from_s == 0 and "from" not in visitor.part(Wish).shown.query()


def test_what_comes_next_is_made_ready_and_nothing_is_shown_of_it(visitor, shown, monkeypatch):
    made = []
    monkeypatch.setattr(events, "everything", lambda visit: made.append((visit.tokenizer, visit.picture, visit.level)))
    answer = json.loads(
        answers.ask({"what": "prepare", "token": visitor.token, "query": "tokenizer=rvq-4&picture=coffee&level=1"})
    )
    assert answer["ok"] and made == [("rvq-4", "coffee", 1)]
    assert visitor.part(Wish).shown.picture == "astronaut"
