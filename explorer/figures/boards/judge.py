"""The diagnosis of the replay as the judge of a recorder: what it finds wrong becomes an alert of every board."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from explorer.analysis.replay.run import RecordedRun
from explorer.analysis.severity import ALARMS
from explorer.foundation.errors import RecordError
from explorer.joints.alert import Alert
from explorer.joints.files.recording import Recording

PAUSE_S = 20.0  # at least between two diagnoses
SHARE = 50  # and so many times what the one before took: they run in the recorder's thread, for which records wait


def judge(pause_s: float = PAUSE_S) -> Callable[[Recording], list[Alert]]:
    """A judge for `Recorder(..., judge=judge())`: the alarms and warnings of `python -m explorer diagnose`, at most
    every `pause_s` seconds and for at most 2% of the time. Each kind is raised once."""
    due, runs = [float("-inf")], list[RecordedRun]()  # the one run that is judged, which is read on

    def ask(recording: Recording) -> list[Alert]:
        began = time.monotonic()
        if began < due[0]:
            return []
        try:
            if not runs or runs[0].recording is not recording:
                runs[:] = [RecordedRun(recording.folder, recording.folder.name, recording)]
            (run,) = runs
            run.take()
            reading = run.read()
            found = () if reading is None else run.diagnose(reading.now.step)
        except (RecordError, OSError):
            return []
        finally:
            for run in runs:
                run.frames.forget()  # they are large, and the training wants the memory
            now = time.monotonic()
            due[0] = now + max(pause_s, SHARE * (now - began)) if pause_s else now
        return [
            Alert(reading.now.step, re.sub(r"[\d,.%]+", "#", one.title), one.title, f"{one.text} {one.advice}".strip())
            for one in found
            if one.level in ALARMS
        ]

    return ask
