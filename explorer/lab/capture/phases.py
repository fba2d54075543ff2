"""What a training step takes from Python and not from the device: where two steps agree in it, they run the same
kernels on the same memory, and a graph of the one is a graph of the other.
"""

from __future__ import annotations

from collections.abc import Hashable, Sized
from dataclasses import is_dataclass

import torch
from torch import Tensor, nn

from explorer.quantizers.base import CodeCounts

_OF_TORCH = frozenset(vars(nn.Module())) - {"training", "_parameters", "_buffers"}
_PLAIN = (bool, int, float, str, bytes, type(None), torch.device, torch.dtype)
_COUNTERS = {CodeCounts: "step"}  # goes up by itself; `Quantizer.phase` tells what hangs on it


def python_state(*modules: nn.Module) -> Hashable:
    """Everything that the modules and their parts hold in Python, as one value to compare: numbers and settings as they
    are, where each tensor lies, how many things a list has, and of all else which object it is."""
    return tuple(_held(part) for module in modules for part in module.modules())


def counters_of(quantizer: nn.Module) -> list[CodeCounts]:
    """The counts of each level, in order."""
    return [part for part in quantizer.modules() if isinstance(part, CodeCounts)]


def _held(module: nn.Module) -> tuple:
    if type(module).__module__.startswith("torch."):  # a layer: what its constructor was given does not change
        places = tuple([None if one is None else one.data_ptr() for one in module._parameters.values()])
        learns = tuple([one is not None and one.requires_grad for one in module._parameters.values()])
        return (module.training, places, learns, _value(module._buffers))
    counter = _COUNTERS.get(type(module))
    return tuple([_value(value) for name, value in vars(module).items() if name not in _OF_TORCH and name != counter])


def _value(value: object) -> Hashable:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Tensor):
        return value.data_ptr() if value.device.type != "meta" else id(value)
    if isinstance(value, dict) and all([one is None or isinstance(one, Tensor) for one in value.values()]):
        return tuple([one if one is None else (one.data_ptr(), one.requires_grad) for one in value.values()])
    if isinstance(value, tuple):
        return tuple(_value(one) for one in value)
    if is_dataclass(value) and type(value).__hash__ is not None:
        return value  # frozen: compared by what it holds
    if isinstance(value, Sized):
        return (id(value), len(value))
    return id(value)
