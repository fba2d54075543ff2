"""SpeechTokenizer: its files load, and codes and sound are those of the original.

goldens/speechtokenizer.npz was made with ZhangXInFD/SpeechTokenizer on a CPU: the model of a config, filled by
`fill_by_rule`; codes = encode(ruled_sound(tokens x hop)); sound = decode(codes), of which every eighth sample is kept
where the model is the published one; without_first = decode(codes[1:], st=1). "small": n_filters 4, strides
[5, 4, 2], dimension 16, 4 levels of 32 codes; "snake": the same with Snake, one LSTM layer and two residual units;
"one": "small" on a single token, where padding is longer than what it reflects; "published": spt_base_cfg.json.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_sound
from safetensors.torch import save_file
from sound_files import load, save_speech, speech_state

from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public.sound.seanet_formats import SPEECHTOKENIZER

HOP = 40


@pytest.fixture(scope="module", params=["small", "snake"])
def pair(request, tmp_path_factory):
    return request.param, load(save_speech(tmp_path_factory.mktemp("speech"), request.param), "speechtokenizer")


def test_codes_and_sound_are_the_originals(pair):
    name, tokenizer = pair
    arrays = golden("speechtokenizer")
    codes, sound = arrays[f"{name}_codes"], arrays[f"{name}_sound"]
    record = tokenizer.tokenize(ruled_sound(codes.shape[1] * HOP))
    np.testing.assert_array_equal([level.indices for level in record.levels], codes)
    assert all(len(np.unique(level)) > 8 for level in codes)  # so that equality means something
    np.testing.assert_allclose(record.reconstruction[:, 0], sound, atol=1e-5)
    np.testing.assert_allclose(tokenizer.detokenize(list(codes))[:, 0], sound, atol=1e-5)
    without = tokenizer.decode_levels(record, range(1, len(codes)))
    np.testing.assert_allclose(without[:, 0], arrays[f"{name}_without_first"], atol=1e-5)


def test_one_token_is_enough(tmp_path):
    arrays, tokenizer = golden("speechtokenizer"), load(save_speech(tmp_path, "small"), "speechtokenizer")
    assert tokenizer.spec.shortest == tokenizer.spec.media_multiple == HOP
    record = tokenizer.tokenize(ruled_sound(HOP))
    np.testing.assert_array_equal([level.indices for level in record.levels], arrays["one_codes"])
    np.testing.assert_allclose(record.reconstruction[:, 0], arrays["one_sound"], atol=1e-5)


def test_levels_are_residuals_and_carry_the_counts_of_training(pair):
    name, tokenizer = pair
    record, tensors = tokenizer.tokenize(ruled_sound(20 * HOP)), speech_state(name)
    for q, level in enumerate(record.levels):
        book = tensors[f"quantizer.vq.layers.{q}._codebook.embed"].numpy()
        np.testing.assert_array_equal(level.codebook.vectors, book)
        np.testing.assert_array_equal(
            level.codebook.counts, tensors[f"quantizer.vq.layers.{q}._codebook.cluster_size"].numpy()
        )
        distances = ((level.z_e[:, None] - book) ** 2).sum(2)  # (N, K)
        np.testing.assert_array_equal(distances.argmin(1), level.indices)
        np.testing.assert_array_equal(level.z_q, book[level.indices])
        if q:
            before = record.levels[q - 1]
            np.testing.assert_allclose(level.z_e, before.z_e - before.z_q, atol=1e-6)
        assert level.codebook.metric == "euclidean" and level.layout.region(1) == (slice(HOP, 2 * HOP),)


def test_the_description_needs_no_weights(tmp_path):
    spec = SPEECHTOKENIZER.describe(read_header(save_speech(tmp_path, "small")))
    assert (spec.modality, spec.quantizer, spec.layout, spec.combination) == ("audio", "rvq", "sequence", "sum")
    assert (spec.codebook_size, spec.codebook_dim, spec.num_quantizers, spec.downsampling) == (32, 16, 4, HOP)
    assert (spec.sample_rate_hz, spec.channels) == (16_000, 1)
    kept = {k: t for k, t in speech_state("small").items() if not k.startswith("transform") and "embed_avg" not in k}
    assert spec.parameters == sum(t.numel() for k, t in kept.items() if not k.endswith("inited"))
    guessed = "No config beside the file states its sample rate: it is that of the published models."
    assert guessed in spec.summary
    (tmp_path / "config.json").write_text(json.dumps({"sample_rate": 22_050}))
    stated = SPEECHTOKENIZER.describe(read_header(tmp_path))
    assert stated.sample_rate_hz == 22_050 and guessed not in stated.summary


def test_safetensors_of_the_same_keys_are_the_same(tmp_path):
    save_file(speech_state("small"), tmp_path / "model.safetensors")
    codes = golden("speechtokenizer")["small_codes"]
    record = load(tmp_path, "speechtokenizer").tokenize(ruled_sound(codes.shape[1] * HOP))
    np.testing.assert_array_equal([level.indices for level in record.levels], codes)


def test_what_does_not_fit_is_named(tmp_path):
    path = save_speech(tmp_path, "small")
    tensors = speech_state("small")
    del tensors["decoder.model.0.conv.conv.bias"]
    tensors["decoder.model.0.conv.conv.other"] = torch.zeros(3)
    torch.save(tensors, path)
    assert not SPEECHTOKENIZER.recognises(read_header(path))
    tensors = speech_state("small")
    tensors["decoder.model.1.lstm.bias_hh_l0"] = torch.zeros(3)
    torch.save(tensors, path)
    with pytest.raises(CheckpointError, match=r"bias_hh_l0 has shape \(3,\)"):
        fill(SPEECHTOKENIZER, read_header(path))
    tensors = speech_state("small") | {"quantizer.vq.layers.0._codebook.embed": torch.zeros(32, 8)}
    torch.save(tensors, path)
    with pytest.raises(CheckpointError, match=r"\(32, 8\); 16 dimensions"):
        SPEECHTOKENIZER.describe(read_header(path))
    tensors = {k: t for k, t in speech_state("small").items() if not k.startswith("encoder.model.4.shortcut")}
    torch.save(tensors, path)
    with pytest.raises(CheckpointError, match="residual units"):
        SPEECHTOKENIZER.describe(read_header(path))


@pytest.mark.slow
def test_published_widths(tmp_path):
    arrays = golden("speechtokenizer")
    tokenizer = load(save_speech(tmp_path, "published"), "speechtokenizer")
    codes = arrays["published_codes"]
    assert codes.shape == (8, 25) and tokenizer.spec.downsampling == 320
    record = tokenizer.tokenize(ruled_sound(25 * 320))
    np.testing.assert_array_equal([level.indices for level in record.levels], codes)
    np.testing.assert_allclose(record.reconstruction[::8, 0], arrays["published_sound"], atol=1e-4)
    assert tokenizer.spec.parameters / 1e6 == pytest.approx(111.3, abs=0.1)
