"""What all quantizers share: one return type, usage counts, reseed events and the inverse.

Letters of the shapes: (..., D) latents of any leading shape, N latents when flattened, K codebook_size,
Q num_quantizers (levels or groups).

A training step looks at no value: no shape and no branch depends on what a tensor holds, so it never waits for a GPU
and can be captured as a CUDA graph. What a quantizer keeps for that:

- It chooses with masks, `torch.where` and a fixed number of rows (`explorer/quantizers/step/rows.py`); no `nonzero`, no
  index of bools, no `int(tensor)`, no `torch.tensor(numbers)` (a copy from the host). It changes its tensors in place.
  `tests/quantizers/step/test_no_waiting.py` takes every quantizer through its steps and fails at the first look.
- What changes at each step is a tensor: `CodeCounts.clock` is the step. What the host decides by its own count (a
  check every so many steps) goes into `phase`; a start, which may look once, makes that None.
- Statistics go through `sum_over_ranks`, draws through `Rows` or `take_first`, so that ranks stay equal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook, Combination, Metric
from explorer.quantizers.nearest import finite_rows, in_a_graph
from explorer.quantizers.step.events import ReseedEvent
from explorer.quantizers.step.ranks import sum_over_ranks


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


def forget_flags(module: nn.Module, keys: object) -> None:
    """Hook for after a state dict was loaded: plain copies of buffers are read anew. (A lambda cannot be pickled.)"""
    module._forget()


class CodeCounts(nn.Module):
    """How often each code was chosen while training.

    ema_count (K,): N_k <- decay N_k + (1 - decay) n_k (VQ-VAE, eq. 6), n_k counts of one step; it starts at
    one, as if each code had been seen once a step, so that no code is dead before it had its chance.
    steps_since_use (K,): steps since the last assignment. placed (K,): the step at whose end a code was last put
    somewhere else, as a reseed does, -1 never; it is of this process alone. `step`: training steps seen, a plain int
    so that reading it never waits for a GPU; it travels in the state dict as a tensor. `clock` (): the same on the
    device, for what a graph computes from it. Ranks count together.
    """

    def __init__(self, codebook_size: int, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("ema_count", torch.ones(codebook_size))
        self.register_buffer("steps_since_use", torch.zeros(codebook_size, dtype=torch.long))
        self.register_buffer("clock", torch.zeros((), dtype=torch.long), persistent=False)
        self.register_buffer("placed", torch.full((codebook_size,), -1), persistent=False)
        self.step = 0

    def get_extra_state(self) -> Tensor:
        return torch.tensor(self.step)

    def set_extra_state(self, state: Tensor) -> None:
        self.step = int(state)
        self.clock.fill_(self.step)

    def update(self, indices: Tensor) -> None:
        """Count one batch of indices (any shape). Latents without a code have index K.

        An empty batch says nothing of any code: it is no step.
        """
        if indices.numel():
            self.advance(*sum_over_ranks(self.tally(indices)))

    @torch.no_grad()
    def tally(self, indices: Tensor) -> Tensor:
        """How often each code is among indices (any shape) of this rank: (K,) float."""
        chosen, size = indices.flatten(), len(self.ema_count)
        ones = torch.ones_like(chosen, dtype=self.ema_count.dtype)
        # Exact in any order; bincount would wait for a GPU.
        return self.ema_count.new_zeros(size + 1).index_add_(0, chosen, ones)[:size]

    @torch.no_grad()
    def advance(self, n: Tensor, expected: Tensor | None = None) -> None:
        """One step on, with n (K,) of all ranks. expected (K,): what ema_count averages instead of n."""
        self.ema_count.mul_(self.decay).add_(n if expected is None else expected, alpha=1 - self.decay)
        self.steps_since_use.add_(1).masked_fill_(n > 0, 0)
        self.clock.add_(1)
        self.step += 1

    def codebook(self, table: Tensor, metric: Metric = "euclidean") -> Codebook:
        """The codes of a table (K, D) as they are now, beside how often each was chosen of late."""
        vectors, counts = (one.detach().float().cpu().numpy().copy() for one in (table, self.ema_count))
        return Codebook(*table.shape, metric, vectors, counts=counts, counts_decay=self.decay)


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
        """Reseed events since the last call, oldest first (the newest EVENTS_KEPT of a level are kept)."""
        return []

    @property
    def phase(self) -> Hashable:
        """What the host decides of the next training step: steps of one phase differ in tensors alone, so that a graph
        captured in one of them may be replayed in the others, as long as no setting changes. None: not to be captured,
        since a start looks at values, or something happens that will not be so again.
        """
        return join_phases(self.levels) if hasattr(self, "levels") else ()

    def pass_step(self) -> None:
        """A graph of a training step was replayed: the host's count goes on as in `forward`, the device's has."""
        for module in self.modules():
            if isinstance(module, CodeCounts):
                module.step += 1


def join_phases(parts: Iterable[Quantizer]) -> Hashable:
    """The phase of several together."""
    phases = tuple(part.phase for part in parts)
    return None if None in phases else phases


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
