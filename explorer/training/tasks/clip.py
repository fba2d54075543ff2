"""Clips: photographs in motion, and the squared error over the variance of the data."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.media.clips.moving import made_clip
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.evaluation.clips import ClipEvaluation, evaluate_clips
from explorer.training.tasks.picture import PictureTask


class ClipTask(PictureTask):
    """media: uint8 pictures (H, W, 3), which are set in motion. held_out: uint8 clips (F, H, W, 3)."""

    def batch(self, step: int) -> Tensor:
        one, random = self.recipe.schedule, np.random.default_rng((self.recipe.schedule.seed, step))
        clips = [made_clip(self.media, one.frames, one.crop_px, random) for _ in range(one.batch)]
        return torch.from_numpy(np.stack(clips)).permute(0, 4, 1, 2, 3).float() / 255

    def evaluate(self, model: TokenizerModel) -> ClipEvaluation:
        return evaluate_clips(model, self.held_out)
