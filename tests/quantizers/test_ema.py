"""The moving averages of VQ-VAE, equations 6 to 8, written out in float64; what becomes of codes that win nothing."""

from __future__ import annotations

import pytest
import torch

from explorer.quantizers.vq import CodebookOptions, VectorQuantizer
from tests.quantizers.made_quantizers import latents

FAR = 50.0


def made(decay: float = 0.9, epsilon: float = 1e-5) -> VectorQuantizer:
    torch.manual_seed(0)
    return VectorQuantizer(3, 7, CodebookOptions(decay=decay, epsilon=epsilon)).train()


def smoothed(count: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Laplace smoothing of counts (K,), their sum kept."""
    shares = (count + epsilon) / sum(float(one) + epsilon for one in count)
    return shares * count.sum()


@pytest.mark.parametrize("epsilon", [1e-12, 0.3])
def test_each_step_is_equations_6_to_8(epsilon):
    quantizer = made(epsilon=epsilon)
    vectors = quantizer.vectors.detach().double()
    count, total = torch.ones(7).double(), vectors.clone()  # as if each code had been seen once, where it is
    for seed in range(4):
        z = latents(3, 50, seed=seed)
        chosen = [min(range(7), key=lambda k: float((row - vectors[k]).square().sum())) for row in z.double()]
        n, m = torch.zeros(7).double(), torch.zeros(7, 3).double()
        for row, k in zip(z.double(), chosen, strict=True):
            n[k] += 1
            m[k] += row
        count, total = 0.9 * count + 0.1 * n, 0.9 * total + 0.1 * m  # eqs 6 and 7
        vectors = total / smoothed(count, epsilon)[:, None]  # eq. 8, smoothed
        quantizer(z)
        torch.testing.assert_close(quantizer.vectors.detach().double(), vectors, rtol=1e-4, atol=1e-5)
    assert (count.max() / count.min() > 3) and (smoothed(count, epsilon) - count).abs().max() > epsilon / 10


@pytest.mark.parametrize(("epsilon", "stays"), [(1e-30, True), (1e-5, False)])
def test_a_code_that_wins_nothing_stays_but_for_the_smoothing(epsilon, stays):
    quantizer = made(decay=0.5, epsilon=epsilon)
    with torch.no_grad():
        quantizer.vectors[0] = quantizer.ema_sum[0] = torch.full((3,), FAR)
    for seed in range(40):  # after which its count is 1e-12
        output = quantizer(latents(3, 50, seed=seed) - 2 * FAR)  # on the other side of the origin, with other codes
        assert not (output.indices == 0).any()
    there = quantizer.vectors[0].detach()
    if stays:
        torch.testing.assert_close(there, torch.full((3,), FAR), rtol=1e-4, atol=0.0)
    else:
        assert there.norm() < 1e-4 * FAR
