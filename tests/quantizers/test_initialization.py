"""Where codes start: distributions, k-means against scikit-learn, coverage of clusters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from explorer.foundation.errors import SettingsError
from explorer.quantizers.initialization import Initialization, farthest_latents, kmeans, random_vectors, spread_latents
from explorer.quantizers.nearest import nearest_code
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer


def clusters(count: int, centres: int = 10, dim: int = 4, spread: float = 0.3) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents (count, dim) around centres (centres, dim), and the number of each one's centre."""
    generator = torch.Generator().manual_seed(4)
    middle = torch.randn(centres, dim, generator=generator) * 5
    which = torch.arange(count) % centres
    return middle[which] + spread * torch.randn(count, dim, generator=generator), which


def inertia(z: torch.Tensor, codes: torch.Tensor) -> float:
    return (z - codes[nearest_code(z, codes)]).square().sum().item()


def test_gaussian_and_uniform_have_their_moments():
    torch.manual_seed(0)
    gaussian = random_vectors(20_000, 3, Initialization("gaussian", scale=2.0, offset=7.0))
    torch.testing.assert_close(gaussian.mean(0), torch.tensor([7.0, 0.0, 0.0]), rtol=0, atol=0.06)
    torch.testing.assert_close(gaussian.std(0), torch.full((3,), 2.0), rtol=0.03, atol=0)
    uniform = random_vectors(20_000, 3, Initialization("uniform", scale=0.5))
    assert uniform.abs().max() <= 0.5
    torch.testing.assert_close(uniform.std(0), torch.full((3,), 0.5 / 3**0.5), rtol=0.02, atol=0)


@pytest.mark.parametrize(
    ("count", "codes", "centres", "most"), [(1500, 40, 0, 1.04), (2000, 40, 40, 1.1), (2560, 128, 128, 1.1)]
)
def test_kmeans_is_as_good_as_scikit_learns(count, codes, centres, most):
    """Means over three starts. A start on random rows has several times the inertia where there are clusters."""
    z = torch.randn(count, 4, generator=torch.Generator().manual_seed(0))
    if centres:
        z, _ = clusters(count, centres)
    found, random, reference = [], [], []
    for seed in range(3):
        torch.manual_seed(seed)
        found.append(inertia(z, kmeans(z, codes, 10)))
        reference.append(KMeans(codes, n_init=1, max_iter=10, random_state=seed).fit(z.numpy()).inertia_)
        random.append(KMeans(codes, init="random", n_init=1, max_iter=10, random_state=seed).fit(z.numpy()).inertia_)
    assert np.mean(found) < most * np.mean(reference)
    if centres:
        assert np.mean(random) > 1.5 * np.mean(reference)  # so that this start matters here


def test_kmeans_starts_on_different_rows_far_apart():
    z, which = clusters(2000, 20)
    for seed in range(3):
        torch.manual_seed(seed)
        rows = spread_latents(z, 20)
        assert all((z == row).all(1).any() for row in rows)
        assert len(set(which[nearest_code(rows, z)].tolist())) >= 19  # clusters met, of twenty
    assert (
        len({tuple(row) for row in spread_latents(z, 1500).tolist()}) > 1450
    )  # also where several are drawn at a time
    assert spread_latents(torch.ones(8, 2), 8).tolist() == [[1.0, 1.0]] * 8


def test_kmeans_starts_as_greedy_kmeans_plus_plus_by_hand():
    """Latents 0, 1 and 3, two codes: the first is any; of the second two candidates are drawn with chances that go with
    squared distances to the first, and the one that leaves less is kept. Beside 0 (1 leaves 4, 3 leaves 1) that is 1
    with 0.1^2; beside 1 (0 leaves 4, 3 leaves 1) it is 0 with 0.2^2; beside 3 both leave 1, and the first drawn stays.
    """
    torch.manual_seed(0)
    z, draws = torch.tensor([[0.0], [1.0], [3.0]]), 6000
    drawn = torch.stack([spread_latents(z, 2)[:, 0] for _ in range(draws)])  # (draws, 2)
    for first, second, chance in ((0, 1, 0.01), (1, 0, 0.04), (3, 0, 9 / 13)):
        at = drawn[drawn[:, 0] == first]
        assert len(at) == pytest.approx(draws / 3, rel=0.08)
        share = (at[:, 1] == second).float().mean().item()
        assert share == pytest.approx(chance, abs=4 * (chance * (1 - chance) / len(at)) ** 0.5)
        assert (at[:, 1] != first).all()


def test_one_step_of_kmeans_by_hand():
    # latents 0, 1, 9, 10 and K = 4: each is its own centroid; with K = 1 the centroid is the mean, 5.
    z = torch.tensor([[0.0], [1.0], [9.0], [10.0]])
    assert sorted(kmeans(z, 4, 3).flatten().tolist()) == [0.0, 1.0, 9.0, 10.0]
    assert kmeans(z, 1, 3).tolist() == [[5.0]]


def test_empty_clusters_restart_on_latents():
    torch.manual_seed(0)
    z = torch.cat([torch.zeros(60, 2), torch.ones(4, 2) * torch.arange(1.0, 5.0)[:, None]])  # 5 different places
    codes = kmeans(z, 16, 5)
    assert torch.isfinite(codes).all()
    assert inertia(z, kmeans(z, 16, 30)) == pytest.approx(0.0, abs=1e-6)


def test_kmeans_of_directions_gives_directions():
    torch.manual_seed(0)
    codes = kmeans(torch.randn(200, 3) * 4, 8, 5, "cosine")
    torch.testing.assert_close(codes.norm(dim=-1), torch.ones(8))


def test_kmeans_needs_as_many_latents_as_codes():
    with pytest.raises(SettingsError, match="got 3 for K = 4"):
        kmeans(torch.randn(3, 2), 4, 1)


def test_error_driven_codes_reach_rare_clusters():
    """One cluster in ten holds 1 % of the latents; random picks of 20 codes miss it four times in five."""
    z, which = clusters(2000)
    rare = which == 9
    z = torch.cat([z[~rare], z[rare][:18]])
    which = torch.cat([which[~rare], which[rare][:18]])
    reached = []
    for seed in range(5):
        torch.manual_seed(seed)
        codes = farthest_latents(z, 20)
        assert codes.shape == (20, 4)
        reached.append(len(set(which[nearest_code(codes, z)].tolist())))
    assert np.mean(reached) >= 9  # clusters reached, of ten


def test_online_puts_every_code_to_use():
    torch.manual_seed(0)
    z, _ = clusters(1024)
    options = CodebookOptions(decay=0.9, initialization=Initialization("online"))
    online = VectorQuantizer(4, 32, options).train()
    for _ in range(10):
        online(z)
    assert len(online.eval()(z).indices.unique()) == 32
    torch.manual_seed(0)
    far = VectorQuantizer(4, 32, CodebookOptions(initialization=Initialization(offset=100.0))).train()
    far(z)
    assert len(far.eval()(z).indices.unique()) < 8  # the data is not so easy that any start would do


@pytest.mark.parametrize("name", ["kmeans", "online", "error_driven"])
def test_data_driven_starts_run_once_and_are_remembered(name):
    torch.manual_seed(0)
    z, _ = clusters(256)
    first = VectorQuantizer(4, 16, CodebookOptions(update="gradient", initialization=Initialization(name)))
    fresh = {key: value.clone() for key, value in first.state_dict().items()}
    first.train()(z)
    assert bool(first.initialized)
    assert inertia(z, first.vectors.detach()) < inertia(z, fresh["vectors"])
    second = VectorQuantizer(4, 16, first.options)
    second.load_state_dict(first.state_dict())
    if name != "online":  # "online" goes on until all codes were used
        second.train()(z + 100)
        assert torch.equal(second.vectors, first.vectors)
    first.load_state_dict(fresh)
    first.train()(z + 100)  # an uninitialized state starts anew, on these latents
    assert (first.vectors.detach().mean() - (z + 100).mean()).abs() < 5
