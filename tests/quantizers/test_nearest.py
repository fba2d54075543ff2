"""Nearest codes against brute force in float64, at every shape of tile."""

from __future__ import annotations

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from explorer.errors import SettingsError
from explorer.quantizers import nearest
from explorer.quantizers.nearest import nearest_code, squared_distances


def _data(count: int, codes: int, dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(count + codes + dim)
    return torch.randn(count, dim, generator=generator), torch.randn(codes, dim, generator=generator)


def _scores(z: torch.Tensor, vectors: torch.Tensor, metric: str) -> torch.Tensor:
    """What each metric minimizes, in float64: (N, K)."""
    z, vectors = z.double(), vectors.double()
    if metric == "euclidean":
        return (z[:, None] - vectors).square().sum(-1)
    if metric == "cosine":
        z, vectors = (x / x.norm(dim=-1, keepdim=True) for x in (z, vectors))
    return -z @ vectors.T


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
@pytest.mark.parametrize(("count", "codes", "dim"), [(1, 1, 1), (37, 5, 3), (300, 129, 8), (65, 2100, 4)])
@pytest.mark.parametrize("tiles", [(16, 2**12), (1024, 2**21)])
def test_as_brute_force_does(metric, count, codes, dim, tiles, monkeypatch):
    monkeypatch.setattr(nearest, "TILE_CODES", tiles[0])
    monkeypatch.setattr(nearest, "TILE_BYTES", tiles[1])
    z, vectors = _data(count, codes, dim)
    scores = _scores(z, vectors, metric)
    chosen = scores.gather(1, nearest_code(z, vectors, metric)[:, None])[:, 0]
    assert (chosen <= scores.min(1).values + 1e-5).all()


@pytest.mark.parametrize("tile", [1, 2, 3, 64])
def test_ties_go_to_the_lower_number(tile, monkeypatch):
    monkeypatch.setattr(nearest, "TILE_CODES", tile)
    vectors = torch.tensor([[5.0, 5.0], [1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    z = torch.tensor([[0.0, 0.0], [2.0, 0.0], [-2.0, 0.0]])  # the first is at distance 1 of codes 1, 2, 3 and 4
    assert nearest_code(z, vectors).tolist() == [1, 1, 2]


def test_memory_stays_far_below_all_pairs():
    z, vectors = _data(4096, 4096, 8)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        nearest_code(z, vectors)
    largest = max(abs(event.cpu_memory_usage) for event in record.events())
    assert 0 < largest <= nearest.TILE_BYTES + 2**16  # bytes; all pairs would be 64 MiB


def test_squared_distances_and_their_gradient():
    z, vectors = _data(6, 4, 3)
    z.requires_grad_()
    found = squared_distances(z, vectors)
    expected = (z[:, None] - vectors).square().sum(-1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    weights = torch.arange(24.0).view(6, 4)
    gradient = torch.autograd.grad((found * weights).sum(), z, retain_graph=True)[0]
    torch.testing.assert_close(gradient, torch.autograd.grad((expected * weights).sum(), z)[0], rtol=1e-4, atol=1e-4)


def test_dimensions_that_differ_are_refused():
    with pytest.raises(SettingsError, match="do not share a dimension"):
        nearest_code(torch.zeros(3, 4), torch.zeros(5, 6))
