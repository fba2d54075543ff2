"""Rules by which a job stops itself: read, refused, and broken where the numbers of the run say so."""

import json

import pytest

from explorer.__main__ import main
from explorer.analysis.lab.advice import REMEDIES
from explorer.analysis.replay.advice import ADVICE, RULES
from explorer.analysis.replay.rules import diagnose_recorded
from explorer.analysis.replay.run import RecordedRun
from explorer.analysis.replay.verdict import KINDS, read_rule
from explorer.foundation.errors import SettingsError
from explorer.joints.files.recording import RecordingWriter, RecordLevel
from explorer.joints.record import LatticeRule
from tests.analysis.replay.made_runs import write_run
from tests.joints.made_recordings import MadeRun

EVEN = list(range(8))


def collapse(tmp_path):
    """Two of eight codes from step 20 on, over 200 steps: perplexity 2, 6 of 8 dead."""
    return write_run(tmp_path / "collapsed", {10: EVEN} | {step: [0, 1] for step in range(20, 201, 10)})


def healthy(tmp_path):
    return write_run(tmp_path / "healthy", {step: EVEN for step in range(10, 201, 10)})


@pytest.mark.parametrize(
    ("rules", "broken"),
    [
        ([], True),  # bad, by default
        (["dead=0.7"], True),
        (["dead=0.75"], False),  # no more than that is dead
        (["perplexity=0.3"], True),  # 2 of 8
        (["perplexity=0.2"], False),
        (["never"], False),
        (["dead=0.9", "warning"], True),
    ],
)
def test_a_collapse_breaks_the_rules_that_its_numbers_break(tmp_path, capsys, rules, broken):
    line = ["diagnose", str(collapse(tmp_path)), *(part for rule in rules for part in ("--fail-on", rule))]
    assert main(line) == int(broken)
    said = capsys.readouterr().out
    assert "6 of 8 codes dead" in said and "perplexity 2.0 of at most 8 over all tokens since the record before" in said
    assert ("failed by" in said) == broken


def test_a_run_that_is_well_fails_by_nothing(tmp_path, capsys):
    rules = ["bad", "warning", "dead=0", "perplexity=0.9", "error=0.1"]
    assert main(["diagnose", str(healthy(tmp_path)), *(part for rule in rules for part in ("--fail-on", rule))]) == 0
    assert "no alarm: Nothing wrong is measured" in capsys.readouterr().out


def test_json_says_the_same(tmp_path, capsys):
    assert main(["diagnose", str(collapse(tmp_path)), "--json", "--fail-on", "dead=0.5"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["step"] == 200 and said["ended"] is True
    assert said["levels"] == [{"codes": 8, "of": 8, "dead": 6, "unseen": 0}]
    assert said["failed"] == ["dead=0.5: 6 of 8 codes (75%) are dead at step 200"]
    assert said["findings"][0]["level"] == "bad" and said["findings"][0]["try"] == ADVICE["dead"]


def test_a_step_that_is_looked_back_at_is_judged_by_what_came_before(tmp_path, capsys):
    folder = collapse(tmp_path)
    assert main(["diagnose", str(folder), "--step", "25", "--fail-on", "dead=0.5"]) == 0
    assert "step 20" in capsys.readouterr().out
    assert main(["diagnose", str(folder), "--step", "5"]) == 2
    assert "holds no frame up to step 5" in capsys.readouterr().err


@pytest.mark.parametrize("rule", ["", "ded=0.5", "dead", "dead=", "dead=2", "dead=nan", "bad=1", "perplexity=-1"])
def test_a_wrong_rule_is_refused_with_what_there_is(tmp_path, capsys, rule):
    assert main(["diagnose", str(tmp_path), "--fail-on", rule]) == 2
    said = capsys.readouterr().err
    assert all(kind in said for kind in KINDS) or "needs a number" in said
    with pytest.raises(SettingsError):
        read_rule(rule)


def test_a_rule_that_cannot_be_asked_of_a_run_is_no_pass(tmp_path, capsys):
    assert main(["diagnose", str(healthy(tmp_path)), "--fail-on", "drift=0.1"]) == 2
    assert "this recording has no drift" in capsys.readouterr().err


def test_a_folder_that_holds_no_run_cannot_be_read(tmp_path, capsys):
    for folder in (tmp_path / "nowhere", tmp_path):
        assert main(["diagnose", str(folder)]) == 2
    assert "holds no recording" in capsys.readouterr().err


def test_numbers_that_are_none_and_a_lost_commitment_are_named(tmp_path):
    measures = {
        step: {"codes_not_finite_0": 3.0, "commitment_reaches": float(step < 60)} for step in range(10, 101, 10)
    }
    folder = write_run(tmp_path / "run", {step: EVEN for step in range(10, 101, 10)}, measures=measures)
    first, second = diagnose_recorded(RecordedRun(folder, "run").read())[:2]
    assert (first.level, first.title) == ("bad", "Numbers that are none") and "3 of 8 codes hold NaN" in first.text
    assert "does not reach the encoder" in second.title and "the last 5 records" in second.text


def test_every_ailment_of_the_lab_has_advice_for_a_training_of_ones_own():
    assert set(ADVICE) == set(REMEDIES) and all(ADVICE.values())


def test_codes_of_a_rule_are_not_told_to_move(tmp_path):
    """A lattice of 2 x 4 codes, two of which are chosen: nothing can reseed them."""
    axes = ((-1.0, 1.0), (-3.0, -1.0, 1.0, 3.0))
    rule = LatticeRule("fsq", axes, True)
    level = RecordLevel("", 8, 2, "implicit", rule)
    run, writer = MadeRun([level], alive=2), RecordingWriter(tmp_path / "run", [level], 10)
    for _ in range(10):
        run.step(10)
        run.write(writer)
    writer.end("", 100)
    found = diagnose_recorded(RecordedRun(tmp_path / "run", "run").read())
    assert found[0].title == "6 of 8 codes dead" and found[0].advice == RULES["dead"]
    assert set(RULES) <= set(ADVICE) and not any("reseed" in words for words in RULES.values())


def test_a_run_is_called_by_its_folder_from_within_it(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(healthy(tmp_path))
    assert main(["diagnose", "."]) == 0
    assert capsys.readouterr().out.startswith("healthy: step 200")
