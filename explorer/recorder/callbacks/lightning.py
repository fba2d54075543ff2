"""The recorder as a callback of Lightning.

from explorer.recorder.callbacks.lightning import RecorderCallback
Trainer(callbacks=[RecorderCallback("runs/first", every=100)]).fit(model, data)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explorer.foundation.errors import SettingsError
from explorer.recorder.recorder import Recorder

try:
    from lightning.pytorch.callbacks import Callback
except ImportError:
    try:
        from pytorch_lightning.callbacks import Callback  # type: ignore[no-redef]
    except ImportError as error:
        raise SettingsError("This callback needs Lightning: pip install lightning.") from error


class RecorderCallback(Callback):
    """Records every quantizer of the model in `folder`. options: of `Recorder` (budget, sinks, judge, about).

    A step is an optimizer step as Lightning counts them (`trainer.global_step`: those of all optimizers together, where
    a model has several), so accumulation and resuming are told rightly. Losses are what the model logs.
    """

    def __init__(self, folder: Path | str, every: int = 100, **options: Any) -> None:
        super().__init__()
        self.folder, self.every, self.options = folder, every, options
        self.recorder: Recorder | None = None
        self._step = 0

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self._step = trainer.global_step
        self.recorder = Recorder(self.folder, self.every, **self.options).watch(pl_module)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        if self.recorder is not None and trainer.global_step != self._step:
            self._step = trainer.global_step
            self.recorder.step(self._step, losses=dict(trainer.callback_metrics))

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._close(f"The training ended with {type(exception).__name__}: {exception}")

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._close("")

    def _close(self, why: str) -> None:
        if self.recorder is not None:
            self.recorder.close(why)
