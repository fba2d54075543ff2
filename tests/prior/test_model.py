"""The causal transformer: nothing that comes later is seen, the cache changes nothing, and an oracle written out."""

import math

import numpy as np
import pytest
import torch
from small_prior import CONFIG, small_prior

from explorer.foundation.errors import RecordError, SettingsError
from explorer.prior.model import HEAD, Cache, Prior, PriorConfig, pair_offsets
from explorer.prior.reading import PriorReader
from explorer.prior.sampling import Sampling

TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}  # of sums of a hundred float32 products, in another order


@pytest.fixture(scope="module")
def model():
    return small_prior()


@pytest.fixture(scope="module")
def tokens():
    return torch.from_numpy(np.random.default_rng(3).integers(0, CONFIG.codebook_size, (2, CONFIG.places)))


def test_a_later_token_changes_no_earlier_logits_and_every_later_one(model, tokens):
    with torch.inference_mode():
        before = model(tokens)
        for place in (0, 7, CONFIG.places - 2):
            changed = tokens.clone()
            changed[:, place] = (changed[:, place] + 1) % CONFIG.codebook_size
            after = model(changed)
            assert torch.equal(before[:, : place + 1], after[:, : place + 1])
            moved = (before - after).abs().amax(-1)[:, place + 1 :]
            assert bool((moved > 1e-4).all()), "all that comes after sees it"


def test_with_a_cache_the_logits_are_the_same(model, tokens):
    cache = Cache(CONFIG.blocks)
    with torch.inference_mode():
        whole = model(tokens)
        for place in range(CONFIG.places):
            alone = model.next(tokens[:, :place])
            kept = model.next(tokens[:, :place], cache)
            assert cache.length == place + 1
            torch.testing.assert_close(alone, whole[:, place], **TOLERANCE)
            torch.testing.assert_close(kept, whole[:, place], **TOLERANCE)


def test_several_places_at_once_fill_a_cache(model, tokens):
    cache = Cache(CONFIG.blocks)
    with torch.inference_mode():
        first = model.next(tokens[:, :6], cache)
        again = model.next(tokens[:, :11], cache)
        whole = model(tokens)
    torch.testing.assert_close(first, whole[:, 6], **TOLERANCE)
    torch.testing.assert_close(again, whole[:, 11], **TOLERANCE)
    assert cache.length == 12


def written_out(model: Prior, tokens: list[int], place: int) -> np.ndarray:
    """Logits of one place in float64, from the formulas: one query at a time, plain loops over the places before."""
    p = {name: one.detach().double().numpy() for name, one in model.named_parameters()}
    columns, width = model.config.columns, model.config.width

    def norm(x, name):
        centred = x - x.mean()
        return centred / np.sqrt((centred**2).mean() + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]

    rows = []
    for i in range(place + 1):
        left = p["codes"][tokens[i - 1]] if i > 0 else p["outside"][0]
        above = p["codes"][tokens[i - columns]] if i >= columns else p["outside"][1]
        rows.append(left + p["above.weight"] @ above + p["row"][i // columns] + p["column"][i % columns])
    for number in range(model.config.blocks):
        name = f"blocks.{number}"
        qkv = [p[f"{name}.qkv.weight"] @ norm(x, f"{name}.before") + p[f"{name}.qkv.bias"] for x in rows]
        changed = []
        for i, x in enumerate(rows):
            heads = []
            for head in range(width // HEAD):
                part = slice(head * HEAD, (head + 1) * HEAD)
                query = qkv[i][:width][part]
                scores = []
                for j in range(i + 1):
                    down, right = i // columns - j // columns, i % columns - j % columns + columns - 1
                    score = query @ qkv[j][width : 2 * width][part] / math.sqrt(HEAD)
                    scores.append(score + p[f"{name}.away"][head, down, right])
                weights = np.exp(np.array(scores) - max(scores))
                values = [qkv[j][2 * width :][part] for j in range(i + 1)]
                heads.append((weights / weights.sum()) @ np.array(values))
            x = x + p[f"{name}.mix.weight"] @ np.concatenate(heads) + p[f"{name}.mix.bias"]
            wide = p[f"{name}.widen.weight"] @ norm(x, f"{name}.between") + p[f"{name}.widen.bias"]
            wide = np.array([0.5 * one * (1 + math.erf(one / math.sqrt(2))) for one in wide])
            changed.append(x + p[f"{name}.narrow.weight"] @ wide + p[f"{name}.narrow.bias"])
        rows = changed
    return p["codes"] @ norm(rows[place], "last") + p["often"]


@pytest.mark.parametrize("place", [0, 4, 5, 13])
def test_the_logits_are_those_of_the_formulas(model, tokens, place):
    with torch.inference_mode():
        found = model(tokens)[0, place].double().numpy()
    np.testing.assert_allclose(found, written_out(model, tokens[0].tolist(), place), rtol=1e-4, atol=1e-4)


def test_offsets_tell_pairs_apart_and_later_places_are_none():
    offsets = pair_offsets(3, 4).numpy()
    for i in range(12):
        for j in range(12):
            if j > i:
                assert offsets[i, j] == -1
            else:
                assert offsets[i, j] == (i // 4 - j // 4) * 7 + (i % 4 - j % 4) + 3
    assert offsets.max() < 3 * 7


def test_codes_that_are_near_each_other_begin_so():
    torch.manual_seed(0)
    model = Prior(CONFIG)
    vectors = torch.randn(CONFIG.codebook_size, 8)
    vectors[1] = vectors[0] + 0.01
    model.begin_with(vectors)
    distances = torch.cdist(model.codes, model.codes).detach()
    others = distances[0, 2:]
    assert float(distances[0, 1]) < float(others.min())


def test_probabilities_sum_to_one_and_bits_are_theirs(model, tokens):
    grid = tokens[0].numpy().reshape(CONFIG.rows, CONFIG.columns)
    text = PriorReader(model).text_of(grid)
    for place in (0, 5, CONFIG.places - 1):
        told = PriorReader(model).next_token(tokens[0, :place].tolist())
        assert told.place == place and abs(told.probabilities.sum() - 1) < 1e-12
        assert told.bits(int(tokens[0, place])) == pytest.approx(text.bits.ravel()[place], rel=1e-4)
    assert np.array_equal(text.tokens, grid) and text.codebook_size == CONFIG.codebook_size


@pytest.mark.parametrize("sampling", [Sampling(0.0), Sampling(1.0, seed=5), Sampling(0.8, 4, 9)])
def test_a_continuation_is_that_of_single_steps(model, tokens, sampling):
    before = tokens[0, :8].tolist()
    written = list(PriorReader(model).continue_tokens(before, sampling.draw))
    assert len(written) == CONFIG.places - 8
    for number, code in enumerate(written):
        assert sampling.draw(PriorReader(model).next_token([*before, *written[:number]])) == code
    if sampling.temperature == 0:
        assert written[0] == int(np.argmax(PriorReader(model).next_token(before).probabilities))


def test_what_does_not_fit_is_refused(model):
    with pytest.raises(RecordError, match="room for 19"):
        PriorReader(model).next_token([0] * 20)
    with pytest.raises(RecordError, match="from 0 to 22"):
        PriorReader(model).next_token([23])
    with pytest.raises(RecordError, match="4 x 5 tokens"):
        PriorReader(model).text_of(np.zeros((5, 4), np.int64))
    with pytest.raises(SettingsError, match="multiple of 32"):
        PriorConfig(8, width=40)
    with pytest.raises(SettingsError, match="at most"):
        PriorConfig(2**19)
