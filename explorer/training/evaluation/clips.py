"""What a tokenizer of clips measures on held-out clips: PSNR and SSIM over frames, usage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explorer.media.quality.metrics import mean_of, psnr, ssim
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.evaluation.pictures import indices_of, usage_fields


@dataclass(frozen=True)
class ClipEvaluation:
    """Means over clips, PSNR of all frames of a clip together, SSIM the mean of its frames; usage and perplexity one
    value a level, counted over `tokens` positions. identical: clips decoded exactly, which the mean leaves out."""

    psnr_db: float
    ssim: float
    tokens: int
    clips: int
    frames: int
    usage: tuple[float, ...]
    perplexity: tuple[float, ...]
    identical: int = 0

    @property
    def words(self) -> str:
        """For a line of progress."""
        return f"{self.psnr_db:.2f} dB"

    def values(self) -> dict[str, float]:
        """Flat numbers for config.json."""
        found = {"psnr_db": self.psnr_db, "ssim": self.ssim, "tokens": self.tokens, "clips": self.clips}
        return found | {"frames": self.frames} | ({"identical": self.identical} if self.identical else {})


@torch.no_grad()
def evaluate_clips(model: TokenizerModel, clips: Sequence[np.ndarray]) -> ClipEvaluation:
    """Tokenize and decode uint8 clips of one size (F, H, W, 3), 1 + 4 n frames, sides multiples of 8."""
    device = next(model.parameters()).device
    was_training, network = model.training, model.network
    model.eval()
    decibels, similarities, indices = [], [], []
    for clip in clips:
        media = torch.from_numpy(clip).to(device).permute(3, 0, 1, 2)[None].float() / 255
        decoded, output = model(network.to_network(media))
        shown = network.from_network(decoded)[0].permute(1, 2, 3, 0).cpu().numpy()  # (F, H, W, 3)
        original = clip.astype(np.float32) / 255
        decibels.append(psnr(original.reshape(-1, *clip.shape[2:]), shown.reshape(-1, *clip.shape[2:])))
        similarities.append(np.mean([ssim(a, b) for a, b in zip(original, shown, strict=True)]))
        indices.append(indices_of(output))
    model.train(was_training)
    psnr_db = mean_of(decibels)
    return ClipEvaluation(
        psnr_db=math.inf if psnr_db.value is None else psnr_db.value,
        ssim=float(np.mean(similarities)),
        **usage_fields(indices, model.quantizer.codebook_size),
        clips=len(clips),
        frames=len(clips[0]),
        identical=psnr_db.infinite,
    )
