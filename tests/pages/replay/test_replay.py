"""What the page of recorded runs answers: its runs, moments of them, what is new while they train, and files."""

import base64
import json
import shutil

import numpy as np
import pytest

from explorer.foundation.errors import RecordError
from explorer.joints.files.recording import RecordingWriter, RecordLevel, open_recording
from explorer.pages.replay import events, part, start
from explorer.pages.replay.page import opening_of
from explorer.pages.replay.part import ReplayPart
from explorer.pages.shared.visitors import visitors
from explorer.views.kit.wire.encoding import unpack
from tests.analysis.replay.made_runs import write_run
from tests.joints.made_recordings import MadeRun, make_recording

EVEN = list(range(8))


@pytest.fixture
def visitor(monkeypatch):
    monkeypatch.setattr(start, "_given", {})
    monkeypatch.setattr(start, "shipped_run", lambda: None)
    monkeypatch.setattr("explorer.analysis.replay.run.LOOK_S", 0.0)
    one = visitors.enter("session-of-replay")
    yield one
    visitors.leave("session-of-replay")


def do(visitor, action, **more):
    return json.loads(events.do({"token": visitor.token, "action": action, **more}))


def pull(visitor, **more):
    return json.loads(events.pull({"token": visitor.token, **more}))


def opened(visitor, **query):
    return json.loads(opening_of(query, visitor.part(ReplayPart), visitor.token))


def test_the_numbers_that_are_sent_are_those_of_the_folder(tmp_path, visitor):
    make_recording(tmp_path / "first-run", records=6, every=10, alive=8)
    assert start.bring_run(tmp_path / "first-run").id == "first-run"
    assert [one["id"] for one in opened(visitor)["status"]["runs"]] == ["first-run"]
    answer = pull(visitor)
    recording = open_recording(tmp_path / "first-run")
    frame, (side,) = recording.frame(5), answer["sides"]
    assert side["frame"]["step"] == side["judged"] == 60 and side["frame"]["dead"] == frame.levels[0].dead == 24
    assert np.array_equal(unpack(side["frame"]["counts"]), frame.levels[0].counts)
    assert side["frame"]["ceiling"] == 32 and not side["frame"]["paired"]  # of 640 tokens since the record before
    steps, counts = side["heat"]["steps"], unpack(side["heat"]["counts"])
    assert steps == [10, 20, 30, 40, 50, 60]
    for i in range(6):
        assert np.array_equal(counts[i], recording.frame(i).levels[0].counts)
    assert [row[1:5] for row in side["events"]["rows"]] == [[20, 0, 1, "expired"], [40, 0, 1, "expired"]]
    assert side["diagnosis"][0]["title"] == "24 of 32 codes dead"
    kept = answer["status"]["kept"]
    assert (kept["first"], kept["last"], kept["steps"], kept["all"]) == (10, 60, steps, 6)
    assert answer["status"]["playing"] is False and answer["status"]["runs"][0]["ended"] is True


def test_only_what_is_new_is_sent_while_a_run_trains_and_it_is_live_until_it_ends(tmp_path, visitor, monkeypatch):
    monkeypatch.setattr("explorer.analysis.replay.run.ENDED_S", 0.0)
    levels = (RecordLevel("", 32, 4),)
    run, writer = MadeRun(levels), RecordingWriter(tmp_path / "run", levels, 10)
    run.step(10)
    run.write(writer)
    start.bring_run(tmp_path / "run")
    opened(visitor)
    first = pull(visitor)
    assert first["status"]["playing"] is True and first["status"]["runs"][0]["live"] is True
    held = {"run": first["run"], "curve": 10, "heat": 10, "event": -1}
    same = pull(visitor, after=held)
    assert same["run"] == first["run"] and same["sides"][0]["frame"] is None and same["sides"][0]["heat"]["steps"] == []
    run.step(10)
    run.write(writer)
    more = pull(visitor, after=held)
    assert more["run"] == first["run"] and more["sides"][0]["frame"]["step"] == 20
    assert more["sides"][0]["heat"]["steps"] == [20]
    assert unpack(more["sides"][0]["curves"]["rows"])[:, 0].tolist() == [20]
    writer.end("", 20)
    assert pull(visitor, after=held)["status"]["playing"] is False


def test_a_moment_in_passing_is_not_judged_and_one_that_stays_is(tmp_path, visitor):
    """A replay goes through many, and its frames would wait for the diagnosis of each."""
    start.bring_run(write_run(tmp_path / "run", dict.fromkeys(range(10, 61, 10), EVEN)))
    opened(visitor)
    first = pull(visitor)
    held = {"run": first["run"], "curve": 60, "heat": 60, "event": 99}
    assert first["sides"][0]["judged"] == 60 and first["status"]["rest_ms"] is None  # of the heatmap there was more
    assert pull(visitor, after=held)["status"]["rest_ms"] == 5_000
    for step in (20, 30):
        passing = pull(visitor, after=held, scrub=step)
        assert "judged" not in passing["sides"][0] and passing["status"]["rest_ms"] is None
    assert pull(visitor, after=held, scrub=30)["sides"][0]["judged"] == 30
    assert pull(visitor, after=held)["sides"][0]["judged"] == 60


def test_two_runs_are_seen_at_the_same_steps(tmp_path, visitor):
    write_run(tmp_path / "short", dict.fromkeys(range(10, 61, 10), EVEN))
    write_run(tmp_path / "long", dict.fromkeys(range(15, 201, 15), EVEN))
    for name in ("short", "long"):
        start.bring_run(tmp_path / name)
    assert [one["id"] for one in opened(visitor, run="short", b="long")["status"]["runs"]] == ["short", "long"]
    answer = pull(visitor)
    assert [side["frame"]["step"] for side in answer["sides"]] == [60, 60]
    assert answer["status"]["kept"]["steps"] == [10, 15, 20, 30, 40, 45, 50, 60]
    assert [side["frame"]["step"] for side in do(visitor, "frame", step=31)["sides"]] == [30, 30]
    assert [one["id"] for one in do(visitor, "compare_off")["status"]["runs"]] == ["short"]


def test_without_a_run_the_example_that_ships_is_shown_and_a_link_to_it_holds_beside_others(
    tmp_path, visitor, monkeypatch
):
    monkeypatch.undo()
    monkeypatch.setattr(start, "_given", {})
    there = opened(visitor)
    (run,) = there["status"]["runs"]
    assert [one["id"] for one in there["runs"]] == ["digits-example"] == [run["id"]]
    assert (run["last"], run["frames"], run["ended"], run["notes"]) == (1000, 26, True, [])
    assert run["words"].startswith("Example: an autoencoder learns 8 x 8 pictures of digits through 64 codes")
    (side,) = pull(visitor)["sides"]
    assert side["frame"]["codebook_size"] == 64 and side["frame"]["step"] == 1000
    assert do(visitor, "frame", step=480)["sides"][0]["frame"]["dead"] == 63
    write_run(tmp_path / "run", {10: EVEN})
    start.bring_run(tmp_path / "run")
    beside = opened(visitor)
    assert [one["id"] for one in beside["runs"]] == ["run"] == [one["id"] for one in beside["status"]["runs"]]
    linked = opened(visitor, run="digits-example", step="480")
    assert linked["status"]["runs"][0]["id"] == "digits-example" and linked["message"] == ""


def test_a_link_to_what_is_not_here_says_so_and_the_rest_is_shown(tmp_path, visitor):
    assert opened(visitor)["status"]["runs"] == [] and pull(visitor)["sides"] == []
    write_run(tmp_path / "run", {10: EVEN})
    start.bring_run(tmp_path / "run")
    there = opened(visitor, run="gone", step="7", level="x")
    assert "names a run that is not here" in there["message"]
    first = {"step": None, "level": 0, "code": None}
    assert there["status"]["runs"][0]["id"] == "run" and there["first"] == first
    lost = opened(visitor, run="own-3", step="7", level="1", code="3")
    assert "did not travel" in lost["message"] and lost["first"] == first, "they were of the run that is gone"
    assert opened(visitor, run="own-3", b="run", step="7")["first"] == first
    half = opened(visitor, run="run", b="own-3", step="7", level="x", code="3")
    assert half["first"] == {"step": 7, "level": 0, "code": 3} and "did not travel" in half["message"]
    refused = do(visitor, "open", runs=["nowhere"])
    assert "There is no run 'nowhere' here." in refused["error"]["message"]


def test_what_can_be_read_of_a_damaged_run_is_shown_and_the_rest_is_said(tmp_path, visitor):
    folder = write_run(tmp_path / "run", dict.fromkeys(range(10, 61, 10), EVEN), end=False)
    frames = sorted(folder.glob("frame-*.npz"))
    frames[2].write_bytes(frames[2].read_bytes()[:200])
    frames[-1].write_bytes(b"")
    start.bring_run(folder)
    opened(visitor)
    answer = pull(visitor)
    assert answer["sides"][0]["frame"]["step"] == 50 and answer["sides"][0]["heat"]["steps"] == [10, 20, 40, 50]
    notes = " ".join(pull(visitor)["status"]["runs"][0]["notes"])
    assert frames[-1].name in notes and "damaged" in notes and "killed" in notes
    shutil.rmtree(folder)
    after = pull(visitor)
    assert after["ok"] and "is gone" in " ".join(after["status"]["runs"][0]["notes"])


def test_a_folder_that_goes_away_is_noticed_while_the_page_is_open_and_what_was_read_stays(
    tmp_path, visitor, monkeypatch
):
    """Of a run that ended, too; and it is followed again where it comes back."""
    monkeypatch.setattr("explorer.analysis.replay.run.ENDED_S", 0.0)
    folder = write_run(tmp_path / "run", dict.fromkeys(range(10, 61, 10), EVEN))
    start.bring_run(folder)
    opened(visitor)
    before = pull(visitor)
    assert before["status"]["runs"][0]["notes"] == []
    shown = do(visitor, "frame", step=30)["sides"][0]["frame"]
    folder.rename(tmp_path / "elsewhere")
    after = pull(visitor, after={"run": before["run"], "curve": 60, "heat": 60, "event": 99})
    (run,) = after["status"]["runs"]
    assert run["notes"] == [f"The folder {str(folder)!r} is gone; what was read of it before is shown."]
    assert (run["ended"], run["live"], run["records"], run["frames"]) == (True, False, 6, 6)
    assert after["run"] == before["run"] and "problem" not in after["sides"][0]
    assert after["sides"][0]["diagnosis"] == before["sides"][0]["diagnosis"]
    assert do(visitor, "frame", step=30)["sides"][0]["frame"] == shown
    visitor.part(ReplayPart).desk.sides[0].run.frames.forget()
    error = do(visitor, "frame", step=10)["error"]["message"]
    assert "The frame near step 10 cannot be read (the frame of step 10 went with its folder" in error
    (tmp_path / "elsewhere").rename(folder)
    assert pull(visitor)["status"]["runs"][0]["notes"] == []
    assert do(visitor, "frame", step=20)["sides"][0]["frame"]["step"] == 20


def test_a_run_without_a_frame_shows_its_curves(tmp_path, visitor):
    folder = write_run(tmp_path / "run", dict.fromkeys(range(10, 41, 10), EVEN))
    for frame in folder.glob("frame-*.npz"):
        frame.unlink()
    start.bring_run(folder)
    opened(visitor)
    (side,) = pull(visitor)["sides"]
    assert side["frame"] is None and unpack(side["curves"]["rows"])[:, 0].tolist() == [10, 20, 30, 40]
    assert "No frame was recorded" in do(visitor, "frame", step=10)["error"]["message"]
    with pytest.raises(RecordError, match="holds no recording"):
        start.bring_run(tmp_path)


def test_lives_and_curves_are_told_and_saved(tmp_path, visitor):
    moments = {10: EVEN, 20: EVEN[:4], 30: EVEN[:4], 40: EVEN}
    start.bring_run(write_run(tmp_path / "run", moments, measures={20: {"drift": 0.5}}))
    opened(visitor)
    lives = do(visitor, "lives")["lives"]
    assert (lives["K"], lives["deaths"], lives["back"], lives["alive"]) == (8, 4, 4, 8)
    assert lives["rows"][0][1:] == [10, 30, 40, "latents came back to it"]
    text = base64.b64decode(do(visitor, "export", kind="csv")["file"]["data"]).decode()
    lines = text.splitlines()
    assert lines[0].startswith("step,mse") and lines[2].split(",")[0] == "20" and lines[2].endswith(",0.5,0")
    assert do(visitor, "export", kind="lives")["file"]["name"] == "run-lives-level-1.csv"


def test_runs_of_one_name_have_ids_of_their_own_and_one_folder_is_one_run(tmp_path, visitor):
    for place in ("a", "b"):
        write_run(tmp_path / place / "my run", {10: EVEN})
    ids = [start.bring_run(tmp_path / place / "my run") for place in ("a", "b", "a")]
    assert [one.id for one in ids] == ["my-run", "my-run-2", "my-run"] and ids[1].title == "b/my run"


def test_the_example_is_recorded_and_followed_while_it_trains(visitor, monkeypatch):
    """In a process of its own; it ends with its page."""
    monkeypatch.setattr(part, "PAUSE_S", 0.05)
    answer = do(visitor, "example")
    assert answer["error"] is None and answer["status"]["runs"][0]["live"] is True
    (side,) = pull(visitor)["sides"]
    assert side["frame"]["codebook_size"] == 64 and side["frame"]["paired"]
    process = visitor.part(ReplayPart)._example
    assert process.is_alive() and "already" in do(visitor, "example")["error"]["message"]
    visitors.leave("session-of-replay")
    process.join(20)
    assert not process.is_alive()
