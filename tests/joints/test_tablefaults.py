"""Faults of a table that show without data: by hand, and at every door where a table comes in."""

import numpy as np
import pytest
import torch
from torch import nn
from vector_quantize_pytorch import ResidualVQ, VectorQuantize

from explorer.foundation.errors import AdapterError
from explorer.joints.record import Codebook
from explorer.joints.table_faults import (
    bad_codes_title,
    can_be_shown,
    codebook_faults,
    lost_codes,
    not_finite,
    one_point,
    table_fault,
)
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.user.adapter import attach

RNG = np.random.default_rng(0)
TABLE = RNG.standard_normal((256, 4)).astype(np.float32)


def with_rows(value, count, table=TABLE):
    changed = table.copy()
    changed[7 : 7 + count, 2] = value
    return changed


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (TABLE, ""),
        (TABLE[:1], ""),  # one code is one code, and no fault
        (np.full((4, 2), 3e38, np.float32) * [[1, 1], [1, -1], [-1, 1], [-1, -1]], ""),  # sums that overflow are finite
        (np.zeros((256, 4), np.float32), "every token is code 0: the table is all zeros"),
        (np.full((256, 4), 0.25, np.float32), "every token is code 0: all 256 codes are one and the same vector"),
        (with_rows(np.nan, 12), "12 of 256 codes are NaN: the run diverged"),
        (with_rows(-np.inf, 3), "3 of 256 codes are infinite: the run diverged"),
        (with_rows(np.nan, 2, with_rows(np.inf, 3)), "3 of 256 codes are NaN or infinite: the run diverged"),
        (np.full((5, 2), np.nan, np.float32), "5 of 5 codes are NaN: the run diverged"),
    ],
)
def test_a_fault_is_one_sentence(table, words):
    assert table_fault(table).startswith(words) and bool(table_fault(table)) == bool(words)
    assert not_finite(table) == sum(not np.isfinite(row).all() for row in table)


def test_one_point_is_all_rows_equal():
    for table in (TABLE, np.zeros((9, 3)), np.ones((9, 3)), np.vstack([np.zeros((9, 3)), np.ones((1, 3))])):
        assert one_point(table) == (len(np.unique(table, axis=0)) == 1)


def test_levels_of_one_fault_are_said_together():
    def book(table):
        return Codebook(*table.shape, "euclidean", table)

    zeros, fine, lost = book(np.zeros((8, 2), np.float32)), book(TABLE), book(with_rows(np.nan, 12))
    assert codebook_faults([fine]) == () and codebook_faults([lost]) == ("12 of 256 codes are NaN: the run diverged.",)
    assert codebook_faults([zeros] * 3)[0].startswith("All 3 levels: every token is code 0: the table is all zeros")
    some = codebook_faults([zeros, fine, zeros, lost, zeros], "group")
    assert some[0].startswith("Groups 1, 3 and 5: every token is code 0")
    assert some[1] == "Group 4: 12 of 256 codes are NaN: the run diverged."


def test_codes_that_are_not_finite_are_told_in_the_same_words_everywhere():
    """A record's note, a fault of a table and a title of the diagnosis say one thing."""

    def book(table):
        return Codebook(*table.shape, "euclidean", table)

    one, twelve = book(with_rows(np.inf, 1)), book(with_rows(np.nan, 12))
    assert lost_codes([twelve]) == ("12 of 256 codes are NaN: the run diverged, and no latent is nearest to them.",)
    assert lost_codes([book(TABLE), one], "group") == (
        "1 of 256 codes of group 2 is infinite: the run diverged, and no latent is nearest to it.",
    )
    assert bad_codes_title(twelve) == table_fault(twelve.vectors) == "12 of 256 codes are NaN: the run diverged"
    assert bad_codes_title(one, " on level 2") == "1 of 256 codes is infinite on level 2: the run diverged"
    assert bad_codes_title(book(TABLE)) == "" and lost_codes([book(TABLE)]) == ()


def test_a_table_can_be_shown_while_a_code_is_finite():
    assert can_be_shown(with_rows(np.nan, 12)) and can_be_shown(TABLE)
    assert not can_be_shown(np.full((5, 2), np.nan, np.float32))


def attached(**what):
    torch.manual_seed(0)
    return attach(nn.Conv2d(3, 4, 8, 8), nn.ConvTranspose2d(4, 3, 8, 8), downsampling=8, **what)


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_users_table_of_one_point_is_read_and_said(value):
    codec = attached(codebook=torch.full((256, 4), value))
    tokenizer = AdaptedTokenizer(codec, codec.spec, "cpu")
    words = "Every token is code 0: " + (
        "the table is all zeros" if value == 0 else "all 256 codes are one and the same"
    )
    assert any(said.startswith(words) for said in tokenizer.spec.warnings)
    record = tokenizer.tokenize(np.random.default_rng(1).random((32, 40, 3), np.float32))
    assert set(record.levels[0].indices.ravel()) == {0} and any(note.startswith(words) for note in record.notes)


def test_a_users_table_without_one_finite_code_is_refused():
    with pytest.raises(AdapterError, match="256 of 256 codes are NaN: the run diverged"):
        attached(codebook=torch.full((256, 4), float("nan")))
    codec = attached(codebook=torch.from_numpy(with_rows(np.nan, 12)))
    assert "12 of 256 codes are NaN: the run diverged." in AdaptedTokenizer(codec, codec.spec, "cpu").spec.warnings


@pytest.mark.parametrize("kind", [VectorQuantize, lambda **more: ResidualVQ(num_quantizers=3, **more)])
def test_a_module_whose_k_means_never_ran_is_refused_with_its_reason(kind):
    waiting = kind(dim=4, codebook_size=256, kmeans_init=True)
    with pytest.raises(AdapterError, match=r"every token is code 0: the table is all zeros.*initted is false"):
        attached(quantizer=waiting)
    waiting.train()
    waiting(torch.randn(2, 400, 4, generator=torch.Generator().manual_seed(0)))  # k-means runs on the first batch
    codec = attached(quantizer=waiting.eval())
    assert not any("every token" in said for said in AdaptedTokenizer(codec, codec.spec, "cpu").spec.warnings)
