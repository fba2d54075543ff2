"""Clips: photographs in motion, and the squared error over the variance of the data."""

from __future__ import annotations

from torch import Tensor

from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.clips import moving_crops
from explorer.training.evaluate_clips import ClipEvaluation, evaluate_clips
from explorer.training.picture_task import PictureTask


class ClipTask(PictureTask):
    """media: uint8 pictures (H, W, 3), which are set in motion. held_out: uint8 clips (F, H, W, 3)."""

    def batch(self, step: int) -> Tensor:
        one = self.recipe.schedule
        return moving_crops(self.media, one.batch, one.frames, one.crop_px, one.seed, step)

    def evaluate(self, model: TokenizerModel) -> ClipEvaluation:
        return evaluate_clips(model, self.held_out)
