"""What was done to media before they were counted is said wherever an audit is shown."""

from __future__ import annotations

import json

import numpy as np
import pytest

from explorer import tokenizers
from explorer.__main__ import main
from explorer.audit import batches
from explorer.audit.notes import MOST_KINDS, Notes
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.figures.reports.audit import html_report
from explorer.joints.audit import MediaNote
from explorer.joints.files.audits import describe, load_audit, save_audit
from explorer.media.sounds.audio import wav_bytes
from explorer.views.codebook.payload import open_payload
from tests.made_codecs import made

FILLED = (
    "The end filled with 3.8 ms of silence: 8,010 become 8,040 samples, a multiple of 40; what is decoded is as long."
)
CANCELLED = "The channels cancel each other (antiphase): their average is silence."


@pytest.fixture
def sounds(tmp_path):
    """At 8,000 Hz, 40 samples a token: one that fits, two that are filled up, and one in antiphase."""
    folder, chance = tmp_path / "sounds", np.random.default_rng(0)
    folder.mkdir()
    for name, length in (("a", 8000), ("b", 8010), ("c", 8050)):
        (folder / f"{name}.wav").write_bytes(wav_bytes(0.3 * chance.standard_normal((length, 1)), 8000))
    left = 0.3 * chance.standard_normal((8000, 1))
    left = np.round(left * 32768) / 32768  # so that the other channel is its opposite to the bit
    (folder / "d.wav").write_bytes(wav_bytes(np.hstack([left, -left]).clip(-0.9, 0.9), 8000))
    return open_source(folder)


def test_notes_of_media_stand_in_the_audit_with_their_denominator(sounds, tmp_path):
    audit = run_audit(made("tones"), sounds, title="Sounds")
    assert audit.tokens == 200 + 201 + 202 + 200
    assert {one.words: (one.media, one.first, one.alike) for one in audit.notes} == {
        FILLED: (2, "b.wav", False),
        "2 channels averaged to one.": (1, "d.wav", True),
        CANCELLED: (1, "d.wav", True),
    }
    told = f"2 of 4 media: {FILLED} (the numbers are those of b.wav)"
    assert audit.notes[0].told(4) == told
    assert load_audit(save_audit(tmp_path / "audit", audit)).notes == audit.notes
    assert json.loads((tmp_path / "audit" / "audit.json").read_text())["notes"] == describe(audit)["notes"]
    assert told in html_report(audit) and f"1 of 4 media: {CANCELLED}" in html_report(audit)
    payload = open_payload(audit, "own", [], made("tones").spec, made("tones").codebooks())
    assert payload["audit"]["notes"][0] == told and len(payload["audit"]["notes"]) == 3


def test_the_command_line_says_the_notes(sounds, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(tokenizers, "load_tokenizer", lambda tokenizer_id, device=None: made("tones"))
    assert main(["audit", "tones", str(tmp_path / "sounds"), "--out", str(tmp_path / "out")]) == 0
    assert f"note: 1 of 4 media: {CANCELLED}\n" in capsys.readouterr().err


def test_stopped_and_resumed_an_audit_knows_the_notes_of_all(sounds, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "STRETCH_PIXELS", 1)
    calls = iter([False, False, True])
    part = run_audit(made("tones"), sounds, title="t", resume=tmp_path / "s", cancelled=lambda: next(calls))
    assert not part.complete and len(part.notes) < 3
    whole = run_audit(made("tones"), sounds, title="t", resume=tmp_path / "s")
    assert whole.notes == run_audit(made("tones"), sounds, title="t").notes


def test_an_audit_written_before_there_were_notes_is_read(sounds, tmp_path):
    audit = run_audit(made("tones"), sounds, title="t")
    path = save_audit(tmp_path / "old", audit) / "audit.json"
    meta = json.loads(path.read_text())
    del meta["notes"]
    path.write_text(json.dumps(meta))
    assert load_audit(path.parent).notes == ()


def test_notes_that_differ_in_numbers_count_as_one_kind_and_kinds_are_bounded():
    notes = Notes()
    for number in range(1000):
        notes.add(f"{number}.png", [f"Scaled down from {number} x 7 to 5 x 5 pixels.", f"{'x' * (number % 100)} odd."])
    listed = notes.listed()
    assert len(listed) == MOST_KINDS
    assert listed[0] == MediaNote("Scaled down from 0 x 7 to 5 x 5 pixels.", 1000, "0.png", alike=False)
    assert Notes(listed).listed() == listed
