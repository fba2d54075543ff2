"""RecordedReading: what the rules of the lab read of a recorded run, as far as a recording can tell it.

Latents of a recording are those of other inputs in each frame, so their single ways are not known: what depends on them
is not judged, and whether they move at all is read from the drift that was recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from explorer.analysis.lab.reading import RECENT, RunReading
from explorer.analysis.replay.advice import advise_run
from explorer.analysis.replay.stores import RecordedCurves, RecordedFrames, every
from explorer.joints.frame import Frame

LOOKED = 48  # frames that are looked at: the first, the newest, and some in between
NEWEST = 12  # of them, one after another
BYTES = 32 * 2**20  # of all of them; of large codebooks fewer are looked at
MOVED = 0.05  # spreads that latents move in the steps that are looked back over, from where on they move at all


class RecordedReading(RunReading):
    """A recorded run as it stood at a frame. interval: steps between two records. about: what the recorder was told:
    "paired", whether the latents of all frames are of the same inputs, in the same order, and "input_values", how many
    numbers an input has."""

    counted = "over all tokens since the record before"

    def __init__(
        self,
        kept: Sequence[Frame],
        curves: Any,
        events: Any,
        settings: None = None,
        *,
        interval: int = 1,
        about: Mapping[str, Any] = MappingProxyType({}),
        number: int | None = None,
    ) -> None:
        super().__init__(kept, curves, events, None, number=number)
        self._interval, self._about, self._paired = interval, about, about.get("paired") is True
        self.tokens = max(1, curves.tokens(self.now.step) or self.now.batch_size * interval)  # of a perplexity
        self.ceiling = min(self.whole, self.at_work if self.at_work < self.k else self.whole, self.tokens)

    def _read_again(self, kept: Sequence[Frame], number: int | None) -> RecordedReading:
        return RecordedReading(kept, *self._stores, interval=self._interval, about=self._about, number=number)

    def advise(self, ailment: str) -> str:
        """What can be tried in a training of one's own."""
        return advise_run(ailment, self.level.metric == "implicit")

    @property
    def where(self) -> str:
        kept = f" ({self.k:,} of {self.whole:,} codes were kept)" if self.whole > self.k else ""
        return super().where + kept

    @cached_property
    def perplexity(self) -> float:
        """Of the tokens since the record before: the newest that was recorded, else of the counts of the frame."""
        _, values = self.curves.series(f"perplexity_{self.number}")
        return float(values[-1]) if len(values) else perplexity_of(self.level.counts)

    @cached_property
    def bound(self) -> float:
        """1 where it is not known how many values an input has: then nothing is said of how faithful outputs are."""
        values = self._about.get("input_values")
        return float(max(1.0, self.perplexity) ** (-2 / values)) if isinstance(values, int) and values > 0 else 1.0

    @property
    def newest_rows(self) -> int:
        """Rows of the curves whose mean is told: fewer where they lie far apart."""
        return max(2, min(20, len(self.missed) // 10))

    @property
    def window(self) -> int:
        """The steps that words call the last: RECENT or those between two records, or as many as there were."""
        return min(max(RECENT, self._interval), self.now.step)

    @cached_property
    def latents_moved(self) -> float:
        """NaN where the latents are of other inputs each time."""
        return RunReading.latents_moved.func(self) if self._paired else float("nan")

    @property
    def turns(self) -> bool:
        return self._paired and super().turns

    @property
    def move(self) -> bool:
        """Whether latents move; where they are of other inputs each time, by the drift that was recorded."""
        if self._paired:
            return super().move
        _, drift = self.curves.series("drift")
        return bool(len(drift)) and float(drift[-20:].mean()) * self.window > MOVED


def read_recorded(
    frames: RecordedFrames,
    curves: RecordedCurves,
    events: Any,
    step: int | None = None,
    about: Mapping[str, Any] = MappingProxyType({}),
) -> RecordedReading | None:
    """A recorded run as it stood at the kept frame of `step` (None: the newest); None if no frame was kept."""
    steps = frames.steps
    if not len(steps):
        return None
    steps = steps[: np.searchsorted(steps, steps[-1] if step is None else step, side="right")]
    now = next(frames.some(steps[::-1]), None)
    if now is None:
        return None
    kept = list(frames.some(steps[i] for i in _places(len(steps), now.nbytes)))
    same = [frame for frame in kept if _shapes(frame) == _shapes(now)]  # of codebooks as they are now
    interval = curves.interval if len(curves.steps) > 1 else int(np.median(np.diff(steps))) if len(steps) > 1 else 1
    return RecordedReading(same, curves, events, interval=interval, about=about)


def perplexity_of(counts: np.ndarray) -> float:
    """Perplexity of tokens by code, (K,), which need not be whole; 1 without any."""
    share = counts.astype(np.float64) / max(1e-30, float(counts.sum()))
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))


def _places(count: int, nbytes: int) -> list[int]:
    """Which of so many frames of that size are looked at."""
    most = max(4, min(LOOKED, BYTES // max(1, nbytes)))
    newest = range(max(0, count - min(NEWEST, most // 2)), count)
    spread = range(0, count, every(count, max(2, most - len(newest))))
    return sorted({*newest, *spread})


def _shapes(frame: Frame) -> list[tuple[int, ...]]:
    return [level.vectors.shape for level in frame.levels]
