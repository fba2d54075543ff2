"""Weights and pictures by rule, so that an original's answers can be compared without the original.

Every tensor follows from its name and its shape alone. Somebody who has the original repository fills its modules by
the same rule (`fill_by_rule`), runs it, and writes down the input's seed, indices and a few decoded values: the files
of `goldens/`. Each test says how its file was made.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn

GOLDENS = Path(__file__).with_name("goldens")
Shapes = Mapping[str, tuple[int, ...]]


def ruled(name: str, shape: tuple[int, ...]) -> Tensor:
    """float32 of that shape: normal values from a seed made of the name, scaled by fan-in; norms lie about 1."""
    values = np.random.RandomState(crc32(name.encode())).standard_normal(tuple(shape)).astype(np.float32)
    if name.endswith("pos_embedding"):
        pass  # of their own size, or all places would get one code
    elif len(shape) >= 2:
        values /= math.sqrt(math.prod(shape[1:]))
    else:
        values = 1 + values / 10 if name.endswith("weight") else values / 10
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))


def ruled_state(shapes: Shapes) -> dict[str, Tensor]:
    """A state dict of those names and shapes."""
    return {name: ruled(name, tuple(shape)) for name, shape in shapes.items()}


def shapes_of(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the floating-point tensors that a state dict of the module holds."""
    return {name: tuple(t.shape) for name, t in module.state_dict().items() if t.is_floating_point()}


def fill_by_rule(module: nn.Module) -> nn.Module:
    """The module itself, with its floating-point tensors by rule, in evaluation mode."""
    module.load_state_dict(ruled_state(shapes_of(module)), strict=False)
    return module.eval().requires_grad_(False)


def ruled_picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(H, W, 3) float32 in [0, 1]: waves of random direction, with noise in patches of 4 x 4."""
    rng = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width] / 16.0
    waves = [np.sin(x * a + y * b + c) for a, b, c in rng.uniform(-3, 3, (3, 3))]
    noise = rng.standard_normal((-(-height // 4), -(-width // 4), 3)).repeat(4, 0).repeat(4, 1)[:height, :width]
    noisy = np.stack(waves, -1) + noise
    return (0.5 + 0.3 * noisy).clip(0, 1).astype(np.float32)


def ruled_clip(frames: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    """(F, H, W, 3) float32 in [0, 1], each frame another picture."""
    return np.stack([ruled_picture(height, width, seed + frame) for frame in range(frames)])


def ruled_sound(samples: int, seed: int = 0) -> np.ndarray:
    """(S, 1) float32 in about [-1, 1]: gliding tones that come and go, with noise."""
    rng = np.random.RandomState(seed)
    place = np.arange(samples) / max(samples, 1)
    tones = [np.sin(a * place + b * place**2) * np.sin(c * place) ** 2 for a, b, c in rng.uniform(20, 900, (4, 3))]
    return (0.2 * np.sum(tones, 0) + 0.1 * rng.standard_normal(samples)).astype(np.float32)[:, None]


def shell(state: Mapping[str, Tensor], classes: Mapping[str, type[nn.Module]] | None = None) -> nn.Module:
    """Nested modules that hold these tensors as parameters and do nothing. classes: of the modules, by their path."""
    made = {"": (classes or {}).get("", nn.Module)()}
    for name, tensor in state.items():
        *path, leaf = name.split(".")
        for depth in range(1, len(path) + 1):
            part = ".".join(path[:depth])
            if part not in made:
                made[part] = (classes or {}).get(part, nn.Module)()
                made[".".join(path[: depth - 1])].add_module(path[depth - 1], made[part])
        made[".".join(path)].register_parameter(leaf, nn.Parameter(tensor, requires_grad=False))
    return made[""]


def save_golden(name: str, **arrays: np.ndarray | Shapes) -> None:
    """Write goldens/<name>.npz; mappings of shapes become JSON."""
    kept = {key: np.array(json.dumps(value)) if isinstance(value, Mapping) else value for key, value in arrays.items()}
    np.savez_compressed(GOLDENS / f"{name}.npz", **kept)


@cache
def golden(name: str) -> dict[str, np.ndarray | Shapes]:
    """What `save_golden` wrote."""
    with np.load(GOLDENS / f"{name}.npz") as file:
        return {
            key: {k: tuple(v) for k, v in json.loads(str(file[key])).items()}
            if file[key].dtype.kind == "U"
            else file[key]
            for key in file.files
        }
