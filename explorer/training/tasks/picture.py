"""Pictures: random crops, and the squared error over the variance of the data."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.data import PictureStore, draw_places, random_crops
from explorer.training.evaluation.pictures import Evaluation, evaluate
from explorer.training.recipes import Recipe
from explorer.training.tasks.task import Task


class PictureTask(Task):
    """media, held_out: uint8 pictures (H, W, 3).

    The squared error is divided by the data's variance (as in VQ-VAE), so that the same weights suit any data.
    """

    cuts_crops = True  # whether batches are crops of `crop_px`, as they lie in the pictures

    def __init__(self, recipe: Recipe, media: Sequence[np.ndarray], held_out: Sequence[np.ndarray]) -> None:
        super().__init__(recipe, media, held_out)
        sample = np.concatenate([p[::8, ::8].reshape(-1, 3) for p in media[:200]])
        self._store: PictureStore | None = None
        self.variance = max(float((sample.astype(np.float32) / 127.5 - 1).var()), 1e-6)  # flat pictures have none

    def batch(self, step: int) -> Tensor:
        schedule = self.recipe.schedule
        return random_crops(self.media, schedule.batch, schedule.crop_px, schedule.seed, step)

    def part(self, step: int, items: slice, device: torch.device) -> Tensor:
        """As `Task.part`; on a GPU the crops are cut there, since it waits for a large batch of the CPU."""
        if device.type != "cuda" or not self.cuts_crops:
            return super().part(step, items, device)
        return self.cut(step, items, device)

    def cut(self, step: int, items: slice, device: torch.device) -> Tensor:
        """The same on the device, out of pictures that stay there."""
        schedule = self.recipe.schedule
        if self._store is None:
            self._store = PictureStore(self.media, device)
        places = draw_places(self._store.shapes, schedule.batch, schedule.crop_px, schedule.seed, step)
        return self._store.crops(places[items], schedule.crop_px)

    def losses(self, decoded: Tensor, target: Tensor) -> dict[str, Tensor]:
        return {"reconstruction": mse_loss(decoded, target) / self.variance}

    def evaluate(self, model: TokenizerModel) -> Evaluation:
        return evaluate(model, self.held_out)

    def digest(self) -> str:
        return data_digest(self.media)


def data_digest(pictures: Sequence[np.ndarray]) -> str:
    """A short name of a list of uint8 pictures: their shapes and every sixteenth pixel of every sixteenth row."""
    digest = hashlib.blake2b(digest_size=16)
    for picture in pictures:
        digest.update(f"{picture.shape}".encode() + picture[::16, ::16].tobytes())
    return digest.hexdigest()
