"""Nearest-code assignment: what brute force in float64 gives, without its N x K x D array, nor a large N x K.

|z - e|^2 = |z|^2 - 2 z.e + |e|^2, and |z|^2 does not matter for the argmin, so a tile costs one matrix product. Far
from zero the squares would eat the digits that tell codes apart, so latents and codes are first moved to the middle of
the codes, and what rounding may still have swapped is measured directly. Ties go to the lower code number.

Codes that hold NaN or infinity are never chosen. A latent that does has no nearest code: it gets the first finite one.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Metric
from explorer.quantizers.scores import SAMPLE
from explorer.quantizers.search import Kernels, nearest_rows

CUDA_TILE_BYTES = 512 * 2**20  # a GPU wants large tiles
CUDA_TILE_CODES = 65_536


def nearest_code(z: Tensor, vectors: Tensor, metric: Metric = "euclidean") -> Tensor:
    """The number of the nearest code for each latent.

    z (N, D), vectors (K, D) of any float type -> (N,) int64. metric: "euclidean", "cosine" (both sides normalized),
    "dot" (largest product). The same under autocast. On a CPU it is exact; on a GPU, where looking would make it wait,
    and in a graph (torch.jit.trace, torch.compile) the two best scores are measured directly. Raises SettingsError if
    the dimensions differ or there is no code.
    """
    if z.ndim != 2 or vectors.ndim != 2 or z.shape[1] != vectors.shape[1]:
        raise SettingsError(f"latents {tuple(z.shape)} and codes {tuple(vectors.shape)} do not share a dimension")
    if not len(vectors):
        raise SettingsError("there is no code to choose from")
    z, vectors = z.detach(), vectors.detach()
    if z.device.type == "cpu" and not in_a_graph():  # numpy, and torch into arrays given: autocast touches neither
        return torch.from_numpy(nearest_rows(_array(z), _array(vectors), metric, ON_CPU))
    with torch.autocast(z.device.type, enabled=False):
        return _nearer_of_two(z, vectors, metric)


def _product(bias: np.ndarray, x: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
    bias, x, table, out = (torch.from_numpy(array) for array in (bias, x, table, out))
    torch.addmm(bias, x, table, alpha=-1, out=out)


ON_CPU = Kernels(  # on the threads that torch was given
    _product, lambda tile: torch.from_numpy(tile).amin(1).numpy(), torch.get_num_threads
)


def in_a_graph() -> bool:
    """Whether torch is recording, so that no value may be looked at and no shape taken for granted."""
    return torch.compiler.is_compiling() or torch.jit.is_tracing()


def wide_enough(dtype: torch.dtype) -> torch.dtype:
    """float64 for itself, float32 for all narrower types."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def _array(t: Tensor) -> np.ndarray:
    return (t if t.dtype == torch.float32 else t.to(wide_enough(t.dtype))).numpy()


def finite_rows(rows: Tensor) -> Tensor:
    """Which of the vectors (..., D) hold neither NaN nor infinity: (...) bool."""
    return (rows - rows).sum(-1) == 0  # x - x is NaN for those two; isfinite().all() takes 5 to 50 times as long


def put_lost_on_codes(z: Tensor, codes: Tensor) -> Tensor:
    """Latents z (N, D), those that are not finite put on their codes (N, D), so that nothing is learnt from them."""
    return torch.where(finite_rows(z.detach())[:, None], z, codes.detach())


def mark_lost(z: Tensor, indices: Tensor, codebook_size: int) -> Tensor:
    """indices (N,), but K for latents z (N, D) that are not finite: what is counted and summed leaves these out."""
    return torch.where(finite_rows(z.detach()), indices, codebook_size)


def _middle(codes: Tensor, finite: Tensor) -> Tensor:
    """The median of some of the finite codes, axis by axis: (K, D), (K,) -> (D,). One that ran away moves it not."""
    step = -(-len(codes) // SAMPLE)
    ordered = codes[::step].masked_fill(~finite[::step, None], torch.inf).sort(0).values
    return ordered[(finite[::step].sum() // 2)[None]][0].nan_to_num(0, 0, 0)


def _nearer_of_two(z: Tensor, vectors: Tensor, metric: Metric) -> Tensor:
    """The search in torch alone, without looking at a value: by scores, then by direct distance of the two best."""
    exact = torch.float32 if z.device.type == "mps" else torch.float64  # which MPS has not
    product = torch.float64 if z.device.type == "cpu" else torch.float32
    finite = finite_rows(vectors)  # (K,)
    codes = vectors.to(exact).masked_fill(~finite[:, None], 0)
    if metric == "cosine":
        codes = torch.nn.functional.normalize(codes, dim=-1)
    middle = _middle(codes, finite)
    directions, x = codes - middle, z.to(exact)
    if metric == "euclidean":
        bias, x = directions.square().sum(-1) / 2, x - middle
    else:
        bias = torch.zeros_like(codes[:, 0])
    bias = bias.masked_fill(~finite, torch.inf).to(product)
    table, x = directions.masked_fill(~finite[:, None], 0).to(product), x.to(product)
    chosen = _two_best(x, table, bias)  # (N, 2)
    rows = codes[chosen]  # (N, 2, D)
    sizes = (z.to(exact)[:, None] - rows).square() if metric == "euclidean" else -z.to(exact)[:, None] * rows
    away = sizes.sum(-1).masked_fill(~finite[chosen], torch.inf)
    first, second = chosen.unbind(-1)
    swapped = (away[:, 1] < away[:, 0]) | ((away[:, 1] == away[:, 0]) & (second < first))
    return torch.where(finite_rows(z), torch.where(swapped, second, first), finite.to(torch.uint8).argmax())


def _two_best(x: Tensor, table: Tensor, bias: Tensor) -> Tensor:
    """The codes of the two least of bias - x.e, x (N, D), table (K, D), bias (K,): (N, 2) int64, tile by tile."""
    if in_a_graph():  # a loop over tiles would be recorded for the N of this moment
        return _two_least(torch.addmm(bias, x, table.T, alpha=-1))[1]
    columns = min(len(table), CUDA_TILE_CODES)
    found = []
    for part in x.split(max(1, CUDA_TILE_BYTES // (4 * columns))):
        values, codes = [], []
        for k in range(0, len(table), columns):
            value, code = _two_least(torch.addmm(bias[k : k + columns], part, table[k : k + columns].T, alpha=-1))
            values.append(value)
            codes.append(code + k)
        least = _two_least(torch.cat(values, -1))[1]
        found.append(torch.cat(codes, -1).gather(1, least))
    return torch.cat(found)


def _two_least(scores: Tensor) -> tuple[Tensor, Tensor]:
    """The two least of each row (n, k) and where they are, (n, 2) each. `scores` is written to."""
    value, where = scores.min(dim=1, keepdim=True)
    other, beside = scores.scatter_(1, where, torch.inf).min(dim=1, keepdim=True)
    return torch.cat([value, other], -1), torch.cat([where, beside], -1)


def squared_distances(z: Tensor, vectors: Tensor) -> Tensor:
    """|z - e|^2 for all pairs, differentiable: (N, D), (K, D) -> (N, K) float32. For small N x K only.

    To about 1e-6 of the squared distances from the middle of the codes, wherever that is. A code that is not finite is
    infinitely far, and no gradient reaches it.
    """
    with torch.autocast(z.device.type, enabled=False):
        z, vectors = z.to(wide_enough(z.dtype)), vectors.to(wide_enough(vectors.dtype))
        finite = finite_rows(vectors.detach())  # (K,)
        middle = _middle(vectors.detach(), finite)
        z = (z - middle).float()
        codes = torch.where(finite[:, None], vectors - middle, 0).float()
        squares = z.square().sum(-1, keepdim=True) - 2 * (z @ codes.T) + codes.square().sum(-1)
        return squares.clamp_min(0).masked_fill(~finite, torch.inf)
