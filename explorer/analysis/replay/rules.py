"""Rules of the diagnosis for what only a recording tells: numbers that are none, and a commitment term that is lost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.analysis.lab.diagnosis import found_in
from explorer.analysis.lab.finding import Finding
from explorer.analysis.replay.reading import RecordedReading
from explorer.foundation.words import count_of

NONE = "Numbers that are none"  # beside which nothing else can be judged


def not_finite(run: RecordedReading) -> Finding | None:
    """Codes or latents with NaN or infinity."""
    codes, latents = (_newest(run, f"{name}_not_finite_{run.number}") for name in ("codes", "latents"))
    if not codes and not latents:
        return None
    said = []
    if codes:
        said.append(f"{codes:,.0f} of {run.whole:,} codes{run.where} hold NaN or infinity")
    if latents:
        said.append(f"{latents:,.0f} latents since the record before did, and were left out")
    text = f"{'; '.join(said)} at step {run.now.step:,}. Such codes can win nothing, or everything."
    advice = "Look at the step where it began: the learning rate, the precision (autocast), a division by a count of 0."
    return Finding("bad", NONE, text, advice, "curves")


def commitment_lost(run: RecordedReading) -> Finding | None:
    """A commitment term whose gradient does not come to the encoder."""
    _, values = run.curves.series("commitment_reaches")
    if not len(values) or values[-1] > 0:
        return None
    records = int(len(values) - np.flatnonzero(values > 0)[-1] - 1) if (values > 0).any() else len(values)
    text = (
        f"At step {run.now.step:,} the losses of the quantizer give the encoder no gradient, as in the last "
        f"{count_of(records, 'record')}: nothing holds the latents near their codes."
    )
    advice = (
        "Add the quantizer's loss to the one that is minimized, without detaching it; look at the commitment weight."
    )
    return Finding("bad", "The commitment term does not reach the encoder", text, advice, "curves")


def _newest(run: RecordedReading, name: str) -> float:
    _, values = run.curves.series(name)
    return float(values[-1]) if len(values) else 0.0


CHECKS: tuple[Callable[[RecordedReading], Finding | None], ...] = (not_finite, commitment_lost)


def diagnose_recorded(reading: RecordedReading | None) -> tuple[Finding, ...]:
    """Findings on a recorded run, worst first; of its first steps only what is wrong at any step."""
    if reading is None:
        return ()
    own = tuple(found for check in CHECKS if (found := check(reading)) is not None)
    told = found_in(reading)
    return own + (tuple(one for one in told if one.level not in ("good", "note")) if own else told)
