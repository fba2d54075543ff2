"""Clock: seconds of each part of a run, as records report them."""

from __future__ import annotations

import time

import torch


class Clock:
    """Wall time of each lap, waiting for the GPU so that a lap counts its own work."""

    def __init__(self, device: torch.device) -> None:
        self._device, self.seconds = device, {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.seconds[name], self._last = now - self._last, now
