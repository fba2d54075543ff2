"""What a trained tokenizer measures on held-out pictures: PSNR, SSIM, usage with its token count."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explorer.joints.measures.usage import usage
from explorer.media.quality.metrics import mean_of, quality
from explorer.quantizers.base import QuantizerOutput
from explorer.tokenizers.native.model import TokenizerModel


@dataclass(frozen=True)
class Evaluation:
    """Means over pictures; usage and perplexity one value a level, counted over `tokens` positions.

    identical: pictures decoded exactly, whose infinite PSNR the mean leaves out. grids: tokens counted of each level,
    where levels have grids of their own.
    """

    psnr_db: float
    ssim: float
    tokens: int
    pictures: int
    usage: tuple[float, ...]
    perplexity: tuple[float, ...]
    identical: int = 0
    grids: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """For a line of progress."""
        return f"{self.psnr_db:.2f} dB"

    def values(self) -> dict[str, float]:
        """Flat numbers for config.json."""
        found = {"psnr_db": self.psnr_db, "ssim": self.ssim, "tokens": self.tokens, "pictures": self.pictures}
        found |= {f"tokens_{q}": tokens for q, tokens in enumerate(self.grids, 1)}
        return found | ({"identical": self.identical} if self.identical else {})


def usage_fields(indices: Sequence[Sequence[np.ndarray]], codebook_size: int) -> dict:
    """ "tokens", "usage" and "perplexity" of an evaluation, from the indices of each level (any shape) of each batch.

    tokens: positions of the level that has most of them.
    """
    levels = [
        usage(np.concatenate([one.ravel() for one in level]), codebook_size) for level in zip(*indices, strict=True)
    ]
    return {
        "tokens": max(level.tokens for level in levels),
        "usage": tuple(float(level.usage) for level in levels),
        "perplexity": tuple(float(level.perplexity) for level in levels),
    }


def indices_of(output: QuantizerOutput) -> list[np.ndarray]:
    """The indices of each level of a batch, each of its own shape."""
    return [stage.indices.cpu().numpy() for stage in output.stages]


def _grids(indices: Sequence[Sequence[np.ndarray]]) -> tuple[int, ...]:
    """The tokens of each level, or () where all have as many."""
    counted = tuple(sum(one.size for one in level) for level in zip(*indices, strict=True))
    return counted if len(set(counted)) > 1 else ()


@torch.no_grad()
def evaluate(
    model: TokenizerModel,
    pictures: Sequence[np.ndarray],
    batch: int = 8,
    look: Callable[[np.ndarray, np.ndarray], object] | None = None,
) -> Evaluation:
    """Tokenize and decode uint8 pictures of one size (H, W, 3), sides multiples of 8.

    look: is given each picture and its decode, float32 in [0, 1], to measure more.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    network = model.network
    qualities, indices = [], []
    for start in range(0, len(pictures), batch):
        chunk = np.stack(pictures[start : start + batch])  # (B, H, W, 3)
        pixels = torch.from_numpy(chunk).to(device).permute(0, 3, 1, 2).float() / 255
        decoded, output = model(network.to_network(pixels))
        shown = network.from_network(decoded).permute(0, 2, 3, 1).cpu().numpy()
        for original, made in zip(chunk.astype(np.float32) / 255, shown, strict=True):
            qualities.append(quality(original, made))
            if look is not None:
                look(original, made)
        indices.append(indices_of(output))
    model.train(was_training)
    psnr_db = mean_of([q.psnr_db for q in qualities])
    return Evaluation(
        psnr_db=math.inf if psnr_db.value is None else psnr_db.value,
        ssim=float(np.mean([q.ssim for q in qualities])),
        **usage_fields(indices, model.quantizer.codebook_size),
        pictures=len(pictures),
        identical=psnr_db.infinite,
        grids=_grids(indices),
    )
