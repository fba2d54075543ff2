"""AdaptedTokenizer over every shape of token: records, decoding with parts left out, and clear refusals."""

import numpy as np
import pytest

from explorer.foundation.errors import MediaError, RecordError
from explorer.tokenizers import brought_tokenizers, list_tokenizers, load_tokenizer
from tests.made_codecs import MADE, bring_all, made, medium_for

SHAPES = {
    "tones": [(160,)] * 3,
    "rates": [(40,), (80,), (160,)],
    "signs": [(8, 12)],
    "whole": [(16,)],
    "scales": [(1, 1), (2, 2), (4, 4), (8, 8)],
    "blocks": [(3, 8, 12)],
}


@pytest.fixture(params=MADE)
def case(request):
    tokenizer = made(request.param)
    medium = medium_for(tokenizer.spec)
    return request.param, tokenizer, medium, tokenizer.tokenize(medium)


def test_records_have_the_shapes_of_their_levels_and_decode_from_their_indices(case):
    name, tokenizer, medium, record = case
    indices = [level.indices for level in record.levels]
    assert [i.shape for i in indices] == SHAPES[name]
    assert tokenizer.layouts(medium.shape[:-1]) == tuple(level.layout for level in record.levels)
    np.testing.assert_allclose(tokenizer.detokenize(indices), record.reconstruction, atol=1e-6)
    assert np.square(record.reconstruction - medium).mean() < np.square(medium - medium.mean()).mean()


def test_codes_are_the_nearest_by_brute_force(case):
    _, _, _, record = case
    for level in record.levels:
        every = level.codebook.rows(np.arange(level.codebook.codebook_size))
        distances = np.square(level.z_e[:, None].astype(np.float64) - every[None]).sum(-1)
        best = distances.min(1)
        chosen = distances[np.arange(len(best)), level.indices.reshape(-1)]
        np.testing.assert_allclose(chosen, best, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(level.z_q, level.codebook.rows(level.indices.reshape(-1)))


def test_a_batch_gives_the_same_indices_as_one_at_a_time(case):
    _, tokenizer, medium, record = case
    other = medium_for(tokenizer.spec, seed=1)
    batch = tokenizer.encode([medium, other])
    for found, single in zip(batch, (record, tokenizer.tokenize(other)), strict=True):
        assert all((a.indices == b.indices).all() for a, b in zip(found, single.levels, strict=True))


def test_levels_add_up_where_they_are_summed():
    for name in ("tones", "rates"):
        tokenizer = made(name)
        record = tokenizer.tokenize(medium_for(tokenizer.spec))
        parts = [tokenizer.decode_levels(record, [q]) for q in range(3)]
        np.testing.assert_allclose(sum(parts), record.reconstruction, atol=1e-5)  # their decoders are linear


def test_a_token_left_out_changes_its_own_region_only():
    tokenizer = made("tones")
    record = tokenizer.tokenize(medium_for(tokenizer.spec))
    kept = [np.ones(level.layout.shape, bool) for level in record.levels]
    for mask in kept:
        mask[5] = False
    decoded = tokenizer.decode_kept([level.indices for level in record.levels], kept)
    region = record.levels[0].layout.region(5)
    assert np.abs(decoded[region]).max() == 0
    decoded[region] = record.reconstruction[region]
    np.testing.assert_allclose(decoded, record.reconstruction, atol=1e-6)


def test_codes_alone_and_fields_have_the_shapes_that_are_promised(case):
    name, tokenizer, _, record = case
    last = len(record.levels) - 1
    alone = tokenizer.decode_alone(last, [0, 3])
    expected = {
        "tones": (2, 120, 1),
        "rates": (2, 160, 1),
        "signs": (2, 8, 8, 3),
        "whole": (2, 64, 64, 3),
        "scales": (2, 8, 8, 3),
        "blocks": (2, 1, 8, 8, 3),
    }
    assert alone.shape == expected[name] and not np.array_equal(alone[0], alone[1])
    indices = record.levels[last].indices
    fields = tokenizer.decode_fields(last, np.stack([indices, indices]))
    np.testing.assert_allclose(fields[0], tokenizer.decode_levels(record, [last]), atol=1e-6)


def test_what_does_not_fit_is_refused_in_words(case):
    name, tokenizer, medium, record = case
    with pytest.raises(MediaError, match=f"made-{name}"):
        tokenizer.tokenize(medium[:-1] if name != "whole" else medium[:, :-8])
    with pytest.raises(MediaError, match=r"finite|0 to 1"):
        tokenizer.tokenize(np.where(medium == medium.max(), np.nan, medium))
    indices = [level.indices for level in record.levels]
    with pytest.raises(RecordError, match=r"has \d+ levels?, got"):
        tokenizer.detokenize([*indices, indices[0]])
    with pytest.raises(RecordError, match="outside 0"):
        tokenizer.detokenize([*indices[:-1], np.full_like(indices[-1], 10**6)])
    with pytest.raises(RecordError, match="masks"):
        tokenizer.decode_kept(indices, [np.ones(3, bool)] * len(indices))


def test_indices_of_levels_must_belong_to_one_medium():
    tokenizer = made("rates")
    with pytest.raises(RecordError, match=r"need the shapes \[\(2,\), \(4,\), \(8,\)\], got"):
        tokenizer.detokenize([np.zeros(2, int), np.zeros(4, int), np.zeros(4, int)])


def test_brought_tokenizers_are_listed_after_the_shipped_ones_and_loaded_once():
    bring_all()
    ids = [spec.id for spec in list_tokenizers()]
    assert ids[-len(MADE) :] == [f"made-{name}" for name in MADE] == [spec.id for spec in brought_tokenizers()]
    assert load_tokenizer("made-signs") is load_tokenizer("made-signs")
