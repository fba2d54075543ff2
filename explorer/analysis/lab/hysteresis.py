"""Hysteresis of what is said of a run: a number that wavers about a bar does not make its verdict come and go.

What is said changes only at one moment in GRID steps, and there only where the number passes its bar upwards, or falls
back below NEAR of it. In between it changes where the number is BEYOND all that. All of it is read from the kept frames
of the run, so a moment that is looked back at is told as it was when it was on screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from explorer.analysis.lab.finding import Finding
from explorer.analysis.lab.reading import RunReading

NEAR, BEYOND = 0.8, 0.6  # of a bar
LEVELS = ("", "good", "note", "warning", "bad")  # ever more to be said

Check = Callable[[RunReading], Finding | None]
Level = Callable[[RunReading], int]


@dataclass(frozen=True)
class HeldLevel:
    """level: that holds now. since: the newest moment at which it was reached outright, None if that was none."""

    level: int
    since: int | None = None


def hold(level: Level, run: RunReading, beyond: float = BEYOND, at_once: bool = False) -> HeldLevel:
    """The level of a run as it is held, where `level` tells it for the bars as `run.ease` lowers them: the lower they
    are, the higher it is. beyond: of a bar, below which a number falls back at once; at_once: what rises is told so."""
    if run.on_grid:
        lowest, highest = level(run), _at(level, run, NEAR)
    else:
        lowest = level(run) if at_once else _at(level, run, 1 / beyond)
        highest = _at(level, run, beyond)
    if lowest == highest:
        return HeldLevel(lowest)
    looks: list[tuple[int, int, int]] = []
    for look in run.looks:  # newest first
        low, high = level(look), _at(level, look, NEAR)
        looks.append((look.now.step, low, high))
        if low == high:
            break
    if not looks:
        return HeldLevel(level(run))
    state = looks[-1][1]
    for _, low, high in reversed(looks):
        state = min(max(state, low), high)
    state = min(max(state, lowest), highest)
    return HeldLevel(state, next((step for step, low, _ in looks if low >= state), None))


def settle(check: Check, run: RunReading) -> Finding | None:
    """What a rule says of a run, held as above; a finding that would not be made anew says why it stays."""
    strict = check(run)
    eased = _at(check, run, 1 / BEYOND if strict else BEYOND)
    if _rank(strict) == _rank(eased) and (strict is None or strict.level == LEVELS[-1]):
        return strict
    held = hold(lambda one: _rank(check(one)), run)
    if held.level == _rank(strict):
        return strict
    if held.level == 0:
        return None
    found = strict or _at(check, run, BEYOND)
    if found is None:  # what is held is at least so plain
        return None
    found = replace(found, level=LEVELS[held.level])
    if strict is not None or held.since is None:
        return found
    return replace(found, text=f"{found.text} It was plain at step {held.since:,} and has not clearly passed since.")


def _rank(found: Finding | None) -> int:
    return LEVELS.index(found.level if found else "")


def _at(ask: Callable, run: RunReading, ease: float) -> Any:
    """What is asked of a run while its bars are lowered by a factor."""
    before, run.ease = run.ease, ease
    try:
        return ask(run)
    finally:
        run.ease = before
