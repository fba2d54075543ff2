"""The charts of the pages: figures on request, kept, refused in words; and the plotly.js that draws them."""

import json

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer.audit.shipped import load_shipped
from explorer.foundation.cache import Cache
from explorer.pages.app import launch_options
from explorer.pages.codebook import audits, figures
from explorer.pages.codebook.events import ask
from explorer.pages.shared.plotly_js import plotly_address, plotly_file, plotly_route


def asked(name, tokenizer="vq-ema", **more):
    request = {"what": "figure", "tokenizer": tokenizer, "audit": "val", "level": 0, "theme": "light", "name": name}
    return json.loads(ask(request | more))


def refused(name, **more):
    answer = asked(name, **more)
    assert not answer["ok"], answer
    return answer["error"]["message"]


@pytest.mark.parametrize("name", figures.OPTIONS)
def test_every_chart_of_the_page_is_drawn_of_an_audit_that_ships(name):
    tokenizer = "bsq" if name in ("bits", "bit_correlation", "sphere") else "vq-ema"
    answer = asked(name, tokenizer, theme="dark")
    assert answer["ok"] and answer["library"] == plotly_address(), answer
    assert answer["figure"]["layout"]["meta"]["figure"] == name and answer["figure"]["data"]


def test_what_is_asked_beside_the_name_reaches_the_figure():
    assert asked("growth", options={"log": True})["figure"]["layout"]["xaxis"]["type"] == "log"
    assert asked("growth", options={"log": False})["figure"]["layout"]["xaxis"]["type"] == "linear"
    assert asked("growth", options={"log": None})["ok"]
    assert (
        "codes used" in asked("single_media", options={"measure": "used"})["figure"]["layout"]["yaxis"]["title"]["text"]
    )
    assert asked("sphere", "bsq", options={"bits": [9, 1, 2]})["figure"]["layout"]["meta"]["bits"] == [9, 1, 2]
    code = int(np.argmax(load_shipped("vq-ema", "val").levels[0].counts))
    assert f"code {code} " in asked("positions", options={"code": code})["figure"]["layout"]["meta"]["words"]


def test_a_figure_is_made_once_for_each_theme(monkeypatch):
    monkeypatch.setattr(audits, "answers", Cache("answers about codebooks", 10**8))
    made = []

    def draw_figure(name, *_, theme, **__):
        made.append((name, theme))
        return '{"ok": true}'

    monkeypatch.setattr(figures, "draw_figure", draw_figure)
    for theme in ("light", "dark", "light"):
        asked("halves", theme=theme)
    assert made == [("halves", "light"), ("halves", "dark")]


def test_what_cannot_be_drawn_is_said():
    assert "no figure 'pie'" in refused("pie") and "growth" in refused("pie")
    assert "theme" in refused("growth", theme="pink")
    assert "log" in refused("growth", options={"log": "yes"})
    assert "colour" in refused("growth", options={"colour": "red"})
    for bits in ([0, 1], "012", [0, 1, "2"], [0, True, 2], [0, 1, -1], 3):
        assert "bits" in refused("sphere", tokenizer="bsq", options={"bits": bits})
    assert refused("sphere", tokenizer="bsq", options={"bits": [0, 1, 99]})
    assert "level" in refused("growth", level=7)
    assert "learned vectors" in refused("bits")


def test_the_library_is_the_installed_one_and_is_kept_for_good():
    assert any(route.path == f"/{plotly_address()}" for route in launch_options("127.0.0.1", 0)["app_kwargs"]["routes"])
    client = TestClient(Starlette(routes=[plotly_route()]))
    answer = client.get(f"/{plotly_address()}")
    assert answer.content == plotly_file().read_bytes() and b"plotly.js v" in answer.content[:100]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"] and answer.headers["etag"]
    assert client.get("/plotly-0.0.0.min.js").status_code == 404
