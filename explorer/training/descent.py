"""The steps of a training: at which rate and temperature each is taken, and how far it may go."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.ranks import ALONE, Ranks, average_gradients
from explorer.training.recipes import Recipe

GRADIENT_CLIP = 1.0


class Descent:
    """Adam over what learns of a model, as its recipe says: without weight decay, which would pull unused codes to zero
    and hide how they died."""

    def __init__(
        self, recipe: Recipe, model: TokenizerModel, learning: nn.Module, ranks: Ranks = ALONE, fused: bool = False
    ) -> None:
        """learning: the model or parts of it. ranks: those that train together. fused: as of `torch.optim.Adam`; it
        rounds otherwise."""
        self.recipe, self.model, self._learning, self._ranks = recipe, model, learning, ranks
        rate = recipe.schedule.learning_rate
        self.optimizer = torch.optim.Adam(learning.parameters(), lr=rate, betas=(0.9, 0.99), fused=fused)

    def prepare(self, step: int) -> None:
        """Set the rate and the temperature of that step, before the model is asked."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.schedule.rate(step)
        if self.recipe.temperature is not None:
            first, last = self.recipe.temperature
            self.model.quantizer.temperature = first * (last / first) ** (step / self.recipe.schedule.steps)

    def take(self, loss: Tensor) -> Tensor:
        """Go down its gradient, of all ranks together; the gradient's norm before it was clipped."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(self._learning.parameters(), self._ranks)
        norm = torch.nn.utils.clip_grad_norm_(self._learning.parameters(), GRADIENT_CLIP)
        self.optimizer.step()
        return norm
