"""The accumulator against brute force over the same tokens, kept as one long list."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from scipy.stats import entropy as scipy_entropy

from explorer.audit.accumulator import Accumulator, joint_keys, level_names
from explorer.audit.counting import GROWTH_AT, LatentSample, ThinnedRows
from explorer.audit.pairs import Pairs
from explorer.foundation.errors import RecordError
from explorer.joints.audit_parts import CODES_DETAILED
from explorer.joints.record import Codebook, TokenLayout, TokenLevel

K, D, SHAPES = 12, 3, [(4, 6), (5, 9), (4, 6), (16, 16), (1, 3), (9, 8), (16, 16)]


def codebook(size=K, dim=D, seed=0, metric="euclidean"):
    return Codebook(size, dim, metric, np.random.default_rng(seed).normal(size=(size, dim)).astype(np.float32))


def level(book, shape, seed, kind="grid2d"):
    """Skewed codes, latents near them: a record's level of any layout."""
    random = np.random.default_rng(seed)
    codes = np.minimum(random.geometric(0.25, size=shape) - 1, book.codebook_size - 2)  # the last one is never used
    z_q = book.rows(codes.reshape(-1))
    z_e = (z_q + 0.3 * random.normal(size=z_q.shape)).astype(np.float32)
    extents = () if kind == "set1d" else tuple(8 * n for n in shape)
    return TokenLevel(codes, z_e, z_q, book, TokenLayout(kind, shape, extents))


@pytest.fixture(scope="module")
def counted():
    """(accumulator, records) of two levels over pictures of several sizes."""
    books = (codebook(), codebook(7, D, seed=1))
    accumulator = Accumulator(books, "sum", seed=5)
    records = [[level(book, shape, 10 * n + q) for q, book in enumerate(books)] for n, shape in enumerate(SHAPES)]
    for record in records:
        accumulator.add(record)
    return accumulator, records


def tokens_of(records, number=0):
    """(medium, token, code, z_e, distance) of every token of one level, by plain Python."""
    for medium, record in enumerate(records):
        one = record[number]
        for token, code in enumerate(one.indices.reshape(-1).tolist()):
            yield medium, token, code, one.z_e[token], float(np.linalg.norm(one.z_e[token] - one.z_q[token]))


def test_counts_halves_and_growth(counted):
    accumulator, records = counted
    for number, result in enumerate(accumulator.levels()):
        everything = list(tokens_of(records, number))
        codes = [code for _, _, code, *_ in everything]
        assert result.counts.tolist() == [codes.count(code) for code in range(result.codebook_size)]
        for half in (0, 1):
            mine = Counter(code for medium, _, code, *_ in everything if medium % 2 == half)
            assert result.halves[half].tolist() == [mine[code] for code in range(result.codebook_size)]
        expected = [at for at in GROWTH_AT.tolist() if at <= len(codes)]
        expected += [len(codes)] if expected[-1] != len(codes) else []
        assert result.growth.tolist() == [[at, len(set(codes[:at]))] for at in expected]
        assert (result.name, result.tokens) == (f"level {number + 1}", sum(r * c for r, c in SHAPES))


def test_batches_are_of_one_medium_each(counted):
    accumulator, records = counted
    batches = accumulator.levels()[0].batches
    for row, record in zip(batches, records, strict=True):
        counts = np.unique(record[0].indices, return_counts=True)[1]
        assert row[:2].tolist() == [record[0].indices.size, len(counts)]
        assert row[2] == pytest.approx(np.exp(scipy_entropy(counts)))


def test_error_and_norms(counted):
    accumulator, records = counted
    result, by_code, norms = accumulator.levels()[0], defaultdict(list), []
    for _, _, code, z_e, distance in tokens_of(records):
        by_code[code].append(distance**2)
        norms.append(np.linalg.norm(z_e))
    for code in range(K):
        assert result.error[code] == pytest.approx(np.mean(by_code[code]) if by_code[code] else np.nan, nan_ok=True)
    assert result.latent_norm == pytest.approx((np.mean(norms), np.std(norms), np.max(norms)), rel=1e-5)
    assert np.isnan(result.error[-1]) and result.counts[-1] == 0


def test_positions_are_where_the_middles_of_the_tokens_lie(counted):
    accumulator, records = counted
    expected = np.zeros((K, 8, 8), int)
    for medium, token, code, *_ in tokens_of(records):
        rows, columns = SHAPES[medium]
        row, column = divmod(token, columns)
        expected[code, math.floor((row + 0.5) / rows * 8), math.floor((column + 0.5) / columns * 8)] += 1
    np.testing.assert_array_equal(accumulator.levels()[0].positions, expected)


def brute_neighbours(grids):
    """side -> code -> Counter of the codes on that side."""
    found = [defaultdict(Counter) for _ in range(4)]
    for grid in grids:
        for row in range(len(grid)):
            for column in range(len(grid[0])):
                sides = ((row, column - 1), (row, column + 1), (row - 1, column), (row + 1, column))
                for side, (r, c) in enumerate(sides):
                    if 0 <= r < len(grid) and 0 <= c < len(grid[0]):
                        found[side][grid[row][column]][grid[r][c]] += 1
    return found


def assert_neighbours(result, grids):
    expected = brute_neighbours([grid.tolist() for grid in grids])
    for side in range(4):
        for code in range(len(result.code)):
            ranked = sorted(expected[side][code].items(), key=lambda item: (-item[1], item[0]))[:6]
            have = list(zip(result.code[code, side].tolist(), result.count[code, side].tolist(), strict=True))
            assert have == ranked + [(-1, 0)] * (6 - len(ranked))


@pytest.mark.parametrize("dense", [True, False])
def test_neighbours(counted, dense, monkeypatch):
    _, records = counted
    if not dense:
        monkeypatch.setattr("explorer.audit.pairs.DENSE_PAIRS", 0)
    pairs = Pairs(K)
    for medium, record in enumerate(records):
        pairs.add(record[0].indices[None], medium)
    result = pairs.commonest()
    assert_neighbours(result, [record[0].indices for record in records])
    across, down = sum(r * (c - 1) for r, c in SHAPES), sum((r - 1) * c for r, c in SHAPES)
    assert not result.sampled and result.pairs == max(across, down)


def spread_choice(candidates, most=4):
    """candidates: (key, medium, token) -> at most two of a medium in order, then any others, in order of the key."""
    ordered, taken = sorted(candidates), []
    for one in ordered:
        if len(taken) < most and sum(other[1] == one[1] for other in taken) < 2:
            taken.append(one)
    taken += [one for one in ordered if one not in taken][: most - len(taken)]
    return sorted(taken)


def test_exemplars(counted):
    accumulator, records = counted
    result, by_code = accumulator.levels()[0].exemplars, defaultdict(list)
    distances = {}
    for medium, token, code, _, distance in tokens_of(records):
        by_code[code].append((medium, token))
        distances[medium, token] = distance
    for code in range(K):
        for kind, sign in ((0, 1), (2, -1)):
            expected = spread_choice([(sign * round(distances[place], 5), *place) for place in by_code[code]])
            have = [(m, t) for m, t in zip(result.medium[code, kind], result.token[code, kind], strict=True) if m >= 0]
            assert have == [place[1:] for place in expected]
            known = [distances[place] for place in have]
            np.testing.assert_allclose(result.distance[code, kind, : len(have)], known, rtol=1e-5)
        random = [(m, t) for m, t in zip(result.medium[code, 1], result.token[code, 1], strict=True) if m >= 0]
        assert len(random) == len(set(random)) == min(4, len(by_code[code])) and set(random) <= set(by_code[code])


@pytest.mark.parametrize("equal", [True, False])
def test_exemplars_of_few_media_are_all_different(equal):
    """Two media with 3 and 20 tokens of one code: two of each, or of the second more once the first has no more."""
    book = Codebook(1, 1, "euclidean", np.zeros((1, 1), np.float32))
    for first, expected in ((0, [0, 1, 2, 3]), (3, [0, 1, 0, 1]), (1, [0, 0, 1, 2])):
        accumulator, distances = Accumulator((book,), "single", 0), []
        for tokens in (first, 20):
            if tokens:
                z = np.ones((tokens, 1), np.float32) if equal else 1 + np.arange(tokens, dtype=np.float32)[:, None]
                layout = TokenLayout("grid2d", (1, tokens), (8, 8 * tokens))
                accumulator.add([TokenLevel(np.zeros((1, tokens), int), z, 0 * z, book, layout)])
                distances.append(z[:, 0])
        found = accumulator.levels()[0].exemplars
        places = list(zip(found.medium[0, 0].tolist(), found.token[0, 0].tolist(), strict=True))
        assert len(set(places)) == 4 and sorted(token for _, token in places) == sorted(expected)
        assert [distances[medium][token] for medium, token in places] == found.distance[0, 0].tolist()
        assert found.distance[0, 0].tolist() == sorted(found.distance[0, 0].tolist())


def test_the_random_exemplars_are_drawn_evenly():
    """Over 400 seeds each of 30 tokens of one code is drawn about 400 x 4 / 30 times (chi squared, 29 degrees)."""
    book = Codebook(1, 1, "euclidean", np.zeros((1, 1), np.float32))
    z = np.zeros((10, 1), np.float32)
    one = TokenLevel(np.zeros((2, 5), int), z, z, book, TokenLayout("grid2d", (2, 5), (16, 40)))
    drawn = np.zeros(30)
    for seed in range(400):
        accumulator = Accumulator((book,), "single", seed)
        for _ in range(3):
            accumulator.add([one])
        found = accumulator.levels()[0].exemplars
        np.add.at(drawn, found.medium[0, 1] * 10 + found.token[0, 1], 1)
    assert drawn.sum() == 1600
    assert (np.square(drawn - 1600 / 30) / (1600 / 30)).sum() < 58.3  # p = 0.001


def test_the_latent_sample_is_uniform_and_bounded():
    kept = np.zeros(200)
    for seed in range(300):
        sample = LatentSample(1, most=20)
        random = np.random.default_rng(seed)
        for start in range(0, 200, 10):
            rows = np.arange(start, start + 10)
            sample.add(random.random(10), rows[:, None].astype(float), rows)
            assert len(sample.state()["priority"]) <= 40
        latents, codes = sample.sample()
        assert latents[:, 0].tolist() == codes.tolist() == sorted(codes.tolist()) and len(codes) == 20
        kept[codes] += 1
    assert (np.square(kept - 30) / (30 * 0.9)).sum() < 267.5  # chi squared, 199 degrees, p = 0.001


def test_joint(counted):
    accumulator, records = counted
    tuples = Counter(
        pair for a, b in records for pair in zip(a.indices.ravel().tolist(), b.indices.ravel().tolist(), strict=True)
    )
    joint = accumulator.joint()
    total = sum(tuples.values())
    assert (joint.tokens, joint.distinct, joint.complete) == (total, len(tuples), True)
    assert joint.entropy_bits == pytest.approx(scipy_entropy(list(tuples.values()), base=2))
    assert joint.perplexity == pytest.approx(2**joint.entropy_bits) and joint.ceiling == min(K * 7, total)


@pytest.mark.parametrize("sizes", [(5, 7, 9), (2**40, 2**40, 2**40)])
def test_joint_keys_tell_tuples_apart(sizes):
    random = np.random.default_rng(0)
    levels = [random.integers(0, 5, 4000) for _ in sizes]
    keys = joint_keys(levels, sizes)
    tuples = set(zip(*(one.tolist() for one in levels), strict=True))
    assert len(set(keys.tolist())) == len(tuples) == len(set(zip(keys.tolist(), *levels, strict=True)))


def test_thinned_rows_are_evenly_spaced():
    rows = ThinnedRows(1, most=10)
    for number in range(1000):
        rows.add((float(number),))
    kept = rows.rows()[:, 0]
    assert 5 <= len(kept) <= 10 and kept[0] == 0 and len(set(np.diff(kept))) == 1


@pytest.mark.parametrize(
    ("kind", "shape", "grids"),
    [("sequence", (40,), (1, 1, 40)), ("grid3d", (3, 4, 5), (3, 4, 5)), ("set1d", (20,), None)],
)
def test_other_layouts(kind, shape, grids):
    book = codebook()
    accumulator, one = Accumulator((book,), "single", 0), level(book, shape, 3, kind)
    accumulator.add([one])
    (result,) = accumulator.levels()
    assert accumulator.joint() is None and result.name == "" and accumulator.layout == kind
    if grids is None:
        assert result.positions is None and result.neighbours is None and result.exemplars is not None
        return
    assert_neighbours(result.neighbours, list(one.indices.reshape(grids)))
    assert result.positions.shape == (K, 1 if kind == "sequence" else 8, 8)
    assert result.positions.sum(axis=(1, 2)).tolist() == result.counts.tolist()
    if kind == "sequence":
        assert result.neighbours.code[:, 2:].max() == -1
        assert result.positions[:, 0].sum(0).tolist() == [5] * 8


def test_a_large_codebook_is_counted_without_its_details():
    book = codebook(CODES_DETAILED + 1, 1)
    accumulator = Accumulator((book,), "single", 0)
    accumulator.add([level(book, (4, 4), 0)])
    (result,) = accumulator.levels()
    assert result.tokens == 16 and result.error is not None and len(result.latents) == 16
    assert result.positions is None and result.neighbours is None and result.exemplars is None


def test_a_record_of_another_tokenizer_is_refused():
    accumulator = Accumulator((codebook(),), "single", 0)
    accumulator.add([level(codebook(), (4, 4), 0)])
    with pytest.raises(RecordError, match="sizes"):
        accumulator.add([level(codebook(9), (4, 4), 0)])
    with pytest.raises(RecordError, match="dimensions"):
        accumulator.add([level(codebook(dim=2), (4, 4), 0)])
    with pytest.raises(RecordError, match="layout"):
        accumulator.add([level(codebook(), (16,), 0, "sequence")])
    assert accumulator.media == 1 and accumulator.tokens == 16


def test_names_of_levels():
    assert level_names(1, "single") == [""]
    assert level_names(2, "sum") == ["level 1", "level 2"] and level_names(2, "concatenate") == ["group 1", "group 2"]
