"""What SNAC, SpeechTokenizer and WavTokenizer must do behind the Tokenizer interface, and with broken headers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from ruled_weights import ruled_sound
from sound_files import SNAC_44, load, save_snac, save_speech, save_wav

from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from explorer.public.header import TensorInfo

MAKERS = {
    "snac": lambda folder: save_snac(folder, SNAC_44) and folder,
    "speechtokenizer": lambda folder: save_speech(folder, "snake"),
    "wavtokenizer": lambda folder: save_wav(folder, "small"),
}


@pytest.fixture(scope="module", params=MAKERS)
def tokenizer(request, tmp_path_factory):
    return load(MAKERS[request.param](tmp_path_factory.mktemp("sound")), request.param)


def medium(spec, multiples=4, seed=0):
    return ruled_sound(multiples * spec.media_multiple, seed)


def test_levels_have_the_spec_and_the_layouts_fit_the_medium(tokenizer):
    spec, record = tokenizer.spec, tokenizer.tokenize(medium(tokenizer.spec))
    assert len(record.levels) == spec.num_quantizers == len(tokenizer.codebooks())
    assert tokenizer.layouts(record.media.shape[:1]) == tuple(level.layout for level in record.levels)
    for level in record.levels:
        assert level.layout.kind == spec.layout == "sequence" and level.layout.media_shape == record.media.shape[:1]
        assert level.codebook.codebook_size == spec.codebook_size and level.codebook.codebook_dim == spec.codebook_dim
        np.testing.assert_allclose(level.z_q, level.codebook.rows(level.indices), atol=1e-6)
    assert record.sample_rate_hz == spec.sample_rate_hz and np.isfinite(record.reconstruction).all()


def test_media_encoded_together_get_the_codes_that_they_get_alone(tokenizer):
    media = [medium(tokenizer.spec, seed=seed) for seed in (1, 2)]
    for one, levels in zip(media, tokenizer.encode(media), strict=True):
        alone = np.concatenate([level.indices for level in tokenizer.tokenize(one).levels])
        together = np.concatenate([level.indices for level in levels])
        assert (alone != together).mean() <= 0.02  # near ties may round apart in a batch


def test_the_shortest_sound_has_tokens_and_single_codes_decode(tokenizer):
    spec = tokenizer.spec
    record = tokenizer.tokenize(ruled_sound(spec.shortest))
    assert min(level.layout.num_tokens for level in record.levels) >= 1
    last = spec.num_quantizers - 1
    alone = tokenizer.decode_alone(last, [0, 5])
    assert np.abs(alone[0] - alone[1]).max() > 1e-6
    everything = tokenizer.decode_levels(record, range(spec.num_quantizers))
    np.testing.assert_allclose(
        everything, record.reconstruction, atol=1e-5
    )  # float32 sums of hundreds of products near 1, which a batch may take in another order
    assert np.abs(tokenizer.decode_levels(record, []) - everything).max() > 1e-6


def test_what_a_token_left_out_was_does_not_matter(tokenizer):
    record = tokenizer.tokenize(medium(tokenizer.spec))
    indices = [level.indices for level in record.levels]
    kept, changed = [np.ones(level.shape, bool) for level in indices], [level.copy() for level in indices]
    kept[0][1], changed[0][1] = False, (indices[0][1] + 1) % tokenizer.spec.codebook_size
    without = tokenizer.decode_kept(indices, kept)
    np.testing.assert_allclose(tokenizer.decode_kept(changed, kept), without, atol=1e-5)
    assert np.abs(without - record.reconstruction).max() > 1e-6


def test_the_same_tokens_always_sound_the_same(tokenizer):
    record = tokenizer.tokenize(medium(tokenizer.spec))
    torch.manual_seed(5)
    np.testing.assert_array_equal(tokenizer.tokenize(record.media).reconstruction, record.reconstruction)
    fields = np.zeros((2, *record.levels[-1].indices.shape), np.int64)
    first, second = tokenizer.decode_fields(tokenizer.spec.num_quantizers - 1, fields)
    np.testing.assert_array_equal(first, second)


def test_nothing_is_left_empty_and_no_weight_is_held_twice(tokenizer):
    held = dict(tokenizer._codec.state_dict())
    assert not any(tensor.is_meta for tensor in held.values())
    assert not any(p.requires_grad for p in tokenizer._codec.parameters())
    assert not any(
        name.endswith(("weight_g", "weight_v")) for name in held
    )  # normalized weights are kept as their values alone
    assert tokenizer.spec.memory_bytes == sum(tensor.numel() * tensor.element_size() for tensor in held.values())
    assert tokenizer.spec.memory_bytes <= 4 * tokenizer.spec.parameters


@pytest.mark.parametrize("format_id", MAKERS)
def test_no_two_formats_claim_a_file(format_id, tmp_path):
    header = read_header(MAKERS[format_id](tmp_path))
    assert [name for name in FORMATS if FORMATS.load(name).recognises(header)] == [format_id]


@pytest.mark.parametrize("format_id", MAKERS)
def test_headers_that_lie_are_refused_in_words(format_id, tmp_path):
    """One tensor is gone, or has another shape: the format refuses before a weight is read, and names something."""
    header, format = read_header(MAKERS[format_id](tmp_path)), FORMATS.load(format_id)
    rng = np.random.default_rng(0)
    keys = [key for key in header.tensors if format.rename(key) is not None]
    for key in keys[:: max(1, len(keys) // 25)]:
        shape = header.tensors[key].shape
        lies = [None, (*shape, 2), shape[1:], tuple(2**40 * n for n in shape), tuple(n + 1 for n in shape)]
        lie = lies[rng.integers(len(lies))]
        tensors = {name: info for name, info in header.tensors.items() if name != key or lie is not None}
        if lie is not None:
            tensors[key] = TensorInfo(lie)
        with pytest.raises(CheckpointError) as refused:
            fill(format, replace(header, tensors=tensors))
        assert "\n" not in str(refused.value) and len(str(refused.value)) < 500


def test_sizes_that_torch_cannot_count_are_refused_in_words(tmp_path):
    header, key = read_header(MAKERS["snac"](tmp_path)), "quantizer.quantizers.0.codebook.weight"
    tensors = dict(header.tensors) | {key: TensorInfo((2**46, 2**43))}
    with pytest.raises(CheckpointError, match="SNAC, but no network can be made of it: Storage size"):
        fill(FORMATS.load("snac"), replace(header, tensors=tensors))


def test_a_header_that_claims_steps_without_end_builds_nothing(tmp_path):
    header, format = read_header(save_speech(tmp_path, "small")), FORMATS.load("speechtokenizer")
    tensors = dict(header.tensors)
    for number in range(100, 400, 3):
        tensors[f"encoder.model.{number}.conv.conv.bias"] = TensorInfo((4,))
        tensors[f"encoder.model.{number}.conv.conv.weight_v"] = TensorInfo((4, 4, 4))
        tensors[f"encoder.model.{number + 1}.shortcut.conv.conv.bias"] = TensorInfo((4,))
    with pytest.raises(CheckpointError, match="steps"):
        fill(format, replace(header, tensors=tensors))
