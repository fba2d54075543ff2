"""What the lab answers to a browser: the newest of a run, actions, and plain words for whatever cannot be."""

import base64
import io
import json
import time

import numpy as np
import pytest

from explorer.lab.presets import PRESETS
from explorer.lab.settings import LabSettings
from explorer.pages.lab import _wanted
from explorer.pages.lab_events import ACTIONS, differences, do, pull
from explorer.pages.lab_visitors import Visitor, open_run, pool, visitors
from explorer.views.encoding import unpack

SMALL = LabSettings(codebook_size=8, batch_size=32)


@pytest.fixture
def visitor():
    made = visitors.enter("session")
    open_run(made, SMALL)
    yield made
    visitors.leave("session")
    assert pool().get(made.token) is None


def ask(visitor, action, **more):
    return json.loads(do({"token": visitor.token, "action": action, **more}))


def look(visitor, **more):
    return json.loads(pull({"token": visitor.token, "idle_s": 0, "level": 0, "want_frame": True, **more}))


def stand_still(visitor, step):
    """Pause a new run and take `step` steps."""
    assert ask(visitor, "reset")["ok"] and ask(visitor, "pause")["ok"]
    assert ask(visitor, "reset")["ok"]
    if step:
        assert ask(visitor, "step", count=step)["ok"]
    end = time.monotonic() + 30
    while look(visitor)["status"]["step"] < step:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_visitor_is_shown_the_run_and_then_only_what_is_new(visitor):
    stand_still(visitor, 10)
    answer = look(visitor)
    assert answer["status"]["step"] == 10 and not answer["status"]["playing"]
    side = answer["sides"][0]
    assert len(unpack(side["curves"]["rows"])) == 10 and side["heat"]["steps"] == list(range(11))
    after = {"run": answer["run"], "curve": 10, "heat": 10, "event": -1}
    again = look(visitor, after=after)
    assert again["sides"][0]["frame"] is None and again["sides"][0]["heat"]["steps"] == []
    assert "settings" not in again
    assert look(visitor, after=after | {"run": "another"})["settings"][0]["codebook_size"] == 8


def test_settings_act_and_impossible_ones_are_said_at_their_field(visitor):
    answer = ask(visitor, "set", changes={"beta": 0.5})
    assert answer["ok"] and answer["settings"][0]["beta"] == 0.5
    for changes, field in (({"codebook_size": 0}, "codebook_size"), ({"nonsense": 1}, "nonsense"), ({"lr": "x"}, "lr")):
        refused = ask(visitor, "set", changes=changes)
        assert not refused["ok"] and refused["error"]["field"] == field and refused["error"]["message"]
    assert look(visitor)["settings"][0]["codebook_size"] == 8


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_can_be_chosen_and_mended(visitor, name):
    answer = ask(visitor, "preset", id=name)
    assert answer["ok"], answer
    assert answer["status"]["preset"] == name and not answer["status"]["mended"]
    expected = LabSettings().changed(PRESETS[name].changes)
    assert answer["settings"][0]["seed"] == expected.seed
    mended = ask(visitor, "mend")
    assert mended["ok"] and mended["status"]["mended"]
    for key, value in PRESETS[name].mend.changes.items():
        assert mended["settings"][0][key] == value


def test_two_sides_are_compared_and_their_difference_is_named(visitor):
    answer = ask(visitor, "compare", changes={"decay": 0.5})
    assert answer["ok"] and answer["status"]["differences"] == ["EMA decay: 0.99 | 0.5"]
    assert len(look(visitor)["sides"]) == 2
    assert ask(visitor, "compare_off")["ok"] and len(look(visitor)["sides"]) == 1
    assert not ask(visitor, "compare", changes={})["ok"]
    assert differences(SMALL) == []


def test_the_timeline_gives_back_the_kept_moment(visitor):
    stand_still(visitor, 12)
    shown = ask(visitor, "frame", step=5)["sides"][0]["frame"]
    kept = pool().get(visitor.token).sides[0].timeline.nearest(5)
    assert shown["step"] == 5 and np.array_equal(unpack(shown["codes"]), kept.levels[0].vectors)


def test_files_are_handed_over(visitor):
    stand_still(visitor, 6)
    file = ask(visitor, "export", kind="npz")["file"]
    with np.load(io.BytesIO(base64.b64decode(file["data"])), allow_pickle=False) as arrays:
        assert arrays["frame_step"].tolist() == list(range(7))
    table = base64.b64decode(ask(visitor, "export", kind="csv")["file"]["data"]).decode()
    assert table.startswith("step,") and len(table.splitlines()) == 7


def test_nonsense_gets_words_and_the_run_goes_on(visitor):
    for request in ({"action": "explode"}, {"action": "set", "changes": 5}, {"action": "preset", "id": "no"}, {}):
        answer = json.loads(do({"token": visitor.token, **request}))
        assert not answer["ok"] and answer["error"]["message"]
    assert not ask(visitor, "speed", steps_per_second="fast")["ok"]
    for more in ({"level": 1e9}, {"level": "x"}, {"after": 5}, {"after": {"run": 1, "curve": "x"}}, {"idle_s": "x"}):
        assert look(visitor, **more)["sides"][0]
    assert set(ACTIONS) >= {"play", "pause", "step", "set", "mend", "frame"}


def test_who_has_no_token_sees_no_run():
    for token in (None, "", "x", 5, ["a"]):
        assert json.loads(pull({"token": token}))["status"]["ended"]
        assert not json.loads(do({"token": token, "action": "play"}))["ok"]


def test_a_run_that_ended_can_be_taken_up_again(visitor):
    pool().get(visitor.token).end("ten minutes")
    assert look(visitor)["status"]["ended"] == "ten minutes"
    assert not ask(visitor, "play")["ok"]
    assert ask(visitor, "resume", settings={"codebook_size": 4})["ok"]
    assert look(visitor)["settings"][0]["codebook_size"] == 4


def test_a_link_restores_settings_and_a_bad_one_is_said():
    visitor = Visitor("t", "s")
    chosen, said = _wanted({"settings": '{"codebook_size": 4}'}, visitor)
    assert chosen.codebook_size == 4 and said == ""
    name = next(iter(PRESETS))
    chosen, said = _wanted({"preset": name}, visitor)
    assert chosen == LabSettings().changed(PRESETS[name].changes) and visitor.preset == name
    for query in ({"settings": "{"}, {"settings": '{"codebook_size": 0}'}, {"preset": "none"}):
        chosen, said = _wanted(query, visitor)
        assert chosen == LabSettings() and "cannot be" in said
