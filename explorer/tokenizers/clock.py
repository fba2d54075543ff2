"""Clock: seconds of each part of a run, as records report them."""

from __future__ import annotations

import time

import torch

from explorer.foundation import stages

_AFTER = {"encode": "quantizing", "quantize": "decoding"}  # what the next lap is busy with


class Clock:
    """Wall time of each lap (laps of one name sum up), waiting for the GPU so that each counts its own work.

    `stages` hears which has begun.
    """

    def __init__(self, device: torch.device) -> None:
        self._device, self.seconds = device, {}
        self._last = time.perf_counter()
        stages.begin("encoding")

    def lap(self, name: str) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.seconds[name], self._last = self.seconds.get(name, 0.0) + now - self._last, now
        if name in _AFTER:
            stages.begin(_AFTER[name])
