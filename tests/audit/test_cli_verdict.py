"""What a job needs of an audit: the worst finding on stdout, all of them in audit.json, an exit code by rules."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from made_audits import counted, table

from explorer.__main__ import main
from explorer.analysis.codebook.diagnosis import diagnose
from explorer.audit.indices.run import audit_indices
from explorer.cli import audit as command
from explorer.cli.audit import broken_rule
from explorer.joints.audit import Audit
from explorer.joints.files.audits import load_audit


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


@pytest.fixture
def one_row(tmp_path):
    """A single row of 60,000 tokens over codes 0 to 127 of 256."""
    np.save(tmp_path / "row.npy", np.random.default_rng(0).integers(0, 128, 60_000))
    audit = audit_indices(tmp_path / "row.npy", 256)
    return audit, diagnose(audit, [None])


@pytest.mark.parametrize(("rules", "code"), [((), 130), (("warning",), 3), (("dead=0.9",), 130)])
def test_a_stopped_audit_says_its_worst_and_fails_by_what_was_counted(
    half_dead, rules, code, tmp_path, capsys, monkeypatch
):
    """As if counting had ended after 400 of 1,000 media."""
    whole = audit_indices(half_dead[2], 64)
    part = replace(whole, media=tuple(map(str, range(400))), planned=1000)
    spec = SimpleNamespace(modality="image", fixed_size=(), media_multiple=8)
    made = SimpleNamespace(spec=spec, codebooks=lambda: ())
    monkeypatch.setattr(command.tokenizers, "load_tokenizer", lambda name, device=None: made)
    monkeypatch.setattr(command, "count_media", lambda *arguments: part)
    monkeypatch.setattr(command, "source_named", lambda *arguments: SimpleNamespace(title="t"))
    line = ["audit", "made", "media", "--out", str(tmp_path / "a")]
    assert main([*line, *(word for rule in rules for word in ("--fail-on", rule))]) == code
    said = capsys.readouterr()
    worst = json.loads((tmp_path / "a" / "audit.json").read_text())["findings"][0]
    assert worst["title"].endswith("of 64 codes are dead")
    assert f"{worst['level']} ({worst['sure']}): {worst['title']}" in said.out
    assert "of the media counted so far" in said.err and ("--fail-on warning: " in said.err) == (code == 3)


def test_parts_of_one_row_are_no_media(one_row):
    audit, findings = one_row
    assert audit.num_media is None and audit.levels[0].media == 59
    (dead,) = [one for one in findings if one.title.endswith("codes are dead")]
    assert dead.sure == "likely" and "in 60,000 tokens of 59 parts of one row" in dead.text
    assert "more media" not in dead.text.lower() and "may be of one medium" in dead.text
    told_apart = replace(audit, settings=audit.settings | {"media": 59})
    (dead,) = [one for one in diagnose(told_apart, [None]) if one.title.endswith("codes are dead")]
    assert dead.sure == "certain" and "in 60,000 tokens of 59 media" in dead.text


def test_a_level_is_named_once(tmp_path, capsys):
    tokens = np.random.default_rng(0).integers(0, 64, (400, 2, 64))
    tokens[:, 1] //= 4
    np.save(tmp_path / "i.npy", tokens)
    line = ["audit", "--indices", str(tmp_path / "i.npy"), "--axes", "b,q,t", "--codebook-size", "64"]
    assert main([*line, "--out", str(tmp_path / "a")]) == 0
    (said,) = [line for line in capsys.readouterr().out.splitlines() if "codes are dead" in line]
    title = said.split(". ")[0]
    assert title.count("level 2") == 1
    report = (tmp_path / "a" / "report.html").read_text()
    assert report.split("codes are dead")[0].rsplit("<strong>", 1)[1].count("level 2") == 0
    assert "codes are dead on level 2</strong>" in report


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


def test_codes_that_are_not_finite_are_none_that_die():
    """Of 64 codes 32 have no token (31 at least stay without); where half are NaN the rule counts the other 16."""
    counts = np.where(np.arange(64) < 32, 1000, 0)
    vectors = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    vectors[48:] = np.nan
    audit = Audit("x", None, "unknown", (), (), (counted(counts),), None, 0, 0.0)
    assert "31 of 64 codes or more" in broken_rule("dead=0.3", audit, [], [None])
    assert "16 of 64 codes or more" in broken_rule("dead=0.2", audit, [], [table(vectors)])
    assert broken_rule("dead=0.3", audit, [], [table(vectors)]) == ""
