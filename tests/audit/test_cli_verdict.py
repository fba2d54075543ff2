"""What a job needs of an audit: the worst finding on stdout, all of them in audit.json, an exit code by rules."""

import json

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.analysis.codebook_diagnosis import diagnose
from explorer.audit.result import load_audit


@pytest.fixture
def half_dead(tmp_path):
    """400 media of 64 tokens over codes 0 to 31 of 64."""
    np.save(tmp_path / "i.npy", np.random.default_rng(0).integers(0, 32, (400, 64)))
    return ["audit", "--indices", str(tmp_path / "i.npy"), "--codebook-size", "64", "--out", str(tmp_path / "a")]


def test_findings_are_written_and_the_worst_is_said(half_dead, tmp_path, capsys):
    assert main(half_dead) == 0
    said = capsys.readouterr().out
    findings = json.loads((tmp_path / "a" / "audit.json").read_text())["findings"]
    audit = load_audit(tmp_path / "a")
    assert findings == [finding.as_json() for finding in diagnose(audit, [None])]
    worst = findings[0]
    assert f"{worst['level']} ({worst['sure']}): {worst['title']}" in said
    ranks = [["bad", "warning", "note", "good"].index(finding["level"]) for finding in findings]
    assert ranks == sorted(ranks) and worst["level"] in ("bad", "warning")


@pytest.mark.parametrize(
    ("rules", "code", "words"),
    [
        (["dead=0.6"], 0, ""),
        (["dead=0.4"], 3, "--fail-on dead=0.4: 31 of 64 codes or more"),
        (["warning"], 3, "--fail-on warning: "),
        (["dead=2"], 2, "a share from 0 to 1"),
        (["dead="], 2, "takes bad, warning, or dead=0.5"),
        (["awful"], 2, "not 'awful'"),
    ],
)
def test_a_job_can_fail_on_what_is_found(half_dead, rules, code, words, capsys, tmp_path):
    line = [*half_dead, *(part for rule in rules for part in ("--fail-on", rule))]
    assert main(line) == code
    assert words in capsys.readouterr().err
    assert (tmp_path / "a" / "audit.json").exists() == (code != 2), "a failed check keeps what was counted"


def test_a_healthy_codebook_fails_on_nothing(tmp_path, capsys):
    np.save(tmp_path / "i.npy", np.random.default_rng(0).integers(0, 64, (400, 64)))
    line = ["audit", "--indices", str(tmp_path / "i.npy"), "--codebook-size", "64", "--out", str(tmp_path / "a")]
    assert main([*line, "--fail-on", "bad", "--fail-on", "warning", "--fail-on", "dead=0"]) == 0
    assert capsys.readouterr().err.count("--fail-on") == 0
