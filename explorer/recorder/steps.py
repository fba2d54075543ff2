"""Which optimizer step it is: told by the training loop, or counted at the optimizer that has the model's
parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook


class StepCounter:
    """Calls `happened` after each step of the first optimizer that holds a parameter of the model.

    An optimizer that is part of the model, as one that a codebook steps by itself, is not it; of several that take
    turns (generator and discriminator, encoder and codebook) only the first seen counts.
    """

    def __init__(self, happened: Callable[[], None]) -> None:
        self._happened = happened
        self._parameters: set[int] = set()
        self._within: set[int] = set()
        self._optimizer: Optimizer | None = None
        self._handle = register_optimizer_step_post_hook(self._after)

    def watch(self, model: nn.Module) -> None:
        """Count optimizers of this model, too."""
        self._parameters |= {id(parameter) for parameter in model.parameters()}
        for module in model.modules():
            self._within |= {id(one) for one in vars(module).values() if isinstance(one, Optimizer)}

    def _after(self, optimizer: Optimizer, *_: Any) -> None:
        if self._optimizer is None and self._parameters and id(optimizer) not in self._within:
            held = (id(parameter) for group in optimizer.param_groups for parameter in group["params"])
            if any(one in self._parameters for one in held):
                self._optimizer = optimizer
        if optimizer is self._optimizer:
            self._happened()

    def remove(self) -> None:
        """Count no more."""
        self._handle.remove()
