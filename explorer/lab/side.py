"""LabSide: one run with all that is kept of it. A runner has one, or two in lock step to compare."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import numpy as np
import torch

from explorer.joints.files.runs import csv_bytes, npz_bytes
from explorer.joints.frame import Frame
from explorer.lab.framing import ask_frame
from explorer.lab.history import Curves, EventLog, Timeline
from explorer.lab.plane import Plane, fit_plane
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer, Row


class LabSide:
    """A trainer, its curves, timeline, events and the planes on which its levels are drawn."""

    def __init__(self, settings: LabSettings, device: torch.device) -> None:
        self.trainer = LabTrainer(settings, device)
        self.curves, self.timeline, self.events = Curves(), Timeline(), EventLog()
        self.trainer.keep_row = self._keep_row
        self.gradients = False
        self._planes: dict[int, Plane] = {}
        self._asked, self._coming = (-1, False), 0  # step and gradients of the last frame asked for; how many come yet
        self._ask(keep=True)
        self.trainer.read_back.wait()
        self.plane(0)  # of what it begins with, which a page may show before there is a run

    @property
    def settings(self) -> LabSettings:
        return self.trainer.settings

    def step(self) -> None:
        """One training step, with what is kept of it; on a GPU its numbers come while the next ones are taken. Raises
        Diverged."""
        trainer, step = self.trainer, self.trainer.step_count + 1
        trainer.step(measure=self.curves.wants(step))
        if self.timeline.wants(step):
            self._ask(keep=True)

    def frame(self, wait: bool = True) -> Frame:
        """The frame of this moment; the newest one again if nothing happened since. Raises Diverged.

        wait: for a GPU to give it. Otherwise it is asked for, unless one is on its way, and the newest that has come is
        returned.
        """
        now = (self.trainer.step_count, self.gradients)
        if self._asked != now and (wait or not self._coming):
            self._ask(keep=False)
        if wait:
            self.trainer.read_back.wait()
        else:
            self.trainer.read_back.poll()
        return self.newest

    def _ask(self, keep: bool) -> None:
        """Let the frame of this moment become the newest when it comes, and be kept in the timeline or not."""
        trainer = self.trainer
        trainer.send_losses()
        self._asked = (trainer.step_count, self.gradients)  # some quantizers have no gradients to give
        self._coming += 1
        ask_frame(trainer, partial(self._keep_frame, keep), self.gradients, with_events=True)

    def _keep_frame(self, keep: bool, frame: Frame) -> None:
        self.newest = frame
        self._coming -= 1
        self.events.add(frame.events)
        if keep:
            self.timeline.add(frame)

    def _keep_row(self, row: Row) -> None:
        if row.measures:
            self.curves.add(row.step, {**row.losses, **row.measures})

    def plane(self, level: int) -> Plane:
        """The plane of a level: fitted when it is first asked for, and then fixed."""
        if level not in self._planes:
            self._planes[level] = _plane_of(self.newest, level)
        return self._planes[level]

    def npz(self) -> bytes:
        """The run as a file: its frames, curves and events."""
        self.trainer.read_back.wait()
        curves, events = self.curves.table(), self.events
        return npz_bytes(asdict(self.settings), self.timeline.after(-1), curves, events.kept, events.total)

    def csv(self) -> bytes:
        """Its curves alone."""
        return csv_bytes(self.curves.table())

    def refit(self) -> None:
        """Fit all planes anew, on the newest frame."""
        self._planes = {level: _plane_of(self.newest, level) for level in self._planes}


def _plane_of(frame: Frame, level: int) -> Plane:
    shown = frame.levels[level]
    return fit_plane(np.concatenate([shown.z_e, shown.vectors]), frame.step)
