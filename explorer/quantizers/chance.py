"""Chance: every random draw of the quantizers, from the generators of the thread that asks.

Several runs train at once in threads of one process. torch has one generator a device for the whole process, so draws
from it depend on how the threads take turns. Inside `with drawing_from(generator):` this thread draws from its own;
outside, the functions below draw what torch's functions of the same names draw, from torch's generator.

The layers of torch.nn draw their weights from torch's generator and take no other, so `built_with(seed)` covers the
construction of modules.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

_of_thread = threading.local()
_building = threading.RLock()  # held while the generator of the whole process is borrowed


@contextmanager
def drawing_from(*generators: torch.Generator) -> Iterator[None]:
    """Let this thread draw from `generators`, one a device; without any, from torch's own.

    Nested, the inner one counts. A draw on a device that none of them is of comes from torch's generator, so a run on
    a GPU that also draws on the CPU needs two.
    """
    before = _generators()
    _of_thread.generators = generators
    try:
        yield
    finally:
        _of_thread.generators = before


@contextmanager
def built_with(seed: int) -> Iterator[None]:
    """Build modules on the CPU as after `torch.manual_seed(seed)`; torch's generator then goes on where it was.

    One thread at a time in the whole process may be inside. It counts before `drawing_from`, and it does not keep out
    a thread that draws from torch's generator without either of the two.
    """
    with _building, torch.random.fork_rng(devices=[]), drawing_from():
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would also seed every GPU
        yield


def _generators() -> tuple[torch.Generator, ...]:
    return getattr(_of_thread, "generators", ())


def generator_for(device: torch.device | str) -> torch.Generator | None:
    """This thread's generator for draws on `device`, None for torch's own."""
    device = torch.device(device)
    for generator in _generators():
        same_index = None in (device.index, generator.device.index) or device.index == generator.device.index
        if generator.device.type == device.type and same_index:
            return generator
    return None


def randperm(n: int, device: torch.device | str = "cpu") -> Tensor:
    """0..n-1 in random order: (n,) int64."""
    return torch.randperm(n, device=device, generator=generator_for(device))


def randint(high: int, size: tuple[int, ...], device: torch.device | str = "cpu") -> Tensor:
    """Whole numbers from 0 to high - 1: int64 of shape `size`."""
    return torch.randint(high, size, device=device, generator=generator_for(device))


def rand(*shape: int, device: torch.device | str = "cpu") -> Tensor:
    """Uniform in [0, 1), float32."""
    return torch.rand(*shape, device=device, generator=generator_for(device))


def randn(*shape: int, device: torch.device | str = "cpu") -> Tensor:
    """Standard normal, float32."""
    return torch.randn(*shape, device=device, generator=generator_for(device))


def randn_like(x: Tensor) -> Tensor:
    """Standard normal, with the shape, type and device of x."""
    return torch.empty_like(x).normal_(generator=generator_for(x.device))


def gumbel_like(x: Tensor) -> Tensor:
    """Gumbel(0, 1), with the shape, type and device of x: minus the log of exponential noise."""
    noise = torch.empty_like(x, memory_format=torch.contiguous_format).detach()
    return -noise.exponential_(generator=generator_for(x.device)).log()


def gumbel_softmax(logits: Tensor, tau: float, hard: bool) -> Tensor:
    """softmax((logits + Gumbel noise) / tau) over the last axis (Jang et al. 2017, arXiv 1611.01144, eq. 2).

    hard: one-hot at its largest value, with the gradient of the soft one (straight-through).
    """
    soft = ((logits + gumbel_like(logits)) / tau).softmax(-1)
    if not hard:
        return soft
    one_hot = torch.zeros_like(logits).scatter_(-1, soft.max(-1, keepdim=True).indices, 1.0)
    return one_hot - soft.detach() + soft
