"""Where else the numbers of a record go: boards and trackers, each an object with the three methods below, and
if it likes with `begin(folder)`, called before the first record with where the recording lies.

    Recorder("runs/first", sinks=(MySink(),))

Those of TensorBoard, Weights & Biases and trackio are in `explorer/figures/boards/`. A sink is called in the recorder's
own thread, after a record was written; what it raises is said once, and it is asked no more. Only the process that
writes (rank 0) calls sinks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from explorer.joints.alert import Alert


class Sink(Protocol):
    """What a board or tracker takes."""

    def record(self, step: int, scalars: Mapping[str, float]) -> None:
        """The losses and measures of a record, by their names in the recording."""

    def alert(self, alert: Alert) -> None:
        """Raised once a kind."""

    def close(self) -> None:
        """No more will come."""


DEAD_SHARE = 0.5  # of a level's codes, above which it is worth a look


def plain_alerts(step: int, measures: Mapping[str, float], names: Sequence[str]) -> list[Alert]:
    """What the numbers of one record say by themselves; `judge` of the Recorder has the whole diagnosis. names: of the
    levels."""
    alerts = []
    for number, name in enumerate(names):
        where = f" of {name}" if name else ""
        for what in ("latents", "codes"):
            lost = measures.get(f"{what}_not_finite_{number}", 0.0)
            if lost > 0:
                text = f"At step {step:,} {lost:,.0f} {what}{where} hold NaN or infinity."
                alerts.append(Alert(step, f"{what}_not_finite_{number}", f"{what.capitalize()} are not finite", text))
        dead = measures.get(f"dead_{number}", 0.0)
        if dead > DEAD_SHARE:
            text = f"At step {step:,} {dead:.0%} of the codes{where} are dead."
            alerts.append(Alert(step, f"dead_{number}", "More than half of the codes are dead", text))
    return alerts
