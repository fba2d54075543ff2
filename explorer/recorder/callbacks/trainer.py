"""The recorder as a callback of the Trainer of transformers.

from explorer.recorder.callbacks.trainer import RecorderCallback
Trainer(model, args, train_dataset=data, callbacks=[RecorderCallback("runs/first", every=100)]).train()
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explorer.foundation.errors import SettingsError
from explorer.recorder.recorder import Recorder

try:
    from transformers import TrainerCallback
except ImportError as error:
    raise SettingsError("This callback needs transformers: pip install transformers accelerate.") from error


class RecorderCallback(TrainerCallback):
    """Records every quantizer of the model in `folder`. options: of `Recorder` (budget, sinks, judge, about).

    A step is the Trainer's own (`state.global_step`: an optimizer step, accumulation included). Losses are those that
    it logged last, every `logging_steps` steps. Callbacks of the Trainer do not hear of an error that ends a training:
    such a run is closed when the process ends.
    """

    def __init__(self, folder: Path | str, every: int = 100, **options: Any) -> None:
        self.folder, self.every, self.options = folder, every, options
        self.recorder: Recorder | None = None
        self._losses: dict[str, float] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        self.recorder = Recorder(self.folder, self.every, **self.options).watch(model)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        self._losses = {name: value for name, value in (logs or {}).items() if name.endswith("loss")}

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.recorder is not None:
            self.recorder.step(state.global_step, losses=self._losses)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.recorder is not None:
            self.recorder.close()
