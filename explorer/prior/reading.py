"""What a prior says, as numpy: the next token, the surprise of a whole picture, and how a picture goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.errors import RecordError
from explorer.joints.language import NextToken, TokenText
from explorer.prior.model import Cache, Prior
from explorer.prior.sampling import Sampling
from explorer.prior.train import token_bits


@torch.inference_mode()
def next_token(model: Prior, before: Sequence[int]) -> NextToken:
    """What may come after these tokens. Raises RecordError for codes out of range, or where the picture is full."""
    return _told(model.next(_read(model, before, model.config.places - 1)), len(before))


@torch.inference_mode()
def text_of(model: Prior, tokens: np.ndarray) -> TokenText:
    """A whole picture (rows, columns) with the surprise of each token. Raises RecordError for another grid."""
    tokens, grid = np.asarray(tokens, np.int64), (model.config.rows, model.config.columns)
    if tokens.shape != grid:
        raise RecordError(f"the prior reads {grid[0]} x {grid[1]} tokens, these are {tokens.shape}")
    _read(model, tokens.reshape(-1).tolist(), model.config.places)
    return TokenText(tokens, token_bits(model, tokens[None])[0], model.config.codebook_size)


def continue_tokens(model: Prior, before: Sequence[int], sampling: Sampling) -> Iterator[int]:
    """The tokens that follow, one by one to the end of the picture. What was read is kept, so each costs one place."""
    told, cache = list(before), Cache(model.config.blocks)
    read = _read(model, told, model.config.places)
    while read.shape[1] < model.config.places:
        with torch.inference_mode():  # within: it must not last while the generator waits
            code = sampling.draw(_told(model.next(read, cache), read.shape[1]))
            read = torch.cat([read, torch.tensor([[code]])], 1)
        yield code


def _read(model: Prior, tokens: Sequence[int], most: int) -> Tensor:
    """(1, i) int64."""
    size = model.config.codebook_size
    if len(tokens) > most:
        raise RecordError(f"{len(tokens):,} tokens stand before; there is room for {most:,}")
    if tokens and not 0 <= min(tokens) <= max(tokens) < size:
        raise RecordError(f"codes are from 0 to {size - 1:,}, not from {min(tokens):,} to {max(tokens):,}")
    return torch.tensor([list(tokens)], dtype=torch.int64)


def _told(logits: Tensor, place: int) -> NextToken:
    """(1, K) logits in float32 -> probabilities in float64, which sum to 1."""
    values = logits[0].double().numpy()
    weights = np.exp(values - values.max())
    if not math.isfinite(float(weights.sum())):
        raise RecordError("the prior gives values that are not finite; its weights are damaged")
    return NextToken(place, weights / weights.sum())
