"""What all quantizers share: one return type, usage counts, reseed events and the inverse.

Letters of the shapes: (..., D) latents of any leading shape, N latents when flattened, K codebook_size,
Q num_quantizers (levels or groups).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.errors import SettingsError
from explorer.record import Codebook, Combination

EVENTS_KEPT = 100_000


@dataclass(frozen=True)
class Stage:
    """What one level was given, what it chose and what that code is: z_e, z_q (..., d) and indices (...).

    For a residual level z_e is the residual, for a group its slice, for a cosine codebook the normalized latent,
    for FSQ the bounded latent: always the vector whose nearest code `indices` names.
    """

    z_e: Tensor
    z_q: Tensor
    indices: Tensor


@dataclass(frozen=True)
class QuantizerOutput:
    """z_q (..., D) carries the chosen gradient; indices (..., Q); loss is the sum of loss_terms, already weighted.

    z_q and the losses are float32 whatever the latents are (under autocast, layers after the lookup may lower z_q).
    """

    z_q: Tensor
    indices: Tensor
    loss: Tensor
    loss_terms: Mapping[str, Tensor]
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class ReseedEvent:
    """A dead code got a new vector: at which step, on which level, which code, by which strategy, from what.

    `source` is the row of the latent in the batch or reservoir, or the number of the code that was split.
    """

    step: int
    level: int
    code: int
    strategy: str
    source: int


class CodeCounts(nn.Module):
    """How often each code was chosen while training.

    ema_count (K,): N_k <- decay N_k + (1 - decay) n_k (survey 004, section 4.1), n_k counts of one step; it starts at
    one, as if each code had been seen once a step, so that no code is dead before it had its chance.
    steps_since_use (K,): steps since the last assignment. `step`: training steps seen, a plain int so that reading
    it never waits for a GPU; it travels in the state dict as a tensor.
    """

    def __init__(self, codebook_size: int, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("ema_count", torch.ones(codebook_size))
        self.register_buffer("steps_since_use", torch.zeros(codebook_size, dtype=torch.long))
        self.step = 0

    def get_extra_state(self) -> Tensor:
        return torch.tensor(self.step)

    def set_extra_state(self, state: Tensor) -> None:
        self.step = int(state)

    @torch.no_grad()
    def update(self, indices: Tensor) -> Tensor:
        """Count one batch of indices (any shape) and return n (K,) float."""
        chosen = indices.flatten()
        ones = torch.ones_like(chosen, dtype=self.ema_count.dtype)
        n = torch.zeros_like(self.ema_count).index_add_(
            0, chosen, ones
        )  # (K,), exact in any order; bincount would wait for a GPU
        self.ema_count.mul_(self.decay).add_(n, alpha=1 - self.decay)
        self.steps_since_use.add_(1).masked_fill_(n > 0, 0)
        self.step += 1
        return n


class Quantizer(nn.Module, ABC):
    """Base of all quantizers: `forward` quantizes, `lookup` inverts, `codebooks` and `events` report.

    dim: D of the latents it takes and returns. codebook_size: K of each level. num_quantizers: Q.
    """

    combination: Combination = "single"

    def __init__(self, dim: int, codebook_size: int, num_quantizers: int = 1) -> None:
        super().__init__()
        for name, value in (("dim", dim), ("codebook_size", codebook_size), ("num_quantizers", num_quantizers)):
            if int(value) != value or value < 1:
                raise SettingsError(f"{name} must be a whole number of at least 1, got {value}")
        self.dim, self.codebook_size, self.num_quantizers = dim, codebook_size, num_quantizers
        self._events: deque[ReseedEvent] = deque(maxlen=EVENTS_KEPT)

    @abstractmethod
    def forward(self, z: Tensor) -> QuantizerOutput:
        """z (..., D) -> QuantizerOutput. In training mode, statistics and reseeding advance by one step."""

    @abstractmethod
    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        """indices (..., Q) -> one (..., d) per level: the codes before they are combined."""

    def combine(self, vectors: Sequence[Tensor]) -> Tensor:
        """Codes of all levels, each (..., d) -> z_q (..., D)."""
        return vectors[0]

    def lookup(self, indices: Tensor) -> Tensor:
        """The inverse: indices (..., Q) -> z_q (..., D), without gradient tricks."""
        if indices.shape[-1] != self.num_quantizers:
            raise SettingsError(f"indices end in {indices.shape[-1]} levels, this quantizer has {self.num_quantizers}")
        return self.combine(self.level_vectors(indices))

    @abstractmethod
    def codebooks(self) -> tuple[Codebook, ...]:
        """One numpy Codebook a level, with the counts of training."""

    def drain_events(self) -> list[ReseedEvent]:
        """Reseed events since the last call, oldest first (at most EVENTS_KEPT are kept)."""
        events = sorted(self._events, key=lambda event: event.step)
        self._events.clear()
        return events


def check_latents(z: Tensor, dim: int) -> None:
    """Raise SettingsError unless z is a float tensor (..., dim)."""
    if z.ndim < 1 or z.shape[-1] != dim or not z.is_floating_point():
        raise SettingsError(f"latents must be floats of shape (..., {dim}), got {tuple(z.shape)} {z.dtype}")


def total(loss_terms: Mapping[str, Tensor], like: Tensor) -> Tensor:
    """Sum of the terms, a zero on the right device if there are none."""
    return sum(loss_terms.values(), torch.zeros((), device=like.device, dtype=torch.float32))
