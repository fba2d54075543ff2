"""Additive quantization: a latent is the sum of one full-dimensional code of each codebook, chosen and learned jointly.

Babenko and Lempitsky 2014 (Additive quantization for extreme vector compression, CVPR): the codes of all levels are
searched together by a beam, and all codebooks are one least-squares problem. LSQ, Martinez et al. 2016 (Revisiting
additive quantization, ECCV), eqs 2 to 4: min |X - B C|^2 with B the one-hot rows of the choices, there transposed, and
the terms of one code and of two (`search.py`); section 3: local search, in which some codes are perturbed, iterated
conditional modes (ICM) settle them anew, and the better of both stays. Martinez et al. 2018 (LSQ++: Lower running time
and higher recall in multi-codebook quantization, ECCV): the codebooks in one step, (B^T B + a I) C = B^T X.

Here the beam takes the levels in their order, where AQ tries all that are left. Local search starts from what the beam
found and shifts half of the levels by the same numbers for all latents, so that one latent always gets the same codes;
LSQ starts from codes drawn at random and draws which 4 it perturbs, and how. ICM ends where no code changes, there
after 4 sweeps. The codebooks start as residual k-means, there as OPQ. B^T B and B^T X are running averages; the ridge
holds codes where they are, where LSQ++ holds them at zero; and its stochastic relaxation is no part of this. The texts
of AQ and of LSQ++ were not to be had: AQ is as Martinez et al. 2016 and Vali 2025 (doctoral thesis, Aalto), section
2.7.3, tell it, LSQ++ as in its authors' code (una-dinosauria on GitHub: Rayuela.jl).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import reduce

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook
from explorer.quantizers import chance
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
from explorer.quantizers.composed.search import perturbations, search_jointly
from explorer.quantizers.gradients import estimator
from explorer.quantizers.initialization import kmeans, pick
from explorer.quantizers.lab_spec import LabSpec, LabValues, slider
from explorer.quantizers.nearest import finite_rows, in_a_graph, mark_lost, nearest_code
from explorer.quantizers.rvq import BEAM_ROWS
from explorer.quantizers.step.ranks import gather_rows, sum_over_ranks, take_first
from explorer.quantizers.sums import sum_by_code

MOST_CODES = 1024  # of all levels, which are solved for at once
RIDGE = 1e-2  # of a typical count: how much a code is held where it is


class AdditiveLevel(nn.Module):
    """One codebook (K, D) and how often its codes were chosen."""

    def __init__(self, dim: int, codebook_size: int, decay: float) -> None:
        super().__init__()
        self.register_buffer("vectors", chance.randn(codebook_size, dim))
        self.counts = CodeCounts(codebook_size, decay)


class AdditiveQuantizer(Quantizer):
    """Q levels of K codes in D dimensions; z_q is their sum. The codes start as residual k-means of the first batch.

    additive_beam: partial sums kept from level to level; 1 is greedy. local_rounds: of the local search. Both act in
    training and after it. decay: of the running averages. beta: commitment weight.
    """

    combination = "sum"

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        num_quantizers: int = 4,
        additive_beam: int = 1,
        local_rounds: int = 1,
        beta: float = 0.25,
        gradient: str = "ste",
        decay: float = 0.99,
    ) -> None:
        super().__init__(dim, codebook_size, num_quantizers)
        if codebook_size * num_quantizers > MOST_CODES:
            codes = f"{num_quantizers} levels of {codebook_size:,}"
            raise SettingsError(f"additive codes are solved for together, at most {MOST_CODES:,} of them, got {codes}")
        if additive_beam < 1 or local_rounds < 0:
            raise SettingsError(
                f"additive_beam must be at least 1 and local_rounds at least 0, got {additive_beam} and {local_rounds}"
            )
        estimator(gradient)
        self.additive_beam, self.local_rounds, self.beta = additive_beam, local_rounds, beta
        self.gradient, self.decay = gradient, decay
        self.levels = nn.ModuleList(AdditiveLevel(dim, codebook_size, decay) for _ in range(num_quantizers))
        codes = codebook_size * num_quantizers
        self.register_buffer("ema_pairs", torch.zeros(codes, codes))  # (QK, QK): B^T B of one step
        self.register_buffer("ema_sums", torch.zeros(codes, dim))  # (QK, D): B^T X
        self.register_buffer("initialized", torch.tensor(False))
        self._forget()
        self.register_load_state_dict_post_hook(forget_flags)

    def _forget(self) -> None:
        self._ready = False  # a Python copy of `initialized`, so that a step on a GPU need not wait to read it

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        shape, z = z.shape[:-1], z.reshape(-1, self.dim).float()  # (N, D)
        learning = self.training and len(z) > 0
        with torch.autocast(z.device.type, enabled=False):
            if learning and not self._ready:
                self._start(z.detach())
            indices = self.encode(z.detach())  # (N, Q)
            codes = [one.clone() for one in self.level_vectors(indices)]  # as chosen: the tables change below
            if learning:
                self._learn(z.detach(), indices)
        z_q = self.combine(codes)  # (N, D)
        terms = {"commitment": self.beta * mean_square(z, z_q)}
        stages = tuple(
            QuantizedLevel(
                (z.detach() - (z_q - code)).view(*shape, self.dim), code.view(*shape, self.dim), row.view(shape)
            )
            for code, row in zip(codes, indices.unbind(-1), strict=True)
        )
        z_q = estimator(self.gradient)(z, z_q).view(*shape, self.dim)
        return QuantizerOutput(z_q, indices.view(*shape, self.num_quantizers), total(terms, z), terms, stages)

    @property
    def phase(self) -> Hashable:
        return () if self._ready else None

    @torch.no_grad()
    def encode(self, z: Tensor) -> Tensor:
        """z (N, D) -> indices (N, Q): no worse than greedy, and no code has a better one beside the others."""
        tables, moves = self.tables(), perturbations(self.local_rounds, self.num_quantizers, self.codebook_size)
        parts = (z,) if in_a_graph() else z.split(BEAM_ROWS)
        return torch.cat([search_jointly(part, tables, self.additive_beam, moves) for part in parts])

    @torch.no_grad()
    def _start(self, z: Tensor) -> None:
        """Once, from the first batch: k-means of what the levels before leave, or latents where they are too few."""
        self._ready = True
        if bool(self.initialized):
            return
        z = gather_rows(z)
        z = z[finite_rows(z)]
        if not len(z):
            return
        for level in self.levels:
            enough = len(z) >= self.codebook_size
            start = kmeans(z, self.codebook_size, 10) if enough else z[pick(z, self.codebook_size)]
            level.vectors.copy_(take_first(start))
            z = z - level.vectors[nearest_code(z, level.vectors)]
        self.initialized.fill_(True)

    @torch.no_grad()
    def _learn(self, z: Tensor, indices: Tensor) -> None:
        """Counts, running averages of B^T B and B^T X, and the codes that solve them: z (N, D), indices (N, Q)."""
        size, levels = self.codebook_size, self.num_quantizers
        chosen = [mark_lost(z, row, size) for row in indices.unbind(-1)]  # (N,) each
        pairs = [[_count_pairs(one, other, size, z) for other in chosen] for one in chosen]
        pairs = torch.cat([torch.cat(row, 1) for row in pairs])  # (QK, QK)
        sums = torch.cat([sum_by_code(z, row, size) for row in chosen])  # (QK, D)
        pairs, sums = sum_over_ranks(pairs, sums)
        for level, n in zip(self.levels, pairs.diagonal().split(size), strict=True):
            level.counts.advance(n)
        self.ema_pairs.lerp_(pairs, 1 - self.decay)
        self.ema_sums.lerp_(sums, 1 - self.decay)
        codes = torch.cat([level.vectors for level in self.levels])
        for level, vectors in zip(self.levels, self.solve(codes).view(levels, size, -1), strict=True):
            level.vectors.copy_(vectors)

    def solve(self, codes: Tensor) -> Tensor:
        """The codes (QK, D) of least |X - B C|^2, held by a ridge where they are: where nothing is asked, they stay."""
        exact = torch.float32 if codes.device.type == "mps" else torch.float64  # which MPS has not
        finite = finite_rows(codes)[:, None]  # (QK, 1): lost codes take no part
        pairs = self.ema_pairs.to(exact) * (finite & finite.T)
        now = torch.where(finite, codes, 0).to(exact)
        ridge = (RIDGE * pairs.diagonal().mean()).clamp_min(1e-12)
        held = pairs + ridge * torch.eye(len(pairs), dtype=exact, device=pairs.device)
        missing = self.ema_sums.to(exact) * finite - pairs @ now  # (QK, D)
        factor = torch.linalg.cholesky_ex(held).L  # without a look at whether it failed, which would wait for a GPU
        change = torch.cholesky_solve(missing, factor)
        change = torch.where(finite_rows(change)[:, None], change, 0)
        return torch.where(finite, (now + change).to(codes.dtype), codes)

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        return [level.vectors[indices[..., q]] for q, level in enumerate(self.levels)]

    def tables(self) -> list[Tensor]:
        return [level.vectors for level in self.levels]

    def combine(self, vectors: Sequence[Tensor]) -> Tensor:
        return reduce(torch.add, vectors)

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(level.counts.codebook(level.vectors) for level in self.levels)


def _count_pairs(one: Tensor, other: Tensor, size: int, like: Tensor) -> Tensor:
    """How often two levels chose two codes together: (N,), (N,) with K for none -> (K, K)."""
    counts = like.new_zeros((size + 1) ** 2)
    counts.index_add_(0, one * (size + 1) + other, torch.ones_like(like[:, 0]))
    return counts.view(size + 1, size + 1)[:size, :size]


def _in_lab(s: LabValues) -> AdditiveQuantizer:
    return AdditiveQuantizer(
        s.latent_dim,
        s.codebook_size,
        s.num_quantizers,
        s.additive_beam,
        s.local_rounds,
        s.beta,
        s.gradient,
        s.decay,
    )


LAB = LabSpec(
    "Additive quantization, LSQ",
    ("codebook_size", "num_quantizers", "beta", "gradient", "decay"),
    fields=(
        slider(
            "additive_beam",
            "Beam of sums",
            "Quantizer",
            "Partial sums kept from level to level; 1 is greedy.",
            1,
            16,
            step=1,
            default=1,
            after="num_quantizers",
        ),
        slider(
            "local_rounds",
            "Local search",
            "Quantizer",
            "Rounds in which some codes of a latent are perturbed and settled anew.",
            0,
            16,
            step=1,
            default=1,
            after="num_quantizers",
        ),
    ),
    build=_in_lab,
    joint_codes=1024,
    projects=True,
)
