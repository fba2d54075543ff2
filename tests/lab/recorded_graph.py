"""A graph of a step as a GPU captures it, on the CPU: every operation is recorded with the very tensors that it was
given, and a replay runs them again, on the same memory, with the numbers that Python gave them then.

So what is wrong in a captured step is wrong here, too: a number of Python that should have changed, a tensor that was
bound anew where it should have been filled, a note in Python that no replay takes. Other than on a GPU the operations
of a capture run at once: the first replay passes them over.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from explorer.lab.capture.reading import QueuedReadBack
from explorer.lab.capture.stepping import CaptureError, Stepping

# What a capture forbids, since Python would have to wait for its result or its size.
LOOKS = frozenset(
    ("_local_scalar_dense", "nonzero", "is_nonzero", "item", "masked_select", "equal", "_unique2", "unique_dim")
)


class DataDependent(RuntimeError):
    """An operation whose result decides what Python does next."""


class Recorder(TorchDispatchMode):
    """Records what runs inside; what would make Python wait for a GPU raises DataDependent."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        if name in LOOKS or indexes_by_truth(name, args):
            raise DataDependent(f"{name} makes Python wait for the device")
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        self.calls.append((func, args, kwargs, out))
        return out


def indexes_by_truth(name, args):
    """Whether rows are picked by a mask, as many as it has: index and index_put with a bool or byte tensor, unless
    what is put has one value, which torch fills in without looking."""
    if name not in ("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"):
        return False
    masks = any(isinstance(one, Tensor) and one.dtype.itemsize == 1 for one in args[1] if one is not None)
    return masks and not (name.startswith(("index_put", "_index_put")) and args[2].numel() == 1)


class RecordedGraph:
    def __init__(self, calls):
        self.calls, self.ran = calls, True

    def replay(self):
        if self.ran:  # while it was recorded
            self.ran = False
            return
        with torch.no_grad():
            for func, args, kwargs, out in self.calls:
                fresh = func(*args, **kwargs)
                for before, now in zip(tree_leaves(out), tree_leaves(fresh), strict=True):
                    if isinstance(before, Tensor) and before.data_ptr() != now.data_ptr():
                        before.copy_(now.reshape(before.shape))  # whose shape an operation may have changed since


class RecordingCapturer:
    """A `Capturer` on the CPU. fails: a text, where each capture breaks off; broke() does then what Python did."""

    name = "recorded graphs"

    def __init__(self, fails=""):
        self.fails, self.warmed, self.broke = fails, 0, lambda: None

    def warm(self, compute):
        self.warmed += 1
        return compute()

    def capture(self, compute):
        if self.fails:
            self.broke()
            raise CaptureError(self.fails)
        with Recorder() as recorder:
            outcome = compute()
        return RecordedGraph(recorder.calls), outcome


class LateReadBack(QueuedReadBack):
    """Copies that are done when the test says so (`let`), or waited for."""

    def __init__(self, device, most=64):
        super().__init__(device, most)
        self.done, self.begun = 0, 0

    def _begin(self, tensors):
        copies, number = [tensor.detach().clone() for tensor in tensors], self.begun
        self.begun += 1
        return copies, lambda: number < self.done, lambda: None

    def let(self, count):
        """Let the next `count` copies be done."""
        self.done += count


def give_graphs(trainer, capturer=None):
    """The trainer with graphs that are recorded, and the capturer."""
    capturer = capturer or RecordingCapturer()
    trainer.stepping = Stepping(capturer)
    trainer._clock = torch.zeros((), dtype=torch.int64)
    return capturer
