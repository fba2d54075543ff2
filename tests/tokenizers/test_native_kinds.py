"""Pictures as two grids and as tokens without places: what each level sees, changes and stands for, and their files."""

import json

import numpy as np
import pytest
import scipy.stats
import torch
from scipy.spatial.distance import cdist
from skimage.metrics import peak_signal_noise_ratio
from small_kinds import KINDS, SIDE, TOKENS, kind_checkpoint, kind_model, kind_tokenizer, noise
from small_zoo import picture

from explorer.foundation.errors import CheckpointError, MediaError, RecordError, SettingsError
from explorer.media.medium import fit_medium, values
from explorer.media.samples import samples_of
from explorer.tokenizers import load_tokenizer
from explorer.tokenizers.native.checkpoint import TRAINING_ONLY, load_model
from explorer.tokenizers.native.codec import LatentTokenCodec
from explorer.tokenizers.native.latent_tokens import (
    LatentTokenConfig,
    LatentTokenDecoder,
    LatentTokenEncoder,
    drop_last_tokens,
)
from explorer.tokenizers.native.networks import NETWORKS, network_of
from explorer.tokenizers.native.specs import read_config, spec_of
from tests.shipped import shipped_ids

SHIPPED = [name for name in ("vq-vae-2", "titok") if name in shipped_ids("image")]


@pytest.fixture(scope="module", params=[*KINDS, *SHIPPED])
def case(request, tmp_path_factory):
    """A tokenizer, small or as it ships, and its record of a picture."""
    if request.param in SHIPPED:
        tokenizer = load_tokenizer(request.param, "cpu")
    else:
        tokenizer = kind_tokenizer(request.param, tmp_path_factory.mktemp("kinds"))
    return tokenizer, tokenizer.tokenize(medium(tokenizer))


def medium(tokenizer, seed=0):
    return picture(*(tokenizer.spec.fixed_size or (SIDE, SIDE)), seed)


@pytest.fixture
def grids(tmp_path):
    return kind_tokenizer("two-grids", tmp_path)


@pytest.fixture
def places(tmp_path):
    return kind_tokenizer("latent-tokens", tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_comes_back(kind, tmp_path):
    model, _ = kind_model(kind)
    loaded = load_model(kind_checkpoint(kind, tmp_path))
    want, found = model.state_dict(), loaded.state_dict()
    assert type(loaded) is type(model) and want.keys() == found.keys() and not loaded.training
    for key, tensor in want.items():
        if any(part in key for part in TRAINING_ONLY):
            continue
        off = (found[key].double() - tensor.double()).abs()
        if key.startswith("quantizer.") or not tensor.is_floating_point():
            assert not off.any(), key
        else:
            rows = tensor.abs().flatten(1) if tensor.ndim > 1 else tensor.abs()[:, None]
            assert (off.reshape(rows.shape) <= rows.amax(1, keepdim=True) / 253.9 + 1e-7).all(), key


def test_every_level_chooses_the_nearest_and_decodes_again(case):
    tokenizer, record = case
    for level in record.levels:
        codes = level.codebook.vectors.astype(np.float64)
        distances = cdist(level.z_e.astype(np.float64), codes, "sqeuclidean")
        assert np.array_equal(distances.argmin(1), level.indices.ravel())
        np.testing.assert_array_equal(level.z_q, level.codebook.vectors[level.indices.ravel()])
        assert len(np.unique(level.indices)) > 1
    decoded = tokenizer.detokenize([level.indices for level in record.levels])
    np.testing.assert_allclose(decoded, record.reconstruction, atol=1e-5)
    every = tokenizer.decode_levels(record, range(tokenizer.spec.num_quantizers))
    np.testing.assert_allclose(every, record.reconstruction, atol=1e-5)
    assert np.abs(tokenizer.decode_levels(record, []) - record.reconstruction).max() > 1e-3


def test_a_batch_gives_what_single_pictures_give(case):
    tokenizer, record = case
    both = tokenizer.encode([medium(tokenizer, 1), medium(tokenizer)])
    for one, alone in zip(both[1], record.levels, strict=True):
        assert np.array_equal(one.indices, alone.indices)


def test_two_grids_of_different_size(grids):
    record = grids.tokenize(noise(24, 40))
    assert [level.layout.shape for level in record.levels] == [(3, 5), (6, 10)]
    assert grids.layouts((24, 40)) == tuple(level.layout for level in record.levels)
    assert [level.layout.region(1) for level in record.levels] == [
        (slice(0, 8), slice(8, 16)),
        (slice(0, 4), slice(4, 8)),
    ]
    assert record.bits_per_pixel("uniform") == pytest.approx(5 * (1 / 64 + 1 / 16))
    spec = grids.spec
    assert (spec.layout, spec.downsampling, spec.media_multiple, spec.vocabulary) == ("grid2d", 4, 8, "2 x 32")
    with pytest.raises(MediaError, match="multiples of 8"):
        grids.tokenize(noise(24, 36))
    with pytest.raises(RecordError, match="shapes"):
        grids.detokenize([np.zeros((3, 5), int), np.zeros((5, 10), int)])


def test_the_bottom_sees_what_the_top_kept(grids):
    """z_e of the bottom, made again from the parts of the model."""
    record, model = grids.tokenize(noise(16, 16)), grids._codec.model
    with torch.inference_mode():
        pixels = torch.from_numpy(record.media).permute(2, 0, 1)[None] * 2 - 1
        features = model.encoder.fine(pixels)
        top = record.levels[0].z_q.reshape(2, 2, 8).transpose(2, 0, 1)[None].copy()
        raised = model.decoder.top(torch.from_numpy(top))
        want = model.encoder.merge(torch.cat([features, raised], 1))[0].flatten(1).T.numpy()
        np.testing.assert_allclose(record.levels[1].z_e, want, atol=1e-5)
        other = model.encoder.merge(torch.cat([features, raised.flip(3)], 1))[0].flatten(1).T.numpy()
    assert np.abs(record.levels[1].z_e - other).max() > 0.01


def test_a_grid_that_is_left_out_is_the_mean_of_its_codes(grids):
    record, model = grids.tokenize(noise(16, 16)), grids._codec.model
    for level, (rows, shape) in enumerate(((4, (2, 2)), (16, (4, 4)))):
        z_q = [one.z_q.copy() for one in record.levels]
        z_q[level] = np.repeat(record.levels[level].codebook.vectors.mean(0)[None], rows, 0)
        maps = [
            torch.from_numpy(one.reshape(*size, 8).transpose(2, 0, 1)[None].copy())
            for one, size in zip(z_q, ((2, 2), (4, 4)), strict=True)
        ]
        with torch.inference_mode():
            made = model.decoder(model.decoder.raise_top(maps[0]), maps[1])
        want = ((made[0].permute(1, 2, 0).numpy() + 1) / 2).clip(0, 1)
        np.testing.assert_allclose(grids.decode_levels(record, [1 - level]), want, atol=1e-5)
        kept = [np.ones((2, 2), bool), np.ones((4, 4), bool)]
        kept[level] = np.zeros(shape, bool)
        np.testing.assert_allclose(grids.decode_kept([one.indices for one in record.levels], kept), want, atol=1e-5)


def test_codes_of_each_grid_alone(grids):
    for level, side in enumerate((8, 4)):
        patches = grids.decode_alone(level, [0, 5])
        assert patches.shape == (2, side, side, 3) and np.abs(patches[0] - patches[1]).max() > 0
    assert grids.decode_fields(0, np.zeros((1, 2, 3), int)).shape == (1, 16, 24, 3)
    assert grids.decode_fields(1, np.zeros((1, 4, 6), int)).shape == (1, 16, 24, 3)


def test_training_counts_the_tokens_of_each_grid():
    model, _ = kind_model("two-grids")
    model.train()
    media = torch.from_numpy(noise(16, 24)).permute(2, 0, 1)[None] * 2 - 1
    decoded, output = model(media)
    assert decoded.shape == media.shape and [tuple(one.indices.shape) for one in output.stages] == [
        (1, 2, 3),
        (1, 4, 6),
    ]
    assert float(output.loss.detach()) == pytest.approx(sum(float(one.detach()) for one in output.loss_terms.values()))
    counts = [book.counts.sum() for book in model.quantizer.codebooks()]
    assert counts == pytest.approx([0.99 * 32 + 0.01 * 6, 0.99 * 32 + 0.01 * 24], rel=1e-4)
    decoded.square().mean().backward()
    for part in (model.encoder.coarse, model.encoder.merge, model.decoder.top):  # through both quantizers
        assert any(bool(p.grad.abs().sum() > 0) for p in part.parameters())
    assert [model.quantizer.of_grid(q).level for q in (0, 1)] == [0, 1]


def test_tokens_without_places(places):
    record = places.tokenize(noise(SIDE, SIDE))
    (level,) = record.levels
    assert (level.layout.kind, level.layout.shape, level.layout.region(0)) == ("set1d", (TOKENS,), None)
    spec = places.spec
    assert (spec.layout, spec.fixed_size, spec.downsampling) == ("set1d", (SIDE, SIDE), 8)
    assert places.token_reach is None and record.bits_per_pixel("uniform") == pytest.approx(TOKENS * 5 / SIDE**2)
    with pytest.raises(MediaError, match="32 x 32 only"):
        places.tokenize(noise(SIDE, SIDE + 8))
    assert places.decode_alone(0, [0, 3]).shape == (2, SIDE, SIDE, 3)


def test_a_token_changes_the_whole_picture_and_is_made_by_all_of_it(places):
    record = places.tokenize(noise(SIDE, SIDE))
    indices = record.levels[0].indices.copy()
    indices[2] = (indices[2] + 1) % 32
    changed = np.abs(places.detokenize([indices]) - record.reconstruction).max(-1)
    assert (changed.reshape(4, 8, 4, 8).max((1, 3)) > 0).all()  # every patch
    media = record.media.copy()
    media[24:, 24:] = 0.5  # the last patch alone
    assert (np.abs(places.tokenize(media).levels[0].z_e - record.levels[0].z_e).max(1) > 0).all()  # every token


def test_the_block_is_attention_and_mlp_by_hand():
    """One block of two heads on three tokens, in float64 by numpy."""
    from explorer.tokenizers.native.latent_tokens import HEAD, TransformerBlock

    torch.manual_seed(3)
    block = TransformerBlock(2 * HEAD)
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    w = {name: p.detach().double().numpy() for name, p in block.named_parameters()}
    x = np.random.default_rng(0).normal(size=(3, 2 * HEAD))

    def normed(rows, name):
        centred = rows - rows.mean(1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(rows, name):
        return rows @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    q, k, v = linear(normed(x, "before"), "qkv").reshape(3, 3, 2, HEAD).transpose(1, 2, 0, 3)  # (heads, tokens, HEAD)
    scores = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(HEAD))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ v
    y = x + linear(mixed.transpose(1, 0, 2).reshape(3, -1), "mix")
    inside = linear(normed(y, "between"), "widen")
    want = y + linear(inside / (1 + np.exp(-inside)), "narrow")
    np.testing.assert_allclose(block(torch.from_numpy(x).float()[None])[0].detach().numpy(), want, atol=1e-4)


@pytest.mark.parametrize(
    "changes",
    [{"patch": 7}, {"side": 36}, {"channels": 33}, {"channels": 0}, {"tokens": 0}],
)
def test_sizes_that_cannot_be_made_are_refused(changes):
    from explorer.foundation.errors import SettingsError

    with pytest.raises(SettingsError):
        LatentTokenConfig(**{"latent_dim": 8, "channels": 32, "side": 32, "patch": 8, "tokens": 4} | changes)
    config = LatentTokenConfig(latent_dim=8, channels=32, blocks=1, side=32, patch=8, tokens=4)
    latents = LatentTokenEncoder(config)(torch.zeros(2, 3, 32, 32))
    assert latents.shape == (2, 8, 4) and LatentTokenDecoder(config)(latents).shape == (2, 3, 32, 32)


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("latent-tokens", {"side": "big"}, "no sound side"),
        ("latent-tokens", {"side": None}, "lacks the side"),
        ("latent-tokens", {"side": 10**9}, "describes no model"),
        ("latent-tokens", {"tokens": 10**12}, "describes no model"),
        ("latent-tokens", {"patch": 0}, "describes no model"),
        ("latent-tokens", {"kind": "two-gridss"}, "no network of kind 'two-gridss'"),
        ("two-grids", {"channels": [4, 8, 8]}, "describes no model"),
        ("two-grids", {"kind": "audio"}, "no network of kind 'audio'"),
    ],
)
def test_a_config_that_is_wrong_is_refused_in_words(kind, changes, reason, tmp_path):
    folder = kind_checkpoint(kind, tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config["architecture"] = {k: v for k, v in (config["architecture"] | changes).items() if v is not None}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=reason):
        spec_of(read_config(folder))
        load_model(folder)


def test_networks_are_told_by_kind_or_modality():
    for name, network in NETWORKS.items():
        assert network_of(network.modality, {} if name == network.modality else {"kind": name}) is network


def test_dropped_tokens_are_the_last_ones_and_any_number_is_as_likely():
    torch.manual_seed(0)
    kept = (drop_last_tokens(torch.ones(4000, 3, 8), 1.0) != 0).all(1)  # (B, N)
    numbers = kept.sum(1)
    assert (kept == (torch.arange(8) < numbers[:, None])).all()  # a beginning, and all dimensions alike
    counts = torch.bincount(numbers, minlength=9)[1:].numpy()
    assert scipy.stats.chisquare(counts).pvalue > 0.001 and counts.sum() == 4000
    some = (drop_last_tokens(torch.ones(4000, 3, 8), 0.5) != 0).all(2).all(1)
    assert abs(some.float().mean().item() - (0.5 + 0.5 / 8)) < 0.03  # half of them, and those that keep all by chance
    assert drop_last_tokens(torch.ones(5, 3, 8), 0.0).min() == 1


def test_tokens_are_dropped_in_training_alone():
    settings = {"latent_dim": 4, "channels": 32, "blocks": 1, "side": 32, "patch": 8, "tokens": 4}
    torch.manual_seed(0)
    decoder, latents = LatentTokenDecoder(LatentTokenConfig(**settings, token_dropout=1.0)), torch.randn(8, 4, 4)
    whole = decoder.eval()(latents)
    assert not torch.equal(decoder.train()(latents), whole) and torch.equal(decoder.eval()(latents), whole)
    with pytest.raises(SettingsError, match="token_dropout"):
        LatentTokenConfig(**settings, token_dropout=1.5)


@pytest.mark.skipif("titok" not in SHIPPED, reason="titok does not ship")
def test_the_first_tokens_that_ship_say_more_than_the_last_and_each_number_more_than_fewer():
    tokenizer = load_tokenizer("titok", "cpu")
    assert not tokenizer._codec.absent.any()  # as in training
    found = []
    for sample in samples_of("image").values():
        record = tokenizer.tokenize(values(fit_medium(sample.load(), tokenizer.spec, 256)))
        order = np.arange(64)
        kept = [order < n for n in (1, 4, 16, 32, 64)] + [order >= 64 - n for n in (16, 32)]
        decodes = [tokenizer.decode_kept([record.levels[0].indices], [one]) for one in kept]
        found.append([peak_signal_noise_ratio(record.media, one, data_range=1) for one in decodes])
    first, last = np.split(np.mean(found, 0), [5])
    assert (np.diff(first) > 0.3).all() and first[2] > last[0] and first[3] > last[1] + 0.5


def test_left_out_tokens_are_the_mean_code_where_none_were_dropped_in_training(places, tmp_path):
    books = places.codebooks()[0].vectors
    np.testing.assert_allclose(places._codec.absent[0].numpy(), books.mean(0), atol=1e-6)
    model = load_model(kind_checkpoint("latent-tokens", tmp_path / "other"))
    assert not LatentTokenCodec(model, TOKENS, dropped=True).absent.any()
