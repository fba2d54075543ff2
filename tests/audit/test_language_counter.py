"""Tokens of media as a language: what an audit counts one by one is what is counted of all grids, in any parts."""

import numpy as np
import pytest

from explorer.analysis.language.statistics import language_of
from explorer.audit import language as counting
from explorer.audit.counting import mix_bits
from explorer.audit.language import LanguageCounter
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.joints.files.audits import load_audit, save_audit
from explorer.joints.measures.language.compression import lzma_bits
from tests.audit.indices.test_index_language import SIDES, tokens
from tests.audit.small_audit import GreyTokenizer, save_picture

SIZES = pytest.mark.parametrize("size", [12, 2000], ids=["a table", "a sample"])


def grids(size, many=12):
    sides = np.random.default_rng(9).integers(1, 8, (many, 3))
    return [tokens(tuple(shape), size, seed) for seed, shape in enumerate(sides)]


def counter_of(media, size, numbers=None):
    counter = LanguageCounter(size, np.uint32)
    for number, grid in zip(range(len(media)) if numbers is None else numbers, media, strict=True):
        counter.add(grid, number, True)
    return counter


@SIZES
def test_media_one_by_one_are_all_grids_at_once(size):
    media = grids(size)
    of, whole = counter_of(media, size).result(), language_of(media, size)
    assert set(of.beside) == set(SIDES)
    for side in SIDES:
        found, known = of.beside[side], getattr(whole, side)
        assert (found.pairs, found.equal) == (known.pairs, round(known.equal * known.pairs))
        assert found.entropy.bits == pytest.approx(known.bits) and found.entropy.pairs == known.pairs
    assert of.real_bits == whole.packed and of.packed == whole.tokens


@SIZES
def test_parts_add_up_in_any_order(size, monkeypatch):
    monkeypatch.setattr(counting, "SAMPLED", 300)
    monkeypatch.setattr(counting, "PIECE_TOKENS", 50)
    media = grids(size, 40)
    one = counter_of(media, size).result()
    assert one.packed <= 300 < sum(grid.size for grid in media)
    order = np.random.default_rng(1).permutation(40)
    parts = [counter_of([media[i] for i in some], size, some) for some in np.array_split(order, 5)]
    for at, part in enumerate(parts):  # as after a stop
        parts[at] = LanguageCounter(size, np.uint32)
        parts[at].restore({name: array.copy() for name, array in part.state().items()})
    joined = parts[3]
    for at in (0, 4, 2, 1):
        joined.join(parts[at])
    assert joined.result() == one


def test_what_one_part_had_no_room_for_leaves_no_room_in_another(monkeypatch):
    """A long medium that one part leaves out keeps out what stands behind it, and would fit, of another part."""
    monkeypatch.setattr(counting, "SAMPLED", 100)
    order = np.argsort(mix_bits(np.arange(4)))  # of the media, the first chosen first
    lengths = np.zeros(4, np.int64)
    lengths[order] = 60, 50, 30, 5
    media = [np.full(length, number) for number, length in enumerate(lengths)]
    assert counter_of(media, 12).result().packed == 60
    one, other = order[:2], order[2:]
    for first, second in ((one, other), (other, one)):
        joined = counter_of([media[i] for i in first], 12, first)
        joined.result()  # cuts
        after = counter_of([media[i] for i in second], 12, second)
        after.result()
        joined.join(after)
        assert joined.result() == counter_of(media, 12).result()


def test_tokens_without_a_place_have_no_neighbours():
    counter = LanguageCounter(12)
    counter.add(np.arange(10), 0, False)
    of = counter.result()
    assert not of.beside and of.real_bits == lzma_bits(np.arange(10), 12) and of.packed == 10
    assert LanguageCounter(12).result() is None


def test_an_audit_of_pictures_says_it(tmp_path):
    for number in range(5):
        save_picture(tmp_path / "in" / f"{number}.png", 64 + 8 * number, 80, number)
    audit = run_audit(GreyTokenizer(), open_source(tmp_path / "in"), title="greys", seed=0)
    source, tokenizer = open_source(tmp_path / "in"), GreyTokenizer()
    records = [tokenizer.tokenize(source.open(number, "image").pixels) for number in range(5)]
    for q, level in enumerate(audit.levels):
        whole = language_of([record.levels[q].indices for record in records], level.codebook_size)
        assert set(level.language.beside) == {"left", "above"}
        for side, found in level.language.beside.items():
            assert found.share == pytest.approx(getattr(whole, side).equal)
            assert found.entropy.bits == pytest.approx(getattr(whole, side).bits)
        assert level.language.real_bits == whole.packed
    back = load_audit(save_audit(tmp_path / "out", audit))
    assert [level.language for level in back.levels] == [level.language for level in audit.levels]
