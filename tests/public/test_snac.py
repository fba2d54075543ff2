"""SNAC against its own package: the same codes, the same sound, at every rate.

Each model is made by the package with random weights and saved as the public repositories keep it: pytorch_model.bin
and config.json in one folder.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sound_files import SNAC_24, SNAC_44, SNAC_DENSE, load, save_snac
from torch.nn.functional import normalize

from explorer.foundation.errors import CheckpointError, RecordError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.media.samples import SAMPLES
from explorer.public.sound.snac import NOISE_SEED
from explorer.public.sound.snac_format import SNAC
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

# The public configurations and how many millions of parameters the project's page states for them.
PUBLISHED = {
    "24khz": (
        SNAC_24
        | {"encoder_dim": 48, "encoder_rates": [2, 4, 8, 8], "decoder_dim": 1024, "decoder_rates": [8, 8, 4, 2]}
        | {"codebook_size": 4096},
        19.8,
    ),
    "44khz": (
        SNAC_44
        | {"encoder_dim": 64, "encoder_rates": [2, 3, 8, 8], "decoder_dim": 1536, "decoder_rates": [8, 8, 3, 2]}
        | {"codebook_size": 4096, "attn_window_size": 32},
        54.5,
    ),
}


def make(folder, config):
    """A random original in its folder, and the app's tokenizer of that folder."""
    return save_snac(folder, config), load(folder, "snac")


@pytest.fixture(scope="module", params=["24", "44", "dense"])
def pair(request, tmp_path_factory):
    config = {"24": SNAC_24, "44": SNAC_44, "dense": SNAC_DENSE}[request.param]
    return make(tmp_path_factory.mktemp("snac"), config)


def sound(tokenizer, multiples=20, seed=0):
    """(S, 1) float32: noise and tones."""
    length = multiples * tokenizer.spec.media_multiple
    time, rng = np.arange(length) / tokenizer.spec.sample_rate_hz, np.random.default_rng(seed)
    wave = 0.3 * np.sin(2 * np.pi * 300 * time) + 0.2 * np.sin(2 * np.pi * 2500 * time**2)
    return (wave + rng.normal(0, 0.1, length)).astype(np.float32)[:, None]


def heard(original, codes):
    """What the original decodes, with its noise drawn from our seed."""
    torch.manual_seed(NOISE_SEED)
    with torch.inference_mode():
        return original.decode(codes)[0].T.numpy()


def test_codes_and_sound_are_the_originals(pair):
    original, tokenizer = pair
    media = sound(tokenizer)
    with torch.inference_mode():
        codes = original.encode(torch.from_numpy(media.T[None].copy()))
    record = tokenizer.tokenize(media)
    assert len(record.levels) == len(codes)
    for level, expected in zip(record.levels, codes, strict=True):
        np.testing.assert_array_equal(level.indices, expected[0].numpy())
    assert all(len(np.unique(level.indices)) > 3 for level in record.levels[1:])  # so that equality means something
    np.testing.assert_allclose(record.reconstruction, heard(original, codes), atol=1e-5)
    again = tokenizer.detokenize([level.indices for level in record.levels])
    np.testing.assert_array_equal(again, record.reconstruction)


def test_levels_have_their_own_rates_and_the_record_says_so(pair):
    original, tokenizer = pair
    record, spec = tokenizer.tokenize(sound(tokenizer)), tokenizer.spec
    for level, stride in zip(record.levels, original.vq_strides, strict=True):
        assert level.layout.shape == (len(record.media) // (stride * original.hop_length),)
        assert level.layout.region(0) == (slice(0, stride * original.hop_length),)
        assert level.codebook.metric == "cosine" and level.codebook.codebook_dim == 8
    assert spec.downsampling == original.hop_length and spec.sample_rate_hz == original.sampling_rate
    assert spec.media_multiple == original.hop_length * math.lcm(original.vq_strides[0], original.attn_window_size or 1)
    assert spec.parameters == sum(p.numel() for p in original.state_dict().values())
    assert record.bitrate_bps("uniform") == pytest.approx(
        sum(math.log2(64) * spec.sample_rate_hz / (stride * original.hop_length) for stride in original.vq_strides)
    )
    assert bool(record.notes) == any("NoiseBlock" in type(m).__name__ for m in original.modules())


def test_latents_lie_in_the_space_of_the_search(pair):
    original, tokenizer = pair
    media = sound(tokenizer)
    record = tokenizer.tokenize(media)
    with torch.inference_mode():
        residual = original.encoder(torch.from_numpy(media.T[None].copy()))
        for level, quantizer in zip(record.levels, original.quantizer.quantizers, strict=True):
            pooled = torch.nn.functional.avg_pool1d(residual, quantizer.stride)
            expected = normalize(quantizer.in_proj(pooled), dim=1)[0].T.numpy()
            np.testing.assert_allclose(level.z_e, expected, atol=1e-5)
            nearest = (level.z_e @ level.codebook.vectors.T).argmax(1)  # the largest cosine
            np.testing.assert_array_equal(nearest, level.indices)
            np.testing.assert_allclose(level.z_q, level.codebook.vectors[level.indices], atol=1e-6)
            residual = residual - quantizer(residual)[0]


def test_a_level_left_out_gives_nothing(pair):
    original, tokenizer = pair
    record = tokenizer.tokenize(sound(tokenizer))
    codes = [torch.from_numpy(level.indices)[None] for level in record.levels]
    torch.manual_seed(NOISE_SEED)
    with torch.inference_mode():
        given = []
        for quantizer, index in zip(original.quantizer.quantizers, codes, strict=True):
            given.append(quantizer.out_proj(quantizer.decode_code(index)).repeat_interleave(quantizer.stride, -1))
        expected = original.decoder(sum(given[1:]))[0].T.numpy()
    found = tokenizer.decode_levels(record, range(1, len(codes)))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_single_codes_can_be_heard_at_every_level(pair):
    _, tokenizer = pair
    for level in range(tokenizer.spec.num_quantizers):
        alone = tokenizer.decode_alone(level, [1, 5])
        assert alone.shape[0] == 2 and alone.shape[2] == 1 and alone.shape[1] % tokenizer.spec.media_multiple == 0
        assert np.abs(alone[0] - alone[1]).max() > 1e-6


def test_wrong_shapes_are_refused(pair):
    _, tokenizer = pair
    indices = [level.indices for level in tokenizer.tokenize(sound(tokenizer)).levels]
    with pytest.raises(RecordError, match="shapes"):
        tokenizer.detokenize([indices[0], *[level[:-1] for level in indices[1:]]])
    with pytest.raises(RecordError, match="levels"):
        tokenizer.detokenize(indices[:-1])


def test_old_spelling_of_weight_normalization_is_the_same(tmp_path, pair):
    original, tokenizer = pair
    state = {
        name.replace(".parametrizations.weight.original0", ".weight_g").replace(
            ".parametrizations.weight.original1", ".weight_v"
        ): tensor
        for name, tensor in original.state_dict().items()
    }
    assert any(name.endswith("weight_g") for name in state)
    torch.save(state, tmp_path / "pytorch_model.bin")
    config = {"vq_strides": original.vq_strides, "sampling_rate": original.sampling_rate}
    config["attn_window_size"] = original.attn_window_size
    (tmp_path / "config.json").write_text(json.dumps(config))
    header = read_header(tmp_path)
    assert SNAC.recognises(header)
    again = AdaptedTokenizer(fill(SNAC, header), SNAC.describe(header), "cpu")
    media = sound(tokenizer)
    np.testing.assert_array_equal(again.tokenize(media).reconstruction, tokenizer.tokenize(media).reconstruction)


def test_what_is_missing_is_named(tmp_path):
    make(tmp_path, SNAC_24)
    header = read_header(tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text(json.dumps(SNAC_24 | {"vq_strides": [2, 1]}))
    with pytest.raises(CheckpointError, match="2 levels and the file holds 3"):
        SNAC.describe(read_header(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps(SNAC_24 | {"vq_strides": [4, 3, 1]}))
    with pytest.raises(CheckpointError, match="vq_strides"):
        SNAC.describe(read_header(tmp_path))
    (tmp_path / "config.json").unlink()
    assert SNAC.resembles(read_header(tmp_path)) and not SNAC.recognises(read_header(tmp_path))
    state = torch.load(tmp_path / "pytorch_model.bin", weights_only=True)
    del state["decoder.model.0.bias"]
    torch.save(state, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text(json.dumps(SNAC_24))
    with pytest.raises(CheckpointError, match=r"decoder\.model\.0\.bias"):
        fill(SNAC, read_header(tmp_path))
    assert header.shape("decoder.model.0.bias") == (32,)


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_widths(name, tmp_path):
    config, millions = PUBLISHED[name]
    original, tokenizer = make(tmp_path, config)
    assert tokenizer.spec.parameters / 1e6 == pytest.approx(millions, abs=0.1)
    media = sound(tokenizer, multiples=1 if config["attn_window_size"] else 4)
    with torch.inference_mode():
        codes = original.encode(torch.from_numpy(media.T[None].copy()))
    record = tokenizer.tokenize(media)
    for level, expected in zip(record.levels, codes, strict=True):
        np.testing.assert_array_equal(level.indices, expected[0].numpy())
    np.testing.assert_allclose(record.reconstruction, heard(original, codes), atol=1e-4)


def test_a_sample_sound_goes_the_whole_way(pair):
    from explorer.media.medium import fit_medium

    _, tokenizer = pair
    melody = SAMPLES["melody"].load()  # stereo, at 44.1 kHz
    fitted = fit_medium(replace(melody, samples=melody.samples[:20_000]), tokenizer.spec, 256)
    assert fitted.sample_rate_hz == tokenizer.spec.sample_rate_hz and fitted.samples.shape[1] == 1
    record = tokenizer.tokenize(fitted.samples)
    assert record.reconstruction.shape == fitted.samples.shape
