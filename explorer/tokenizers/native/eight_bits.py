"""Weights in eight bits: each output channel as whole numbers of -127 to 127 and one scale of its own.

Symmetric, as in Jacob et al. 2018 (arXiv 1712.05877) without a zero point; it is only how weights lie on disk, since
networks run in float32. A weight moves by half a scale at most, a 254th of the largest weight of its channel.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from explorer.foundation.errors import CheckpointError

SCALE = ".scale"  # of a tensor, beside it under its name
STEPS = 127
FEWEST = 512  # smaller tensors stay in float16: nothing is won


def pack(name: str, tensor: Tensor) -> dict[str, Tensor]:
    """What is written of a weight of a network: int8 (C, ...) and scales (C,) float32; float16 where it is small."""
    if tensor.ndim < 2 or tensor.numel() < FEWEST or not bool(tensor.isfinite().all()):
        return {name: tensor.to(torch.float16)}
    rows = tensor.float().flatten(1)
    scale = rows.abs().amax(1) / STEPS
    scale = scale.where(scale > 0, 1.0)  # a channel of zeros
    whole = (rows / scale[:, None]).round().to(torch.int8)
    return {name: whole.view(tensor.shape), name + SCALE: scale}


def is_scale(name: str, expected: Mapping[str, Tensor]) -> bool:
    """Whether a name of a file is that of the scales of a tensor that is expected."""
    return name.endswith(SCALE) and name not in expected and name.removesuffix(SCALE) in expected


def unpack(name: str, tensors: Mapping[str, Tensor], where: str) -> Tensor:
    """A tensor as it was packed. Raises CheckpointError where scales do not belong to it."""
    tensor, scale = tensors[name], tensors.get(name + SCALE)
    if scale is None:
        return tensor
    if tensor.dtype != torch.int8 or tensor.ndim < 2 or tuple(scale.shape) != (len(tensor),):
        raise CheckpointError(f"{name}{SCALE} in {where} does not fit {name}: one number a channel of int8 is needed")
    return (tensor.flatten(1).float() * scale.float()[:, None]).view(tensor.shape)
