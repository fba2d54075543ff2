"""Reseeds on their way from the device, beside the frame of their moment."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from explorer.quantizers.base import Quantizer
from explorer.quantizers.step.events import ReseedEvent
from explorer.quantizers.vq import VectorQuantizer

MOST = 1024  # reseeds of a level between two frames that travel without waiting


def reseeds_so_far(quantizer: Quantizer) -> list[Tensor]:
    """() each, on the device: how many codes each codebook has reseeded since the start."""
    parts = [part for part in quantizer.modules() if isinstance(part, VectorQuantizer)]
    return [part.event_log.count for part in parts if part.event_log is not None]


def events_to_send(quantizer: Quantizer) -> tuple[list[Tensor], Callable[[list[Tensor]], list[ReseedEvent]]]:
    """What has to come from the device, and how it is read once it has: all reseeds up to now that were not read
    before, oldest first."""
    logs = [
        (part, part.event_log)
        for part in quantizer.modules()
        if isinstance(part, VectorQuantizer) and part.event_log is not None
    ]

    def read(tensors: list[Tensor]) -> list[ReseedEvent]:
        found = [
            event
            for (part, log), newest in zip(logs, tensors, strict=True)
            for event in part.events_of(log.read_newest(newest))
        ]
        return sorted(found, key=lambda event: event.step)

    return [log.newest(MOST) for _, log in logs], read
