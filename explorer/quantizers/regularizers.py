"""Regularizers of a codebook: extra loss terms, each with its own weight.

Sections are those of the survey "Discrete Visual Tokenizers for Multimodal LLMs" (2025). Its sums over codes or pairs
are means here, so that a weight fits any K; all its temperatures, targets and inner weights are 1.

Every function takes latents z (N, D), code vectors (K, D) and the chosen indices (N,), and returns a scalar to be
minimized. Large inputs are sampled (at most SAMPLE rows of each), so a term costs the same for any K.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from explorer.foundation.errors import UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.quantizers.initialization import pick
from explorer.quantizers.nearest import squared_distances

SAMPLE = 1024
TEMPERATURE = 1.0
TARGET_STD = 1.0
EPSILON = 1e-8


def _sample(rows: Tensor) -> Tensor:
    return rows if len(rows) <= SAMPLE else rows[pick(rows, SAMPLE)]


def mean_soft_assignment(z: Tensor, vectors: Tensor) -> Tensor:
    """p_k = mean_i softmax_k(-|z_i - e_k|^2 / tau): (K,) (section 6.1)."""
    return (-squared_distances(_sample(z), vectors) / TEMPERATURE).softmax(-1).mean(0)


def soft_entropy(z: Tensor, vectors: Tensor, indices: Tensor) -> Tensor:
    """-H(p) = sum p log p of the mean soft assignment, in nats: low when usage is even (section 6.1).

    The last formula there has a minus sign too many: what it asks to be minimized is -H(p), as its text says.
    """
    p = mean_soft_assignment(z, vectors)
    return (p * (p + EPSILON).log()).sum()


def kl_to_uniform(z: Tensor, vectors: Tensor, indices: Tensor) -> Tensor:
    """KL(p || uniform) = log K - H(p), in nats (section 6.1)."""
    return math.log(len(vectors)) + soft_entropy(z, vectors, indices)


def norm_control(z: Tensor, vectors: Tensor, indices: Tensor) -> Tensor:
    """mean_k (|e_k| - 1)^2 (section 6.3.1)."""
    return (vectors.norm(dim=-1) - 1).square().mean()


def repulsion(z: Tensor, vectors: Tensor, indices: Tensor) -> Tensor:
    """mean over pairs i != j of exp(-|e_i - e_j|^2 / tau) (section 6.3.2)."""
    codes = _sample(vectors)
    near = (-squared_distances(codes, codes) / TEMPERATURE).exp()
    return _mean_off_diagonal(near)


def orthogonality(z: Tensor, vectors: Tensor, indices: Tensor) -> Tensor:
    """mean over pairs i != j of the squared cosine (section 6.4.1, normalized form)."""
    codes = normalize(_sample(vectors), dim=-1)
    return _mean_off_diagonal((codes @ codes.T).square())


def variance(z: Tensor, vectors: Tensor, indices: Tensor) -> Tensor:
    """max(0, gamma - Var[e]), the variance averaged over dimensions (section 6.4.2)."""
    return (TARGET_STD**2 - vectors.var(dim=0, unbiased=False).mean()).clamp_min(0)


def contrastive(z: Tensor, vectors: Tensor, indices: Tensor) -> Tensor:
    """InfoNCE: -log softmax_k(z.e_k / tau) at the chosen code (section 6.4.3)."""
    rows = torch.arange(len(z), device=z.device) if len(z) <= SAMPLE else pick(z, SAMPLE)
    return cross_entropy(z[rows].float() @ vectors.float().T / TEMPERATURE, indices[rows])


def vicreg(z: Tensor, vectors: Tensor, indices: Tensor) -> Tensor:
    """Variance term plus covariance term of the codes (section 6.4.4): those of VICReg (Bardes et al. 2022, arXiv
    2105.04906), taken of a codebook. Its invariance term has no counterpart here.
    """
    k, d = vectors.shape
    std = (vectors.var(dim=0, unbiased=False) + 1e-4).sqrt()  # (D,)
    centred = vectors - vectors.mean(0)
    covariance = centred.T @ centred / max(1, k - 1)  # (D, D)
    off_diagonal = covariance.square().sum() - covariance.diagonal().square().sum()
    return (TARGET_STD - std).clamp_min(0).mean() + off_diagonal / d


def _mean_off_diagonal(square: Tensor) -> Tensor:
    n = len(square)
    return (square.sum() - square.diagonal().sum()) / max(1, n * (n - 1))


REGULARIZERS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "soft_entropy": soft_entropy,
    "kl_to_uniform": kl_to_uniform,
    "norm": norm_control,
    "repulsion": repulsion,
    "orthogonality": orthogonality,
    "variance": variance,
    "contrastive": contrastive,
    "vicreg": vicreg,
}


def regularizer(name: str) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The regularizer of that name. Raises UnknownIdError."""
    if name not in REGULARIZERS:
        raise UnknownIdError(unknown_id_message("regularizer", name, list(REGULARIZERS)))
    return REGULARIZERS[name]
