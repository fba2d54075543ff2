"""Which optimizer step it is: told by the training loop, or counted at the optimizer that has the model's
parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, ref

from torch import nn
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook

INSTEAD = 2


class StepCounter:
    """Calls `happened` after each step of the first optimizer that holds a parameter of the model.

    An optimizer that is part of the model, as one that a codebook steps by itself, is not it; of several that take
    turns (generator and discriminator, encoder and codebook) only the first seen counts. One that is made later in its
    place, as for a second phase, is counted on: when the first is gone, or this one has its parameters and has stepped
    INSTEAD times without it.
    """

    def __init__(self, happened: Callable[[], None]) -> None:
        self._happened = happened
        self._parameters: set[int] = set()
        self._within: set[int] = set()
        self._counted: ref[Optimizer] | None = None
        self._held: set[int] = set()  # parameters of the counted one
        self._alike: WeakKeyDictionary[Optimizer, bool] = WeakKeyDictionary()  # whether another has some of these
        self._instead = 0  # steps of such a one since the last of the counted one
        self._handle = register_optimizer_step_post_hook(self._after)

    def watch(self, model: nn.Module) -> None:
        """Count optimizers of this model, too."""
        self._parameters |= {id(parameter) for parameter in model.parameters()}
        for module in model.modules():
            self._within |= {id(one) for one in vars(module).values() if isinstance(one, Optimizer)}

    def _after(self, optimizer: Optimizer, *_: Any) -> None:
        counted = None if self._counted is None else self._counted()
        if optimizer is counted:
            self._instead = 0
            self._happened()
        elif counted is None:
            held = _parameters_of(optimizer)
            if held & self._parameters and id(optimizer) not in self._within:
                self._count(optimizer, held)
                self._happened()
        elif self._could_replace(optimizer):
            self._instead += 1
            if self._instead == INSTEAD:
                self._count(optimizer, _parameters_of(optimizer))
                for _ in range(INSTEAD):
                    self._happened()

    def _could_replace(self, optimizer: Optimizer) -> bool:
        if optimizer not in self._alike:
            within = id(optimizer) in self._within
            self._alike[optimizer] = not within and bool(_parameters_of(optimizer) & self._held)
        return self._alike[optimizer]

    def _count(self, optimizer: Optimizer, held: set[int]) -> None:
        self._counted, self._held, self._instead = ref(optimizer), held, 0
        self._alike.clear()

    def remove(self) -> None:
        """Count no more."""
        self._handle.remove()


def _parameters_of(optimizer: Optimizer) -> set[int]:
    return {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
