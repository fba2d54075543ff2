"""Residual levels: hand-worked sums, and beam search against brute force."""

from __future__ import annotations

import itertools

import pytest
import torch

from explorer.quantizers.rvq import ResidualQuantizer


def _random(beam: int, codes: int = 6, levels: int = 3, dim: int = 3) -> ResidualQuantizer:
    torch.manual_seed(8)
    quantizer = ResidualQuantizer(dim, codes, levels, beam=beam).eval()
    for q, level in enumerate(quantizer.levels):
        level.vectors.data.mul_(0.6**q)
    return quantizer


def _error(quantizer: ResidualQuantizer, z: torch.Tensor) -> torch.Tensor:
    return (quantizer(z).z_q - z).square().sum(-1)


def test_two_levels_by_hand():
    # z = 3.4. Level 1 holds 0 and 4: takes 4, leaves -0.6. Level 2 holds -0.5 and 1: takes -0.5. Sum 3.5.
    quantizer = ResidualQuantizer(1, 2, 2).eval()
    quantizer.levels[0].vectors.data.copy_(torch.tensor([[0.0], [4.0]]))
    quantizer.levels[1].vectors.data.copy_(torch.tensor([[-0.5], [1.0]]))
    output = quantizer(torch.tensor([[3.4]]))
    assert output.indices.tolist() == [[1, 0]]
    assert output.z_q.item() == pytest.approx(3.5)
    assert output.stages[1].z_e.item() == pytest.approx(-0.6)
    # commitment: 0.25 times the mean over levels of 0.6^2 and 0.1^2 = 0.25 * (0.36 + 0.01) / 2 = 0.04625
    assert output.loss.item() == pytest.approx(0.04625)


def test_the_loss_of_a_beam_is_the_mean_over_its_levels():
    wide = _random(6)(torch.randn(5, 3, generator=torch.Generator().manual_seed(1)))
    assert wide.loss.item() == pytest.approx(
        0.25 * sum((s.z_e - s.z_q).square().mean().item() for s in wide.stages) / 3, rel=1e-5
    )


@pytest.mark.parametrize("beam", [2, 3, 8])
def test_beam_is_never_worse_than_greedy(beam):
    z = torch.randn(3000, 3, generator=torch.Generator().manual_seed(1))
    greedy, searched = _error(_random(1), z), _error(_random(beam), z)
    assert (searched <= greedy + 1e-5).all()
    assert searched.mean() < greedy.mean()


def test_a_full_beam_is_brute_force():
    z = torch.randn(200, 3, generator=torch.Generator().manual_seed(1))
    quantizer = _random(beam=6**3)
    every = torch.tensor(list(itertools.product(range(6), repeat=3)))  # (216, 3)
    best = (z[:, None] - quantizer.lookup(every)).square().sum(-1).min(1).values
    torch.testing.assert_close(_error(quantizer, z), best, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_a_beam_wider_than_the_finite_codes_takes_one_of_these(bad):
    """Paths through the other codes leave NaN, which torch's min takes for the least."""
    quantizer, z = _random(beam=6), torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
    for level, good in zip(quantizer.levels, (4, 1, 5), strict=True):
        level.vectors.data[torch.arange(6) != good] = bad
    output = quantizer(z)
    assert output.indices.unique(dim=0).tolist() == [[4, 1, 5]]
    assert torch.equal(output.z_q, quantizer.lookup(torch.tensor([4, 1, 5])).expand(50, 3))
    lost = torch.full((2, 3), bad)
    assert quantizer(lost).indices.tolist() == [[4, 1, 5]] * 2  # as without a beam


def test_dropped_levels_are_the_last_of_some_latents_and_only_in_training():
    """Each latent is a partial sum of its codes; of 1 to 4 levels evenly in the share that is dropped from."""
    torch.manual_seed(0)
    quantizer = ResidualQuantizer(4, 16, 4, level_dropout=0.8).train()
    z = torch.randn(4000, 4)
    codes = [vector.detach().clone() for vector in quantizer.eval().level_vectors(quantizer(z).indices)]
    sums = torch.stack(codes).cumsum(0)  # (Q, N, D)
    assert torch.equal(quantizer(z).z_q, quantizer.lookup(quantizer(z).indices))
    fits = (quantizer.train()(z).z_q - sums).abs().amax(-1) < 1e-5  # (Q, N)
    assert fits.any(0).all()
    shares = [(fits[: q + 1].any(0)).float().mean().item() for q in range(4)]
    assert shares == pytest.approx([0.2, 0.4, 0.6, 1.0], abs=0.04)
