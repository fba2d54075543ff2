"""How much a decode suffers when some of its tokens are wrong: what a code is worth to the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from explorer.lab.framing import shown_items
from explorer.lab.trainer import LabTrainer
from explorer.quantizers.chance import drawing_from

SHARES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5)


@dataclass(frozen=True)
class WrongTokens:
    """shares: of the tokens that are wrong. missed: squared error of the outputs as a share of the variance of the
    inputs, at each share: 1 is what the mean of the inputs reaches. tokens: how many were decoded; step: of the run.
    """

    step: int
    tokens: int
    shares: tuple[float, ...]
    missed: tuple[float, ...]


@torch.no_grad()
def decode_with_wrong_tokens(trainer: LabTrainer, shares: Sequence[float] = SHARES) -> WrongTokens:
    """Decode the inputs of a frame while of each share so many tokens have codes that are drawn at random.

    A wrong token has on each level a code drawn from all K alike, which may be the right one by chance. The draws have
    a generator of their own, the same at each step, and nothing of the run changes.
    """
    settings, quantizer = trainer.settings, trainer.quantizer
    probe = torch.Generator(trainer.device).manual_seed(settings.seed + 1)
    items = trainer.data.sample(shown_items(settings), probe, trainer.step_count)
    quantizer.eval()
    try:
        with drawing_from(probe):
            indices = quantizer(trainer.model.encode(items)).indices  # (B, ..., Q)
    finally:
        quantizer.train()
    flat = indices.flatten(0, -2)  # (T, Q)
    variance = (items - items.mean(0)).square().mean().clamp_min(1e-12)
    order = torch.randperm(len(flat), generator=probe, device=trainer.device)
    drawn = torch.randint(quantizer.codebook_size, tuple(flat.shape), generator=probe, device=trainer.device)
    missed = []
    for share in shares:
        wrong = order[: round(share * len(flat))]  # those of a smaller share are among them
        given = flat.clone()
        given[wrong] = drawn[wrong]
        decoded = trainer.model.decode(quantizer.lookup(given.view(indices.shape)))
        missed.append((decoded - items).square().mean() / variance)
    values = torch.stack(missed).tolist()
    return WrongTokens(trainer.step_count, len(flat), tuple(shares), tuple(values))
