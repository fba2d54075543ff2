"""TensorBoard: scalars, pictures of usage, and alerts as text. It shows no figures of plotly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from explorer.figures.boards.board import Board
from explorer.joints.alert import Alert


class TensorBoard(Board):
    """where: a folder for the events, or a `SummaryWriter` that is there already, which stays open.

    Raises SettingsError without the package tensorboard.
    """

    def __init__(self, where: str | Path | Any, prefix: str = "codebook", pictures_every: int = 10) -> None:
        super().__init__(prefix, pictures_every)
        self._own = isinstance(where, str | Path)
        if not self._own:
            self._writer = where
            return
        from explorer.recorder.event_files import open_event_file  # torch

        self._writer = open_event_file(where)

    def write_scalars(self, step: int, scalars: Mapping[str, float]) -> None:
        for name, value in scalars.items():
            self._writer.add_scalar(name, value, step)

    def write_picture(self, step: int, name: str, picture: np.ndarray) -> None:
        self._writer.add_image(name, picture, step, dataformats="HWC")

    def write_alert(self, alert: Alert) -> None:
        self._writer.add_text(f"{self.prefix}/alerts", f"**{alert.title}** {alert.text}", alert.step)
        self._writer.flush()

    def finish(self) -> None:
        self._writer.flush()
        if self._own:
            self._writer.close()
