"""Sounds whose decoder alone is trained on, against an adversary: the tokens stay those of its sibling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from explorer.quantizers.base import QuantizerOutput
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.losses.adversary import AdversaryPlan
from explorer.training.losses.wave_adversary import SoundAdversary, WaveAdversary
from explorer.training.mel import LogMel
from explorer.training.recipes import Recipe
from explorer.training.sounds import Sound
from explorer.training.tasks.sound import SoundTask, kept_levels


class AdversarialSoundTask(SoundTask):
    """media, held_out: sounds at the schedule's rate; the recipe's schedule is an `AdversarialSoundSchedule`."""

    def __init__(self, recipe: Recipe, media: Sequence[Sound], held_out: Sequence[Sound]) -> None:
        super().__init__(recipe, media, held_out)
        self.mel = LogMel(recipe.schedule.sample_rate_hz, floor=recipe.schedule.mel_floor)

    def losses(self, decoded: Tensor, target: Tensor) -> dict[str, Tensor]:
        terms = super().losses(decoded, target)
        return terms | {"waveform": self.recipe.schedule.waveform_weight * terms["waveform"]}

    def learning(self, model: TokenizerModel) -> nn.Module:
        """The decoder alone, where it goes on from a sibling."""
        return model.decoder if self.recipe.schedule.sibling else model

    def reconstruct(self, model: TokenizerModel, target: Tensor) -> tuple[Tensor, QuantizerOutput]:
        """As `SoundTask` does, of tokens that nothing learns from: codes are neither moved nor counted."""
        if not self.recipe.schedule.sibling:
            return super().reconstruct(model, target)
        model.quantizer.eval()
        with torch.no_grad():
            output = model.quantizer(model.encode(target).float())
            vectors = kept_levels(output, self.recipe.schedule.dropout)
        output = replace(output, loss=torch.zeros((), device=target.device), loss_terms={}, z_q=vectors)
        return model.decode(vectors), output

    def adversary(self, device: torch.device) -> SoundAdversary:
        schedule = self.recipe.schedule
        plan = AdversaryPlan(schedule.adversary_from, schedule.adversary_weight, schedule.adversary_learning_rate)
        return SoundAdversary(WaveAdversary(schedule.adversary_channels), plan, schedule.feature_weight, device)
