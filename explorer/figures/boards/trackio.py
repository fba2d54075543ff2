"""trackio: scalars, pictures of usage, and alerts, on this machine. It shows no figures of plotly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from explorer.figures.boards.board import Board
from explorer.foundation.errors import SettingsError
from explorer.joints.alert import Alert


class Trackio(Board):
    """run: of `trackio.init`, which stays open: whoever began it ends it.

    Each record is one line of it, whose `codebook/step` is the step of the recording. Raises SettingsError without the
    package trackio.
    """

    def __init__(self, run: Any, prefix: str = "codebook", pictures_every: int = 10) -> None:
        super().__init__(prefix, pictures_every)
        try:
            import trackio  # brings a server and a database
        except ImportError as error:
            raise SettingsError("trackio needs its package: pip install trackio.") from error
        self._trackio, self._run = trackio, run

    def write_scalars(self, step: int, scalars: Mapping[str, float]) -> None:
        self._run.log({self._named("step"): step, **scalars}, step=step)

    def write_picture(self, step: int, name: str, picture: np.ndarray) -> None:
        self._run.log({name: self._trackio.Image(picture)}, step=step)

    def write_alert(self, alert: Alert) -> None:
        self._run.alert(title=alert.title, text=alert.text, step=alert.step)
