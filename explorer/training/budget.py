"""How many steps fit into a number of minutes: some are taken for nothing, on a run that is thrown away.

The schedule then has its steps before it begins, so that the rate falls to its end and a run is repeated by its number
of steps, whatever the clock said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from explorer.foundation.errors import SettingsError

WARM, TIMED = 6, 14  # steps taken for nothing
SHARE = 0.96  # of the time; the rest is for the states that are kept, and for what was measured too fast
MEASURING = 0.05  # of the time at most, for points of the curve
FEWEST, MOST = 4, 40  # of these


@dataclass(frozen=True)
class Budget:
    """steps: that fit; points: of the curve."""

    steps: int
    points: int


def divide(seconds: float, step_s: float, look_s: float) -> Budget:
    """seconds: for training; step_s and look_s: of a step, and of a point of the curve."""
    points = int(min(MOST, max(FEWEST, MEASURING * seconds / max(look_s, 1e-9))))
    left = seconds * SHARE - points * look_s
    return Budget(max(1, int(left / max(step_s, 1e-9))), points)


def measure_pace(step: Callable[[], object], look: Callable[[], object], device: torch.device) -> tuple[float, float]:
    """Seconds of a step of training, after a warm-up, and of a look at held-out media."""
    for _ in range(WARM):
        step()
    began = _now(device)
    for _ in range(TIMED):
        step()
    then = _now(device)
    look()
    return (then - began) / TIMED, _now(device) - then


def check_minutes(minutes: float) -> float:
    """Seconds. Raises SettingsError unless there is time at all."""
    if not 0 < minutes <= 100_000:
        raise SettingsError(f"--minutes must be above 0 and at most 100,000, got {minutes}")
    return minutes * 60


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic()
