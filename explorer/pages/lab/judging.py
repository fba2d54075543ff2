"""Judge: what is said of a run at the moment on screen: the diagnosis, and of a preset what is to be seen.

It is made for the step that is shown, and says it. A run that plays is judged often enough that the words keep up,
and seldom enough that judging takes a small part of the time; one that stands still, or is looked back at, at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from explorer.analysis.lab.diagnosis import Finding, found_in
from explorer.analysis.lab.memory import LevelMemory
from explorer.analysis.lab.moment import beside, moment_of
from explorer.analysis.lab.reading import read_run
from explorer.joints.frame import Frame
from explorer.lab.preset import Preset
from explorer.lab.settings import LabSettings

EVERY_S = 0.25
PART = 0.1  # of the time that judging may take while the run plays


@dataclass(frozen=True)
class Telling:
    """What the words are about: the preset that runs, if one does, the step at which it was mended, if it was, and
    whether the moment is one that is looked back at. speaks: whether what the preset shows is said of this side."""

    preset: Preset | None
    mended_at: int | None
    past: bool
    speaks: bool = True


@dataclass(frozen=True)
class _Judgement:
    told: Telling
    settings: LabSettings
    at: float  # time.monotonic() when it was done
    took: float
    answer: dict[str, Any]


class Judge:
    """Remembers what was said last of each side. Not safe between threads."""

    def __init__(self) -> None:
        self._last: dict[int, _Judgement] = {}
        self._memory = LevelMemory()

    def forget(self) -> None:
        """Another run begins."""
        self._last.clear()

    def of(self, i: int, side: Any, frame: Frame, told: Telling, playing: bool) -> dict[str, Any]:
        """{"diagnosis": findings, "judged": their step, "moment": of the preset or None} of side number `i`, as it
        stood when `frame`, which is on screen, was made."""
        last, now = self._last.get(i), time.monotonic()
        if last and (last.told, last.settings) != (told, side.settings):  # what can be tried follows from both
            last = None
        if last and last.answer["judged"] == frame.step:
            return last.answer
        soon = last is not None and now - last.at < max(EVERY_S, last.took / PART)
        if soon and playing and not told.past:
            return last.answer
        answer = _judged(side, frame, told, self._memory)
        self._last[i] = _Judgement(told, side.settings, time.monotonic(), time.monotonic() - now, answer)
        return answer


def _judged(side: Any, frame: Frame, told: Telling, memory: LevelMemory) -> dict[str, Any]:
    run = read_run(side.curves, side.timeline, side.events, side.settings, shown=frame, memory=memory)
    mended = told.mended_at is not None and (frame.step > told.mended_at or told.mended_at == 0)
    found = found_in(run)
    moment = moment_of(told.preset, run, mended) if told.preset else None
    if moment:
        found = beside(found, told.preset, moment)
    return {
        "judged": frame.step,
        "diagnosis": [_finding(finding, told.past) for finding in found],
        "moment": {"step": moment.step, "state": moment.state, "text": moment.text} if moment and told.speaks else None,
    }


def _finding(finding: Finding, past: bool) -> dict[str, str]:
    """As the browser reads it. What can be tried is for the run as it stands, not for a moment of the past."""
    words = {"level": finding.level, "title": finding.title, "text": finding.text, "figure": finding.figure}
    return words | {"try": "" if past else finding.advice}
