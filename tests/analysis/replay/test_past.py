"""An alarm that is over is told with the step until which it was so, at every kept step after it, and in the report."""

import json

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.analysis.lab.finding import Finding
from explorer.analysis.replay.past import LOOKS, past_alarms, topic_of
from explorer.analysis.replay.run import RecordedRun
from explorer.pages.replay.desk import ReplayDesk
from explorer.pages.replay.requests import Pull
from tests.analysis.replay.made_runs import write_run

EVEN, SMALL = list(range(8)), 1000


def broken_for_a_while(folder):
    """Two of eight codes from step 20 to 100, all of them before and after."""
    chosen = {step: [0, 1] if 20 <= step <= 100 else EVEN for step in range(10, 301, 10)}
    return write_run(folder, chosen)


def test_what_was_wrong_is_told_until_when_at_every_later_step(tmp_path):
    run = RecordedRun(broken_for_a_while(tmp_path / "run"), "run")
    wrong = [step for step in run.frames.steps if any("codes dead" in one.title for one in run.diagnose(step))]
    last, first = max(wrong), min(step for step in run.frames.steps if step > max(wrong))
    assert 100 <= last < 150, wrong
    for step in run.frames.steps[run.frames.steps > last]:
        found = run.tell(step)
        (past,) = [one for one in found if topic_of(one) == "Until step #: # of # codes dead"]
        assert past.level == "note" and past.title == f"Until step {last}: 6 of 8 codes dead" and past.advice == ""
        assert f"until step {last}, and at step {first}, the next that was kept, no longer. It said then: " in past.text
        assert set(run.diagnose(step)) < set(found), "and all that is told of it now"
    assert not any(one.title.startswith("Until") for one in run.tell(last)), "it is so still"


def test_the_report_and_the_page_tell_it_and_it_fails_no_job(tmp_path, capsys):
    folder = broken_for_a_while(tmp_path / "run")
    assert main(["diagnose", str(folder), "--fail-on", "warning"]) == 0
    assert "NOTE: Until step" in capsys.readouterr().out
    assert main(["diagnose", str(folder), "--json", "--fail-on", "bad"]) == 0
    told = [one["title"] for one in json.loads(capsys.readouterr().out)["findings"]]
    desk = ReplayDesk()
    desk.show([("A", RecordedRun(folder, "run"))])
    (side,) = desk.newest(Pull())["sides"]
    assert [one["title"] for one in side["diagnosis"]] == told
    assert told[0].endswith("6 of 8 codes dead") and told[-1] == "Nothing wrong is measured"


@pytest.mark.parametrize(("kept", "last"), [(10, 4), (100, 37), (1000, 613)])
def test_the_last_step_is_found_between_the_frames_that_are_looked_at(kept, last):
    """Of a thousand frames few are judged; the two that follow each other, told and not, are found by halves."""
    judged = set()

    def judge(step):
        judged.add(step)
        return (Finding("bad", f"{step} of 9 broken", "Text.", "", "plane"),) if step <= last * 10 else ()

    steps = np.arange(kept) * 10
    (past,) = past_alarms(judge, steps, int(steps[-1]), SMALL)
    assert past.title == f"Until step {last * 10:,}: {last * 10} of 9 broken"
    assert f"and at step {last * 10 + 10:,}, the next" in past.text
    assert len(judged) <= LOOKS + 11


def test_large_frames_are_looked_at_less_often_and_one_that_comes_back_is_named_once():
    def judge(step):
        judged.append(step)
        return (Finding("warning", "Flat", "Text.", "", "plane"),) if step % 40 < 20 else ()

    judged, steps = [], np.arange(0, 1000, 5)
    assert len(past_alarms(judge, steps, 995, SMALL)) == 1
    few, judged = len(judged), []
    past_alarms(judge, steps, 995, 2**30)
    assert len(judged) < few


def test_judged_steps_are_kept_while_a_run_goes_on(tmp_path):
    """What was said of a step that was whole already is not worked out again at each look."""
    run = RecordedRun(broken_for_a_while(tmp_path / "run"), "run")
    run.tell(300)
    before = dict(run._judged)
    run.take()
    assert set(run._judged) == {step for step in before if step < 300}
    assert all(run._judged[step] is before[step] for step in run._judged)
