"""Compiled beam search against one in float64, written out plainly."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from explorer.quantizers.compiled import beams
from explorer.quantizers.compiled.machine import compile_kernels
from explorer.quantizers.rvq import search_beams
from tests.quantizers.test_compiled import WIDE, without_features


def _data(count, codes, dim, levels=3, offset=0.0):
    chance = np.random.default_rng(count + codes + dim)
    tables = [chance.normal(size=(codes, dim)).astype(np.float32) * np.float32(0.6**q) for q in range(levels)]
    tables[0] += np.float32(offset)
    return (chance.normal(size=(count, dim)) + offset).astype(np.float32), tables


def _plainly(z, tables, beam):
    """Codes and what they leave of one latent, float64: all sums in order, the first `beam` of them kept."""
    kept = [((), z.astype(np.float64))]
    for table in tables:
        every = [((*path, k), left - code) for path, left in kept for k, code in enumerate(table.astype(np.float64))]
        kept = sorted(every, key=lambda one: one[1] @ one[1])[:beam]
    path, left = kept[0]
    return path, left @ left


def _left(z, tables, codes):
    made = sum(table[codes[:, q]].astype(np.float64) for q, table in enumerate(tables))
    return np.square(z.astype(np.float64) - made).sum(1)


@pytest.fixture(params=["this processor", "without AVX-512", "without AVX"])
def processor(request, monkeypatch):
    lacks = {"this processor": (), "without AVX-512": ("avx512",), "without AVX": WIDE}[request.param]
    made = partial(compile_kernels, features=without_features(*lacks) if lacks else None)
    kernels = {kind: made(kind) for kind in ("beams", "nearest")}
    monkeypatch.setattr(beams, "machine", kernels.get)


@pytest.mark.parametrize(("codes", "dim", "beam"), [(5, 2, 2), (40, 3, 4), (16, 9, 1), (70, 20, 7), (3, 1, 50)])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_as_all_sums_in_order(codes, dim, beam, offset, processor):
    z, tables = _data(37, codes, dim, offset=offset)
    found, error = beams.search_compiled(z, tables, beam, 1)
    expected = np.array([_plainly(latent, tables, beam)[1] for latent in z])
    near = 1e-4 if offset else 1e-5  # float32 holds a latent of 1,000 to 3e-5, and the first code as well
    left = _left(z, tables, found)
    assert np.abs(left - error).max() < 20 * near
    assert (left <= expected + 20 * near).all()  # less where the greedy codes leave less
    assert (np.abs(left - expected) < 20 * near).mean() > (0.5 if beam > 1 else 0.99)
    assert found.min() >= 0 and found.max() < codes


def test_two_levels_by_hand(processor):
    """0.55 lies nearest to 0.9, which leaves 0.35 whatever follows; the other way, 0 + 0.6, leaves 0.05."""
    tables = [np.float32([[0.0], [0.9]]), np.float32([[0.0], [0.6]])]
    z = np.float32([[0.55], [0.9], [0.1]])
    assert beams.search_compiled(z, tables, 1, 1)[0].tolist() == [[1, 0], [1, 0], [0, 0]]
    codes, error = beams.search_compiled(z, tables, 2, 1)
    assert codes.tolist() == [[0, 1], [1, 0], [0, 0]]
    assert error == pytest.approx([0.05**2, 0, 0.1**2], abs=1e-6)


@pytest.mark.parametrize("beam", [2, 3])
def test_never_worse_than_greedy(beam):
    z, tables = _data(4000, 20, 3, levels=5)
    codes, left = [], z
    for table in tables:
        codes.append(np.square(left[:, None].astype(np.float64) - table).sum(2).argmin(1))
        left = left - table[codes[-1]]
    found, _ = beams.search_compiled(z, tables, beam, 1)
    greedy, searched = _left(z, tables, np.stack(codes, 1)), _left(z, tables, found)
    assert (searched <= greedy + 1e-5).all() and searched.mean() < 0.95 * greedy.mean()
    plain = np.array([_plainly(latent, tables, beam)[1] for latent in z[:200]])
    assert (plain > greedy[:200] + 1e-3).any()  # so that the greedy codes matter here


@pytest.mark.parametrize("threads", [2, 3])
def test_however_many_threads_the_same_codes(threads, monkeypatch):
    z, tables = _data(999, 30, 4)
    expected = beams.search_compiled(z, tables, 3, 1)
    monkeypatch.setattr(beams, "PART_PRODUCTS", 2**14)
    found = beams.search_compiled(z, tables, 3, threads)
    assert np.array_equal(found[0], expected[0]) and np.array_equal(found[1], expected[1])


def test_without_compiled_code_torch_leaves_as_little(monkeypatch):
    z, tables = _data(3000, 33, 6)
    tables[1][5:9] = np.nan
    z[17] = np.inf
    given = torch.from_numpy(z), [torch.from_numpy(table) for table in tables], 4
    compiled = search_beams(*given).numpy()
    monkeypatch.setattr(beams, "machine", lambda kind: None)
    plain = search_beams(*given).numpy()
    assert plain[17].tolist() == compiled[17].tolist() == [0, 0, 0]
    finite = np.arange(len(z)) != 17
    left, other = (_left(z[finite], tables, codes[finite]) for codes in (compiled, plain))
    assert np.abs(left - other).max() < 1e-4 and left.mean() < 1.0001 * other.mean()
