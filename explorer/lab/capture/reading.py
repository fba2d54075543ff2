"""Numbers on their way from the device: sent without waiting, and read in order once they have come.

On a CPU they are there at once. On CUDA they are copied into page-locked memory behind the kernels that make them, an
event tells when that is done, and the next step is launched meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Reader = Callable[[list[Tensor]], None]
MOST = 64  # parcels on their way; with more, the oldest is waited for


class ReadBack:
    """For devices whose numbers are there at once, or which have to be waited for: read as soon as sent.

    direct: whether a look costs nothing, so that there is no need to gather several.
    """

    def __init__(self, device: torch.device) -> None:
        self.direct = device.type == "cpu"

    def send(self, tensors: Sequence[Tensor], read: Reader) -> None:
        """Let read(tensors on the CPU) be called once they have come, after all that was sent before. The tensors may
        be changed afterwards; those that `read` is given are its own only while it runs."""
        read([tensor.detach().cpu() for tensor in tensors])

    def poll(self) -> None:
        """Read what has come. Raises what a reader raises; what comes behind it stays."""

    def wait(self) -> None:
        """Read all that was sent."""

    @property
    def waiting(self) -> int:
        """Parcels that have not been read."""
        return 0


class QueuedReadBack(ReadBack):
    """Parcels in a queue. `_begin` starts the copy of one, and says when it is done and how to wait for it."""

    def __init__(self, device: torch.device, most: int = MOST) -> None:
        super().__init__(device)
        self.direct, self.most = False, most
        self._parcels: deque[tuple[list[Tensor], Callable[[], bool], Callable[[], object], Reader]] = deque()

    def _begin(self, tensors: Sequence[Tensor]) -> tuple[list[Tensor], Callable[[], bool], Callable[[], object]]:
        raise NotImplementedError

    def send(self, tensors: Sequence[Tensor], read: Reader) -> None:
        while len(self._parcels) >= self.most:
            self._read_oldest()
        self._parcels.append((*self._begin(tensors), read))

    def poll(self) -> None:
        while self._parcels and self._parcels[0][1]():
            self._read_oldest()

    def wait(self) -> None:
        while self._parcels:
            self._read_oldest()

    def _read_oldest(self) -> None:
        tensors, _, wait, read = self._parcels.popleft()
        wait()
        read(tensors)

    @property
    def waiting(self) -> int:
        return len(self._parcels)


class CudaReadBack(QueuedReadBack):
    """Copies into page-locked memory on the stream of the kernels, so that they are of the moment of `send`."""

    def __init__(self, device: torch.device, most: int = MOST) -> None:
        super().__init__(device, most)
        self._device = device

    def _begin(self, tensors: Sequence[Tensor]) -> tuple[list[Tensor], Callable[[], bool], Callable[[], object]]:
        copies = []
        for tensor in tensors:
            tensor = tensor.detach()
            host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
            copies.append(host.copy_(tensor, non_blocking=True))
        done = torch.cuda.Event()
        done.record(torch.cuda.current_stream(self._device))
        return copies, done.query, done.synchronize
