"""The soft EM update against expectation and maximization written out in float64, and against its hard limit."""

from __future__ import annotations

import pytest
import torch

from explorer.foundation.errors import SettingsError
from explorer.quantizers.sums import expected_sums
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer
from tests.quantizers.made_quantizers import latents


def made(update: str, decay: float = 0.9, tau: float = 0.5, epsilon: float = 1e-9) -> VectorQuantizer:
    torch.manual_seed(0)
    return VectorQuantizer(
        3, 7, CodebookOptions(update=update, decay=decay, em_temperature=tau, epsilon=epsilon)
    ).train()


def maximized(z: torch.Tensor, vectors: torch.Tensor, tau: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Counts (K,) and sums (K, D) by two loops."""
    counts, sums = torch.zeros(len(vectors)).double(), torch.zeros(vectors.shape).double()
    for latent in z.double():
        weights = torch.exp(-(latent - vectors.double()).square().sum(-1) / tau)
        for k, share in enumerate(weights / weights.sum()):
            counts[k] += share
            sums[k] += share * latent
    return counts, sums


def test_each_step_is_an_em_step():
    quantizer = made("soft_em")
    count, total = torch.ones(7).double(), quantizer.vectors.detach().double()
    for seed in range(4):
        z = latents(3, 50, seed=seed)
        n, m = maximized(z, quantizer.vectors.detach(), 0.5)
        count, total = 0.9 * count + 0.1 * n, 0.9 * total + 0.1 * m
        quantizer(z)
        torch.testing.assert_close(quantizer.vectors.detach().double(), total / count[:, None], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(quantizer.counts.ema_count.double(), count, rtol=1e-4, atol=1e-5)
    assert count.sum() == pytest.approx(7 * 0.9**4 + 50 * (1 - 0.9**4))


def test_cold_it_is_the_ema_and_hot_all_codes_meet_in_the_mean():
    hard, cold, hot = made("ema"), made("soft_em", tau=1e-5), made("soft_em", decay=0.0, tau=1e6)
    z = latents(3, 50)
    for quantizer in (hard, cold, hot):
        quantizer(z)
    torch.testing.assert_close(cold.vectors, hard.vectors, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(hot.vectors.detach(), z.mean(0).expand(7, 3), rtol=1e-3, atol=1e-3)


def test_codes_that_win_nothing_move_all_the_same():
    hard, soft = made("ema"), made("soft_em", tau=5.0)
    z = latents(3, 50)
    unused = torch.ones(7, dtype=torch.bool)
    unused[hard.eval()(z).indices.unique()] = False
    assert unused.any()
    start = hard.vectors.detach().clone()
    for quantizer in (hard.train(), soft):
        quantizer(z)
    towards = (z.mean(0) - start)[unused]
    assert ((soft.vectors - start)[unused] * towards).sum(1).min() > 0
    torch.testing.assert_close(hard.vectors[unused], start[unused], rtol=1e-4, atol=1e-4)


def test_what_is_not_finite_counts_for_none_and_takes_nothing():
    z, vectors = latents(3, 20), torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    plain = expected_sums(z, vectors, 0.7)
    spoiled = torch.cat([z, torch.full((2, 3), torch.inf)])
    for found, expected in zip(expected_sums(spoiled, vectors, 0.7), plain, strict=True):
        torch.testing.assert_close(found, expected)
    lost = torch.cat([vectors, torch.full((1, 3), torch.nan)])
    counts, sums = expected_sums(z, lost, 0.7)
    torch.testing.assert_close(counts[:5], plain[0])
    assert counts[5] == 0 and (sums[5] == 0).all()


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(SettingsError, match="em_temperature > 0"):
        CodebookOptions(update="soft_em", em_temperature=0.0)
    with pytest.raises(SettingsError, match="ema, soft_em or gradient"):
        CodebookOptions(update="em")
