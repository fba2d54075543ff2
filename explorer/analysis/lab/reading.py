"""RunReading: what the diagnosis of a training run reads from its curves, frames and events. Numbers only, no words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from explorer.analysis.lab.advice import advise
from explorer.analysis.lab.dead_codes import LOOKS, DeadCodes, thin_out
from explorer.analysis.lab.distances import distortion_of, off_centre_of, share_of, spread_of
from explorer.analysis.lab.duplicates import alike_of
from explorer.analysis.lab.memory import LevelMemory
from explorer.analysis.lab.movement import Movement
from explorer.analysis.lab.reference import Reference, T
from explorer.analysis.lab.thresholds import RECENT
from explorer.analysis.lab.until import CurvesUntil, EventsUntil
from explorer.analysis.lab.words import over_steps
from explorer.joints.frame import LIVE, Frame, FrameEvent, FrameLevel
from explorer.joints.measures.usage import usage_of_counts
from explorer.lab.history import Tally
from explorer.lab.settings import LabSettings

EARLY = 60  # steps before which nothing is said: a run that starts looks like one that fails
GRID = 16  # steps between two moments at which what is said of a run may change
UNFAITHFUL = 0.1  # squared error of the outputs as a share of the variance of the inputs ...
ABOVE_BOUND = 4.0  # ... and this many times what codes of that perplexity could reach
FALLING = 0.6  # an error falls while it is below this share of what it was when the run was half as long


class RunReading(Reference, Movement):
    """What the checks share: the newest frame, the level that is read, and sizes of things."""

    newest_rows = 20  # of the curves, whose mean is told
    ease = 1.0  # by which all bars of the rules are lowered

    def __init__(
        self,
        kept: Sequence[Frame],
        curves: Any,
        events: Any,
        settings: LabSettings | None = None,
        memory: LevelMemory | None = None,
        number: int | None = None,
    ) -> None:
        """number: of the level that is read; None for the one with most dead codes at that moment."""
        self._asked = number
        self.kept, self.settings, self._stores = kept, settings, (curves, events)
        self._memory = memory or LevelMemory()
        self.curves, self.events = CurvesUntil(curves, kept[-1].step), EventsUntil(events, kept[-1].step)
        self.first, self.now = kept[0], kept[-1]
        dead = [level.dead / level.codebook_size for level in self.now.levels]
        self.number = int(np.argmax(dead)) if number is None else number
        self.dead = dead[self.number]
        self.level: FrameLevel = self.now.levels[self.number]
        self.k = self.level.codebook_size
        self.whole = self.level.whole or self.k  # codes of the codebook, of which a recording may keep a sample
        self.at_work = self.now.active(self.number)  # codes; the others wait, and are not dead
        self.ceiling = min(self.at_work, self.now.batch_size)

    def at(self, place: int) -> RunReading:
        """The same run as it stood at one of its kept frames."""
        return self._read_again(self.kept[: place + 1], self._asked)

    def by_level(self) -> list[RunReading]:
        """The same run read on each level that shows latents, the one with most dead codes first."""
        numbers = [number for number, level in enumerate(self.now.levels) if len(level.z_e)]
        if len(numbers) < 2:
            return [self]
        share = {number: self.now.levels[number].dead / self.now.levels[number].codebook_size for number in numbers}
        return [self._read_again(self.kept, number) for number in sorted(numbers, key=lambda one: -share[one])]

    def _read_again(self, kept: Sequence[Frame], number: int | None) -> RunReading:
        return RunReading(kept, *self._stores, self.settings, self._memory, number)

    def computed(self, compute: Callable[[FrameLevel], T], level: FrameLevel) -> T:
        """compute(level), which is done once for each level."""
        return self._memory.of(compute, level)

    def earlier(self, first: int) -> Iterator[RunReading]:
        """The same at up to LOOKS earlier frames from step `first` on, the newest of them first."""
        places = [i for i, frame in enumerate(self.kept[:-1]) if frame.step >= first]
        for i in places[:: -max(1, -(-len(places) // LOOKS))]:
            yield self.at(i)

    @cached_property
    def _grid(self) -> list[int]:
        """Places of the kept frames that are the first in GRID steps: the same ones at whatever moment one looks."""
        cells = np.array([frame.step // GRID for frame in self.kept])
        return np.flatnonzero(np.diff(cells, prepend=-1)).tolist()

    @property
    def on_grid(self) -> bool:
        """Whether what is said may change at this moment."""
        return self._grid[-1] == len(self.kept) - 1

    @cached_property
    def looks(self) -> list[RunReading]:
        """The run at up to LOOKS such moments before this one from step EARLY on, the newest first."""
        places = [i for i in self._grid if i < len(self.kept) - 1 and self.kept[i].step >= EARLY]
        return [self.at(i) for i in places[: -LOOKS - 1 : -1]]

    def advise(self, ailment: str) -> str:
        """What can be tried with the controls that act on this run."""
        return advise(ailment, self.settings)

    @property
    def where(self) -> str:
        return f" on level {self.number + 1}" if len(self.now.levels) > 1 else ""

    @cached_property
    def perplexity(self) -> float:
        """Of a batch, mean of the newest rows; of the latents shown where the curves have none."""
        _, values = self._perplexities
        shown = usage_of_counts(np.bincount(self.level.indices)).perplexity
        return float(values.mean()) if len(values) else shown

    @property
    def counted(self) -> str:
        """Over what the perplexity is taken, in words."""
        return f"in a batch ({self.batches})" if len(self._perplexities[0]) else "over the latents shown"

    @property
    def batches(self) -> str:
        """The steps of these batches, in words: the rows of the curves lie ever further apart."""
        return over_steps(self._perplexities[0], self.now.step)

    @cached_property
    def _perplexities(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values of the newest rows."""
        steps, values = self.curves.series(f"perplexity_{self.number}")
        return steps[-self.newest_rows :], values[-self.newest_rows :]

    @cached_property
    def spread(self) -> float:
        """Root mean squared distance of the latents to their mean."""
        return self.computed(spread_of, self.level)

    @cached_property
    def recent(self) -> list[FrameEvent]:
        since = self.events.since(self.now.step - self.window)
        return [event for event in since if event.level == self.number]

    @property
    def window(self) -> int:
        """The steps that words call the last: RECENT, or as many as there were."""
        return min(RECENT, self.now.step)

    @cached_property
    def reseeds(self) -> list[Tally]:
        """How many codes were reseeded at each step of the window; counted, so that no event is forgotten."""
        return self.events.tallied(self.now.step - self.window, self.number)

    @cached_property
    def error(self) -> float:
        """Quantization error at the step on screen, as a share of the variance of the latents: what words name."""
        return self.error_in(self.level)

    def error_in(self, level: FrameLevel) -> float:
        """`error_of` a level."""
        return share_of(self.computed(distortion_of, level), self.computed(spread_of, level))

    @cached_property
    def relative(self) -> np.ndarray:
        """The same of some earlier frames and the last five."""
        frames = (*thin_out(self.kept[:-5]), *self.kept[-5:])
        return np.array([self.error_in(frame.levels[self.number]) for frame in frames])

    @cached_property
    def lately(self) -> float:
        """The same, median of frames over the window: one bad moment of a run that learns is no ailment."""
        return float(np.median([self.error_in(level) for level in self.recent_levels]))

    def falls(self, ease: float = 1.0) -> bool:
        """Whether the error is much less than when the run was half as long. ease: by which the bar is lowered."""
        return self.lately < ease * FALLING * self._error_at_half

    @cached_property
    def _error_at_half(self) -> float:
        half = self.now.step // 2
        return float(np.median([self.error_in(level) for level in self._levels_until(half) or [self.level]]))

    @cached_property
    def recent_levels(self) -> list[FrameLevel]:
        """Of up to LOOKS frames over the window, and of the one on screen."""
        return [*self._levels_until(self.now.step), self.level]

    def _levels_until(self, step: int) -> list[FrameLevel]:
        """Of up to LOOKS frames over as many steps as the window up to a step; of the newest before, if there are
        none."""
        earlier = [frame for frame in self.kept if frame.step <= step]
        recent = [frame for frame in earlier if frame.step > step - self.window] or earlier[-1:]
        return [frame.levels[self.number] for frame in recent[:: max(1, -(-len(recent) // LOOKS))]]

    @cached_property
    def off_centre(self) -> float:
        """`off_centre_of` at the step on screen."""
        return self.computed(off_centre_of, self.level)

    @cached_property
    def off_centre_lately(self) -> float:
        """The same, median of frames over the window: codes of a run that learns fall back for some steps."""
        return float(np.median([self.computed(off_centre_of, level) for level in self.recent_levels]))

    @cached_property
    def dead_codes(self) -> DeadCodes:
        """Where the dead codes lie."""
        return DeadCodes(self.kept, self.number, self.spread)

    @property
    def live(self) -> int:
        """Codes chosen in the steps over which dead is told."""
        return int(np.count_nonzero(self.level.state == LIVE))

    @property
    def dead_window(self) -> int:
        """The steps over which dead is told, or as many as there were."""
        return min(self.level.window, self.now.step)

    @property
    def latents_in_window(self) -> int | None:
        """Latents that training quantized in the steps over which dead is told; None where that is not known, since
        the batch size changed."""
        window, now = self.dead_window, self.now
        before = next((one for one in reversed(self.kept) if one.step <= now.step - window), None)
        if before is None or now.latents_seen - before.latents_seen != now.batch_size * (now.step - before.step):
            return None
        return window * now.batch_size

    @property
    def alike(self) -> tuple[int, int]:
        """(alike, looked at): codes in use that lie on another one, of at most MANY; none where fewer than FEW are in
        use, or a rule gives them."""
        return self.computed(alike_of, self.level)

    @cached_property
    def missed(self) -> np.ndarray:
        """Squared error of the outputs as a share of the variance of the inputs: of the steps kept in the curves, or
        of the newest frame where the curves have none; empty where there is nothing to compare."""
        _, values = self._misses
        if len(values) or self.now.inputs is None or self.now.outputs is None:
            return values
        inputs, outputs = self.now.inputs.astype(np.float64), self.now.outputs.astype(np.float64)
        return np.array([np.square(inputs - outputs).mean() / max(1e-12, np.square(inputs - inputs.mean(0)).mean())])

    @cached_property
    def _misses(self) -> tuple[np.ndarray, np.ndarray]:
        return self.curves.series("missed")

    def missed_over(self, rows: int = 0, what: str = "mean") -> str:
        """In words, over which steps so many of the newest rows of what is missed are taken; 0: `newest_rows`."""
        return over_steps(self._misses[0][-(rows or self.newest_rows) :], self.now.step, what)

    @cached_property
    def missed_lately(self) -> float:
        """Mean of the newest rows of `missed`; 0 where there are none."""
        return float(self.missed[-self.newest_rows :].mean()) if len(self.missed) else 0.0

    @cached_property
    def bound(self) -> float:
        """The least share of a variance that codes of this perplexity leave of Gaussian inputs of d values: perplexity
        to the power of -2/d, the rate-distortion function at rate log(perplexity). Near 1 for pictures."""
        values = 2 if self.now.inputs is None else int(np.prod(self.now.inputs.shape[1:]))
        return float(max(1.0, self.perplexity) ** (-2 / values))

    @property
    def unfaithful(self) -> float:
        """What outputs miss, where it is far more than codes of that perplexity must; else 0."""
        bar = self.ease * max(UNFAITHFUL, ABOVE_BOUND * self.bound)
        return self.missed_lately if self.missed_lately > bar else 0.0

    @property
    def still_falls(self) -> bool:
        """Whether what outputs miss was much more when the run was half as long."""
        rows, middle = self.newest_rows, len(self.missed) // 2
        around = self.missed[middle - rows // 2 : middle + (rows + 1) // 2]
        return len(self.missed) > 2 * rows and bool(self.missed_lately < self.ease * FALLING * around.mean())


def read_run(
    curves: Any,
    frames: Any,
    events: Any,
    settings: LabSettings | None = None,
    until: int | None = None,
    shown: Frame | None = None,
    memory: LevelMemory | None = None,
) -> RunReading | None:
    """A run as it stood at step `until` (None: now), from its three stores; None if no frame was kept yet.

    shown: the frame on screen, which the stores need not have kept; then that is the moment. memory: of what was read
    of its frames before.
    """
    until = shown.step if shown else until
    kept = [frame for frame in frames.after(-1) if until is None or frame.step <= until]
    if shown and (not kept or kept[-1].step < shown.step):
        kept.append(shown)
    return RunReading(kept, curves, events, settings, memory) if kept else None
