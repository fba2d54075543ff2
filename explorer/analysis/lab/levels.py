"""What a rule says of a run with several levels (stages of a residual, groups of a product), in one finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer.analysis.lab.finding import Finding
from explorer.analysis.lab.hysteresis import Check, settle
from explorer.analysis.lab.reading import RunReading
from explorer.analysis.severity import RANK

Told = tuple[RunReading, Finding]


def settle_on_levels(check: Check, levels: Sequence[RunReading]) -> Finding | None:
    """What is held of each level (see `hysteresis`), as one finding: that of the level on which it is worst, the first
    of these, with the others named in its words. None where no level has it."""
    told = [(run, found) for run in levels if (found := settle(check, run)) is not None]
    if not told:
        return None
    run, worst = min(told, key=lambda one: RANK[one[1].level])
    text = worst.text
    if run.where and run.where not in text:
        text = f"Level {run.number + 1}: {text}"
    return replace(worst, text=text + _beside(worst, [one for one in told if one[1] is not worst]))


def _beside(worst: Finding, others: Sequence[Told]) -> str:
    """The other levels: their numbers where the same is said of them, else what is said."""
    others = sorted(others, key=lambda one: one[0].number)
    same = [str(run.number + 1) for run, found in others if found.title == worst.title]
    text = f" Level{'s' * (len(same) > 1)} {_listed(same)} likewise." if same else ""
    return text + "".join(
        f" Level {run.number + 1}: {found.title}." for run, found in others if found.title != worst.title
    )


def _listed(numbers: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(numbers[:-1]), numbers[-1])))
