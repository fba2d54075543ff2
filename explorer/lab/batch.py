"""A run from start to end without a visitor: for the command line and for scripts."""

from __future__ import annotations

from collections.abc import Callable

import torch

from explorer.foundation.device import pick_device
from explorer.foundation.errors import SettingsError
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide

MAX_STEPS = 200_000


def run_lab(
    settings: LabSettings,
    steps: int,
    device: str = "auto",
    progress: Callable[[int], bool] = lambda step: True,
    most: int = MAX_STEPS,
) -> LabSide:
    """Train for `steps` steps, with one thread as the lab does. progress(step) -> False stops it.

    Raises SettingsError for a number of steps that cannot be, Diverged if a loss is not finite.
    """
    if not 1 <= steps <= most:
        raise SettingsError(f"The number of steps must be from 1 to {most:,}, got {steps:,}.")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        side = LabSide(settings, pick_device(device))
        for step in range(1, steps + 1):
            side.step()
            if step % 50 == 0 and not progress(step):
                break
        side.frame()
    finally:
        torch.set_num_threads(threads)
    return side
