"""LabRunner: a run, or two in lock step, at full speed or slower, with commands that act between steps.

It has no thread of its own: whoever owns it calls `turn` again and again, and gives commands in between. On the page
that is one process a visitor (`pages/lab/process.py`). The run rests while nobody looks and ends after some minutes
without a sign of its visitor.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence

import torch

from explorer.foundation.device import device_label, pick_device
from explorer.foundation.errors import ExplorerError, SettingsError
from explorer.joints.frame import Frame
from explorer.lab.ceiling import CeilingPoint, Ceilings
from explorer.lab.controls import RESTARTING
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.lab.trainer import Diverged
from explorer.lab.wrong_tokens import WrongTokens, decode_with_wrong_tokens

IDLE_S = 600.0  # without a sign of the visitor, the run ends
UNWATCHED_S = 3.0  # without a look, a playing run rests
REST_S = 0.25  # the longest rest between two turns
RATE_S = 0.5  # over which steps a second are counted
NO_MEMORY = "The GPU has too little memory left for this run. Choose smaller settings."
_log = logging.getLogger(__name__)


class LabRunner:
    """One run (or two in lock step) of one visitor. A run that has ended refuses commands with an ExplorerError."""

    def __init__(self, settings: LabSettings, device: str = "auto", idle_s: float = IDLE_S) -> None:
        self.device = pick_device(device)
        self.idle_s, self.limit = idle_s, None  # type: float, float | None
        self.playing, self.serial, self.step = False, 0, 0  # step: of all sides, once they have taken it
        self.pauses_at: int | None = None  # a playing run pauses itself there, once
        self.ended: str | None = None
        self.stopped: Diverged | None = None
        self.steps_per_second = 0.0
        self._steps_left = 0
        self._looked = self._touched = self._due = time.monotonic()
        self._rate_from = (time.monotonic(), 0)
        self.sides: list[LabSide] = []
        self._ceilings = Ceilings(self.device)
        self._begin([settings])

    # what a visitor may ask for

    def look(self, idle_s: float = 0.0) -> None:
        """Somebody looks at the run, and last touched the page `idle_s` seconds ago."""
        now = time.monotonic()
        self._looked, self._touched = now, max(self._touched, now - max(0.0, idle_s))

    def play(self) -> None:
        self._refuse_if_over()
        self.playing, self._steps_left = True, 0
        self._rate_from = (time.monotonic(), self.step)

    def pause(self) -> None:
        self._refuse_if_ended()
        self.playing, self._steps_left = False, 0

    def advance(self, count: int) -> None:
        """Take `count` steps and stand still. Raises SettingsError unless 1 <= count <= 10,000."""
        if not 1 <= count <= 10_000:
            raise SettingsError(f"Steps are taken 1 to 10,000 at a time, got {count}.")
        self._refuse_if_over()
        self.playing, self._steps_left = False, count

    def set_speed(self, steps_per_second: float | None) -> None:
        """At most so many steps a second; None for as many as there can be. Raises SettingsError."""
        if steps_per_second is not None and not 0.1 <= steps_per_second <= 1e6:
            raise SettingsError(f"The speed must be from 0.1 to 1,000,000 steps a second, got {steps_per_second}.")
        self._refuse_if_ended()
        self.limit = steps_per_second

    def reset(self) -> None:
        """The same settings and seed again, from step 0."""
        self._refuse_if_ended()
        self._begin([side.settings for side in self.sides])

    def start(self, *settings: LabSettings) -> None:
        """A new run with these settings, one or two sides. Raises SettingsError; then the old run goes on."""
        self._refuse_if_ended()
        self._begin(list(settings))

    def change(self, changes: Mapping[str, object], sides: Sequence[int] = (0,)) -> bool:
        """Change settings of some sides; True if the run began anew. Raises SettingsError; then nothing changed."""
        self._refuse_if_ended()
        if not sides or not all(0 <= side < len(self.sides) for side in sides):
            raise SettingsError(f"The sides of this run are 0 to {len(self.sides) - 1}, got {list(sides)}.")
        before = [side.settings for side in self.sides]
        after = [one.changed(changes) if i in sides else one for i, one in enumerate(before)]
        if any(
            getattr(old, name) != getattr(new, name)
            for name in RESTARTING
            for old, new in zip(before, after, strict=True)
        ):
            self._begin(after)
            return True
        for side, new in zip(self.sides, after, strict=True):
            side.trainer.apply(new)
        return False

    def pause_itself(self, step: int | None) -> None:
        """Let this run pause itself when it has played to that step, None: nowhere; one that begins anew forgets it."""
        self._refuse_if_ended()
        self.pauses_at = step

    def watch_gradients(self, on: bool) -> None:
        self._refuse_if_ended()
        for side in self.sides:
            side.gradients = on

    def ask_ceiling(self) -> None:
        """Train the model of each side without a quantizer for as many steps as the run has now, between its turns."""
        self._refuse_if_ended()
        for side in self.sides:
            self._ceilings.ask(side.settings, self.step)

    def ceiling(self, side: int) -> CeilingPoint | None:
        """What the model of a side reached without a quantizer; None where it was not asked for."""
        return self._ceilings.of(self.sides[side].settings)

    def wrong_tokens(self, side: int) -> WrongTokens:
        """What the decode of a side loses to tokens that are wrong. Raises ExplorerError if the run has ended."""
        self._refuse_if_ended()
        return decode_with_wrong_tokens(self.sides[side].trainer)

    def end(self, why: str) -> None:
        """End the run: its memory is given back."""
        self.ended, self.playing, self.sides = why, False, []

    @property
    def device_label(self) -> str:
        if self.device.type == "cpu":
            return "CPU, 1 thread"
        ways = {side.trainer.stepping.words: None for side in self.sides}
        return "; ".join((device_label(self.device), *(f"steps {way}" for way in ways)))

    def good_frame(self, side: int) -> Frame | None:
        """The last frame kept before the run diverged."""
        return self.sides[side].timeline.before(self.stopped.step) if self.stopped else None

    def newest_frame(self, side: int) -> Frame:
        """The frame that a side shows: the newest that a GPU has given while it plays, the one of this moment while it
        stands still, the last good one of a run that diverged."""
        if not self.stopped:
            try:
                return self.sides[side].frame(wait=not (self.playing or self._steps_left))
            except Diverged as diverged:
                self._stop(diverged)
        return self.good_frame(side) or self.sides[side].newest

    # what its owner calls

    def turn(self) -> float:
        """Take a step if one is due. Returns the seconds in which nothing will be due, 0 if there is more to do."""
        self._check_idle()
        worked = self._work_on_ceilings()
        rest = self._turn()
        return 0.0 if worked else rest

    def _work_on_ceilings(self) -> bool:
        """A step of a model without a quantizer, if one is asked for and not done."""
        watched = time.monotonic() - self._looked < UNWATCHED_S
        try:
            return watched and not self.ended and self._ceilings.work([side.settings for side in self.sides])
        except torch.cuda.OutOfMemoryError:
            _log.exception("lab")
            self.end(f"The run ended. {NO_MEMORY}")
            return False

    def _turn(self) -> float:
        now = time.monotonic()
        if not self._wants_step():
            self._due = now
            return REST_S
        if self.limit and not self._steps_left:
            if now < self._due:
                return min(self._due - now, REST_S)
            self._due = max(self._due + 1 / self.limit, now - REST_S)
        self._guarded_step()
        return 0.0

    def _begin(self, settings: list[LabSettings]) -> None:
        """New sides; the old ones stay if they cannot be made."""
        gradients = any(side.gradients for side in self.sides)
        try:
            sides = [LabSide(one, self.device) for one in settings]
        except torch.cuda.OutOfMemoryError as error:
            raise SettingsError(NO_MEMORY) from error
        for side in sides:
            side.gradients = gradients
        self.sides, self.stopped, self.serial, self.step = sides, None, self.serial + 1, 0
        self._steps_left, self.steps_per_second, self.pauses_at = 0, 0.0, None
        self._rate_from = (time.monotonic(), 0)

    def _refuse_if_ended(self) -> None:
        if self.ended:
            raise ExplorerError(self.ended)

    def _refuse_if_over(self) -> None:
        self._refuse_if_ended()
        if self.stopped:
            raise SettingsError(f"{self.stopped} Change a setting or reset the run first.")

    def _wants_step(self) -> bool:
        if self.ended or self.stopped:
            return False
        watched = time.monotonic() - self._looked < UNWATCHED_S
        return self._steps_left > 0 or (self.playing and watched)

    def _guarded_step(self) -> None:
        """One step of all sides; what goes wrong ends or stops this run and nothing else."""
        try:
            for side in self.sides:
                side.step()
            self.step += 1
            if self.playing and self.step == self.pauses_at:
                self.playing = False
        except Diverged as diverged:
            self._stop(diverged)
        except torch.cuda.OutOfMemoryError:
            _log.exception("lab")
            self.end(f"The run ended. {NO_MEMORY}")
        except ExplorerError as error:
            self.end(f"The run ended: {error}")
        except Exception:
            _log.exception("lab")
            self.end("The run ended by an error of the app; its log says more. Start it again.")
        self._steps_left = max(0, self._steps_left - 1)
        self._count_rate()

    def _stop(self, diverged: Diverged) -> None:
        self.stopped, self.playing, self._steps_left = diverged, False, 0

    def _count_rate(self) -> None:
        since, step = self._rate_from
        passed = time.monotonic() - since
        if passed >= RATE_S:
            self.steps_per_second = (self.step - step) / passed
            self._rate_from = (time.monotonic(), self.step)

    def _check_idle(self) -> None:
        if not self.ended and time.monotonic() - min(self._looked, self._touched) > self.idle_s:
            minutes = self.idle_s / 60
            self.end(f"The run ended after {minutes:.3g} minutes without a touch. Start it again to go on.")
