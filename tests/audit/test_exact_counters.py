"""What shards add up: sums, samples of keys, growth, rows, stretches and notes, against all of it at once."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from explorer.audit.counting import Growth, ThinnedRows
from explorer.audit.exact_sums import LIMBS, LOWEST_BIT, SQUARES, ExactSums
from explorer.audit.in_media import InMedia
from explorer.audit.key_sample import KeySample, ranks_of
from explorer.audit.level_accumulator import LatentNorms
from explorer.audit.notes import MOST_KINDS, Notes
from explorer.joints.audit_parts import STRETCHES

SIZE = 20


def test_sums_are_those_of_fractions_in_any_order():
    random = np.random.default_rng(0)
    values = np.ldexp(random.random(3000), random.integers(-130, 120, 3000)).astype(np.float32).astype(np.float64)
    values[:5] = [0.0, np.finfo(np.float32).max, 2.0**-149, 1.0, 1e-300]
    rows = random.integers(0, 4, len(values))
    one, other, parts = ExactSums(4), ExactSums(4), [ExactSums(4) for _ in range(3)]
    one.add(rows, values)
    order = random.permutation(len(values))
    for some in np.array_split(order, 50):
        other.add(rows[some], values[some])
    for number, some in enumerate(np.array_split(order, 3)):
        parts[number].add(rows[some], values[some])
    parts[2].join(parts[0])
    parts[2].join(parts[1])
    for row in range(4):
        true = sum((Fraction(value) for value in values[rows == row] if value > 1e-200), Fraction(0))
        assert one.exact(row) == other.exact(row) == parts[2].exact(row) == true
        assert one.floats()[row] == pytest.approx(float(true), rel=4e-16)
    assert one.state()["limbs"].tolist() == other.state()["limbs"].tolist() == parts[2].state()["limbs"].tolist()


@pytest.mark.parametrize("limbs", [LIMBS, SQUARES])
def test_carries_reach_the_highest_limb(limbs):
    sums = ExactSums(1, limbs)
    largest = float(np.finfo(np.float32).max) ** (2 if limbs == SQUARES else 1)
    for _ in range(20):
        sums.add(np.zeros(500, int), np.full(500, largest))
    assert sums.exact(0) == Fraction(largest) * 10_000 and sums.exact(0) < 2 ** (32 * limbs - LOWEST_BIT)
    assert sums.floats()[0] == pytest.approx(largest * 10_000, rel=1e-15)


def test_norms_do_not_cancel_and_join():
    random = np.random.default_rng(1)
    latents = (1e4 + 1e-1 * random.normal(size=(5000, 1))).astype(np.float32)
    whole, parts = LatentNorms(), [LatentNorms() for _ in range(4)]
    whole.add(latents)
    for part, some in zip(parts, np.array_split(latents, 4), strict=True):
        part.add(some)
    for part in parts[1:]:
        parts[0].join(part)
    expected = latents.astype(np.float64)
    assert whole.summary() == parts[0].summary()
    assert whole.summary() == pytest.approx((expected.mean(), expected.std(), expected.max()), rel=1e-9)
    assert LatentNorms().summary() is None


@pytest.mark.parametrize("bound", [10**6, 300, 7, 1])
def test_a_sample_of_keys_is_the_most_places_that_fit(bound, monkeypatch):
    monkeypatch.setattr("explorer.audit.key_sample.KEYS_AT_ONCE", 50)
    random = np.random.default_rng(2)
    media = [random.geometric(0.01, random.integers(1, 200)) for _ in range(30)]
    whole, parts = KeySample(bound), [KeySample(bound) for _ in range(4)]
    for number, keys in enumerate(media):
        whole.add(keys, number)
        parts[number * 4 // 30].add(keys, number)
    for part in (3, 2, 1):  # in an order of their own, and through a state
        again = KeySample(bound)
        again.restore({name: array.copy() for name, array in parts[part].state().items()})
        parts[0].join(again)
    ranks = np.concatenate([ranks_of(number, len(keys)) for number, keys in enumerate(media)])
    every = np.concatenate(media)
    least = next(r for r in range(65) if len(set(every[ranks >= r].tolist())) <= bound)
    expected = sorted(Counter(every[ranks >= least].tolist()).items())
    for counted in (whole, parts[0]):
        keys, counts = counted.items()
        assert list(zip(keys.tolist(), counts.tolist(), strict=True)) == expected
        assert counted.complete == (least == 0)


def test_places_are_halved_fairly():
    ranks = np.concatenate([ranks_of(medium, 1000) for medium in range(200)])
    for rank in range(8):
        share, n = np.mean(ranks >= rank), len(ranks)
        assert abs(share - 2.0**-rank) <= 4 * math.sqrt(2.0**-rank * (1 - 2.0**-rank) / n)
    assert ranks_of(3, 5).tolist() == ranks_of(3, 9)[:5].tolist() != ranks_of(4, 5).tolist()


def test_growth_and_rows_join_to_those_of_one_stream():
    random = np.random.default_rng(3)
    media = [random.geometric(0.05, 40) % SIZE for _ in range(90)]
    growth, grown = Growth(SIZE), [Growth(SIZE) for _ in range(3)]
    rows, parts = ThinnedRows(1, most=10), [ThinnedRows(1, most=10) for _ in range(3)]
    for number, codes in enumerate(media):
        used, first = np.unique(codes, return_index=True)
        for one in (growth, grown[number // 31]):
            one.add(len(codes), used, first)
        for one in (rows, parts[number // 31]):
            one.add((float(number),))
    every = np.concatenate(media)
    for part in (1, 2):
        grown[0].join(grown[part])
        parts[0].join(parts[part])
    assert grown[0].rows().tolist() == growth.rows().tolist()
    assert all(used == len(set(every[:tokens].tolist())) for tokens, used in growth.rows().tolist())
    assert parts[0].rows()[:, 0].tolist() == rows.rows()[:, 0].tolist() == list(range(0, 90, 16))


@pytest.mark.parametrize("cuts", [[0, 3, 5, 400], [0, 250, 260, 400], [0, 399, 400]])
def test_stretches_of_numbered_media_join(cuts):
    """Every third number is of a file that is no medium, and one whole stretch has none."""
    random = np.random.default_rng(4)
    numbers = [n for n in range(400) if n % 3 and not 48 <= n < 64]
    counts = {n: np.bincount(random.integers(0, SIZE, 15), minlength=SIZE) for n in numbers}
    parts = [InMedia(SIZE) for _ in cuts[1:]]
    whole = InMedia(SIZE)
    for number, table in counts.items():
        used = np.flatnonzero(table)
        whole.add(used, table[used], number)
        parts[np.searchsorted(cuts, number, side="right") - 1].add(used, table[used], number)
    for part in parts[1:]:
        parts[0].join(part)
    stride = 2 ** math.ceil(math.log2(400 / STRETCHES))
    members = [[n for n in numbers if n // stride == stretch] for stretch in range(STRETCHES)]
    expected = [sum(counts[n] for n in some).tolist() for some in members if some]
    assert whole.stretches().tolist() == parts[0].stretches().tolist() == expected and len(expected) == 24
    assert whole.occurs().tolist() == parts[0].occurs().tolist() == sum(t > 0 for t in counts.values()).tolist()
    assert whole.media == parts[0].media == len(numbers)


def test_notes_list_what_came_first_of_all():
    """A kind that a later part saw first is listed only if there is room for it in the order of all media."""
    media = [[f"Kind {'abcdefghij'[n % 10]}{'xyz' * (n // 10)} of {n} Hz."] for n in range(45)]
    media += [["Kind a of 7 Hz."], ["Kind b of 1 Hz.", "Late."]]
    whole, first, second = Notes(), Notes(), Notes()
    for number, notes in enumerate(media):
        whole.add(str(number), notes)
        (first if number < 20 else second).add(str(number), notes)
    first.join(second)
    assert first.listed() == whole.listed() and len(whole.listed()) == MOST_KINDS
    assert [(one.words, one.media, one.first, one.alike) for one in whole.listed()[:2]] == [
        ("Kind a of 0 Hz.", 2, "0", False), ("Kind b of 1 Hz.", 2, "1", True)
    ]  # fmt: skip
    assert "Late." not in [one.words for one in whole.listed()]
