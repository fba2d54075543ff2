"""Modes of torch that see every operation: one in which none may ask what a tensor holds, since that would make a step
wait for a GPU, and one that writes down which there were, with all that a graph of them would keep for good."""

from __future__ import annotations

import sys

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

# Their result, or its shape, is known only once the numbers are: on a GPU the host would wait for them.
LOOKS = (
    *("_local_scalar_dense", "item", "is_nonzero", "equal", "nonzero", "nonzero_numpy", "argwhere", "masked_select"),
    *("_unique", "_unique2", "unique_dim", "unique_consecutive", "unique_dim_consecutive", "bincount"),
    *(
        "repeat_interleave",
        "_linalg_svd",
        "_linalg_eigh",
        "linalg_eig",
        "linalg_lstsq",
        "linalg_inv",
        "linalg_cholesky",
    ),
    "lift_fresh",  # torch.tensor(numbers): a copy from the host, which waits, too
)
MASKS = ("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index")  # with bools: nonzero inside


class Looked(AssertionError):
    """An operation asked what a tensor holds."""


class NoLooks(TorchDispatchMode):
    """Raises Looked, but for calls below one of the functions named in `allowed`; `seen`: which of these looked."""

    def __init__(self, *allowed: str) -> None:
        super().__init__()
        self.allowed, self.seen = set(allowed), set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        if name in LOOKS or (name in MASKS and _has_bools(args[1])) or _leaves_device(name, args, kwargs):
            callers = _callers() & self.allowed
            if not callers:
                raise Looked(f"{func} in {' < '.join(_places())}")
            self.seen |= callers
        return func(*args, **kwargs)


def _has_bools(indices) -> bool:
    return any(one is not None and one.dtype in (torch.bool, torch.uint8) for one in indices)


def _leaves_device(name: str, args, kwargs) -> bool:
    """A copy between the host and another device."""
    if name == "copy_":
        return args[0].device.type != args[1].device.type and args[1].ndim > 0
    target = kwargs.get("device") if name == "_to_copy" else None
    return target is not None and torch.device(target).type != args[0].device.type


def _frames():
    frame = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _callers() -> set[str]:
    return {frame.f_code.co_name for frame in _frames()}


def _places() -> list[str]:
    """The nearest lines of the project, innermost first."""
    own = [f for f in _frames() if "/explorer/" in f.f_code.co_filename]
    return [f"{f.f_code.co_filename.rpartition('/explorer/')[2]}:{f.f_lineno}" for f in own[:4]]


class Kernels(TorchDispatchMode):
    """`calls`: each operation with the shapes of its tensors, and its numbers, as a graph would repeat it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        given = tree_flatten((args, kwargs or {}))[0]
        shown = [tuple(one.shape) if isinstance(one, torch.Tensor) else one for one in given]
        self.calls.append(f"{func} {[one for one in shown if not isinstance(one, torch.Generator)]}")
        return func(*args, **(kwargs or {}))
