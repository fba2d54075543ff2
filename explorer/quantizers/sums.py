"""Sums of latents by code, in an order that is the same each time, so that a run can be repeated to the bit."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.quantizers.nearest import finite_rows, squared_distances

ONE_HOT_ENTRIES = 2**26  # N x K at most, 256 MiB of float32


@torch.no_grad()
def sum_by_code(rows: Tensor, indices: Tensor, codebook_size: int) -> Tensor:
    """For each code the sum of the rows that chose it: rows (N, d), indices (N,) -> (K, d). Index K: by none.

    On a GPU index_add_ adds in whatever order its threads arrive, and float sums depend on the order; a product with
    the one-hot matrix does not. It costs no more than finding the nearest codes did. Above ONE_HOT_ENTRIES the last
    bits of a sum may differ from run to run.
    """
    if rows.device.type == "cuda" and len(rows) * codebook_size <= ONE_HOT_ENTRIES:
        return one_hot_sum(rows, indices, codebook_size)
    return rows.new_zeros(codebook_size + 1, rows.shape[1]).index_add_(0, indices, rows)[:codebook_size]


def one_hot_sum(rows: Tensor, indices: Tensor, codebook_size: int) -> Tensor:
    """`sum_by_code` by a matrix product, in the type of the rows also under autocast.

    float32 means float32: torch keeps TF32 off in products unless it is told otherwise, and nothing here does.
    """
    codes = torch.arange(codebook_size, device=rows.device)
    rows = rows.masked_fill((indices == codebook_size)[:, None], 0)  # 0 times NaN is NaN
    with torch.autocast(rows.device.type, enabled=False):
        return (codes[:, None] == indices).to(rows.dtype) @ rows  # (K, N) @ (N, d)


@torch.no_grad()
def expected_sums(z: Tensor, vectors: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """The E-step of soft EM: each latent counts for all codes, with p_k = softmax(-|z - e_k|^2 / temperature).

    Roy et al. 2018 (Theory and experiments on vector quantized autoencoders, arXiv 1805.11063; section 3.2 of the text
    as submitted to ICLR), with four differences: the expectation itself and not m samples of it, a temperature where
    theirs is 1, averages of sums of latents (VQ-VAE, eq. 7) and not of codes, and a decoder that gets the nearest code
    and not the mean of the codes sampled (eq. 12 there).

    z (N, D), vectors (K, D) -> expected counts (K,) and expected sums of latents (K, D). Latents that are not finite
    count for none, codes that are not finite take none.
    """
    good = finite_rows(z)[:, None]  # (N, 1)
    z = z.masked_fill(~good, 0)
    with torch.autocast(z.device.type, enabled=False):
        p = (-squared_distances(z, vectors) / temperature).softmax(-1) * good  # (N, K)
        return p.sum(0), p.T @ z
