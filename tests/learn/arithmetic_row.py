"""A row of the table that holds the browser's arithmetic to the quantizers of Python, and inputs for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """method: its name in the test. module, function: of explorer/views/learn/arithmetic/.

    inputs(chance) -> the arguments, plain values that JSON holds. python(*arguments) -> what the quantizer makes of
    them: whole numbers (codes, indices) must be the same, others within `close`, relative above 1.
    many: how often inputs are drawn, of a function that takes one latent at a time.
    """

    method: str
    module: str
    function: str
    inputs: Callable[[np.random.Generator], list[Any]]
    python: Callable[..., Any]
    close: float = 1e-6
    many: int = 1


def spread(chance: np.random.Generator, count: int, dim: int) -> list[list[float]]:
    """Rows of a normal distribution, each number one that float32 holds."""
    return chance.normal(size=(count, dim)).astype(np.float32).astype(float).tolist()


def on_a_grid(chance: np.random.Generator, count: int, dim: int, step: float = 0.5) -> list[list[float]]:
    """Rows whose numbers are few multiples of `step`, so that ties are many."""
    return (step * chance.integers(-3, 4, size=(count, dim))).tolist()
