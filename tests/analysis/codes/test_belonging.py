"""Whether codes explain their latents, against brute force in float64, and what else would."""

import numpy as np
import pytest
from made_audits import lattice, signs, table

from explorer.analysis.codes.belonging import WITHIN, belongs, is_bfloat16, is_half
from explorer.analysis.codes.causes import cause_of
from explorer.analysis.codes.neighbours import assign

RNG = np.random.default_rng(0)
LATENTS = RNG.normal(size=(3000, 8)).astype(np.float32)
CODES = RNG.normal(size=(64, 8)).astype(np.float32)


def brute(vectors, latents, codes, metric):
    """Distance of each latent to its code as a multiple of that to the nearest one."""
    x, e = latents.astype(np.float64), vectors.astype(np.float64)
    if metric == "cosine":
        x, e = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, e))
    away = np.linalg.norm(x[:, None] - e[None], axis=2)
    return away[np.arange(len(x)), codes] / away.min(1)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_code_within_a_hundredth_of_the_nearest_explains(metric):
    codes = RNG.integers(0, 64, len(LATENTS))
    codes[:1500] = assign(table(CODES, metric), LATENTS[:1500])
    ratio = brute(CODES, LATENTS, codes, metric)
    clear = np.abs(ratio - 1 - WITHIN) > 1e-5
    found = belongs(table(CODES, metric), LATENTS, codes)
    assert (found == (ratio <= 1 + WITHIN))[clear].all() and clear.mean() > 0.99 and found[:1500].all()


def test_twins_explain_each_other_and_other_codes_do_not():
    twins = np.concatenate([CODES, CODES + 0.0008 / np.sqrt(8)]).astype(np.float32)
    codes = assign(table(CODES), LATENTS)
    assert belongs(table(twins), LATENTS, codes + 64).all()
    assert belongs(table(twins), LATENTS, (codes + 1) % 64).mean() < 0.05


def test_rounding_far_from_the_origin_is_no_other_code():
    """|x|^2 - 2 x.c + |c|^2 in float32, as most models compute it."""
    latents, vectors = LATENTS + 500, CODES + 500
    naive = (np.square(latents).sum(1)[:, None] - 2 * latents @ vectors.T + np.square(vectors).sum(1)).argmin(1)
    exact = assign(table(vectors), latents)
    assert (naive != exact).mean() > 0.01, "it does give other codes"
    assert belongs(table(vectors), latents, naive).mean() > 0.99
    assert belongs(table(vectors), latents, RNG.integers(0, 64, len(latents))).mean() < 0.5


@pytest.mark.parametrize(("dim", "offset"), [(64, 300), (64, 1000), (256, 300), (512, 30)])
def test_so_it_is_where_many_products_are_added_up(dim, offset):
    chance = np.random.default_rng(dim)
    latents, vectors = (chance.normal(offset, 1, (n, dim)).astype(np.float32) for n in (400, 64))
    naive = (np.square(latents).sum(1)[:, None] - 2 * latents @ vectors.T + np.square(vectors).sum(1)).argmin(1)
    assert belongs(table(vectors), latents, naive).all()
    nearer = latents - (1 - 30 / offset) * np.float32(offset), vectors - (1 - 30 / offset) * np.float32(offset)
    assert belongs(table(nearer[1]), nearer[0], chance.permutation(naive)).mean() < 0.2, "where rounding is small"


def test_latents_of_half_precision_are_seen_to_be():
    half = (LATENTS + 30).astype(np.float16).astype(np.float32)
    assert is_half(half) and not is_half(LATENTS)
    codes = assign(table(CODES + 30), LATENTS + 30)
    assert belongs(table(CODES + 30), half, codes).mean() > 0.999


def test_lattices_are_explained_by_their_cells():
    book, latents = lattice(5, 5, 3), RNG.uniform(-1, 1, (500, 3)).astype(np.float32)
    codes = assign(book, latents)
    assert belongs(book, latents, codes).all() and belongs(book, latents, (codes + 1) % 75).mean() < 0.2
    book, latents = signs(6), np.zeros((10, 6), np.float32)
    assert belongs(book, latents, np.arange(10)).all(), "at 0 both signs are as near"


def cause(vectors, codes, **facts):
    return cause_of(table(vectors, **facts), LATENTS, codes, 0.95)


def test_what_else_would_explain_the_tokens():
    codes = assign(table(CODES), LATENTS)
    found = cause(0.25 * CODES, codes)
    assert found.kind == "scaled" and found.factor == pytest.approx(4, rel=0.2)
    found = cause(CODES + 3, codes)
    assert found.kind == "shifted" and found.shift == pytest.approx(3 * np.sqrt(8), rel=0.1)
    assert cause(np.ascontiguousarray(CODES.T).reshape(64, 8), codes).kind == "transposed"
    assert cause(CODES[RNG.permutation(64)], codes).kind == "renumbered"
    moved = cause(np.roll(CODES, 5, axis=0), codes)
    assert moved.kind == "renumbered" and moved.factor == -5, "numbers are 5 too low for this table"
    assert cause(RNG.normal(size=(64, 8)).astype(np.float32), codes) is None
    lengths = RNG.uniform(0.3, 3, (64, 1)).astype(np.float32)
    by_angle = assign(table(lengths * CODES, "cosine"), LATENTS)
    assert (cause(lengths * CODES, by_angle).kind, cause(lengths * CODES, by_angle).other) == ("metric", "cosine")


def test_bfloat16_is_told_by_its_bits():
    rounded = (CODES.view(np.uint32) & 0xFFFF0000).view(np.float32)
    assert is_bfloat16(rounded) and not is_bfloat16(CODES)
