"""What a prior says, as numpy: the next token, the surprise of a whole picture, and how a picture goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.errors import RecordError
from explorer.joints.language import LanguageModel, NextToken, TokenText
from explorer.prior.model import Cache, Prior
from explorer.prior.train import token_bits


class PriorReader(LanguageModel):
    """A prior behind the joint. model: on the CPU, in evaluation."""

    def __init__(self, model: Prior) -> None:
        self.model, self._config = model, model.config

    @torch.inference_mode()
    def next_token(self, before: Sequence[int]) -> NextToken:
        return _told(self.model.next(self._read(before, self._config.places - 1)), len(before))

    @torch.inference_mode()
    def text_of(self, tokens: np.ndarray) -> TokenText:
        tokens, grid = np.asarray(tokens, np.int64), (self._config.rows, self._config.columns)
        if tokens.shape != grid:
            raise RecordError(f"the prior reads {grid[0]} x {grid[1]} tokens, these are {tokens.shape}")
        self._read(tokens.reshape(-1).tolist(), self._config.places)
        return TokenText(tokens, token_bits(self.model, tokens[None])[0], self._config.codebook_size)

    def continue_tokens(self, before: Sequence[int], draw: Callable[[NextToken], int]) -> Iterator[int]:
        cache, read = Cache(self._config.blocks), self._read(before, self._config.places)
        while read.shape[1] < self._config.places:
            with torch.inference_mode():  # within: it must not last while the generator waits
                code = draw(_told(self.model.next(read, cache), read.shape[1]))
                read = torch.cat([read, torch.tensor([[code]])], 1)
            yield code

    def _read(self, tokens: Sequence[int], most: int) -> Tensor:
        """(1, i) int64. Raises RecordError for codes out of range, and for more than `most`."""
        size = self._config.codebook_size
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
