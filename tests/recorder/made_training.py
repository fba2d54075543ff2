"""A small model around any quantizer, a loop that trains it, and an independent log of what its quantizer returned."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

ITEMS, PLACES, VALUES = 4, 16, 6  # a batch (B, N, V)
TOKENS = ITEMS * PLACES


class Small(nn.Module):
    """Linear encoder, quantizer, linear decoder. `chosen` holds the indices (..., Q) of each forward in training."""

    def __init__(self, quantizer: nn.Module, dim: int = 8, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.encoder, self.quantizer, self.decoder = nn.Linear(VALUES, dim), quantizer, nn.Linear(dim, VALUES)
        self.chosen: list[np.ndarray] = []

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        output = self.quantizer(self.encoder(x))
        if isinstance(output, tuple):
            quantized, indices, *loss = output
        else:
            quantized, indices, loss = output.z_q, output.indices, [output.loss]
        if self.training:
            levels = indices.reshape(TOKENS if len(x) == ITEMS else len(x) * PLACES, -1)
            self.chosen.append(levels.detach().cpu().numpy().copy())
        return self.decoder(quantized), loss[0].sum() if loss else torch.zeros(())


def batch(seed: int, items: int = ITEMS) -> Tensor:
    """(B, N, V), the same for the same seed."""
    return torch.randn(items, PLACES, VALUES, generator=torch.Generator().manual_seed(seed))


def train(model: Small, recorder, steps: int, first: int = 0, lr: float = 1e-2, tell: bool = True) -> None:
    """Adam steps `first` + 1 and on; the recorder is told each, with its losses."""
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr)
    for number in range(first, first + steps):
        x = batch(number)
        decoded, own = model(x)
        loss = (decoded - x).square().mean()
        (loss + own).backward()
        optimizer.step()
        optimizer.zero_grad()
        if tell and recorder is not None:
            recorder.step(losses={"reconstruction": loss, "own": own})


def counted(model: Small, codes: int, level: int = 0, steps: slice = slice(None)) -> np.ndarray:
    """(K,): the tokens of each code in the log, of some of its forwards."""
    chosen = np.concatenate([one[:, level] for one in model.chosen[steps]])
    return np.bincount(chosen[chosen >= 0], minlength=codes)


def vq(**settings):
    """The quantizer of vector-quantize-pytorch, 32 codes in 8 dimensions; the test is skipped without it."""
    library = pytest.importorskip("vector_quantize_pytorch")
    return library.VectorQuantize(**{"dim": 8, "codebook_size": 32, "threshold_ema_dead_code": 0, **settings})
