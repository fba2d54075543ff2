"""Residual vector quantization: each level quantizes what the levels before it left over.

SoundStream (Zeghidour et al. 2021, arXiv 2107.03312, algorithm 1); RQ-VAE (Lee et al. 2022, arXiv 2203.01941), whose
levels share one codebook, while here each has its own. Both sum the commitment over levels; here it is their mean, as
in RQ-VAE's code. With beam > 1 the codes of all levels are searched together, keeping the `beam` best partial sums
(Babenko and Lempitsky 2014, CVPR).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook
from explorer.quantizers.base import (
    QuantizedLevel,
    Quantizer,
    QuantizerOutput,
    ReseedEvent,
    check_latents,
    mean_square,
    total,
)
from explorer.quantizers.compiled.beams import search_compiled
from explorer.quantizers.gradients import estimator
from explorer.quantizers.lab_spec import Inert, LabSpec, LabValues, slider
from explorer.quantizers.nearest import finite_rows, in_a_graph, nearest_code, squared_distances
from explorer.quantizers.step.ranks import rank
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer, options_in_lab

SPREAD, STRIDE = 10_368_889, 7_500_283  # of 2^24: the golden ratio, and another step that meets all
BEAM_ROWS = 4096  # latents searched at a time, so that beam x K scores stay small


class ResidualQuantizer(Quantizer):
    """Q levels of K codes in D dimensions; z_q is their sum. Losses are averaged over levels.

    level_dropout: share of the latents that are decoded without their later levels while training, so that fewer levels
    say what they can (quantizer dropout of SoundStream; nested dropout, Rippel et al. 2014, arXiv 1402.0915).
    SoundStream draws one number of levels for each sound and runs no others; here each latent has its own, and levels
    that are left out go on learning.
    """

    combination = "sum"

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        num_quantizers: int = 4,
        options: CodebookOptions | None = None,
        beam: int = 1,
        level_dropout: float = 0.0,
    ) -> None:
        super().__init__(dim, codebook_size, num_quantizers)
        options = options or CodebookOptions()
        if options.metric != "euclidean":
            raise SettingsError("residual levels need the Euclidean metric: residuals of directions are not directions")
        if beam < 1:
            raise SettingsError(f"beam must be at least 1, got {beam}")
        if not 0 <= level_dropout <= 1:
            raise SettingsError(f"level_dropout must be from 0 to 1, got {level_dropout}")
        self.beam, self.gradient, self.level_dropout = beam, options.gradient, level_dropout
        self.levels = nn.ModuleList(
            VectorQuantizer(dim, codebook_size, options, level=q) for q in range(num_quantizers)
        )

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        if self.beam > 1 and not self.training:
            return self._beam_forward(z)
        residual = z.float()
        stages: list[QuantizedLevel] = []
        terms: dict[str, Tensor] = {}
        for level in self.levels:
            output = level(residual)
            codes = output.stages[0].z_q
            stages.append(output.stages[0])
            for name, value in output.loss_terms.items():
                terms[name] = terms.get(name, 0.0) + value / self.num_quantizers
            residual = residual - codes  # codes carry no gradient: each level commits to what it was given
        z_q = self.combine(self._dropped([stage.z_q for stage in stages]))
        indices = torch.stack([stage.indices for stage in stages], dim=-1)  # (..., Q)
        return QuantizerOutput(estimator(self.gradient)(z.float(), z_q), indices, total(terms, z), terms, tuple(stages))

    def _dropped(self, codes: list[Tensor]) -> list[Tensor]:
        """While training, codes (..., D) of the levels without the later ones of some latents (nested dropout).

        A share `level_dropout` of the latents keeps a number of levels from 1 to Q, all as often. Which ones is spread
        evenly over the batch, others at each step; no chance is used up, so a run without a decoder is the same.
        """
        if not (self.training and self.level_dropout):
            return codes
        shape, step = codes[0].shape[:-1], self.levels[0].counts.clock
        rows = torch.arange(shape.numel(), device=codes[0].device).view(shape) + rank() * shape.numel()
        u = (rows * SPREAD + step * STRIDE) % 2**24 / 2**24  # (...), in [0, 1)
        kept = (u / self.level_dropout * self.num_quantizers).long() + 1  # from Q + 1 on: all
        return [torch.where((q < kept)[..., None], code, 0) for q, code in enumerate(codes)]

    def _beam_forward(self, z: Tensor) -> QuantizerOutput:
        """Evaluation by beam search; the loss terms are those of the codes found."""
        flat = z.float().reshape(-1, self.dim)  # (N, D)
        indices = self.beam_search(flat).view(*z.shape[:-1], self.num_quantizers)
        codes = [vector.detach() for vector in self.level_vectors(indices)]
        stages, residual, commitment = [], z.float(), 0.0
        for q, vector in enumerate(codes):
            stages.append(QuantizedLevel(residual.detach(), vector, indices[..., q]))
            residual = residual - vector
            commitment = commitment + mean_square(residual, torch.zeros_like(residual)) / self.num_quantizers
        z_q = self.combine(codes)
        terms = {"commitment": self.levels[0].options.beta * commitment}
        return QuantizerOutput(estimator(self.gradient)(z.float(), z_q), indices, total(terms, z), terms, tuple(stages))

    def beam_search(self, z: Tensor) -> Tensor:
        """z (N, D) -> indices (N, Q), as `search_beams`."""
        return search_beams(z, self.tables(), self.beam)

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        return [level.vectors[indices[..., q]] for q, level in enumerate(self.levels)]

    def tables(self) -> list[Tensor]:
        return [level.vectors for level in self.levels]

    def combine(self, vectors: Sequence[Tensor]) -> Tensor:
        return reduce(torch.add, vectors)

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(level.codebooks()[0] for level in self.levels)

    def drain_events(self) -> list[ReseedEvent]:
        return sorted((e for level in self.levels for e in level.drain_events()), key=lambda event: event.step)


@torch.no_grad()
def search_beams(z: Tensor, tables: Sequence[Tensor], beam: int) -> Tensor:
    """z (N, D), tables (K, D) of each level -> indices (N, Q): the best of `beam` partial sums kept at each level.

    Never worse than greedy.
    """
    found = _search_compiled(z, tables, beam) if z.device.type == "cpu" and not in_a_graph() else None
    return _better(*_search_in_torch(z, tables, beam), *_greedy(z, tables)) if found is None else found


def _better(found: Tensor, error: Tensor, greedy: Tensor, left: Tensor) -> Tensor:
    """Codes found (N, Q) that leave error (N,), or greedy ones, which a beam can lose, and end worse: left (N, D)."""
    return torch.where(((error <= left.square().sum(-1)) & error.isfinite())[:, None], found, greedy)


def _search_compiled(z: Tensor, tables: Sequence[Tensor], beam: int) -> Tensor | None:
    """`search_beams` on a CPU, rounding what is given to float32; None where it cannot be compiled."""
    z, tables = z.detach().float(), [table.detach().float() for table in tables]
    if not all(finite_rows(table).numpy().any() for table in tables):
        return None
    answer = search_compiled(z.numpy(), [table.numpy() for table in tables], beam, torch.get_num_threads())
    if answer is None:
        return None
    found, error = answer
    lost = np.flatnonzero(~np.isfinite(error))
    if len(lost):
        found[lost] = _greedy(torch.from_numpy(z.numpy()[lost]), tables)[0].numpy()
    return torch.from_numpy(found)


def _search_in_torch(z: Tensor, tables: Sequence[Tensor], beam: int) -> tuple[Tensor, Tensor]:
    """The codes found, (N, Q), and the squared length of what they leave, (N,)."""
    parts = (z,) if in_a_graph() else z.split(BEAM_ROWS)
    found, errors = zip(*(_search_part(part, tables, beam) for part in parts), strict=True)
    return torch.cat(found), torch.cat(errors)


def _search_part(z: Tensor, tables: Sequence[Tensor], beam: int) -> tuple[Tensor, Tensor]:
    residuals = z[:, None]  # (N, B, D)
    chosen = z.new_zeros(z.shape[0], 1, 0, dtype=torch.long)  # (N, B, q)
    for vectors in tables:
        score = squared_distances(residuals.flatten(0, 1), vectors)  # (N * B, K)
        score = score.view(-1, residuals.shape[1] * len(vectors))  # (N, B * K)
        keep = score.topk(min(beam, score.shape[1]), largest=False).indices  # (N, B')
        parent, code = keep // len(vectors), keep % len(vectors)
        chosen = torch.cat([chosen.gather(1, parent[..., None].expand(-1, -1, chosen.shape[2])), code[..., None]], -1)
        residuals = residuals.gather(1, parent[..., None].expand(-1, -1, z.shape[1])) - vectors[code]
    # Sums of codes that are not finite are there where the beam is wider than the rest; torch's least is NaN.
    error, best = residuals.square().sum(-1).nan_to_num(nan=torch.inf, posinf=torch.inf).min(1)  # (N,)
    return chosen.gather(1, best[:, None, None].expand(-1, -1, chosen.shape[2]))[:, 0], error


def _greedy(z: Tensor, tables: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """z (N, D) -> indices (N, Q) level by level, and what they leave over (N, D)."""
    indices = []
    for vectors in tables:
        indices.append(nearest_code(z, vectors))
        z = z - vectors[indices[-1]]
    return torch.stack(indices, dim=-1), z


def _in_lab(s: LabValues) -> ResidualQuantizer:
    return ResidualQuantizer(
        s.latent_dim, s.codebook_size, s.num_quantizers, options_in_lab(s), s.beam, s.level_dropout
    )


LAB = LabSpec(
    "Residual VQ",
    ("codebook_size", "codebook_lr", "codebook_options", "num_quantizers"),
    fields=(
        slider(
            "beam",
            "Beam",
            "Quantizer",
            "Candidates kept through the residual stages; 1 is greedy.",
            1,
            8,
            step=1,
            restarts=True,
            default=1,
            after="num_quantizers",
        ),
        slider(
            "level_dropout",
            "Level dropout",
            "Quantizer",
            "Share of the latents decoded without their later levels in training, so that the first say what they can.",
            0,
            1,
            default=0.0,
            after="num_quantizers",
        ),
    ),
    build=_in_lab,
    inert=(
        Inert(("level_dropout",), {"num_quantizers": (1,)}, "One stage is never left out."),
        Inert(("level_dropout",), {"model": ("none",)}, "Without a decoder nothing learns to do with fewer levels."),
        Inert(("beam",), {"num_quantizers": (1,)}, "One stage has no candidates to carry on."),
        Inert(("metric",), {}, "Residuals of directions are no directions: residual VQ is Euclidean."),
    ),
    refuses=(
        ("metric", "cosine", "Residual VQ needs the Euclidean metric: residuals of directions are no directions."),
    ),
)
