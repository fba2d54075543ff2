"""Where code vectors start: the ways of the survey "Discrete Visual Tokenizers for Multimodal LLMs" (2025), section 5.

"gaussian" and "uniform" need no data. "kmeans" and "error_driven" wait for the first batch. "online" starts on
latents of the first batch and, until every code was used once, moves the unused ones onto latents of the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.joints.record import Metric
from explorer.quantizers import chance
from explorer.quantizers.nearest import finite_rows, nearest_code, squared_distances
from explorer.quantizers.sums import sum_by_code

INITIALIZATIONS = ("gaussian", "uniform", "kmeans", "online", "error_driven")
DATA_DRIVEN = ("kmeans", "online", "error_driven")
DRAWS = 1024  # passes over the latents at most, to find where k-means starts


@dataclass(frozen=True)
class Initialization:
    """name: one of INITIALIZATIONS. scale: sigma of the Gaussian or half-width a of the uniform; offset moves its
    centre along the first axis (to show what a codebook far from the latents does). iterations: of k-means.
    """

    name: str = "gaussian"
    scale: float = 1.0
    offset: float = 0.0
    iterations: int = 10

    def __post_init__(self) -> None:
        if self.name not in INITIALIZATIONS:
            raise UnknownIdError(unknown_id_message("initialization", self.name, list(INITIALIZATIONS)))
        if self.scale <= 0 or self.iterations < 1:
            raise SettingsError(f"scale must be > 0 and iterations >= 1, got {self.scale} and {self.iterations}")


def random_vectors(codebook_size: int, dim: int, config: Initialization) -> Tensor:
    """(K, D) before any data was seen: Gaussian N(0, scale^2) or uniform [-scale, scale], moved by offset."""
    if config.name == "uniform":
        vectors = (chance.rand(codebook_size, dim) * 2 - 1) * config.scale
    else:
        vectors = chance.randn(codebook_size, dim) * config.scale
    vectors[:, 0] += config.offset
    return vectors


@torch.no_grad()
def vectors_from_latents(z: Tensor, codebook_size: int, config: Initialization, metric: Metric) -> Tensor:
    """(N, D) latents of the first batch -> (K, D) codes, by the data-driven method of `config`."""
    z = z.detach().float()
    z = z[finite_rows(z)]
    if not len(z):
        raise SettingsError(f"the first batch holds no finite latent, so the {config.name} start has none to start on")
    if config.name == "kmeans":
        return kmeans(z, codebook_size, config.iterations, metric)
    if config.name == "error_driven":
        return farthest_latents(z, codebook_size)
    return z[pick(z, codebook_size)]


def pick(z: Tensor, count: int) -> Tensor:
    """`count` random rows of z (N, D), without repetition while there are enough: (count,) int64."""
    if count <= len(z):
        return chance.randperm(len(z), z.device)[:count]
    return chance.randint(len(z), (count,), z.device)


@torch.no_grad()
def kmeans(z: Tensor, codebook_size: int, iterations: int, metric: Metric = "euclidean") -> Tensor:
    """Lloyd's algorithm (1982, Least squares quantization in PCM, IEEE TIT 28): z (N, D) -> centroids (K, D).

    Starts on `spread_latents`; a cluster that loses all its latents restarts on one of those that are served worst.
    Latents that are not finite are left out. Raises SettingsError if there are fewer latents than codes.
    """
    z = z[finite_rows(z)]
    if len(z) < codebook_size:
        raise SettingsError(f"k-means needs at least as many latents as codes, got {len(z)} for K = {codebook_size}")
    if metric == "cosine":
        z = torch.nn.functional.normalize(z, dim=-1)
    centroids = spread_latents(z, codebook_size)
    for _ in range(iterations):
        indices = nearest_code(z, centroids, metric)  # (N,)
        counts = torch.bincount(indices, minlength=codebook_size)  # (K,)
        sums = sum_by_code(z, indices, codebook_size)  # (K, D)
        error = (z - centroids[indices]).square().sum(-1)  # (N,)
        (empty,) = (counts == 0).nonzero(as_tuple=True)
        centroids = sums / counts.clamp_min(1)[:, None]
        centroids[empty] = z[error.topk(len(empty)).indices]
        if metric == "cosine":
            centroids = torch.nn.functional.normalize(centroids, dim=-1)
    return centroids


@torch.no_grad()
def spread_latents(z: Tensor, codebook_size: int) -> Tensor:
    """The start of k-means++ (Arthur and Vassilvitskii 2007): K rows of z (N, D), N >= K, all different if they can.

    Each is drawn with a chance proportional to its squared distance to the nearest one drawn before. Of 2 + ln K such
    candidates the one is taken that lowers the sum of those distances most. Above DRAWS codes several are drawn at a
    time, at even steps through the chances and without a choice, so that K = 16,384 takes DRAWS passes.
    """
    rows = pick(z, 1)
    away = squared_distances(z, z[rows])[:, 0]  # (N,): to the nearest one drawn
    at_once = -(-codebook_size // DRAWS)
    while len(rows) < codebook_size:
        edges = away.to(torch.float32 if z.device.type == "mps" else torch.float64).cumsum(0)
        if edges[-1] <= 0:  # every latent has a code of its own: the rest is doubled
            rows = torch.cat([rows, pick(z, codebook_size - len(rows))])
            break
        want = min(at_once, codebook_size - len(rows))
        drawn = chance.rand(want if at_once > 1 else 2 + int(math.log(codebook_size)), device=z.device)
        if at_once > 1:
            drawn = (drawn + torch.arange(want, device=z.device)) / want
        drawn = torch.searchsorted(edges, drawn * edges[-1], right=True).clamp_max(len(z) - 1)
        nearest = torch.minimum(away[:, None], squared_distances(z, z[drawn]))  # (N, candidates)
        if at_once > 1:
            away = nearest.amin(1)
        else:
            best = nearest.sum(0).argmin()
            away, drawn = nearest[:, best], drawn[best][None]
        away[drawn] = 0  # where rounding left something
        rows = torch.cat([rows, drawn])
    return z[rows]


@torch.no_grad()
def farthest_latents(z: Tensor, codebook_size: int) -> Tensor:
    """Error-driven start: each code is drawn from the 5 % of latents that the codes so far serve worst.

    Codes are chosen in a few rounds of equal size, so that K = 16,384 needs 16 passes over the latents, not 16,384.
    """
    rounds = min(16, codebook_size)
    chosen = z[pick(z, max(1, codebook_size // rounds))]
    while len(chosen) < codebook_size:
        want = min(-(-codebook_size // rounds), codebook_size - len(chosen))
        error = (z - chosen[nearest_code(z, chosen)]).square().sum(-1)  # (N,)
        worst = error.topk(min(len(z), max(want, len(z) // 20))).indices
        chosen = torch.cat([chosen, z[worst[pick(worst[:, None], want)]]])
    return chosen
