"""Tokens left out at single places, and the receptive field of a token, against decoders put together by hand."""

import numpy as np
import pytest
import torch
from made_tokenizers import Greys
from small_zoo import SMALL, picture

from explorer.analysis.edit.edits import DropLevels, Paint
from explorer.analysis.edit.influence import VISIBLE, compare_decodes, decode, influence
from explorer.analysis.edit.tokens import Bench, tokens_of
from explorer.foundation.errors import RecordError
from explorer.tokenizers import load_tokenizer
from explorer.tokenizers.native.autoencoder import from_network


@pytest.fixture(scope="module", params=list(SMALL))
def case(request, small_checkpoints):
    tokenizer = load_tokenizer(request.param, "cpu", small_checkpoints)
    return tokenizer, tokenizer.tokenize(picture(48, 64))


def everywhere(record, levels):
    """Masks that keep `levels` at every position."""
    return [np.full(level.layout.shape, q in levels) for q, level in enumerate(record.levels)]


def test_masks_that_are_even_are_the_levels(case):
    tokenizer, record = case
    indices = [level.indices for level in record.levels]
    count = len(indices)
    for levels in ([], [0], [count - 1], range(count)):
        expected = tokenizer.decode_levels(record, levels)
        np.testing.assert_allclose(tokenizer.decode_kept(indices, everywhere(record, levels)), expected, atol=1e-5)


@torch.inference_mode()
def test_one_level_left_out_at_one_place_is_taken_from_the_latent_there(case):
    tokenizer, record = case
    indices, kept = [level.indices for level in record.levels], everywhere(record, range(len(record.levels)))
    level = len(indices) - 1
    kept[level][2, 3] = False
    quantizer = tokenizer._codec.model.quantizer
    vectors = [v.clone() for v in quantizer.level_vectors(torch.from_numpy(np.stack(indices, -1))[None])]
    book = tokenizer.codebooks()[level]
    mean = 0.0 if record.combination == "sum" or book.vectors is None else torch.from_numpy(book.vectors.mean(0))
    vectors[level][0, 2, 3] = mean
    expected = from_network(tokenizer._codec.model.decode(quantizer.combine(vectors)))[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(tokenizer.decode_kept(indices, kept), expected, atol=1e-5)


def test_masks_and_codes_that_do_not_fit(case):
    tokenizer, record = case
    indices, kept = [level.indices for level in record.levels], everywhere(record, range(len(record.levels)))
    for masks in (kept[:-1], [mask[:-1] for mask in kept], [*kept, kept[0]]):
        with pytest.raises(RecordError, match="masks"):
            tokenizer.decode_kept(indices, masks)
    with pytest.raises(RecordError, match="outside"):
        tokenizer.decode_kept([level + 10**6 for level in indices], kept)


def test_a_tokenizer_that_needs_every_token_says_so():
    greys = Greys("greys", 4)
    record = greys.tokenize(picture(48, 64))
    tokens = tokens_of(record)
    assert np.array_equal(greys.decode_kept(tokens.indices, tokens.kept), record.reconstruction)
    with pytest.raises(RecordError, match="greys needs every token"):
        influence(greys, tokens, 0, record.levels[0].layout)
    with pytest.raises(RecordError, match="masks"):
        greys.decode_kept(tokens.indices, ())


def test_without_overlap_a_token_changes_its_own_patch_alone():
    greys = Greys("greys", 4)
    record = greys.tokenize(picture(48, 64))
    tokens = Paint(0, 3, (11,)).apply(tokens_of(record), bench(greys))
    found = influence(greys, tokens, 11, record.levels[0].layout, instead=0)
    assert found.box == (8, 24, 8, 8) and found.own_share == 1 and found.pixels == 64
    expected = np.zeros((48, 64))
    expected[8:16, 24:32] = 1
    assert np.array_equal(found.change, expected)
    nothing = influence(greys, tokens, 11, record.levels[0].layout, instead=3)
    assert nothing.box is None and nothing.own_share is None and nothing.pixels == 0


def bench(tokenizer):
    return Bench(tokenizer.codebooks(), tokenizer.spec.combination)


def test_the_field_is_the_difference_of_two_decodes(case):
    tokenizer, record = case
    tokens, layout = tokens_of(record), record.levels[0].layout
    found = influence(tokenizer, tokens, 27, layout)
    kept = everywhere(record, range(len(record.levels)))
    for mask in kept:
        mask.reshape(-1)[27] = False
    without = tokenizer.decode_kept(tokens.indices, kept)
    expected = np.abs(tokenizer.detokenize(tokens.indices) - without).max(-1)
    np.testing.assert_allclose(
        found.change, expected, atol=1e-5
    )  # float32 sums of hundreds of products near 1, which a batch may take in another order
    visible = np.argwhere(expected > VISIBLE)
    if len(visible):
        (top, left), (bottom, right) = visible.min(0), visible.max(0)
        assert found.box == (top, left, bottom - top + 1, right - left + 1) and found.pixels == len(visible)
    rows, columns = layout.region(27)
    assert found.own_share is None or found.own_share == pytest.approx(
        expected[rows, columns].sum() / expected.sum(), abs=1e-4
    )


def test_one_level_alone_and_a_decode_at_hand(small_checkpoints):
    tokenizer = load_tokenizer("rvq", "cpu", small_checkpoints)
    record = tokenizer.tokenize(picture(48, 64))
    tokens, layout = tokens_of(record), record.levels[0].layout
    dropped = DropLevels((2,), (3, 3, 1, 1)).apply(tokens, bench(tokenizer))
    found = influence(tokenizer, tokens, 27, layout, levels=[2], whole=record.reconstruction)
    np.testing.assert_allclose(
        found.change, np.abs(decode(tokenizer, dropped) - record.reconstruction).max(-1), atol=1e-5
    )
    with pytest.raises(RecordError, match="no level 4"):
        influence(tokenizer, tokens, 27, layout, levels=[3])
    with pytest.raises(RecordError, match="position 48"):
        influence(tokenizer, tokens, 48, layout)


def test_tokens_without_a_place_have_a_change_and_no_share():
    one, other = np.zeros((4, 4, 3)), np.zeros((4, 4, 3))
    other[1:3, 2] = [0.5, 0.1, 0.001]
    found = compare_decodes(one, other, None)
    assert found.box == (1, 2, 2, 1) and found.own_share is None and found.change.max() == np.float32(0.5)
    with pytest.raises(RecordError):
        compare_decodes(one, other[:2], None)


def test_far_away_nothing_changes():
    """The decoder that ships is convolutional: a token reaches some patches far, never across a large picture."""
    tokenizer = load_tokenizer("fsq", "cpu")
    record = tokenizer.tokenize(picture(256, 256))
    tokens = tokens_of(record)
    found = influence(tokenizer, tokens, 33, record.levels[0].layout, whole=record.reconstruction)
    top, left, height, _ = found.box
    assert top <= 8 and left <= 8 and height > 8 and found.own_share > 0.1
    assert found.change[:, 200:].max() < 1e-4 and found.change[200:].max() < 1e-4
