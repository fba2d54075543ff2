"""A click on a code fills one output: Gradio takes what is returned as it is, so a tuple reaches the browser whole."""

import json
from types import SimpleNamespace
from unittest.mock import Mock

import gradio as gr

from explorer.foundation.errors import RecordError
from explorer.pages.inspect import page as inspect
from explorer.pages.shared.session import Visit
from explorer.pages.shared.turns import Turns

REQUEST = SimpleNamespace(session_hash="clicks")
VISIT = Visit(tokenizer="vq-ema-reseed", picture="astronaut", side_px=256)


def clicked(code):
    return inspect._select(VISIT, SimpleNamespace(level=0, code=code, token=-1), REQUEST)


def test_a_click_gives_the_card_itself():
    assert json.loads(clicked(3))["code"] == 3


def test_an_overtaken_click_changes_nothing(monkeypatch):
    monkeypatch.setattr(Turns, "holds", lambda *_: False)
    assert clicked(3) == gr.skip()


def test_a_click_that_fails_is_said_and_changes_nothing(monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Warning", said.append)
    monkeypatch.setattr(inspect.events, "card_value", Mock(side_effect=RecordError("There is no such code.")))
    assert clicked(3) == gr.skip() and said == ["There is no such code."]


def test_no_handler_of_one_output_returns_a_tuple(built):
    """The kind: with one output Gradio wraps what comes back, so a tuple of one arrives as a list in the browser."""
    alone = [function.fn for function in built.fns.values() if len(function.outputs) == 1 and function.fn]
    given = {fn.__name__: str(getattr(fn, "__annotations__", {}).get("return", "")) for fn in alone}
    assert "_select" in given and not any("tuple" in kind for kind in given.values()), given
