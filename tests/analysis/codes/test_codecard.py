"""The facts of a code in records small enough to work out by hand."""

import numpy as np
import pytest

from explorer.analysis.codes.card import code_facts
from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel, TokenRecord


def record_of(book, indices, z_e):
    indices = np.asarray(indices)
    layout = TokenLayout("grid2d", indices.shape, indices.shape)
    level = TokenLevel(indices, z_e, book.rows(indices.reshape(-1)), book, layout)
    media = np.zeros((*indices.shape, 3), np.float32)
    return TokenRecord(media, "test", (level,), media, {})


def table_record(counts=None):
    vectors = np.array([[0, 0], [3, 4], [0, 1], [10, 0]], np.float32)
    book = Codebook(4, 2, "euclidean", vectors=vectors, counts=counts)
    z_e = np.array([[0, 0], [3, 4], [0, 0.75], [0, 0], [0, 2], [3, 3]], np.float32)
    return record_of(book, [[0, 1, 2], [0, 2, 1]], z_e)


def test_a_code_of_a_table():
    facts = code_facts(table_record(np.array([1.5, 2.5, 0, 4])), 0, code=1, token=2, neighbours=2)
    assert (facts.count, facts.tokens, facts.share, facts.used_codes) == (2, 6, 2 / 6, 3)
    assert facts.positions.tolist() == [1, 5]
    assert facts.rank == 1  # all three used codes have two tokens
    assert facts.nearest.tolist() == [2, 0] and facts.distances == pytest.approx([18**0.5, 5.0])
    assert facts.vector.tolist() == [3, 4] and facts.norm == 5
    assert facts.training == "250 of the last 800 tokens or so, 31.25%"
    assert facts.digits is facts.bits is facts.digit_levels is None
    token = facts.at_token
    assert (token.token, token.second_code) == (2, 0)
    assert (token.distance, token.second_distance, token.margin) == (0.25, 0.75, 0.5)


def test_rank_counts_the_codes_above_and_an_unused_code_has_none():
    book = Codebook(5, 1, "euclidean", vectors=np.arange(5, dtype=np.float32)[:, None])
    record = record_of(book, [[0, 0, 0, 1, 1, 2, 2, 3]], np.zeros((8, 1), np.float32))
    assert [code_facts(record, 0, code).rank for code in range(5)] == [1, 2, 2, 4, None]
    unused = code_facts(record, 0, 4)
    assert (unused.count, unused.share, unused.at_token, unused.training) == (0, 0, None, "")


def test_a_code_of_bits_and_one_of_digits():
    bits = LatticeRule("lfq", ((-1.0, 1.0),) * 3, first_axis_most_significant=True)
    book = Codebook(8, 3, "implicit", rule=bits)
    facts = code_facts(record_of(book, [[6]], np.array([[0.5, 0.1, -2]], np.float32)), 0, 6, token=0)
    assert (facts.digits, facts.digit_levels, facts.bits) == ((1, 1, 0), (2, 2, 2), "110")
    assert facts.nearest.tolist() == [2, 4, 7, 0, 3, 5, 1]
    assert facts.vector.tolist() == [1, 1, -1]
    assert facts.at_token.second_code == 4 and facts.at_token.margin == pytest.approx(0.1)
    digits = LatticeRule("fsq", ((-1.0, 0.0, 1.0), (-1.0, 0.0)), first_axis_most_significant=False)
    book = Codebook(6, 2, "implicit", rule=digits)
    facts = code_facts(record_of(book, [[5]], np.zeros((1, 2), np.float32)), 0, 5)
    assert (facts.digits, facts.digit_levels, facts.bits) == ((2, 1), (3, 2), None)


def test_a_single_code_has_no_second():
    book = Codebook(1, 2, "cosine", vectors=np.array([[0.0, 2.0]], np.float32))
    facts = code_facts(record_of(book, [[0]], np.array([[3.0, 4.0]], np.float32)), 0, 0, token=0)
    assert facts.at_token.second_code is None and facts.at_token.margin == np.inf
    assert facts.at_token.distance == pytest.approx(0.2)
    assert len(facts.nearest) == 0


@pytest.mark.parametrize(
    ("level", "code", "token", "words"),
    [(1, 0, 0, "level 1"), (0, 4, 0, "code 4"), (0, 0, 6, "token 6"), (0, 0, -1, "token -1")],
)
def test_what_is_out_of_range_is_named(level, code, token, words):
    with pytest.raises(RecordError, match=words):
        code_facts(table_record(), level, code, token)
