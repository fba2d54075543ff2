"""What all quantizers share: one return type, usage counts, reseed events and the inverse.

Letters of the shapes: (..., D) latents of any leading shape, N latents when flattened, K codebook_size,
Q num_quantizers (levels or groups).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook, Combination
from explorer.quantizers.nearest import finite_rows, in_a_graph

EVENTS_KEPT = 100_000


@dataclass(frozen=True)
class QuantizedLevel:
    """What one level was given, what it chose and what that code is: z_e, z_q (..., d) and indices (...).

    For a residual level z_e is the residual, for a group its slice, for a cosine codebook the normalized latent,
    for FSQ the bounded latent: always the vector whose nearest code `indices` names.
    """

    z_e: Tensor
    z_q: Tensor
    indices: Tensor

    def latents_not_finite(self) -> Tensor:
        """How many of z_e hold NaN or infinity, so that no code is nearest: a number () on the device."""
        return (~finite_rows(self.z_e)).sum()


@dataclass(frozen=True)
class QuantizerOutput:
    """z_q (..., D) carries the chosen gradient; indices (..., Q); loss is the sum of loss_terms, already weighted.

    z_q and the losses are float32 whatever the latents are (under autocast, layers after the lookup may lower z_q). In
    evaluation z_q is exactly `lookup(indices)`.

    A latent that holds NaN or infinity has no nearest code. Its index is that of the first finite code (0, unless that
    code is lost, too), its z_q and the losses are NaN, and no count, running average, reseed or code learns from it.
    `stages[q].latents_not_finite()` tells how many there are, `Quantizer.codes_not_finite()` the same of codes.
    """

    z_q: Tensor
    indices: Tensor
    loss: Tensor
    loss_terms: Mapping[str, Tensor]
    stages: tuple[QuantizedLevel, ...]


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


def forget_flags(module: nn.Module, keys: object) -> None:
    """Hook for after a state dict was loaded: plain copies of buffers are read anew. (A lambda cannot be pickled.)"""
    module._forget()


class CodeCounts(nn.Module):
    """How often each code was chosen while training.

    ema_count (K,): N_k <- decay N_k + (1 - decay) n_k (VQ-VAE, eq. 6), n_k counts of one step; it starts at
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
    def update(self, indices: Tensor, expected: Tensor | None = None) -> Tensor:
        """Count one batch of indices (any shape) and return n (K,) float. Latents without a code have index K.

        An empty batch says nothing of any code: it is no step. expected (K,): what ema_count averages instead of n.
        """
        chosen, size = indices.flatten(), len(self.ema_count)
        if not len(chosen):
            return torch.zeros_like(self.ema_count)
        ones = torch.ones_like(chosen, dtype=self.ema_count.dtype)
        # Exact in any order; bincount would wait for a GPU.
        n = self.ema_count.new_zeros(size + 1).index_add_(0, chosen, ones)[:size]  # (K,)
        self.ema_count.mul_(self.decay).add_(n if expected is None else expected, alpha=1 - self.decay)
        self.steps_since_use.add_(1).masked_fill_(n > 0, 0)
        self.step += 1
        return n


class Quantizer(nn.Module, ABC):
    """Base of all quantizers: `forward` quantizes, `lookup` inverts, `codebooks` and `events` report.

    dim: D of the latents it takes and returns. codebook_size: K of each level. num_quantizers: Q.
    """

    combination: Combination = "single"
    waits = False  # whether codes may wait until they are at work

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

    def tables(self) -> list[Tensor]:
        """The codes of each level, (K, d) each, without waiting for a GPU. They may be those that training changes."""
        device = next((t.device for t in chain(self.parameters(), self.buffers())), torch.device("cpu"))
        every = torch.arange(self.codebook_size, device=device)
        return self.level_vectors(every[:, None].expand(-1, self.num_quantizers))

    def combine(self, vectors: Sequence[Tensor]) -> Tensor:
        """Codes of all levels, each (..., d) -> z_q (..., D)."""
        return vectors[0]

    def lookup(self, indices: Tensor) -> Tensor:
        """The inverse: indices (..., Q) -> z_q (..., D), without gradient tricks.

        Raises SettingsError for a wrong number of levels, for what are no integers and for codes out of range.
        """
        if indices.ndim < 1 or indices.shape[-1] != self.num_quantizers:
            raise SettingsError(f"indices {tuple(indices.shape)} must end in {self.num_quantizers} levels")
        if indices.dtype == torch.bool or indices.is_floating_point() or indices.is_complex():
            raise SettingsError(f"indices must be integers, got {indices.dtype}")
        if indices.numel() and not in_a_graph():
            low, high = int(indices.min()), int(indices.max())
            if low < 0 or high >= self.codebook_size:
                raise SettingsError(f"indices reach from {low} to {high}, outside 0..{self.codebook_size - 1}")
        return self.combine(self.level_vectors(indices.long()))

    @property
    def active(self) -> int:
        """Codes of each level that are at work: the first so many; the others wait, and are not chosen."""
        return self.codebook_size

    def codes_not_finite(self) -> tuple[int, ...]:
        """How many codes of each level hold NaN or infinity, which are never chosen."""
        return tuple(book.codes_not_finite for book in self.codebooks())

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


def mean_square(a: Tensor, b: Tensor) -> Tensor:
    """mse_loss, but 0 of an empty batch, whose mean would be NaN."""
    return mse_loss(a, b) if a.numel() else (a - b).sum()


def total(loss_terms: Mapping[str, Tensor], like: Tensor) -> Tensor:
    """Sum of the terms, a zero on the right device if there are none."""
    return sum(loss_terms.values(), torch.zeros((), device=like.device, dtype=torch.float32))
