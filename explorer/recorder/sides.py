"""Both sides of a quantizer: gradients at what it was given and at what it returned, and what its losses do to the
former.

Gradients are those of the loss that training runs backward from: with a scaler of mixed precision they are scaled, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.linalg import vector_norm

NODES = 20_000  # of the graph that are walked at most


class Sides:
    """The sums of one step, over its forwards, as tensors on the device. losses: the newest of each."""

    def __init__(self) -> None:
        self.given: Tensor | None = None
        self.quantized: Tensor | None = None
        self.losses: dict[str, Tensor] = {}
        self.weights: dict[str, Tensor] = {}
        self.reaches: bool | None = None
        self.seen = False  # a forward that kept a graph

    def look(
        self,
        given: Tensor,
        quantized: Tensor,
        losses: Mapping[str, Tensor],
        channels: int,
        total: Tensor | None = None,
    ) -> None:
        """Hook the gradients of a forward whose backward is still to come. total: the sum of the losses, where the
        quantizer returns it, too; a loop may take either."""
        self.losses |= {name: loss.detach().sum() for name, loss in losses.items()}
        if not torch.is_grad_enabled():
            return
        self.seen = True
        if given.requires_grad:
            given.register_hook(lambda grad: self._add("given", grad, channels))
        if quantized.requires_grad:
            quantized.register_hook(lambda grad: self._add("quantized", grad, channels))
        for name, loss in {**losses, **({} if total is None else {"": total})}.items():
            if loss.requires_grad:
                loss.register_hook(lambda grad, name=name: self._weigh(name, grad))
                self.reaches = bool(self.reaches) or leads_to(loss, given)
        if losses and self.reaches is None:
            self.reaches = False

    @torch.no_grad()
    def _add(self, side: str, grad: Tensor | None, channels: int) -> None:
        if grad is None:  # of what a compiled graph returned and nobody used
            return
        length = vector_norm(grad.detach().float(), dim=channels).sum()
        before = getattr(self, side)
        setattr(self, side, length if before is None else before + length)

    @torch.no_grad()
    def _weigh(self, name: str, grad: Tensor | None) -> None:
        if grad is None:
            return
        largest = grad.detach().abs().max()
        self.weights[name] = torch.maximum(self.weights[name], largest) if name in self.weights else largest

    def values(self) -> dict[str, Tensor]:
        """By the names of the measures: gradient_z_e and gradient_z_q as the lab has them; commitment_weight, what the
        training loss has of the quantizer's own (0: it was left out), and commitment_reaches, whether that has a way
        back to the latents and a weight (1) or not (0)."""
        values: dict[str, Tensor] = {}
        if self.given is not None:
            values["gradient_z_e"] = self.given
        if self.quantized is not None:
            values["gradient_z_q"] = self.quantized
        if self.reaches is not None:
            like = next(iter(self.losses.values()))
            zero = torch.zeros((), device=like.device)
            weight = torch.stack([zero, *(one.float().to(like.device) for one in self.weights.values())]).max()
            values["commitment_weight"] = weight
            values["commitment_reaches"] = (weight > 0).float() * float(self.reaches)
        return values


def leads_to(loss: Tensor, given: Tensor) -> bool:
    """Whether a gradient of `loss` would come to `given`: by walking the graph, without computing anything."""
    goal = given.grad_fn
    if loss.grad_fn is None or not given.requires_grad:
        return False
    queue, seen = deque([loss.grad_fn]), {loss.grad_fn}
    while queue and len(seen) < NODES:
        node = queue.popleft()
        if node is goal or getattr(node, "variable", None) is given:
            return True
        for following, _ in node.next_functions:
            if following is not None and following not in seen:
                seen.add(following)
                queue.append(following)
    return False


def in_backward() -> bool:
    """Whether this thread runs a backward pass: a forward there is one that activation checkpointing repeats."""
    return torch._C._current_graph_task_id() != -1
