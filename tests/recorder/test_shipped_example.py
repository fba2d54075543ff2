"""The recording that ships, and the command that made it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from explorer.foundation.config import settings
from explorer.joints.files.recording import open_recording
from explorer.recorder import example

FOLDER = settings().assets / "recordings" / "digits"


def test_what_ships_is_what_its_readme_says_and_no_larger():
    recording = open_recording(FOLDER)
    assert recording.ended and recording.notes == () and len(recording.steps) == 26
    dead = np.round(64 * recording.scalars["dead_0"]).astype(int)
    at = dict(zip(recording.scalars["step"].astype(int), dead, strict=True))
    assert at[40] == 63 and set(dead[2:13]) == {63} and at[1000] == 3  # 61 in use
    assert min(one.step for one in recording.events) == example.MEND_AT
    said = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert all(words in said for words in ("63 are dead at step 40", "61 of 64 are in use at step 1,000", "26 frames"))
    assert sum(one.stat().st_size for one in FOLDER.iterdir()) < 400_000
    assert recording.about["words"] == example.WORDS and not (FOLDER / "lock").exists()
    totals = recording.totals(25, 0)
    assert totals.sum() == example.STEPS * example.BATCH * 4 == recording.scalars["latents_seen"][-1]


def test_the_command_makes_one_of_that_kind(tmp_path, monkeypatch):
    pytest.importorskip("vector_quantize_pytorch")
    monkeypatch.setattr(example, "STEPS", 24)
    monkeypatch.setattr(example, "MEND_AT", 12)
    monkeypatch.setattr(example, "EVERY", 8)
    example.record_digits(tmp_path / "run")
    made, ships = (open_recording(folder) for folder in (tmp_path / "run", FOLDER))
    assert made.steps == (1, 8, 16, 24) and made.ended and made.notes == ()
    assert made.levels == ships.levels and set(made.scalars) == set(ships.scalars)
    assert all(len(made.frame(i).levels[0].z_e) <= example.LATENTS for i in range(4))
    assert json.loads((Path(tmp_path) / "run" / "recording.json").read_text())["about"]["words"] == example.WORDS
