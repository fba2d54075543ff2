"""Nearest codes and k-means against programs of others, over random shapes, types, offsets, scales and duplicates.

Where an oracle computes in float32 by the expanded square, its codes may differ where two are equally near to its
precision; then the distances of both, in float64, differ by no more than that.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from sklearn.metrics import pairwise_distances_argmin

from explorer.analysis.codes.neighbours import assign
from explorer.joints.record import Codebook
from explorer.quantizers.nearest import nearest_code

CASES = 40
TYPES = (np.float16, np.float32, np.float64)
EPS = float(np.finfo(np.float32).eps)


def case(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Latents (N, D) and codes (K, D): N from 0, offsets to 10^4 spreads, scales of 10^-8 to 10^8, equal codes."""
    rng = np.random.default_rng(seed)
    count, codes, dim = (
        int(rng.choice([0, 1, 7, 300])),
        int(rng.choice([1, 2, 50, 1100])),
        int(rng.choice([1, 2, 5, 32])),
    )
    dtype = TYPES[seed % 3]
    offset = float(rng.choice([0, 30] if dtype == np.float16 else [0, 30, 1e3, 1e4]))
    scale = 1.0 if dtype == np.float16 else 10.0 ** rng.integers(-8, 9)
    z, vectors = ((rng.normal(size=(n, dim)) + offset) * scale for n in (count, codes))
    if seed % 4 == 0:
        vectors = vectors[rng.integers(0, codes, codes)]
    return z.astype(dtype), vectors.astype(dtype)


def brute_force(z: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """The first of the nearest codes, in float64: (N,)."""
    squares = np.square(z.astype(np.float64)[:, None] - vectors.astype(np.float64)).sum(-1)  # (N, K)
    return squares.argmin(1) if len(z) else np.empty(0, np.int64)


def ours(z: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return nearest_code(torch.from_numpy(z), torch.from_numpy(vectors)).numpy()


@pytest.mark.parametrize("seed", range(CASES))
def test_as_float64_brute_force_and_in_the_analysis(seed):
    z, vectors = case(seed)
    expected = brute_force(z, vectors)
    assert np.array_equal(ours(z, vectors), expected)
    assert np.array_equal(assign(Codebook(*vectors.shape, "euclidean", vectors), z), expected)


@pytest.mark.parametrize("seed", range(0, CASES, 2))
def test_as_scipy_and_scikit_learn(seed):
    """In float64 these are exact too, but for which of equally near codes they name."""
    z, vectors = (array.astype(np.float64) for array in case(seed))
    if not len(z):
        return
    found = np.linalg.norm(z - vectors[ours(*case(seed))], axis=1)
    np.testing.assert_allclose(found, cdist(z, vectors).min(1), rtol=1e-12)
    np.testing.assert_allclose(found, cKDTree(vectors).query(z)[0], rtol=1e-12)
    centre = vectors.mean(0)  # scikit-learn expands the square, in float64
    theirs = pairwise_distances_argmin(z - centre, vectors - centre)
    slack = 1e-12 * np.abs(z - centre).max()
    np.testing.assert_allclose(np.linalg.norm(z - vectors[theirs], axis=1), found, rtol=1e-6, atol=slack)


@pytest.mark.parametrize("seed", range(0, CASES, 4))
def test_as_faiss(seed):
    faiss = pytest.importorskip("faiss")
    rng = np.random.default_rng(seed)
    z, vectors = (rng.normal(size=(n, 8)).astype(np.float32) for n in (400, 700))
    index = faiss.IndexFlatL2(8)
    index.add(vectors)
    theirs = index.search(z, 1)[1][:, 0]
    found = ours(z, vectors)
    assert (theirs == found).mean() > 0.99
    square = [np.square(z.astype(np.float64) - vectors[codes]).sum(1) for codes in (theirs, found)]
    assert (square[0] - square[1]).max() <= 8 * EPS * np.square(z).sum(1).max() * 4


@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_as_vector_quantize_pytorch(seed, cosine):
    library = pytest.importorskip("vector_quantize_pytorch")
    generator = torch.Generator().manual_seed(seed)
    z, vectors = torch.randn(500, 6, generator=generator), torch.randn(90, 6, generator=generator)
    if cosine:
        vectors = torch.nn.functional.normalize(vectors, dim=-1)
    module = library.VectorQuantize(6, codebook_size=90, use_cosine_sim=cosine).eval()
    module._codebook.embed.data.copy_(vectors[None])
    theirs = module(z[None])[1][0]
    found = nearest_code(z, vectors, "cosine" if cosine else "euclidean")
    x = torch.nn.functional.normalize(z.double(), dim=-1) if cosine else z.double()
    square = [(x - vectors[codes].double()).square().sum(-1) for codes in (theirs, found)]
    assert (theirs == found).float().mean() > 0.99
    assert (square[0] - square[1]).max() <= 6 * EPS * float(x.square().sum(-1).max()) * 4
