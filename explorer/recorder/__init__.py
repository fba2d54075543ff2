"""The Recorder: a codebook's life in your own training run, on disk. Needs torch and numpy only; see README.md."""

from explorer.joints.files.recording import Budget, open_recording
from explorer.recorder.recorder import Recorder
from explorer.recorder.sinks import Alert, Sink

__all__ = ["Alert", "Budget", "Recorder", "Sink", "open_recording"]
