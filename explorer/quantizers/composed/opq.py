"""Optimized product quantization (OPQ): latents are rotated before they are split, by what the codes can say best.

Ge et al. 2013 (Optimized product quantization for approximate nearest neighbor search, CVPR), the non-parametric way
(eqs 4 to 7 and algorithm 1): in turns, the codes are fitted to the rotated latents, and the rotation to the codes. With
X the latents (N, D) and Y their codes, the R that minimizes |X R - Y| is U V^T of the singular value decomposition
X^T Y = U S V^T (orthogonal Procrustes, eq. 7). Samples are columns there, so its R is the transpose of this one. `fit`
is their algorithm; while training, the codes learn as those of VQ, and the rotation every few steps.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.quantizers.base import QuantizerOutput, check_latents, total
from explorer.quantizers.lab_spec import LabSpec, LabValues, slider
from explorer.quantizers.nearest import finite_rows, nearest_code
from explorer.quantizers.pq import ProductQuantizer
from explorer.quantizers.step.ranks import sum_over_ranks
from explorer.quantizers.sums import sum_by_code
from explorer.quantizers.vq import CodebookOptions, options_in_lab

NEWTON_STEPS = 14  # from a condition of 10^9 to the last digit
HELD = 1e-9  # how much a rotation is held where it is, as a share of the product


class RotatedProductQuantizer(ProductQuantizer):
    """G groups (num_quantizers) of D / G rotated dimensions, K codes each.

    rotate_every: training steps from one fit of the rotation to the next, each to X^T Y of the steps since the last.
    The rotation is the identity at first, and until then this is product quantization.
    """

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        num_quantizers: int = 4,
        options: CodebookOptions | None = None,
        rotate_every: int = 10,
    ) -> None:
        super().__init__(dim, codebook_size, num_quantizers, options)
        if rotate_every < 1:
            raise SettingsError(f"rotate_every must be at least 1, got {rotate_every}")
        self.rotate_every = rotate_every
        self.register_buffer("rotation", torch.eye(dim))  # (D, D): R
        self.register_buffer("product", torch.zeros(dim, dim))  # (D, D): X^T Y since the last fit

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        with torch.autocast(z.device.type, enabled=False):
            rotation = self.rotation.clone() if self.training else self.rotation  # which `_rotate` changes below
            output = super().forward(z.float() @ rotation)
            z_q = output.z_q @ rotation.T  # (..., D)
            if self.training and z.numel():
                codes = torch.cat([stage.z_q for stage in output.stages], dim=-1)
                self._rotate(z.detach().float().reshape(-1, self.dim), codes.reshape(-1, self.dim))
        return QuantizerOutput(z_q, output.indices, total(output.loss_terms, z), output.loss_terms, output.stages)

    @torch.no_grad()
    def _rotate(self, z: Tensor, codes: Tensor) -> None:
        """Take a batch into the product, and fit the rotation to it when it is time."""
        good = finite_rows(z)[:, None]
        self.product.add_(*sum_over_ranks(z.masked_fill(~good, 0).T @ codes.masked_fill(~good, 0)))
        if self.levels[0].counts.step % self.rotate_every == 0:
            self.rotation.copy_(turn(self.product, self.rotation))
            self.product.zero_()

    @property
    def phase(self) -> Hashable:
        phase = super().phase
        turns = (self.levels[0].counts.step + 1) % self.rotate_every == 0
        return None if phase is None else (phase, "turns" if turns else "holds")

    @torch.no_grad()
    def fit(self, features: Tensor, iterations: int = 20) -> list[float]:
        """The batch algorithm on finite features (N, D): codes and rotation in turns, from where they are.

        Returns the mean squared error after each turn, which never rises.
        """
        x, errors = features.float(), []
        for _ in range(iterations):
            turned, codes = x @ self.rotation, []
            for level, part in zip(self.levels, turned.split(self.group_dim, dim=-1), strict=True):
                level.vectors.copy_(_centroids(part, level.vectors))
                level.ema_sum.copy_(level.vectors * level.counts.ema_count[:, None])
                codes.append(level.vectors[nearest_code(part, level.vectors)])
            y = torch.cat(codes, dim=-1)  # (N, D)
            self.rotation.copy_(procrustes(x.T @ y))
            errors.append((x @ self.rotation - y).square().sum(-1).mean().item())
        return errors

    def combine(self, vectors: Sequence[Tensor]) -> Tensor:
        return super().combine(vectors) @ self.rotation.T


def procrustes(product: Tensor) -> Tensor:
    """X^T Y (D, D) -> the orthogonal R (D, D) that minimizes |X R - Y|."""
    left, _, right = torch.linalg.svd(product.float())
    return left @ right


def turn(product: Tensor, before: Tensor) -> Tensor:
    """`procrustes` without a look at a number, as a step on a GPU may not wait for one: (D, D), (D, D) -> (D, D).

    U V^T is the orthogonal polar factor of the product, to which Newton's iteration comes (Higham 1986, Computing the
    polar decomposition, with applications). In directions of which the product says nothing the rotation stays as it
    was before.
    """
    exact = torch.float32 if product.device.type == "mps" else torch.float64  # which MPS has not
    x = product.to(exact)
    x = x / x.norm().clamp_min(1e-30) + HELD * before.to(exact)
    for _ in range(NEWTON_STEPS):
        inverse = torch.linalg.inv_ex(x).inverse.T
        scale = (inverse.norm() / x.norm()).sqrt()
        x = (scale * x + inverse / scale) / 2
    return torch.where(x.isfinite().all(), x, before.to(exact)).to(before)


def _centroids(z: Tensor, vectors: Tensor) -> Tensor:
    """One step of Lloyd's algorithm: z (N, d), vectors (K, d) -> (K, d); a code without latents stays."""
    indices = nearest_code(z, vectors)
    counts = torch.bincount(indices, minlength=len(vectors))[:, None]  # (K, 1)
    return torch.where(counts > 0, sum_by_code(z, indices, len(vectors)) / counts.clamp_min(1), vectors)


def _in_lab(s: LabValues) -> RotatedProductQuantizer:
    return RotatedProductQuantizer(s.latent_dim, s.codebook_size, s.num_quantizers, options_in_lab(s), s.rotate_every)


LAB = LabSpec(
    "OPQ: product quantization, rotated",
    ("codebook_size", "codebook_lr", "codebook_options", "num_quantizers"),
    fields=(
        slider(
            "rotate_every",
            "Rotate every",
            "Quantizer",
            "Steps from one fit of the rotation to the next.",
            1,
            100_000,
            step=1,
            log=True,
            unit="steps",
            default=10,
            after="num_quantizers",
        ),
    ),
    build=_in_lab,
    splits=True,
    projects=True,
)
