"""OPQ against product quantization and scipy, additive quantization against all sums of codes and least squares."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from scipy.linalg import orthogonal_procrustes

from explorer.foundation.errors import FieldError, SettingsError
from explorer.lab.settings import LabSettings
from explorer.quantizers.composed.additive import MOST_CODES, AdditiveQuantizer
from explorer.quantizers.composed.opq import RotatedProductQuantizer, procrustes, turn
from explorer.quantizers.composed.search import Energies, perturbations, search_jointly
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.pq import ProductQuantizer
from explorer.quantizers.rvq import search_beams
from explorer.quantizers.vq import CodebookOptions
from tests.quantizers.made_quantizers import latents


def correlated(count: int, seed: int = 0) -> torch.Tensor:
    """Latents (count, 4) whose first and third, and second and fourth dimensions go together."""
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(count, 2, generator=generator)
    return torch.cat([a, a + 0.1 * torch.randn(count, 2, generator=generator)], dim=1)


def error(z: torch.Tensor, z_q: torch.Tensor) -> torch.Tensor:
    return (z.double() - z_q.detach().double()).square().sum(-1)


# OPQ


def test_at_the_identity_opq_is_pq_to_the_bit():
    pairs = []
    for make in (ProductQuantizer, RotatedProductQuantizer):
        torch.manual_seed(0)
        more = {} if make is ProductQuantizer else {"rotate_every": 1000}
        quantizer = make(4, 8, 2, **more).train()
        for seed in range(5):
            quantizer(correlated(100, seed))
        pairs.append(quantizer.eval()(correlated(50, 9)))
    assert torch.equal(pairs[0].z_q, pairs[1].z_q) and torch.equal(pairs[0].indices, pairs[1].indices)


def test_procrustes_is_that_of_scipy():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 5)), rng.normal(size=(60, 5))
    expected, _ = orthogonal_procrustes(x, y)
    found = procrustes(torch.tensor(x.T @ y))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("size", [2, 8, 32])
def test_a_turn_is_procrustes_and_stays_where_nothing_is_said(size):
    rng = np.random.default_rng(size)
    before = np.linalg.qr(rng.normal(size=(size, size)))[0]
    product = rng.normal(size=(300, size)).T @ rng.normal(size=(300, size)) * 10.0 ** rng.uniform(-1, 1, size)
    expected, _ = orthogonal_procrustes(product.T, np.eye(size))
    found = turn(torch.tensor(product), torch.tensor(before))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)
    found = turn(torch.zeros(size, size), torch.tensor(before))
    np.testing.assert_allclose(found.numpy(), before, atol=1e-12)
    half = product.copy()
    half[:, size // 2 :] = 0  # of half of the directions nothing is known
    found = turn(torch.tensor(half), torch.tensor(before)).numpy()
    np.testing.assert_allclose(found.T @ found, np.eye(size), atol=1e-6)
    best = np.linalg.svd(half, compute_uv=False).sum()
    assert np.sum(found * half) == pytest.approx(best, rel=1e-6)  # tr(R^T P), which procrustes makes largest


def test_turn_by_turn_the_error_never_rises_and_the_rotation_stays_one():
    torch.manual_seed(0)
    z = correlated(1000)
    start = z[torch.randperm(1000)[:8]]
    quantizer = RotatedProductQuantizer(4, 8, 2)
    with torch.no_grad():
        for q, level in enumerate(quantizer.levels):
            level.vectors.copy_(start[:, 2 * q : 2 * q + 2])
    before = error(z, quantizer.eval()(z).z_q).mean().item()
    errors = [before, *quantizer.fit(z, 40)]
    assert all(later <= earlier * (1 + 1e-5) for earlier, later in pairwise(errors))
    torch.testing.assert_close(quantizer.rotation.T @ quantizer.rotation, torch.eye(4), rtol=0, atol=1e-5)
    assert (quantizer.rotation - torch.eye(4)).abs().max() > 0.1
    assert error(z, quantizer(z).z_q).mean().item() <= errors[-1] * (1 + 1e-5)  # with the nearest codes once more


def test_what_goes_together_is_turned_apart():
    """Halves that repeat each other waste half of their codes: without a rotation 8 x 8 codes say what 8 can."""
    options = CodebookOptions(decay=0.9, initialization=Initialization("kmeans"))
    left = {}
    for make in (ProductQuantizer, RotatedProductQuantizer):
        torch.manual_seed(0)
        quantizer = make(4, 8, 2, options).train()
        for step in range(300):
            quantizer(correlated(256, step))
        z = correlated(2000, 999)
        left[make] = (error(z, quantizer.eval()(z).z_q).mean() / z.var(0).sum()).item()
    assert left[RotatedProductQuantizer] < 0.75 * left[ProductQuantizer]


def test_opq_gives_the_nearest_product_code_and_the_straight_through_gradient():
    torch.manual_seed(0)
    quantizer = RotatedProductQuantizer(4, 6, 2, rotate_every=1).train()
    for step in range(20):
        quantizer(correlated(100, step))
    z = correlated(60, 5).requires_grad_()
    rotation = quantizer.rotation.double()
    tables = [level.vectors.detach().double() for level in quantizer.levels]
    every = torch.stack([torch.cat([a, b]) @ rotation.T for a, b in product(*tables)])  # (36, D)
    away = (z.detach().double()[:, None] - every).square().sum(-1)
    output = quantizer.eval()(z)
    torch.testing.assert_close(error(z, output.z_q), away.min(1).values, rtol=1e-4, atol=1e-6)
    (output.z_q * torch.arange(4.0)).sum().backward()
    torch.testing.assert_close(z.grad, torch.arange(4.0).expand(60, 4), rtol=1e-4, atol=1e-5)


# Additive


def every_sum(tables: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """All K^Q choices (K^Q, Q) and their sums (K^Q, D), float64."""
    choices = torch.tensor(list(product(range(len(tables[0])), repeat=len(tables))))
    return choices, sum(table.double()[choices[:, q]] for q, table in enumerate(tables))


def random_tables(levels: int, codes: int, dim: int, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(codes, dim, generator=generator) for _ in range(levels)]


@pytest.mark.parametrize(("levels", "codes"), [(2, 6), (3, 5), (4, 4), (1, 7)])
def test_energies_are_squared_distances_but_for_the_latent(levels, codes):
    z, tables = latents(3, 20), random_tables(levels, codes, 3)
    choices, sums = every_sum(tables)
    energies = Energies(z, tables)
    for choice, total in zip(choices[::7], sums[::7], strict=True):
        found = energies.of(choice.expand(20, -1)) + z.double().square().sum(-1)
        torch.testing.assert_close(found, (z.double() - total).square().sum(-1), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("levels", "codes"), [(2, 6), (3, 5), (4, 4)])
def test_the_search_against_all_sums(levels, codes):
    """With a beam that keeps all, the best of all; narrower never worse than greedy, and seldom far from the best."""
    z, tables = latents(3, 300), random_tables(levels, codes, 3)
    _choices, sums = every_sum(tables)
    away = (z.double()[:, None] - sums).square().sum(-1)  # (N, K^Q)
    best = away.min(1).values

    def left(indices: torch.Tensor) -> torch.Tensor:
        return error(z, sum(table[indices[:, q]] for q, table in enumerate(tables)))

    wide = left(search_jointly(z, tables, codes**levels))
    torch.testing.assert_close(wide, best, rtol=1e-4, atol=1e-6)
    greedy = left(search_beams(z, tables, 1))
    settled = left(search_jointly(z, tables, 1))
    searched = left(search_jointly(z, tables, 1, perturbations(8, levels, codes)))
    for found, before in ((settled, greedy), (searched, settled)):
        assert (found <= before + 1e-5).all() and found.mean() < before.mean()
    assert (searched - best).mean() < 0.3 * (greedy - best).mean()


def test_no_code_has_a_better_one_beside_the_others():
    z, tables = latents(3, 300), random_tables(3, 16, 3)
    indices = search_jointly(z, tables, 4, perturbations(2, 3, 16))
    for q, table in enumerate(tables):
        rest = sum(other[indices[:, r]] for r, other in enumerate(tables) if r != q)
        away = ((z - rest).double()[:, None] - table.double()).square().sum(-1)
        chosen = away.gather(1, indices[:, q : q + 1])[:, 0]
        assert (chosen <= away.min(1).values + 1e-5).all()


def test_the_codes_are_those_of_least_squares():
    """One step without memory on a batch: numpy's lstsq of the one-hot rows leaves as little."""
    torch.manual_seed(0)
    quantizer = AdditiveQuantizer(3, 6, 3, decay=0.0).train()
    z = latents(3, 400)
    indices = quantizer(z).indices  # chosen before the codes were solved for
    one_hot = np.concatenate([np.eye(6)[indices[:, q]] for q in range(3)], axis=1)  # (N, QK)
    assert np.allclose(quantizer.ema_pairs.numpy(), one_hot.T @ one_hot)
    np.testing.assert_allclose(quantizer.ema_sums.numpy(), one_hot.T @ z.double().numpy(), rtol=1e-4, atol=1e-4)
    for _ in range(300):  # the ridge holds codes where they were, so the same equations are solved again and again
        codes = quantizer.solve(torch.cat(quantizer.tables()))
        for level, vectors in zip(quantizer.levels, codes.view(3, 6, 3), strict=True):
            level.vectors.copy_(vectors)
    least, *_ = np.linalg.lstsq(one_hot, z.double().numpy(), rcond=None)
    expected = np.square(one_hot @ least - z.double().numpy()).sum(1).mean()
    found = error(z, quantizer.lookup(indices)).mean().item()
    assert found == pytest.approx(expected, rel=1e-4)


def test_fitted_to_one_batch_the_error_never_rises_and_ends_below_greedy_residuals():
    torch.manual_seed(0)
    z = latents(4, 600)
    quantizer = AdditiveQuantizer(4, 8, 3, decay=0.0).train()
    errors = [error(z, quantizer(z).z_q).mean().item() for _ in range(30)]
    assert all(later <= earlier * (1 + 1e-4) for earlier, later in pairwise(errors))
    greedy = AdditiveQuantizer(4, 8, 3, additive_beam=1, local_rounds=0)
    torch.manual_seed(0)
    greedy._start(z)  # residual k-means, greedy all through
    chosen = search_beams(z, greedy.tables(), 1)
    assert errors[-1] < 0.8 * error(z, greedy.lookup(chosen)).mean().item()


def test_codes_that_no_latent_chose_stay_and_lost_ones_take_no_part():
    torch.manual_seed(0)
    quantizer = AdditiveQuantizer(3, 6, 2, decay=0.0).train()
    quantizer(latents(3, 200))
    with torch.no_grad():
        quantizer.levels[0].vectors[1] = 1000.0
        quantizer.levels[1].vectors[2] = torch.nan
    quantizer(latents(3, 200))
    assert (quantizer.levels[0].vectors[1] == 1000.0).all()
    assert quantizer.codes_not_finite() == (0, 1)


def test_few_latents_start_it_too():
    torch.manual_seed(0)
    quantizer = AdditiveQuantizer(3, 64, 2).train()
    z = latents(3, 10)
    assert torch.isfinite(quantizer(z).z_q).all() and bool(quantizer.initialized)
    assert error(z, quantizer.eval()(z).z_q).max() < 1e-3  # each latent is a code of the first level


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: AdditiveQuantizer(3, MOST_CODES, 2), "at most 1,024 of them, got 2 levels of 1,024"),
        (lambda: AdditiveQuantizer(3, 8, 2, additive_beam=0), "additive_beam must be at least 1"),
        (lambda: AdditiveQuantizer(3, 8, 2, local_rounds=-1), "local_rounds at least 0"),
        (lambda: RotatedProductQuantizer(4, 8, 2, rotate_every=0), "rotate_every must be at least 1"),
        (lambda: RotatedProductQuantizer(4, 8, 3), "3 groups do not divide 4"),
    ],
)
def test_what_cannot_be_is_said(make, words):
    with pytest.raises(SettingsError, match=words):
        make()


def test_the_lab_says_how_many_codes_are_learned_together():
    with pytest.raises(FieldError, match="at most 1,024: 8 levels of 256 are more") as refused:
        LabSettings().changed({"quantizer": "additive", "codebook_size": 256, "num_quantizers": 8})
    assert refused.value.field == "codebook_size"
    assert LabSettings().changed({"quantizer": "additive", "codebook_size": 128, "num_quantizers": 8}).spec.joint_codes
