"""The page of experiments answers: charts and the file of results; what is wrong is said at its field."""

import base64
import json

import pytest

from explorer.experiments import EXPERIMENTS, results_file, shelf
from explorer.joints.files.experiments import load_experiment, save_experiment
from explorer.pages.experiments import events, page
from tests.made_experiments import made_experiment


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "_brought", {})
    shelf.bring(save_experiment(tmp_path / "made.json", made_experiment()))


def ask(**request):
    return json.loads(events.ask({"experiment": "cross-modal"} | request))


def test_the_page_opens_with_everything_in_words(made):
    opening = json.loads(page.opening_of("cross-modal"))
    assert opening["opened"]["title"] == "Made" and opening["message"] == ""
    there = [name for name in EXPERIMENTS if name == "cross-modal" or results_file(name).is_file()]
    assert [one["id"] for one in opening["choices"]] == there
    assert ask(what="open")["opened"] == opening["opened"]
    strange = json.loads(page.opening_of("<b>"))
    assert strange["chosen"] == "cross-modal" and "no such experiment" in strange["message"]


def test_every_chart_comes_in_both_themes(made):
    for name in events.CHARTS:
        for theme in ("light", "dark"):
            answer = ask(what="figure", name=name, theme=theme)
            assert answer["ok"] and answer["figure"]["layout"]["meta"]["figure"] == name


def test_the_file_holds_all_results(made, tmp_path):
    file = ask(what="file")["file"]
    (tmp_path / "again.json").write_bytes(base64.b64decode(file["data"]))
    assert file["name"] == "cross-modal.json" and len(load_experiment(tmp_path / "again.json").runs) == 8


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"what": "figure", "name": "usage", "theme": "light"}, "name"),
        ({"what": "figure", "name": "usage_of_runs", "theme": "pink"}, "theme"),
        ({"what": "file", "experiment": "../secret"}, "experiment"),
        ({"what": "file", "experiment": 3}, "experiment"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(made, request_, field):
    answer = ask(**request_)
    assert not answer["ok"] and answer["error"]["field"] == field and "Traceback" not in answer["error"]["message"]


def test_missing_results_say_how_they_are_made(monkeypatch, tmp_path):
    monkeypatch.setattr(shelf, "_brought", {"cross-modal": tmp_path / "gone.json"})
    opening = json.loads(page.opening_of("cross-modal"))
    assert opening["opened"] is None and "python -m explorer experiment cross-modal" in opening["message"]
