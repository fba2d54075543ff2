"""LearnedTable: what the methods of this room share: one table of codes, counts, a start, hard codes in evaluation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from typing import Any

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook
from explorer.quantizers.base import (
    CodeCounts,
    QuantizedLevel,
    Quantizer,
    QuantizerOutput,
    check_latents,
    forget_flags,
    mean_square,
    total,
)
from explorer.quantizers.gradients import straight_through
from explorer.quantizers.initialization import DATA_DRIVEN, Initialization, random_vectors, vectors_from_latents
from explorer.quantizers.nearest import finite_rows, mark_lost, nearest_code, put_lost_on_codes
from explorer.quantizers.step.ranks import gather_rows, take_first

Trained = tuple[Tensor, dict[str, Tensor]]  # z_q (N, D) and weighted loss terms


class LearnedTable(Quantizer):
    """K codes in D dimensions, a parameter. A method says in `train_step` what the decoder gets while training, and by
    which losses; in evaluation that is always the nearest code. beta: commitment weight. decay: of the counts.
    """

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        beta: float = 0.25,
        initialization: Initialization | None = None,
        decay: float = 0.99,
    ) -> None:
        super().__init__(dim, codebook_size)
        self.initialization = initialization or Initialization()
        if self.initialization.name == "online":
            raise SettingsError("codes that learn by the gradient alone are not moved onto latents: no online start")
        self.beta = beta
        self.vectors = nn.Parameter(random_vectors(codebook_size, dim, self.initialization))  # (K, D)
        self.counts = CodeCounts(codebook_size, decay)
        self.register_buffer("initialized", torch.tensor(self.initialization.name not in DATA_DRIVEN))
        self._forget()
        self.register_load_state_dict_post_hook(forget_flags)

    def _forget(self) -> None:
        self._ready = False  # a Python copy of `initialized`, so that a step on a GPU need not wait to read it

    @property
    def phase(self) -> Hashable:
        return () if self._ready else None

    @abstractmethod
    def train_step(self, z: Tensor, table: Tensor, indices: Tensor) -> Trained:
        """z (N, D) finite, table (K, D), indices (N,) of the nearest codes -> z_q (N, D) and loss terms."""

    def code_table(self) -> Tensor:
        """The codes as they are searched: (K, D), differentiable."""
        return self.vectors

    def learn_from(self, z: Tensor, indices: Tensor) -> None:
        """What a method keeps of a training batch beside the gradient: z (N, D), indices (N,), K where z is lost."""

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        shape, z = z.shape[:-1], z.reshape(-1, self.dim).float()  # (N, D)
        learning = self.training and len(z) > 0
        if learning and not self._ready:
            self._start(z)
        with torch.autocast(z.device.type, enabled=False):
            table = self.code_table()  # (K, D)
            indices = nearest_code(z, table)  # (N,)
            codes = table[indices]
            if learning:
                good = finite_rows(z.detach())[:, None]  # (N, 1)
                z_q, terms = self.train_step(put_lost_on_codes(z, codes), table, indices)
                # The losses of a batch with lost latents are lost, and no gradient of theirs reaches anything.
                terms = {name: term + 0 * z.detach().sum() for name, term in terms.items()}
                z_q = z_q.masked_fill(~good, torch.nan)
            else:
                z_q, terms = straight_through(z, codes), {"commitment": self.beta * mean_square(z, codes.detach())}
        stage = QuantizedLevel(
            z.detach().view(*shape, self.dim), codes.detach().clone().view(*shape, self.dim), indices.view(shape)
        )
        if learning:
            with torch.no_grad():
                counted = mark_lost(z, indices, self.codebook_size)
                self.counts.update(counted)
                self.learn_from(z.detach(), counted)
        return QuantizerOutput(z_q.view(*shape, self.dim), indices.view(*shape, 1), total(terms, z), terms, (stage,))

    def _start(self, z: Tensor) -> None:
        """Once, from the first batch, for the data-driven initializations."""
        self._ready = True
        if bool(self.initialized):
            return
        with torch.no_grad():
            start = vectors_from_latents(gather_rows(z), self.codebook_size, self.initialization, "euclidean")
            self.vectors.copy_(take_first(start))
            self.initialized.fill_(True)

    def finite_table(self, table: Tensor) -> tuple[Tensor, Tensor]:
        """(K, D) with zeros for codes that are not finite, and which are finite (K,): for mixtures of all codes."""
        finite = finite_rows(table.detach())
        return torch.where(finite[:, None], table, 0), finite

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        return [self.code_table()[indices[..., 0]]]

    def tables(self) -> list[Tensor]:
        return [self.code_table()]

    def codebooks(self) -> tuple[Codebook, ...]:
        return (self.counts.codebook(self.code_table()),)


def pull_together(z: Tensor, codes: Tensor, beta: float) -> dict[str, Tensor]:
    """Commitment and codebook loss of VQ-VAE (eq. 3 there): z (N, D), codes (N, D)."""
    return {
        "commitment": beta * mean_square(z, codes.detach()),
        "codebook": mean_square(codes, z.detach()),
    }


def start_in_lab(s: Any) -> Initialization:
    """Where the codes of a run of the lab start."""
    return Initialization(s.initialization, s.init_scale, s.init_offset)
