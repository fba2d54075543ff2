"""CUDA graphs of training steps: forward, losses, backward, optimizer and counts as one launch.

PyTorch's notes on CUDA graphs ("Whole-network capture") ask for what is done here: steps of warm-up on a stream of
their own, gradients that are none when the capture begins, an optimizer that keeps its numbers on the device, and
generators that the graph knows of.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch

from explorer.lab.capture.reading import CudaReadBack, ReadBack
from explorer.lab.capture.stepping import CaptureError, Capturer, Graph

Holders = Callable[[], list[Any]]


class CudaGraphs:
    """Captures steps on one GPU. holders(): what has a `generator` that they draw from, asked at each capture."""

    name = "CUDA graphs"

    def __init__(self, device: torch.device, holders: Holders) -> None:
        self.device, self._holders = device, holders
        self._stream: torch.cuda.Stream | None = None

    def warm(self, compute: Callable[[], Any]) -> Any:
        """As `Capturer.warm`: on another stream, which waits for this one and is waited for."""
        here, aside = torch.cuda.current_stream(self.device), self._aside()
        aside.wait_stream(here)
        with torch.cuda.stream(aside):
            outcome = compute()
        here.wait_stream(aside)
        return outcome

    def capture(self, compute: Callable[[], Any]) -> tuple[Graph, Any]:
        """As `Capturer.capture`."""
        holders = self._holders()
        drawn = [holder.generator.get_state() for holder in holders]
        try:
            graph = torch.cuda.CUDAGraph()
            for holder in holders:
                graph.register_generator_state(holder.generator)
            with torch.cuda.device(self.device), torch.cuda.graph(graph, capture_error_mode="thread_local"):
                outcome = compute()
        except Exception as error:  # of torch, of CUDA and of its libraries there is no common kind
            self._recover(holders, drawn)
            raise CaptureError(_first_line(error)) from error
        return graph, outcome

    def _recover(self, holders: list[Any], drawn: list[torch.Tensor]) -> None:
        """Leave no error behind for the next call, and let chance go on where it was: a generator whose capture broke
        off may think for ever that it goes on, so each holder gets another one."""
        with suppress(RuntimeError):
            torch.cuda.synchronize(self.device)
        for holder, state in zip(holders, drawn, strict=True):
            holder.generator = torch.Generator(self.device)
            holder.generator.set_state(state)

    def _aside(self) -> torch.cuda.Stream:
        if self._stream is None:
            self._stream = torch.cuda.Stream(self.device)
        return self._stream


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def engine_for(device: torch.device, holders: Holders) -> tuple[Capturer | None, str, ReadBack]:
    """Who captures steps on that device, or why nobody does, and how numbers come back from it."""
    if device.type == "cuda":
        return CudaGraphs(device, holders), "", CudaReadBack(device)
    kind = {"cpu": "a CPU", "mps": "MPS"}.get(device.type, device.type)
    return None, f"{kind} has no graphs", ReadBack(device)
