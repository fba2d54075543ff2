"""What a trained tokenizer measures on held-out pictures: PSNR, SSIM, usage with its token count."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explorer.joints.measures.usage import usage
from explorer.media.quality.metrics import mean_of, quality
from explorer.tokenizers.native.model import TokenizerModel


@dataclass(frozen=True)
class Evaluation:
    """Means over pictures; usage and perplexity one value a level, counted over `tokens` positions.

    identical: pictures decoded exactly, whose infinite PSNR the mean leaves out.
    """

    psnr_db: float
    ssim: float
    tokens: int
    pictures: int
    usage: tuple[float, ...]
    perplexity: tuple[float, ...]
    identical: int = 0

    @property
    def words(self) -> str:
        """For a line of progress."""
        return f"{self.psnr_db:.2f} dB"

    def values(self) -> dict[str, float]:
        """Flat numbers for config.json."""
        found = {"psnr_db": self.psnr_db, "ssim": self.ssim, "tokens": self.tokens, "pictures": self.pictures}
        return found | ({"identical": self.identical} if self.identical else {})


def usage_fields(indices: Sequence[np.ndarray], codebook_size: int) -> dict:
    """ "tokens", "usage" and "perplexity" of an evaluation, from the indices (n, Q) of each medium or batch."""
    codes = np.concatenate(indices)  # (N, Q)
    levels = [usage(codes[:, q], codebook_size) for q in range(codes.shape[1])]
    return {
        "tokens": len(codes),
        "usage": tuple(float(level.usage) for level in levels),
        "perplexity": tuple(float(level.perplexity) for level in levels),
    }


@torch.no_grad()
def evaluate(model: TokenizerModel, pictures: Sequence[np.ndarray], batch: int = 8) -> Evaluation:
    """Tokenize and decode uint8 pictures of one size (H, W, 3), sides multiples of 8."""
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
        qualities += [quality(c.astype(np.float32) / 255, s) for c, s in zip(chunk, shown, strict=True)]
        indices.append(output.indices.reshape(-1, model.quantizer.num_quantizers).cpu().numpy())
    model.train(was_training)
    psnr_db = mean_of([q.psnr_db for q in qualities])
    return Evaluation(
        psnr_db=math.inf if psnr_db.value is None else psnr_db.value,
        ssim=float(np.mean([q.ssim for q in qualities])),
        **usage_fields(indices, model.quantizer.codebook_size),
        pictures=len(pictures),
        identical=psnr_db.infinite,
    )
