"""Nearest codes against brute force in float64, at every shape of tile."""

from __future__ import annotations

import tracemalloc

import pytest
import torch
from scipy.spatial.distance import cdist

from explorer.foundation.errors import SettingsError
from explorer.quantizers import nearest, search
from explorer.quantizers.nearest import nearest_code, squared_distances


@pytest.fixture(autouse=True, params=["compiled", "a library's product"])
def engine(request, monkeypatch):
    """Both ways: the second is all there is where llvmlite is missing."""
    if request.param == "compiled":
        assert search.machine() is not None  # numba, which is required, brings llvmlite
        monkeypatch.setattr(search, "AT_ONCE", 2**10)
    else:
        monkeypatch.setattr(search, "machine", lambda: None)


def _data(count: int, codes: int, dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(count + codes + dim)
    return torch.randn(count, dim, generator=generator), torch.randn(codes, dim, generator=generator)


def _scores(z: torch.Tensor, vectors: torch.Tensor, metric: str) -> torch.Tensor:
    """What each metric minimizes, in float64: (N, K)."""
    z, vectors = z.double(), vectors.double()
    if metric == "euclidean":
        return torch.from_numpy(cdist(z, vectors, "sqeuclidean"))
    if metric == "cosine":
        z, vectors = (x / x.norm(dim=-1, keepdim=True) for x in (z, vectors))
    return -z @ vectors.T


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
@pytest.mark.parametrize(("count", "codes", "dim"), [(1, 1, 1), (37, 5, 3), (300, 129, 8), (65, 2100, 4)])
@pytest.mark.parametrize("tiles", [(16, 2**12), (1024, 2**21)])
def test_as_brute_force_does(metric, count, codes, dim, tiles, monkeypatch):
    monkeypatch.setattr(search, "TILE_CODES", tiles[0])
    monkeypatch.setattr(search, "TILE_BYTES", tiles[1])
    z, vectors = _data(count, codes, dim)
    scores = _scores(z, vectors, metric)
    chosen = scores.gather(1, nearest_code(z, vectors, metric)[:, None])[:, 0]
    assert (chosen <= scores.min(1).values + 1e-5).all()


@pytest.mark.parametrize("tile", [1, 2, 3, 64])
def test_ties_go_to_the_lower_number(tile, monkeypatch):
    monkeypatch.setattr(search, "TILE_CODES", tile)
    vectors = torch.tensor([[5.0, 5.0], [1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    z = torch.tensor([[0.0, 0.0], [2.0, 0.0], [-2.0, 0.0]])  # the first is at distance 1 of codes 1, 2, 3 and 4
    assert nearest_code(z, vectors).tolist() == [1, 1, 2]


def _far(offset: float, dim: int, codes: int = 64, count: int = 4000) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents and codes of spread 1 around a place `offset` away from zero along each axis."""
    generator = torch.Generator().manual_seed(int(offset))
    return tuple(torch.randn(n, dim, generator=generator) + offset for n in (count, codes))


def _brute_force(z: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """The first of the nearest codes, in float64."""
    return _scores(z, vectors, "euclidean").argmin(1)


@pytest.mark.parametrize("dim", [2, 16])
@pytest.mark.parametrize("offset", [0.0, 30.0, 100.0, 1000.0, 10_000.0])
def test_an_offset_changes_no_code(offset, dim):
    """|z|^2 - 2 z.e + |e|^2 in float32 gives 12% wrong codes at a mean of 100 spreads and 84% at 1,000."""
    z, vectors = _far(offset, dim, codes=1024)
    expected = _brute_force(z, vectors)
    assert torch.equal(nearest_code(z, vectors), expected)
    assert torch.equal(nearest._nearer_of_two(z, vectors, "euclidean"), expected)  # as on a GPU, and in a graph
    if offset >= 100 and dim == 2:
        plain = (z.square().sum(1, keepdim=True) - 2 * z @ vectors.T + vectors.square().sum(1)).argmin(1)
        assert (plain != expected).float().mean() > 0.1  # so that an offset matters here


@pytest.mark.parametrize("offset", [0.0, 100.0, 10_000.0])
def test_squared_distances_with_an_offset(offset):
    z, vectors = _far(offset, 4, count=50)
    expected = (z.double()[:, None] - vectors.double()).square().sum(-1)
    found = squared_distances(z, vectors)
    assert found.dtype == torch.float32
    # float32 holds the moved latents and codes to 2^-24 of their length, about 4 spreads at most
    assert (found - expected).abs().max() < 20 * 4**2 * torch.finfo(torch.float32).eps
    assert torch.equal(squared_distances(z.half(), vectors.half()), squared_distances(z.half().float(), vectors.half()))


def test_one_code_that_ran_away_costs_nothing():
    z, vectors = _data(500, 200, 3)
    vectors[7] = 1e6
    vectors[8] = 1e25
    assert torch.equal(nearest_code(z, vectors), _brute_force(z, vectors))


@pytest.fixture
def measured(monkeypatch):
    """How many distances of single pairs were measured, a number for each time."""
    pairs, exactly = [], search.Scores.exactly
    monkeypatch.setattr(search, "FEW_FLOATS", 0)
    monkeypatch.setattr(
        search.Scores, "exactly", lambda self, z, codes: pairs.append(len(codes)) or exactly(self, z, codes)
    )
    return pairs


@pytest.mark.parametrize("share", [0.4, 0.6, 0.95])
@pytest.mark.parametrize("length", [1e-8, 1e-25, 1e-42])
@pytest.mark.parametrize("metric", ["euclidean", "dot"])
def test_codes_that_have_decayed_to_nothing_cost_nothing(metric, length, share, measured):
    """As an EMA leaves its dead codes: over half of a codebook in one heap once took 270 times as long."""
    generator = torch.Generator().manual_seed(0)
    vectors, dead = torch.randn(1024, 16, generator=generator), torch.rand(1024, generator=generator) < share
    living = vectors[~dead]
    z = living[torch.randint(len(living), (2000,), generator=generator)] + 0.3 * torch.randn(
        2000, 16, generator=generator
    )
    vectors[dead] *= length
    assert torch.equal(nearest_code(z, vectors, metric), _scores(z, vectors, metric).argmin(1))
    assert sum(measured) < len(z) / 10
    assert torch.equal(
        nearest_code(z / 100, vectors, metric), _scores(z / 100, vectors, metric).argmin(1)
    )  # in the heap


@pytest.mark.parametrize("offset", [0.0, 100.0])
@pytest.mark.parametrize("spread", [1e-8, 1e-6, 1e-4])
def test_a_heap_of_codes_that_takes_all_tokens_is_told_apart_in_float64(spread, offset, measured):
    """A start much smaller than the latents: float32 tells few of its codes apart, float64 nearly all."""
    generator = torch.Generator().manual_seed(1)
    z = torch.randn(600, 16, generator=generator) + offset
    vectors = (torch.randn(512, 16, generator=generator, dtype=torch.float64) * spread + offset).to(
        torch.float32 if offset == 0 else torch.float64
    )
    expected = _brute_force(z, vectors)
    found = nearest_code(z.to(vectors.dtype), vectors)
    assert torch.equal(found, expected)
    assert sum(measured) < 20 * len(z)  # of 512


@pytest.mark.parametrize("kind", ["all equal", "half equal", "on a grid"])
def test_equal_codes_and_equal_distances_give_the_first(kind):
    z, vectors = _data(3000, 1500, 4)
    if kind == "all equal":
        vectors[:] = vectors[0].clone()
    elif kind == "half equal":
        vectors[:750] = vectors[749].clone()
    else:
        z, vectors = (z * 2).round(), (vectors * 2).round()
    assert torch.equal(nearest_code(z, vectors), _brute_force(z, vectors))


def test_memory_stays_far_below_all_pairs():
    z, vectors = _data(4096, 4096, 8)
    nearest_code(z[:64], vectors)  # what is made once
    tracemalloc.start()  # numpy reports to it
    nearest_code(z, vectors)
    largest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert vectors.nbytes < largest <= search.TILE_BYTES + 2**20  # bytes; all pairs would be 64 MiB


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


def test_no_code_to_choose_from_is_refused():
    with pytest.raises(SettingsError, match="no code"):
        nearest_code(torch.zeros(3, 4), torch.zeros(0, 4))
