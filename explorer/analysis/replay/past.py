"""What was wrong with a recorded run and is no longer: until which step, so that an alarm never goes without a word."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from explorer.analysis.lab.finding import Finding
from explorer.analysis.replay.reading import BYTES
from explorer.analysis.replay.stores import every
from explorer.analysis.severity import ALARMS, RANK

LOOKS = 32  # kept frames that are looked at, evenly spaced: what came and went between two of them is not told

Judge = Callable[[int], tuple[Finding, ...]]


def past_alarms(judge: Judge, steps: np.ndarray, now: int, nbytes: int) -> tuple[Finding, ...]:
    """The alarms that were told at an earlier kept step and are not at `now`, the newest first, each as a note.

    judge: the findings at a kept step. steps (f,) rising: of all kept frames, one of them `now`. nbytes: of a frame;
    of large ones fewer are looked at. Of all that is kept the same frames are looked at, whatever the moment.
    """
    stride = every(len(steps), max(4, min(LOOKS, BYTES // max(1, nbytes))))
    looks = [int(step) for step in steps[::stride] if step < now]
    named = {topic_of(one) for one in judge(now)}
    found, after = [], now
    for step in reversed(looks):
        for one in judge(step):
            if one.level in ALARMS and topic_of(one) not in named:
                named.add(topic_of(one))
                found.append(_until(judge, steps, one, step, after))
        after = step
    return tuple(found)


def join_past(found: tuple[Finding, ...], past: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What is told now and what was told, worst first; of notes those of now first."""
    return tuple(sorted((*found, *past), key=lambda one: RANK[one.level]))


def topic_of(finding: Finding) -> str:
    """What a finding is about, without its numbers."""
    return re.sub(r"\d[\d.,]*", "#", finding.title)


def _until(judge: Judge, steps: np.ndarray, told: Finding, at: int, gone: int) -> Finding:
    """A note on what was told at step `at` and no longer at `gone`, which are brought together by halves."""
    topic = topic_of(told)
    low, high = (int(np.searchsorted(steps, step)) for step in (at, gone))
    while high - low > 1:
        middle = (low + high) // 2
        same = [one for one in judge(int(steps[middle])) if one.level in ALARMS and topic_of(one) == topic]
        if same:
            low, told = middle, same[0]
        else:
            high = middle
    last, first = int(steps[low]), int(steps[high])
    text = f"This was so until step {last:,}, and at step {first:,}, the next that was kept, no longer. It said then: "
    return Finding("note", f"Until step {last:,}: {told.title}", text + told.text, "", told.figure)
