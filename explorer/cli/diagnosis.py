"""`python -m explorer diagnose FOLDER`: what is wrong with a recorded run, in words, so that a job can stop itself.

Exit code 0: no rule of --fail-on is broken. 1: one is. 2: the run cannot be read, or a rule cannot be asked of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from explorer.analysis.lab.finding import Finding
from explorer.analysis.replay.reading import RecordedReading
from explorer.analysis.replay.rules import diagnose_recorded
from explorer.analysis.replay.run import RecordedRun
from explorer.analysis.replay.verdict import broken_rules, read_rule
from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.words import count_of

FOUND = 1
WORDS = {"bad": "BROKEN", "warning": "WATCH OUT", "note": "NOTE", "good": "no alarm"}


def run(options: argparse.Namespace) -> int:
    """Print the diagnosis; returns FOUND where a rule is broken."""
    rules = [read_rule(text) for text in options.fail_on or ["bad"]]
    if options.step is not None and options.step < 0:
        raise SettingsError("--step is a step of the run, 0 or more.")
    recorded = RecordedRun(options.folder, options.folder.resolve().name)
    for note in recorded.notes:
        print(f"note: {note}", file=sys.stderr)
    reading = recorded.read(options.step)
    if reading is None:
        before = "" if options.step is None else f" up to step {options.step:,}"
        raise RecordError(f"{str(options.folder)!r} holds no frame{before} that can be read, so nothing can be said.")
    found = diagnose_recorded(reading) if recorded.checkpoints else recorded.tell(reading.now.step)
    reasons = broken_rules(rules, reading, found)
    if options.json:
        print(json.dumps(_as_json(recorded, reading, found, reasons), indent=1))
    else:
        _tell(recorded, reading, found, reasons)
    return FOUND if reasons else 0


def _tell(run: RecordedRun, reading: RecordedReading, found: tuple[Finding, ...], reasons: list[str]) -> None:
    state = "ended" if run.ended else "training" if run.live else "stopped, not ended"
    now = reading.now
    print(f"{run.title}: step {now.step:,} ({state}), {count_of(len(run.frames.steps), 'frame')} kept")
    for number, level in enumerate(now.levels):
        kept = f" of the {level.whole:,} there are" if level.sampled else ""
        where = f"level {number + 1}: " if len(now.levels) > 1 else ""
        print(f"  {where}{level.dead:,} of {level.codebook_size:,} codes{kept} dead, {level.unseen:,} unseen")
    if not found:
        print("Nothing to say yet: the run is too young to be judged.")
    for one in found:
        print(f"\n{WORDS[one.level]}: {one.title}\n  {one.text}" + (f"\n  Try: {one.advice}" if one.advice else ""))
    for reason in reasons:
        print(f"\nfailed by {reason}")


def _as_json(
    run: RecordedRun, reading: RecordedReading, found: tuple[Finding, ...], reasons: list[str]
) -> dict[str, Any]:
    levels = [
        {
            "codes": level.codebook_size,
            "of": level.whole or level.codebook_size,
            "dead": level.dead,
            "unseen": level.unseen,
        }
        for level in reading.now.levels
    ]
    told = [{"level": one.level, "title": one.title, "text": one.text, "try": one.advice} for one in found]
    head = {"run": run.title, "step": reading.now.step, "ended": run.ended, "live": run.live, "levels": levels}
    return head | {"findings": told, "failed": reasons, "notes": run.notes}
