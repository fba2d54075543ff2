"""What the lab answers to a browser: the newest of a run, actions, and plain words for whatever cannot be."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from explorer.analysis.lab.diagnosis import Finding
from explorer.lab.preset import Sign
from explorer.lab.presets import PRESETS
from explorer.lab.runner import LabRunner
from explorer.lab.settings import LabSettings
from explorer.pages.lab.desk import ACTIONS, LabDesk
from explorer.pages.lab.events import do, pull
from explorer.pages.lab.run import LabRun, pool
from explorer.pages.shared.visitors import visitors
from explorer.views.kit.wire.encoding import unpack

SMALL = LabSettings(codebook_size=8, batch_size=32)


@pytest.fixture
def desk():
    made = LabDesk(LabRunner(SMALL, "cpu"))
    made.runner.play()
    return made


def ask(desk, action, **more):
    return json.loads(desk.do({"action": action, **more}))


def look(desk, **more):
    return json.loads(desk.pull({"idle_s": 0, "level": 0, "want_frame": True, **more}))


def stand_still(desk, step):
    """Begin again, and take `step` steps."""
    assert ask(desk, "reset")["ok"] and ask(desk, "pause")["ok"]
    if step:
        assert ask(desk, "step", count=step)["ok"]
    while desk.runner.turn() == 0:
        pass
    assert desk.runner.step == step


def test_a_visitor_is_shown_the_run_and_then_only_what_is_new(desk):
    stand_still(desk, 10)
    answer = look(desk)
    assert answer["status"]["step"] == 10 and not answer["status"]["playing"]
    side = answer["sides"][0]
    assert len(unpack(side["curves"]["rows"])) == 10 and side["heat"]["steps"] == list(range(11))
    after = {"run": answer["run"], "curve": 10, "heat": 10, "event": -1}
    again = look(desk, after=after)
    assert again["sides"][0]["frame"] is None and again["sides"][0]["heat"]["steps"] == []
    assert "settings" not in again
    assert look(desk, after=after | {"run": "another"})["settings"][0]["codebook_size"] == 8


def test_settings_act_and_impossible_ones_are_said_at_their_field(desk):
    answer = ask(desk, "set", changes={"beta": 0.5})
    assert answer["ok"] and answer["settings"][0]["beta"] == 0.5
    for changes, field in (({"codebook_size": 0}, "codebook_size"), ({"nonsense": 1}, "nonsense"), ({"lr": "x"}, "lr")):
        refused = ask(desk, "set", changes=changes)
        assert not refused["ok"] and refused["error"]["field"] == field and refused["error"]["message"]
    assert look(desk)["settings"][0]["codebook_size"] == 8


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_can_be_chosen_and_mended(desk, name):
    answer = ask(desk, "preset", id=name)
    assert answer["ok"], answer
    assert answer["status"]["preset"] == name and not answer["status"]["mended"]
    expected = LabSettings().changed(PRESETS[name].changes)
    assert answer["settings"][0]["seed"] == expected.seed
    mended = ask(desk, "mend")
    assert mended["ok"] and mended["status"]["mended"]
    for key, value in PRESETS[name].mend.changes.items():
        assert mended["settings"][0][key] == value


@pytest.fixture
def small_preset(monkeypatch):
    """A preset of 16 codes that is plain after 64 steps, so that a test takes no time."""
    one = PRESETS["rich_get_richer"]
    changes = {**one.changes, "codebook_size": 16, "batch_size": 32}
    made = replace(one, changes=changes, sign=Sign("dead_share", 0.4, 0.1), pause_at=64)
    monkeypatch.setattr("explorer.pages.lab.desk.preset", lambda id: made)
    return made


def take(desk, steps):
    """So many turns of the runner, as fast as it can."""
    desk.runner.set_speed(None)
    for _ in range(steps):
        desk.runner.look()
        desk.runner.turn()


def test_a_preset_runs_slowly_pauses_itself_and_says_what_is_to_be_seen_there(desk, small_preset):
    answer = ask(desk, "preset", id=small_preset.id)
    assert answer["status"]["limit"] == 60 and answer["status"]["playing"] and answer["status"]["pauses_at"] == 64
    early = look(desk)["sides"][0]
    assert early["moment"]["state"] == "before" and early["diagnosis"] == []
    take(desk, 70)
    answer = look(desk)
    side = answer["sides"][0]
    assert not answer["status"]["playing"] and answer["status"]["step"] == 64
    assert side["moment"]["step"] == side["judged"] == side["frame"]["step"] == 64
    dead = side["frame"]["dead"]
    assert side["moment"]["state"] == "plain" and side["moment"]["text"].startswith(f"{dead} of 16 codes are dead")
    assert side["diagnosis"][0]["title"] == f"{dead} of 16 codes dead" and side["diagnosis"][0]["try"]

    assert ask(desk, "step", count=3)["ok"]  # the pause holds nobody
    take(desk, 4)
    assert look(desk)["sides"][0]["judged"] == 67, "made anew at once where the run stands still"

    assert ask(desk, "mend")["status"]["mended_at"] == 67
    take(desk, 60)
    ask(desk, "pause")
    mended = look(desk)["sides"][0]
    assert mended["moment"]["state"] == "mended" and mended["judged"] == 127

    past = look(desk, scrub=60, want_frame=False)["sides"][0]
    assert past["judged"] == past["moment"]["step"] == 60 and past["moment"]["state"] == "plain"
    assert "codes dead" in past["diagnosis"][0]["title"] and past["diagnosis"][0]["try"] == ""
    assert look(desk)["sides"][0]["judged"] == 127, "and back to now"


def test_a_run_that_plays_is_judged_by_and_by_and_not_at_each_look(desk, monkeypatch):
    monkeypatch.setattr("explorer.pages.lab.judging.EVERY_S", 60.0)
    take(desk, 3)
    first = look(desk)
    held = {"run": first["run"], "curve": -1, "heat": -1, "event": -1}
    take(desk, 3)
    assert look(desk, after=held)["sides"][0]["judged"] == first["sides"][0]["judged"] == 3
    assert ask(desk, "pause")["ok"]
    assert look(desk, after=held)["sides"][0]["judged"] == 6


def test_what_can_be_tried_follows_a_setting_that_is_turned_while_the_run_stands_still(desk):
    """It went on saying that a strategy should be chosen, beside the one that was chosen."""
    changes = PRESETS["far_init"].changes
    assert ask(desk, "begin", changes=dict(changes))["ok"]
    stand_still(desk, 200)
    holds = {"run": look(desk)["run"]}
    before = look(desk, after=holds)["sides"][0]
    assert "choose a reseeding strategy" in before["diagnosis"][0]["try"]
    assert ask(desk, "set", changes={"reseeding": "random_latent"}, sides=[0])["ok"]
    after = look(desk, after=holds)["sides"][0]
    assert after["judged"] == before["judged"] == 200
    assert after["diagnosis"][0]["title"] == before["diagnosis"][0]["title"]
    assert "No code was reseeded yet" in after["diagnosis"][0]["try"]


def test_a_preset_that_was_changed_by_hand_makes_no_claim(desk):
    assert ask(desk, "preset", id="far_init")["ok"]
    assert not ask(desk, "set", changes={"seed": 7})["status"]["by_hand"], "another seed is the same preset"
    assert desk.runner.pauses_at == PRESETS["far_init"].pause_at, "and pauses itself as well"
    assert ask(desk, "set", changes={"beta": 3.0})["status"]["by_hand"]
    assert look(desk)["sides"][0]["moment"] is None
    assert not ask(desk, "set", changes={"beta": 0.25})["status"]["by_hand"]


def test_started_again_a_broken_preset_pauses_itself_again_and_a_mended_one_does_not(desk):
    assert ask(desk, "preset", id="far_init")["ok"]
    assert ask(desk, "reset")["status"]["pauses_at"] == PRESETS["far_init"].pause_at
    assert ask(desk, "mend")["ok"]
    again = ask(desk, "reset")["status"]
    assert again["pauses_at"] is None and again["mended"] and again["mended_at"] == 0
    assert not ask(desk, "preset", id="far_init")["status"]["mended"]


def test_a_link_to_a_preset_pauses_itself_too():
    runner = LabRunner(LabSettings().changed(PRESETS["far_init"].changes), "cpu")
    status = LabDesk(runner, "far_init").status()
    assert status["pauses_at"] == PRESETS["far_init"].pause_at and status["limit"] == 60


def test_two_sides_are_compared_by_the_settings_of_both(desk):
    answer = ask(desk, "compare", changes={"decay": 0.5})
    assert answer["ok"] and [settings["decay"] for settings in answer["settings"]] == [0.99, 0.5]
    assert len(look(desk)["sides"]) == 2
    assert ask(desk, "compare_off")["ok"] and len(look(desk)["sides"]) == 1
    assert not ask(desk, "compare", changes={})["ok"]


def test_of_two_sides_the_broken_one_has_no_tick_and_the_words_are_of_the_first(desk, small_preset, monkeypatch):
    """A is mended from its first step and B broken; the diagnosis of both is made to find nothing."""
    good = Finding("good", "Nothing wrong is measured", "All codes are in use.", "", "histogram")
    monkeypatch.setattr("explorer.pages.lab.judging.found_in", lambda run: (good,))
    assert ask(desk, "preset", id=small_preset.id)["ok"] and ask(desk, "mend")["ok"]
    broken = {name: getattr(LabSettings().changed(small_preset.changes), name) for name in small_preset.mend.changes}
    assert ask(desk, "compare", changes=broken)["status"]["mended_at"] == 0
    take(desk, 64)
    ask(desk, "pause")
    first, second = look(desk)["sides"]
    expected = {"mended": good.title, "mending": "Not mended yet"}
    assert first["diagnosis"][0]["title"] == expected[first["moment"]["state"]]
    assert second["moment"] is None and second["diagnosis"][0]["title"] == "Broken on purpose"


def test_the_timeline_gives_back_the_kept_moment(desk):
    stand_still(desk, 12)
    shown = ask(desk, "frame", step=5)["sides"][0]["frame"]
    kept = desk.runner.sides[0].timeline.nearest(5)
    assert shown["step"] == 5 and np.array_equal(unpack(shown["codes"]), kept.levels[0].vectors)


def test_files_are_handed_over(desk):
    stand_still(desk, 6)
    file = ask(desk, "export", kind="npz")["file"]
    with np.load(io.BytesIO(base64.b64decode(file["data"])), allow_pickle=False) as arrays:
        assert arrays["frame_step"].tolist() == list(range(7))
    table = base64.b64decode(ask(desk, "export", kind="csv")["file"]["data"]).decode()
    assert table.startswith("step,") and len(table.splitlines()) == 7
    assert file["name"] == "lab-vq-seed0-step6.npz"
    assert ask(desk, "compare", changes={"seed": 1})["ok"]
    assert ask(desk, "export", kind="csv")["file"]["name"].endswith("-run-a.csv"), "of two runs it is that of A"


def test_nonsense_gets_words_and_the_run_goes_on(desk):
    for request in ({"action": "explode"}, {"action": "set", "changes": 5}, {"action": "preset", "id": "no"}, {}):
        answer = json.loads(desk.do(request))
        assert not answer["ok"] and answer["error"]["message"]
    assert not ask(desk, "speed", steps_per_second="fast")["ok"]
    nonsense = {"level": "x", "idle_s": "x", "after": 5, "scrub": -1, "want_frame": "yes"}
    for field, value in nonsense.items():
        error = look(desk, **{field: value})["error"]
        assert error["field"] == field and field.replace("_", " ") in error["message"]
    assert look(desk, after={"run": "x", "curve": "x"})["error"]["field"] == "curve"
    assert look(desk, level=10**9)["sides"][0], "a level that this run does not have is its last one"
    assert set(ACTIONS.events) >= {"play", "pause", "step", "set", "mend", "frame"}


def test_who_has_no_token_sees_no_run():
    for token in (None, "", "x", 5, ["a"]):
        assert json.loads(pull({"token": token}))["status"]["ended"]
        assert not json.loads(do({"token": token, "action": "play"}))["ok"]


def test_a_run_of_a_page_answers_ends_and_can_be_taken_up_again():
    visitor = visitors.enter("session")
    try:
        visitor.part(LabRun).open(SMALL)

        def act(action, **more):
            return json.loads(do({"token": visitor.token, "action": action, **more}))

        assert json.loads(pull({"token": visitor.token}))["settings"][0]["codebook_size"] == 8
        assert act("pause")["ok"] and not act("explode")["ok"]
        assert act("set", changes={"codebook_size": 0})["error"]["field"] == "codebook_size"
        pool().get(visitor.token).end("ten minutes")
        assert json.loads(pull({"token": visitor.token}))["status"]["ended"] == "ten minutes"
        assert not act("play")["ok"]
        assert act("resume", settings={"codebook_size": 0})["error"]["field"] == "codebook_size"
        assert act("resume", settings={"codebook_size": 4})["ok"]
        assert json.loads(pull({"token": visitor.token}))["settings"][0]["codebook_size"] == 4
    finally:
        visitors.leave("session")
    assert pool().get(visitor.token) is None


def test_what_is_no_number_is_sent_as_null(desk):
    stand_still(desk, 3)
    desk.runner.sides[0].trainer.losses["reconstruction"] = float("nan")
    desk.runner.sides[0].gradients = True  # so that a new frame is made of this moment
    assert look(desk)["sides"][0]["frame"]["losses"]["reconstruction"] is None
