"""Weights & Biases: scalars, pictures, figures of plotly, and alerts that mail or message whoever follows the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.figures.boards.board import Board
from explorer.foundation.errors import SettingsError
from explorer.joints.alert import Alert

if TYPE_CHECKING:
    import plotly.graph_objects as go

STEP = "codebook/step"


class WeightsAndBiases(Board):
    """run: of `wandb.init`; without one, the run that is going on. It stays open: whoever began it ends it.

    Everything stands over its own step, `codebook/step`, so that it does not disturb what the training logs. Raises
    SettingsError without the package wandb, or where no run is going on.
    """

    def __init__(self, run: Any = None, prefix: str = "codebook", pictures_every: int = 10) -> None:
        super().__init__(prefix, pictures_every)
        try:
            import wandb  # large, and asks its server when it starts
        except ImportError as error:
            raise SettingsError("Weights & Biases needs the package wandb: pip install wandb.") from error
        self._wandb, self._run = wandb, run if run is not None else wandb.run
        if self._run is None:
            raise SettingsError("No run of Weights & Biases is going on: call wandb.init() first, or give its run.")
        self._run.define_metric(STEP)
        self._run.define_metric(f"{prefix}/*", step_metric=STEP)

    def write_scalars(self, step: int, scalars: Mapping[str, float]) -> None:
        self._run.log({STEP: step, **scalars})

    def write_picture(self, step: int, name: str, picture: np.ndarray) -> None:
        self._run.log({STEP: step, name: self._wandb.Image(picture)})

    def write_figure(self, step: int, name: str, draw: Callable[[], go.Figure]) -> None:
        self._run.log({STEP: step, name: self._wandb.Plotly(draw())})

    def write_alert(self, alert: Alert) -> None:
        self._run.alert(title=alert.title, text=alert.text, level="WARN")
