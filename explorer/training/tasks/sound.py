"""Sounds: pieces of the training sounds, the error of the waveform and of its log-mel spectrograms."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from explorer.quantizers.base import QuantizerOutput
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.evaluation.sounds import SoundEvaluation, evaluate_sounds
from explorer.training.mel import LogMel
from explorer.training.recipes import Recipe
from explorer.training.sounds import Sound, random_sounds, shares
from explorer.training.tasks.task import Task

SILENCE = 1e-6  # power below which an error does not count: -60 dB
BEST = 1e-3  # share of a piece's power below which its error counts no more: 30 dB


class SoundTask(Task):
    """media, held_out: sounds at the schedule's rate.

    waveform: the mean over pieces of ln(noise / signal), so that pieces count alike however loud; a decibel is 0.23.
    """

    def __init__(self, recipe: Recipe, media: Sequence[Sound], held_out: Sequence[Sound]) -> None:
        super().__init__(recipe, media, held_out)
        self.share = shares(media)
        self.mel = LogMel(recipe.schedule.sample_rate_hz)

    def batch(self, step: int) -> Tensor:
        one = self.recipe.schedule
        return random_sounds(self.media, self.share, one.batch, one.samples, one.seed, step)

    def reconstruct(self, model: TokenizerModel, target: Tensor) -> tuple[Tensor, QuantizerOutput]:
        """As the model does, but a share of the pieces is decoded from its first few levels alone.

        Quantizer dropout of SoundStream (arXiv 2107.03312, section III-C), so that any number of levels decodes.
        """
        schedule, levels = self.recipe.schedule, model.quantizer.num_quantizers
        if not schedule.dropout or levels == 1:
            return model(target)
        z = model.encode(target)
        output = model.quantizer(z)
        partial, z = kept_levels(output, schedule.dropout), z.float()
        return model.decode(z + (partial - z).detach()), replace(output, z_q=partial)

    def losses(self, decoded: Tensor, target: Tensor) -> dict[str, Tensor]:
        one, other = decoded[:, 0], target[:, 0]
        self.mel.to(one.device)
        signal = other.square().mean(1) + SILENCE
        noise = (one - other).square().mean(1) + BEST * signal
        return {
            "waveform": (noise / signal).log().mean(),
            "log-mel": self.recipe.schedule.mel_weight * self.mel.distance(one, other),
        }

    def evaluate(self, model: TokenizerModel) -> SoundEvaluation:
        return evaluate_sounds(model, self.held_out, self.recipe.schedule.sample_rate_hz)

    def digest(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        for one in self.media:
            digest.update(f"{one.folder} {one.samples.shape}".encode() + one.samples[::64].tobytes())
        return digest.hexdigest()


def kept_levels(output: QuantizerOutput, dropout: float) -> Tensor:
    """The sum of codes (B, T, D) over all levels, or for a share `dropout` of the pieces over the first few alone."""
    vectors = torch.stack([stage.z_q for stage in output.stages])  # (Q, B, T, D)
    levels, pieces = vectors.shape[:2]
    some = torch.rand(pieces) < dropout
    kept = torch.where(some, torch.randint(1, levels, (pieces,)), levels).to(vectors.device)  # (B,)
    keep = torch.arange(levels, device=vectors.device)[:, None] < kept  # (Q, B)
    return (vectors * keep[:, :, None, None]).sum(0)
