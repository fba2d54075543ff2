"""What a tokenizer of tokens without places measures from its first tokens alone, the others as the zero vector."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import torch

from explorer.media.quality.metrics import mean_of, psnr
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.evaluation.pictures import Evaluation, evaluate

FIRST = "psnr_db_first_"  # of config.json, with how many tokens were kept


@dataclass(frozen=True)
class PrefixEvaluation(Evaluation):
    """first: tokens kept -> mean PSNR in dB."""

    first: Mapping[int, float] = field(default_factory=dict)

    def values(self) -> dict[str, float]:
        """Flat numbers for config.json."""
        return super().values() | {f"{FIRST}{kept}": decibels for kept, decibels in self.first.items()}


def prefixes(tokens: int) -> list[int]:
    """1, 2, 4 and so on below `tokens`: what is measured beside all of them."""
    return [2**power for power in range((tokens - 1).bit_length())]


def evaluate_prefixes(model: TokenizerModel, pictures: Sequence[np.ndarray], tokens: int) -> PrefixEvaluation:
    """`evaluate`, and the PSNR of the first `prefixes(tokens)` tokens; uint8 pictures of one size (H, W, 3)."""
    whole = evaluate(model, pictures)
    first = prefix_psnr_db(model, pictures, prefixes(tokens))
    return PrefixEvaluation(**{one.name: getattr(whole, one.name) for one in fields(whole)}, first=first)


@torch.no_grad()
def prefix_psnr_db(
    model: TokenizerModel, pictures: Sequence[np.ndarray], counts: Iterable[int], batch: int = 8
) -> dict[int, float]:
    """Tokens kept -> mean PSNR over the pictures, dB; the codes of the others are zero, as where they were dropped."""
    device, network, was_training = next(model.parameters()).device, model.network, model.training
    model.eval()
    found: dict[int, list[float | None]] = {kept: [] for kept in counts}
    for start in range(0, len(pictures), batch):
        chunk = np.stack(pictures[start : start + batch])  # (B, H, W, 3)
        pixels = torch.from_numpy(chunk).to(device).permute(0, 3, 1, 2).float() / 255
        codes = model.quantizer(model.encode(network.to_network(pixels))).z_q  # (B, N, D)
        for kept, decibels in found.items():
            beginning = codes * (torch.arange(codes.shape[1], device=device) < kept)[:, None]
            shown = network.from_network(model.decode(beginning)).permute(0, 2, 3, 1).cpu().numpy()
            pairs = zip(chunk.astype(np.float32) / 255, shown, strict=True)
            decibels += [psnr(original, made) for original, made in pairs]
    model.train(was_training)
    means = {kept: mean_of(decibels).value for kept, decibels in found.items()}
    return {kept: math.inf if mean is None else mean for kept, mean in means.items()}
