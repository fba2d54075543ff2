"""Nearest-code assignment that never builds the N x K x D array, nor for large N x K the whole N x K array.

|z - e|^2 = |z|^2 - 2 z.e + |e|^2, and |z|^2 does not matter for the argmin, so a tile costs one matrix product.
Tiles run over latents and over codes; the running minimum is kept, ties go to the lower code number.
"""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.errors import SettingsError
from explorer.record import Metric

TILE_BYTES = 2 * 2**20  # of scores at a time; small enough to stay in a cache
TILE_CODES = 1024
CUDA_TILE_BYTES = 512 * 2**20  # a GPU wants large tiles


def tile_shape(num_codes: int, device: torch.device) -> tuple[int, int]:
    """(latents, codes) of one tile of float32 scores."""
    if device.type == "cuda":
        codes = min(num_codes, 65_536)
        return max(1, CUDA_TILE_BYTES // (4 * codes)), codes
    codes = min(num_codes, TILE_CODES)
    return max(1, TILE_BYTES // (4 * codes)), codes


@torch.no_grad()
def nearest_code(z: Tensor, vectors: Tensor, metric: Metric = "euclidean") -> Tensor:
    """The number of the nearest code for each latent.

    z (N, D), vectors (K, D) -> (N,) int64. metric: "euclidean", "cosine" (both sides normalized), "dot" (largest
    product). Computed in float32, also under autocast. Raises SettingsError if the dimensions differ.
    """
    if z.ndim != 2 or vectors.ndim != 2 or z.shape[1] != vectors.shape[1]:
        raise SettingsError(f"latents {tuple(z.shape)} and codes {tuple(vectors.shape)} do not share a dimension")
    with torch.autocast(z.device.type, enabled=False):
        z, vectors = z.detach().float(), vectors.detach().float()
        if metric == "cosine":  # the norm of a latent does not change its argmax
            vectors = torch.nn.functional.normalize(vectors, dim=-1)
        bias = vectors.square().sum(-1).div_(2) if metric == "euclidean" else vectors.new_zeros(len(vectors))  # (K,)
        return _tiled_argmin(z, vectors, bias)


def _tiled_argmin(z: Tensor, vectors: Tensor, bias: Tensor) -> Tensor:
    """argmin over codes of bias - z.e, tile by tile: (N,) int64."""
    rows, columns = tile_shape(len(vectors), z.device)
    indices = torch.empty(len(z), dtype=torch.long, device=z.device)
    for i in range(0, len(z), rows):
        part = z[i : i + rows]  # (n, D)
        best = index = None
        for k in range(0, len(vectors), columns):
            scores = torch.addmm(bias[k : k + columns], part, vectors[k : k + columns].T, alpha=-1)  # (n, k)
            value, where = _row_min(scores)
            if best is None:
                best, index = value, where
            else:
                index = torch.where(value < best, where + k, index)  # strictly: ties keep the lower number
                best = torch.minimum(value, best)
        indices[i : i + rows] = index
    return indices


def _row_min(scores: Tensor) -> tuple[Tensor, Tensor]:
    """(n, k) -> the least score of each row and the lowest code number that has it, (n,) each."""
    if scores.device.type != "cpu":
        return scores.min(dim=1)
    # numpy's argmin is vectorized; that of torch 2.13 on a CPU is not, and takes 3 to 6 times as long.
    where = torch.from_numpy(scores.numpy().argmin(axis=1))
    return scores.gather(1, where[:, None])[:, 0], where


def squared_distances(z: Tensor, vectors: Tensor) -> Tensor:
    """|z - e|^2 for all pairs, differentiable: (N, D), (K, D) -> (N, K). For small N x K only."""
    with torch.autocast(z.device.type, enabled=False):
        z, vectors = z.float(), vectors.float()
        cross = z @ vectors.T
        return (z.square().sum(-1, keepdim=True) - 2 * cross + vectors.square().sum(-1)).clamp_min(0)
