"""A link to the lab: which run it asks for, and that the run opened by it stands where the link left it."""

import json
import re

import pytest

from explorer.lab.presets import PRESETS
from explorer.lab.runner import LabRunner
from explorer.lab.settings import LabSettings
from explorer.pages.lab.desk import PRESET_SPEED, LabDesk
from explorer.pages.lab.events import do
from explorer.pages.lab.link import FIRST, FIRST_SPEED, linked_run, requests_of, restore
from explorer.pages.lab.page import presets_json
from explorer.pages.lab.run import LabRun
from explorer.pages.lab.sources import thread_of
from explorer.pages.shared.visitors import visitors

NAME = "rich_get_richer"


def desk_of(query):
    """A desk as a process makes it, brought to where the link left it, and the words about what could not be."""
    wanted = linked_run(query)
    desk = LabDesk(LabRunner(wanted.settings, "cpu"), wanted.preset)
    desk.runner.play()
    while desk.runner.step < 3:  # a process does not wait for the link
        desk.runner.look()
        desk.runner.turn()
    return desk, restore(wanted, lambda kind, request: desk.do(request))


def test_the_bare_address_opens_a_run_that_works_slow_enough_to_follow():
    wanted = linked_run({})
    assert (wanted.settings, wanted.speed, wanted.paused, wanted.said) == (FIRST, FIRST_SPEED, False, "")
    desk, said = desk_of({})
    assert said == "" and desk.runner.limit == FIRST_SPEED and desk.runner.playing
    for steps in (17, 100):  # at 20 and at 120
        desk.runner.advance(steps)
        while desk.runner.turn() == 0:
            pass
        level = desk.runner.sides[0].frame().levels[0]
        assert (level.dead, level.unseen) == (0, 0)
    assert desk.runner.step == 120


def test_a_link_restores_settings_and_presets():
    assert linked_run({"settings": '{"codebook_size": 4}'}).settings == LabSettings(codebook_size=4)
    assert linked_run({"settings": "{}"}).settings == LabSettings()
    wanted = linked_run({"preset": NAME})
    assert (wanted.settings, wanted.preset) == (LabSettings().changed(PRESETS[NAME].changes), NAME)
    assert requests_of(wanted) == [], "a preset begins as it always does"


def test_a_link_restores_a_mended_run_at_its_speed_standing_still():
    desk, said = desk_of({"preset": NAME, "mended": "1", "speed": "10", "paused": "1"})
    status = desk.status()
    assert said == "" and (status["preset"], status["mended"], status["limit"]) == (NAME, True, 10.0)
    assert not status["playing"] and status["step"] == 0
    for name, value in PRESETS[NAME].mend.changes.items():
        assert getattr(desk.runner.sides[0].settings, name) == value


def test_a_run_that_is_mended_before_its_fault_is_plain_does_not_pause_itself():
    desk, _ = desk_of({"preset": NAME})
    desk.show_slowly()
    assert desk.runner.pauses_at == PRESETS[NAME].pause_at > desk.runner.step
    desk.do({"action": "mend"})
    assert desk.mended and desk.runner.pauses_at is None and desk.runner.playing


def test_a_link_restores_two_runs():
    desk, said = desk_of({"preset": NAME, "b": '{"reseeding": "split"}', "speed": "full", "paused": "1"})
    sides = [side.settings for side in desk.runner.sides]
    assert said == "" and [one.reseeding for one in sides] == ["none", "split"] and desk.runner.limit is None
    assert desk.runner.step == 0 and not desk.runner.playing
    assert sides[0] == LabSettings().changed(PRESETS[NAME].changes)


@pytest.mark.parametrize(
    "query",
    [
        {"settings": "{"},
        {"settings": '{"codebook_size": 0}'},
        {"preset": "none"},
        {"b": "{"},
        {"b": "[1]"},
        {"b": '{"decay": 7}'},
        {"speed": "fast"},
        {"settings": '{"codebook_sise": 4}'},
    ],
)
def test_what_a_link_asks_for_and_cannot_be_is_said_and_the_first_run_is_shown(query):
    wanted = linked_run(query)
    assert wanted.settings == FIRST and wanted.preset is None and "cannot be, so the first one" in wanted.said
    assert wanted.said.endswith((".", "?")) and "?." not in wanted.said and ".." not in wanted.said


def test_a_speed_that_cannot_be_is_said_and_the_run_is_there():
    desk, said = desk_of({"speed": "0"})
    assert "from 0.1" in said and len(desk.runner.sides) == 1


def test_a_preset_says_what_sets_its_broken_run_and_its_mended_one_apart():
    for card in json.loads(json.dumps(presets_json())):
        apart = card["apart"]
        assert apart["broken"].keys() == apart["mended"].keys() and apart["broken"] != apart["mended"]
        base = LabSettings().changed(PRESETS[card["id"]].changes)
        assert base.changed(apart["broken"]) == base
        assert base.changed(apart["mended"]) == base.changed(PRESETS[card["id"]].mend.changes)


def test_a_source_on_github_is_a_link_and_any_other_is_words():
    href = "https://github.com/a/b-c.d/issues/12"
    assert thread_of("a/b-c.d/issues/12 (a note)") == {"href": href, "text": "a/b-c.d, issue 12", "rest": " (a note)"}
    assert thread_of("No public report is known to us; a paper names it") is None


def test_no_source_leads_to_a_survey_without_a_name():
    for card in presets_json():
        assert not re.search(r"survey \d", card["source"]), card["id"]


@pytest.fixture
def place():
    yield visitors.enter("travels")
    visitors.leave("travels")


def travel(visitor, query):
    return json.loads(do({"action": "travel", "token": visitor.token, "query": query}))


def test_a_page_that_is_open_takes_another_link_as_a_new_page_would(place):
    lab = place.part(LabRun)
    run = lab.open(LabSettings(codebook_size=7))
    run.ask("do", {"action": "pause"})
    answer = travel(place, f"preset={NAME}&mended=1&speed=10&paused=1&learn=collapse.0")
    status = answer["status"]
    assert answer["ok"] and answer["message"] == "" and lab.process is run, "the run's process stays"
    assert (status["preset"], status["mended"], status["limit"]) == (NAME, True, 10.0)
    assert (status["playing"], status["step"]) == (False, 0)
    plain = travel(place, "settings=%7B%22codebook_size%22%3A+4%7D")
    assert plain["settings"][0]["codebook_size"] == 4
    status = plain["status"]
    assert (status["preset"], status["mended"], status["limit"], status["playing"]) == (None, False, None, True)
    assert status["pauses_at"] is None
    broken = travel(place, f"preset={NAME}")["status"]
    assert broken["pauses_at"] == PRESETS[NAME].pause_at and not broken["mended"] and broken["limit"] == PRESET_SPEED
    first = travel(place, "")
    assert first["status"]["limit"] == FIRST_SPEED and first["settings"][0]["codebook_size"] == FIRST.codebook_size
    odd = travel(place, "preset=nothing")
    assert odd["ok"] and "first one is shown" in odd["message"]


def test_where_the_run_has_ended_another_link_begins_a_new_one(place):
    lab = place.part(LabRun)
    lab.open(LabSettings()).end("It is over.")
    answer = travel(place, "settings=%7B%22codebook_size%22%3A+4%7D&paused=1")
    assert answer["ok"] and answer["token"] == place.token and lab.process.alive
    assert answer["settings"][0]["codebook_size"] == 4 and not answer["status"]["playing"]


def test_two_runs_of_a_link_are_taken_and_left_again(place):
    place.part(LabRun).open(LabSettings())
    both = travel(place, "settings=%7B%7D&b=%7B%22decay%22%3A+0.5%7D")
    assert [one["decay"] for one in both["settings"]] == [LabSettings().decay, 0.5]
    assert len(travel(place, "settings=%7B%7D")["settings"]) == 1


def resume(visitor, settings, query=""):
    return json.loads(do({"action": "resume", "token": visitor.token, "settings": settings, "query": query}))


def test_a_run_that_is_started_again_keeps_its_preset_and_its_speed_and_plays(place):
    place.part(LabRun).open(LabSettings()).end("It is over.")
    changes = PRESETS[NAME].changes
    answer = resume(place, changes, f"preset={NAME}&mended=1&speed=10&paused=1")
    assert answer["ok"] and answer["token"] == place.token and answer["message"] == ""
    status = json.loads(place.part(LabRun).process.ask("pull", {}))["status"]
    assert (status["preset"], status["mended"], status["limit"], status["playing"]) == (NAME, True, 10.0, True)


def test_a_comparison_that_is_started_again_is_one_and_settings_too_long_for_its_link_are_kept(place):
    place.part(LabRun).open(LabSettings()).end("It is over.")
    points = [[x / 2000, 0.5] for x in range(1500)]
    assert resume(place, {"dataset": "drawn", "points": points}, "settings=%7B%7D&b=%7B%22decay%22%3A+0.5%7D")["ok"]
    first, second = json.loads(place.part(LabRun).process.ask("pull", {}))["settings"]
    assert first["dataset"] == second["dataset"] == "drawn" and len(first["points"]) == len(second["points"]) == 1500
    assert (first["decay"], second["decay"]) == (LabSettings().decay, 0.5)


def test_a_run_that_is_started_again_without_a_link_has_its_settings_alone(place):
    lab = place.part(LabRun)
    lab.preset = NAME
    lab.open(LabSettings()).end("It is over.")
    assert resume(place, {"codebook_size": 4})["ok"]
    pulled = json.loads(lab.process.ask("pull", {}))
    assert pulled["status"]["preset"] is None and pulled["settings"][0]["codebook_size"] == 4
    odd = resume(place, {"codebook_size": 5}, "preset=nothing")
    assert odd["ok"] and odd["message"] == ""
    assert json.loads(lab.process.ask("pull", {}))["settings"][0]["codebook_size"] == 5
