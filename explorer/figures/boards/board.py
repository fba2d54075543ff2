"""What all boards share: names under one heading, and pictures of the newest frame every few records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.figures.boards.usage_picture import usage_picture
from explorer.figures.runs import curves
from explorer.joints.alert import Alert
from explorer.joints.files.recording import Recording, open_recording

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Board(ABC):
    """A sink of `Recorder`. prefix: the heading under which everything stands. pictures_every: records between two
    pictures of the usage of every code, and two figures of the curves; 0 for none."""

    def __init__(self, prefix: str = "codebook", pictures_every: int = 10) -> None:
        self.prefix, self.pictures_every = prefix, pictures_every
        self._folder: Path | None = None
        self._recording: Recording | None = None
        self._records = 0

    def begin(self, folder: Path) -> None:
        """Where the recording lies, of which pictures are made."""
        self._folder = folder

    def record(self, step: int, scalars: Mapping[str, float]) -> None:
        """The finite numbers of a record, and every few records the pictures."""
        self.write_scalars(step, {self._named(name): float(v) for name, v in scalars.items() if np.isfinite(v)})
        self._records += 1
        if self.pictures_every and self._folder is not None and (self._records - 1) % self.pictures_every == 0:
            self._write_pictures(step)

    def alert(self, alert: Alert) -> None:
        """Raised once a kind."""
        self.write_alert(alert)

    def close(self) -> None:
        """No more will come: the last pictures are made, if the last record had none."""
        if self.pictures_every and self._folder is not None and self._records:
            self._write_pictures(None)
        self.finish()

    def _write_pictures(self, step: int | None) -> None:
        if self._recording is None:
            self._recording = open_recording(self._folder)  # type: ignore[arg-type]
        self._recording.refresh()
        if not self._recording.steps:
            return
        newest = len(self._recording.steps) - 1
        frame, names = self._recording.frame(newest), [level.name for level in self._recording.levels]
        at = frame.step if step is None else step
        for number, level in enumerate(frame.levels):
            name = names[number] if number < len(names) and names[number] else f"level {number + 1}"
            self.write_picture(at, self._named(f"usage of {name}"), usage_picture(level.counts, level.state))
        self.write_figure(at, self._named("curves"), lambda: curves(self._recording))

    def _named(self, name: str) -> str:
        return f"{self.prefix}/{name}"

    @abstractmethod
    def write_scalars(self, step: int, scalars: Mapping[str, float]) -> None:
        """Numbers by their full names."""

    @abstractmethod
    def write_picture(self, step: int, name: str, picture: np.ndarray) -> None:
        """A picture (H, W, 3) uint8."""

    @abstractmethod
    def write_alert(self, alert: Alert) -> None:
        """Words that a person should read."""

    def write_figure(self, step: int, name: str, draw: Callable[[], go.Figure]) -> None:
        """A figure of plotly, drawn when `draw` is called; boards that cannot show one leave it."""
        return

    def finish(self) -> None:
        """Everything is written."""
        return
