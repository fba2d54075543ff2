"""An adversary for any medium: a network that tells originals from decoded ones, and the weight of fooling it.

VQGAN (Esser et al. 2021, arXiv 2012.09841): the weight is its equation 7, which surveys of discrete tokenization
repeat: lambda = |grad of what compares| / (|grad of what fools| + delta), both gradients taken at the decoder's last
layer, so that fooling never drowns comparing, whatever the scale of either. Three things are those of the authors' code
and not of the paper: what compares is all of the reconstruction loss and not the perceptual part alone; delta is 1e-4
and not 1e-6, with lambda at most 1e4; and the hinge (Lim and Ye 2017, arXiv 1705.02894), max(0, 1 - D) for originals
and max(0, 1 + D) for decoded ones, -D for the decoder, stands for the logarithms of equation 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from explorer.training.ranks import ALONE, average, average_gradients

DELTA = 1e-4  # as in the authors' code
LARGEST_WEIGHT = 1e4
GRADIENT_CLIP = 1.0


def adaptive_weight(compared: Tensor, fooling: Tensor, last_layer: Tensor) -> Tensor:
    """lambda of two scalar losses for the weights of the decoder's last layer; it passes no gradient on."""
    norms = [torch.autograd.grad(loss, last_layer, retain_graph=True)[0].norm() for loss in (compared, fooling)]
    return (norms[0] / (norms[1] + DELTA)).clamp(max=LARGEST_WEIGHT).detach()


def hinge_loss(real: Tensor, made: Tensor) -> Tensor:
    """What the adversary lowers: scores of originals above 1, of decoded ones below -1."""
    return (relu(1 - real).mean() + relu(1 + made).mean()) / 2


def last_weight(decoder: nn.Module) -> Tensor:
    """The weights of the decoder's last convolution or linear layer."""
    return [layer.weight for layer in decoder.modules() if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear)][-1]


@dataclass(frozen=True)
class AdversaryPlan:
    """start: the step from which on it learns and counts; strength: times the adaptive weight."""

    start: int
    strength: float
    learning_rate: float


class Adversary:
    """The discriminator with its optimizer. `network`: media as a decoder gives them -> scores of any shape. ranks:
    those that train it together; the adaptive weight is the mean of theirs."""

    def __init__(self, network: nn.Module, plan: AdversaryPlan, device: torch.device) -> None:
        self.network, self.plan, self.ranks = network.to(device), plan, ALONE
        self.optimizer = torch.optim.Adam(network.parameters(), lr=plan.learning_rate, betas=(0.5, 0.9))

    def fool(
        self, step: int, decoded: Tensor, target: Tensor, compared: Tensor, last_layer: Tensor
    ) -> dict[str, Tensor]:
        """The weighted terms that the tokenizer lowers, {} before the start; they leave no gradient in the network.

        target: the originals, for an adversary that also compares what it sees in both.
        """
        if step < self.plan.start:
            return {}
        self.network.requires_grad_(False)
        fooling = -self._scores(decoded).mean()
        self.network.requires_grad_(True)
        weight = average(adaptive_weight(compared, fooling, last_layer), self.ranks)
        return {"adversarial": self.plan.strength * weight * fooling}

    def learn(self, step: int, original: Tensor, decoded: Tensor) -> dict[str, Tensor]:
        """One step of its own on media of one batch; the loss, {} before the start."""
        if step < self.plan.start:
            return {}
        loss = hinge_loss(self._scores(original.detach()), self._scores(decoded.detach()))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(self.network.parameters(), self.ranks)
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_CLIP)
        self.optimizer.step()
        return {"adversary": loss.detach()}

    def _scores(self, media: Tensor) -> Tensor:
        with torch.autocast(media.device.type, torch.bfloat16, enabled=media.device.type != "mps"):
            return self.network(media).float()

    def state_dict(self) -> dict:
        """What a later run needs."""
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: Mapping) -> None:
        """The inverse of `state_dict`."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
