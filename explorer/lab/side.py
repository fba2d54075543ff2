"""LabSide: one run with all that is kept of it. A runner has one, or two in lock step to compare."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import torch

from explorer.joints.files.runs import csv_bytes, npz_bytes
from explorer.joints.frame import Frame
from explorer.lab.framing import make_frame
from explorer.lab.history import Curves, EventLog, Timeline
from explorer.lab.plane import Plane, fit_plane
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer


class LabSide:
    """A trainer, its curves, timeline, events and the planes on which its levels are drawn."""

    def __init__(self, settings: LabSettings, device: torch.device) -> None:
        self.trainer = LabTrainer(settings, device)
        self.curves, self.timeline, self.events = Curves(), Timeline(), EventLog()
        self.gradients = False
        self._planes: dict[int, Plane] = {}
        self.newest = self._frame()
        self.timeline.add(self.newest)

    @property
    def settings(self) -> LabSettings:
        return self.trainer.settings

    def step(self) -> None:
        """One training step, with what is kept of it. Raises Diverged."""
        trainer, step = self.trainer, self.trainer.step_count + 1
        trainer.step(measure=self.curves.wants(step))
        if self.curves.wants(step):
            self.curves.add(step, {**trainer.losses, **trainer.measures})
        if self.timeline.wants(step):
            self.timeline.add(self.frame())

    def frame(self) -> Frame:
        """The frame of this moment; the newest one again if nothing happened since."""
        if self.newest.step != self.trainer.step_count or self._asked != self.gradients:
            self.trainer.read_losses()
            self.newest = self._frame()
        return self.newest

    def _frame(self) -> Frame:
        events = self.trainer.drain_events()
        self.events.add(events)
        self._asked = self.gradients  # of the newest frame: some quantizers have none to give
        return make_frame(self.trainer, events, self.gradients)

    def plane(self, level: int) -> Plane:
        """The plane of a level: fitted when it is first asked for, and then fixed."""
        if level not in self._planes:
            self._planes[level] = _plane_of(self.newest, level)
        return self._planes[level]

    def npz(self) -> bytes:
        """The run as a file: its frames, curves and events."""
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
