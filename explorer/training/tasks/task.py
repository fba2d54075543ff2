"""What training asks of a kind of medium: batches, losses and what is measured. `tasks.py` lists one a modality."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from explorer.quantizers.base import QuantizerOutput
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.losses.adversary import Adversary
from explorer.training.recipes import Recipe


class Task(ABC):
    """Media to train on and media held out, of one modality; holds nothing that changes while training."""

    def __init__(self, recipe: Recipe, media: Sequence[Any], held_out: Sequence[Any]) -> None:
        self.recipe, self.media, self.held_out = recipe, media, held_out

    @abstractmethod
    def batch(self, step: int) -> Tensor:
        """The media of that step, (B, C, *extent) as a `Codec` takes them; from seed and step alone."""

    def part(self, step: int, items: slice, device: torch.device) -> Tensor:
        """`items` of the batch of that step, on the device."""
        return self.batch(step)[items].to(device, non_blocking=True)

    @abstractmethod
    def losses(self, decoded: Tensor, target: Tensor) -> dict[str, Tensor]:
        """The weighted terms of the loss that compare, both (B, C, *extent) float32 as the network takes them."""

    @abstractmethod
    def evaluate(self, model: TokenizerModel) -> Any:
        """A frozen dataclass with usage, perplexity, tokens, `words` for a line and figures of its own."""

    @abstractmethod
    def digest(self) -> str:
        """A short name of the media, so that a run goes on with its own only."""

    def adversary(self, device: torch.device) -> Adversary | None:
        """A network that the decoder is trained against, made anew; None without one."""
        return None

    def learning(self, model: TokenizerModel) -> nn.Module:
        """The part of the model that learns: all of it, unless overridden."""
        return model

    def reconstruct(self, model: TokenizerModel, target: Tensor) -> tuple[Tensor, QuantizerOutput]:
        """What is decoded while training, and the quantizer's output."""
        return model(target)
