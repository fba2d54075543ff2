"""Frames that are shown for different lengths of time -> the same at even steps, or the word that it was so.

A clip is an array of frames at one rate; what tokenizers see as time is the number of a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RATES = (0.1, 240.0)  # frames a second that a clip may have
USUAL_RATE = 12.5  # frames a second of a clip that does not say


@dataclass(frozen=True)
class EvenTimes:
    """frames: which one is shown at each step, (n,) int64. rate: steps a second."""

    frames: np.ndarray
    rate: float
    notes: tuple[str, ...] = ()


def even_times(starts: Sequence[float | None], seconds: float, most: int, claimed_rate: float = 0.0) -> EvenTimes:
    """starts (n,): when each frame appears, in seconds, None where nobody knows. seconds: how long the last one stays,
    0 if it is not known. most: steps at most. claimed_rate: of the file's header, 0 without.

    Even times are kept. Else a step is as long as the shortest frame, where all then fit into `most`, or as the median;
    and at each step the frame is taken that is on the screen in its middle, as FFmpeg's filter `fps` does: longer ones
    are repeated, shorter ones left out.
    """
    count = len(starts)
    times = np.array([np.nan if start is None else start for start in starts], np.float64)
    if count < 2 or not (np.diff(times) > 0).all():
        alone = 1 / seconds if count == 1 and seconds > 0 else 0.0
        return _in_range(np.arange(count)[:most], claimed_rate if claimed_rate > 0 else alone)
    steps = np.diff(times)
    mean = (times[-1] - times[0]) / (count - 1)
    last = seconds or float(np.median(steps))
    places = (times - times[0]) / mean
    if np.abs(places - np.arange(count)).max() < 0.5 and last < 1.5 * mean:
        close = claimed_rate > 0 and abs(claimed_rate * mean - 1) < 0.02
        return _in_range(np.arange(count)[:most], claimed_rate if close else 1 / mean)
    lengths = np.append(steps, last)
    whole, step = float(lengths.sum()), float(lengths.min())
    if round(whole / step) > most:
        step = float(np.sort(lengths)[(count - 1) // 2])  # the lower median: a length that occurs
    total = max(1, round(whole / step))
    middles = times[0] + (np.arange(min(total, most)) + 0.5) * step
    chosen = np.searchsorted(times, middles - 1e-6, side="left") - 1
    seen = len(np.unique(chosen))
    reached = int(chosen[-1]) + 1
    short, long = 1000 * lengths.min(), 1000 * lengths.max()
    note = (
        f"Frames are shown for uneven times, {short:,.0f} to {long:,.0f} ms: taken every {1000 * step:,.0f} ms, by "
        f"which {len(chosen) - seen:,} of {len(chosen):,} repeat one before and {reached - seen:,} of {reached:,} are "
        "left out."
    )
    return _in_range(chosen, 1 / step, (note,))


def _in_range(chosen: np.ndarray, rate: float, notes: tuple[str, ...] = ()) -> EvenTimes:
    if RATES[0] <= rate <= RATES[1]:
        return EvenTimes(chosen, round(rate, 3), notes)
    said = f"The clip does not say how fast it plays: {USUAL_RATE:g} frames a second are taken."
    return EvenTimes(chosen, USUAL_RATE, (*notes, said))
