"""What one training of an experiment measures on held-out media, the same for every kind of medium.

Every error is a share of a variance, so that pictures, sounds and clips can stand beside each other: 0 where nothing is
lost, 1 where the mean would have done as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.joints.measures.usage import usage
from explorer.media.quality.metrics import quality
from explorer.quantizers.base import QuantizedLevel
from explorer.tokenizers.native.model import TokenizerModel

CENSUS = 5120  # tokens that are counted at most
AXES = 32  # variances of latents that are kept at most


@dataclass(frozen=True)
class HeldOutFigures:
    """figures: name -> number; of several levels "used" and "codes" are sums, "usage" and "perplexity" means.

    counts (K,) int64: of the tokens drawn, on the first level; empty without a quantizer.
    """

    figures: dict[str, float]
    counts: np.ndarray


class Sums:
    """Sum, sum of squares and squared error by channel, in float64 over any number of media."""

    def __init__(self) -> None:
        self.count, self.total, self.squares, self.error = 0, 0.0, 0.0, 0.0

    def add(self, true: Tensor, other: Tensor) -> None:
        """true, other: (n, C) rows of values."""
        one = true.double()
        self.count += len(one)
        self.total = self.total + one.sum(0)
        self.squares = self.squares + one.square().sum(0)
        self.error = self.error + (one - other.double()).square().sum(0)

    @property
    def share(self) -> float:
        """The squared error as a share of the variance, over all channels; NaN where nothing varies."""
        if not self.count:
            return float("nan")
        variance = float((self.squares - self.total**2 / self.count).sum())
        return float(self.error.sum()) / variance if variance > 0 else float("nan")


@torch.no_grad()
def measure(
    model: TokenizerModel,
    media: Sequence[Tensor],
    quantized: bool = True,
    census: int = CENSUS,
    seed: int = 0,
    looks: bool = True,
) -> HeldOutFigures:
    """media: (1, C, *extent) each. Of a model whose latents go to the decoder as they are: not `quantized`.

    census: tokens that are counted, drawn at random, so that usage is of as many tokens whatever the medium. looks:
    whether PSNR and SSIM of pictures are measured, too, which takes longer than all the rest.
    """
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    outer, inner, latents, indices, pairs, qualities = Sums(), Sums(), [], [], [], []
    for one in media:
        target = model.network.to_network(one.to(device))
        z = model.encode(target).float()  # (1, *shape, D)
        z_q = z
        if quantized:
            output = model.quantizer(z)
            z_q, codes = output.z_q, output.indices[0].cpu().numpy()  # (*shape, Q)
            inner.add(*_beside_codes(output.stages, model.quantizer.combination))
            indices.append(codes.reshape(-1, codes.shape[-1]))
            pairs.append(_repeats(codes))
        rows = z.reshape(-1, z.shape[-1])
        decoded = model.decode(z_q)
        outer.add(*(x.float().transpose(0, 1).flatten(1).T for x in (target, decoded)))
        if looks and target.ndim == 4:
            qualities.append(_quality(one, model.network.from_network(decoded)))
        latents.append(rows.cpu().numpy())
    model.train(was_training)
    figures = {"media_error": outer.share, **_axes(np.concatenate(latents))}
    if qualities:
        psnr_db, similarity = np.mean(qualities, axis=0)
        figures |= {"psnr_db": float(psnr_db), "ssim": float(similarity)}
    if not quantized:
        return HeldOutFigures(figures, np.zeros(0, np.int64))
    drawn, size = _drawn(np.concatenate(indices), census, seed), model.quantizer.codebook_size
    levels = [usage(column, size) for column in drawn.T]
    same, compared = np.sum(pairs, axis=0)
    figures |= {
        "code_error": inner.share,
        "tokens": len(drawn),
        "codes": size * len(levels),
        "bits": len(levels) * math.log2(size),
        "used": sum(int(level.used) for level in levels),
        "usage": float(np.mean([level.usage for level in levels])),
        "perplexity": float(np.mean([level.perplexity for level in levels])),
        "largest": float(max(level.counts.max() for level in levels) / len(drawn)),
        "repeated": float(same / compared) if compared else float("nan"),
        "pairs": int(compared),
    }
    return HeldOutFigures(figures, levels[0].counts.astype(np.int64))


def _beside_codes(stages: Sequence[QuantizedLevel], combination: str) -> tuple[Tensor, Tensor]:
    """Latents and what their codes make of them, both (n, D), in the space where codes are compared: of cosine VQ and
    of signs that is the sphere or the cube, not the encoder's own. Of a sum the latents of the first level."""
    if combination == "concatenate":
        pair = (torch.cat([getattr(one, name) for one in stages], -1) for name in ("z_e", "z_q"))
    else:
        first, left = stages[0].z_e, stages[-1].z_e - stages[-1].z_q
        pair = (first, first - left)
    return tuple(x.float().flatten(0, -2) for x in pair)


def _quality(picture: Tensor, decoded: Tensor) -> tuple[float, float]:
    """PSNR in dB and SSIM of a picture (1, 3, H, W) in [0, 1]."""
    found = quality(*(x[0].permute(1, 2, 0).float().cpu().numpy() for x in (picture, decoded)))
    return found.psnr_db, float("nan") if found.ssim is None else found.ssim


def _drawn(indices: np.ndarray, census: int, seed: int) -> np.ndarray:
    """`census` of the tokens (n, Q), drawn without repetition; all of them where there are fewer."""
    if len(indices) <= census:
        return indices
    return indices[np.random.default_rng(seed).permutation(len(indices))[:census]]


def _repeats(codes: np.ndarray) -> tuple[int, int]:
    """How many tokens have all codes of the one before, of those that have one before. codes: (*shape, Q).

    Before: along time, the first axis of sounds (T,) and clips (T, h, w); of pictures (h, w) to the left.
    """
    along = codes.swapaxes(0, 1) if codes.ndim == 3 else codes
    same = (along[1:] == along[:-1]).all(-1)
    return int(same.sum()), int(same.size)


def _axes(latents: np.ndarray) -> dict[str, float]:
    """Variances of latents (n, D) along their principal axes, the largest first: "axis_1", ..."""
    values = np.linalg.eigvalsh(np.cov(latents.T.astype(np.float64)).reshape(latents.shape[1], -1))[::-1]
    return {f"axis_{number}": max(0.0, float(x)) for number, x in enumerate(values[:AXES], 1)}
