"""Sums by code against numpy, on both ways of computing them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.quantizers import sums
from explorer.quantizers.sums import one_hot_sum, sum_by_code

SHAPES = [(1, 1, 1), (37, 5, 3), (1000, 64, 8), (20, 300, 2), (0, 4, 2)]


def case(count: int, codes: int, dim: int) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """rows, indices and their sums by code in float64."""
    generator = torch.Generator().manual_seed(count + codes)
    rows = torch.randn(count, dim, generator=generator)
    indices = torch.randint(codes, (count,), generator=generator)
    expected = np.zeros((codes, dim))
    np.add.at(expected, indices.numpy(), rows.double().numpy())
    return rows, indices, expected


@pytest.mark.parametrize("way", [sum_by_code, one_hot_sum])
@pytest.mark.parametrize("shape", SHAPES)
def test_as_numpy_does(way, shape):
    rows, indices, expected = case(*shape)
    with torch.autocast("cpu", torch.bfloat16):  # training runs under it; sums must not
        found = way(rows, indices, shape[1])
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-5)


def test_on_the_cpu_rows_are_added_in_their_order():
    rows, indices, _ = case(5000, 7, 3)
    expected = np.zeros((7, 3), np.float32)
    for row, code in zip(rows.numpy(), indices.tolist(), strict=True):
        expected[code] += row
    assert np.array_equal(sum_by_code(rows, indices, 7).numpy(), expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU, and only there does the order vary")
def test_on_cuda_the_same_sums_each_time(monkeypatch):
    rows, indices, expected = case(60_000, 256, 16)
    rows, indices = rows.cuda(), indices.cuda()
    first = sum_by_code(rows, indices, 256)
    assert all(torch.equal(sum_by_code(rows, indices, 256), first) for _ in range(20))
    np.testing.assert_allclose(first.cpu().numpy(), expected, rtol=1e-4, atol=1e-3)  # TF32 would be off by 1e-2
    monkeypatch.setattr(sums, "ONE_HOT_ENTRIES", 0)
    np.testing.assert_allclose(sum_by_code(rows, indices, 256).cpu().numpy(), expected, rtol=1e-4, atol=1e-3)
