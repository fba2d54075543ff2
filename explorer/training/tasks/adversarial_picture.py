"""Pictures as VQGAN trains on them: the squared error, a perceptual distance, and an adversary that sees patches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.evaluation.textures import TextureEvaluation, evaluate_textures
from explorer.training.losses.adversary import Adversary, AdversaryPlan
from explorer.training.losses.energies import EnergyDistance
from explorer.training.losses.patch_adversary import PatchAdversary
from explorer.training.recipes import Recipe
from explorer.training.tasks.picture import PictureTask


class AdversarialPictureTask(PictureTask):
    """media, held_out: uint8 pictures (H, W, 3); the recipe's schedule is an `AdversarialSchedule`."""

    def __init__(self, recipe: Recipe, media: Sequence[np.ndarray], held_out: Sequence[np.ndarray]) -> None:
        super().__init__(recipe, media, held_out)
        self.distance = EnergyDistance()

    def losses(self, decoded: Tensor, target: Tensor) -> dict[str, Tensor]:
        self.distance.to(decoded.device)
        weight = self.recipe.schedule.perceptual_weight
        return super().losses(decoded, target) | {"perceptual": weight * self.distance(decoded, target)}

    def adversary(self, device: torch.device) -> Adversary:
        schedule = self.recipe.schedule
        plan = AdversaryPlan(schedule.adversary_from, schedule.adversary_weight, schedule.adversary_learning_rate)
        return Adversary(PatchAdversary(schedule.adversary_channels), plan, device)

    def evaluate(self, model: TokenizerModel) -> TextureEvaluation:
        return evaluate_textures(model, self.held_out)
