"""Whole pictures of one size: squares of any scale out of photographs, scaled to the size that the network takes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.media.pictures.image import LoadedImage, scaled_to_cover, to_pil
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.evaluation.pictures import Evaluation
from explorer.training.evaluation.prefixes import evaluate_prefixes
from explorer.training.tasks.picture import PictureTask


class WholePictureTask(PictureTask):
    """media: uint8 pictures (H, W, 3) of any size of at least `crop_px`. held_out: as `whole_pictures` makes them."""

    cuts_crops = False  # they are scaled, too

    def batch(self, step: int) -> Tensor:
        """Squares from `crop_px` to the whole shorter side, flipped at random: (B, 3, side, side) in [0, 1]."""
        schedule = self.recipe.schedule
        random, side = np.random.default_rng((schedule.seed, step)), schedule.crop_px
        views = np.empty((schedule.batch, side, side, 3), np.uint8)
        for i in range(schedule.batch):
            picture = self.media[random.integers(len(self.media))]
            height, width = picture.shape[:2]
            size = int(random.integers(side, min(height, width) + 1))
            y, x = random.integers(height - size + 1), random.integers(width - size + 1)
            view = np.asarray(to_pil(picture[y : y + size, x : x + size]).resize((side, side), reducing_gap=3.0))
            views[i] = view[:, ::-1] if random.random() < 0.5 else view
        return torch.from_numpy(views).permute(0, 3, 1, 2).float() / 255

    def evaluate(self, model: TokenizerModel) -> Evaluation:
        schedule = self.recipe.schedule
        if not schedule.token_dropout:
            return super().evaluate(model)
        return evaluate_prefixes(model, self.held_out, schedule.tokens)


def whole_pictures(pictures: list[np.ndarray], side_px: int) -> list[np.ndarray]:
    """uint8 pictures as the app gives them to a tokenizer of that size: scaled until they cover it, then cropped."""
    large = [picture for picture in pictures if min(picture.shape[:2]) >= side_px]
    scaled = (scaled_to_cover(LoadedImage(p.astype(np.float32) / 255), side_px, side_px).pixels for p in large)
    return [np.round(pixels * 255).astype(np.uint8) for pixels in scaled]
