"""EnCodec from folders of the Hub against the library's own encode and decode; published shapes, small widths."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from explorer.foundation.errors import CheckpointError, RecordError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from tests.public.transformers.hub_folders import CLOSE, codes, gap, loaded, saved, sound, tensor
from tests.public.transformers.hub_models import ENCODEC, encodec

LEVELS = {"24 kHz": 32, "32 kHz": 4, "48 kHz": 16}


@pytest.fixture(scope="module", params=ENCODEC)
def pair(request, tmp_path_factory):
    model = encodec(request.param)
    header = saved(model, tmp_path_factory.mktemp("encodec"))
    return request.param, model, header, loaded(header, "encodec")


def encoded(model, media):
    with torch.no_grad():
        return model.encode(tensor(media), bandwidth=model.config.target_bandwidths[-1])


def test_the_spec_says_what_was_published(pair):
    name, model, _, tokenizer = pair
    spec = tokenizer.spec
    assert spec.title == f"EnCodec {name}" and spec.sample_rate_hz == model.config.sampling_rate
    assert spec.num_quantizers == LEVELS[name] and spec.codebook_size == 64 and spec.codebook_dim == 16
    assert spec.downsampling == model.config.hop_length and spec.channels == (2 if name == "48 kHz" else 1)
    kept = {k: v for k, v in model.state_dict().items() if not k.endswith(("inited", "embed_avg"))}
    assert spec.parameters == sum(v.numel() for v in kept.values())


@pytest.mark.parametrize("tokens", [1, 2, 7, 160])
def test_indices_and_decode_are_the_librarys(pair, tokens):
    name, model, _, tokenizer = pair
    media = sound(tokens * tokenizer.spec.downsampling, tokenizer.spec.channels, seed=tokens)
    record, theirs = tokenizer.tokenize(media), encoded(model, media)
    frames = list(theirs.audio_codes[:, 0])  # a chunk each (Q, T)
    if theirs.last_frame_pad_length:
        frames[-1] = frames[-1][:, : -theirs.last_frame_pad_length]
    np.testing.assert_array_equal(codes(record), torch.cat(frames, 1).numpy())
    with torch.no_grad():
        decoded = model.decode(
            theirs.audio_codes, theirs.audio_scales, last_frame_pad_length=theirs.last_frame_pad_length
        ).audio_values
    assert gap(record.reconstruction, decoded) < CLOSE
    if name != "48 kHz":
        assert gap(tokenizer.detokenize([level.indices for level in record.levels]), decoded) < CLOSE


def test_levels_are_residuals_in_the_space_of_the_codes(pair):
    _, model, _, tokenizer = pair
    record = tokenizer.tokenize(sound(20 * tokenizer.spec.downsampling, tokenizer.spec.channels))
    for q, (level, after) in enumerate(zip(record.levels, record.levels[1:], strict=False)):
        table = model.quantizer.layers[q].codebook.embed.numpy()
        np.testing.assert_array_equal(level.z_q, table[level.indices])
        np.testing.assert_allclose(after.z_e, level.z_e - level.z_q, atol=1e-6)
        distances = ((level.z_e[:, None] - table) ** 2).sum(-1)
        np.testing.assert_array_equal(distances.argmin(1), level.indices)
        np.testing.assert_array_equal(level.codebook.counts, np.arange(64) + 1.0)


def test_a_prefix_of_levels_decodes_as_a_lower_bandwidth(pair):
    name, model, _, tokenizer = pair
    record = tokenizer.tokenize(sound(10 * tokenizer.spec.downsampling, tokenizer.spec.channels))
    levels = tokenizer.decode_levels(record, range(2))
    with torch.no_grad():
        scales = encoded(model, record.media).audio_scales
        decoded = model.decode(torch.from_numpy(codes(record)[:2])[None, None], scales).audio_values
    assert gap(levels, decoded) < CLOSE
    if name == "48 kHz":  # known from the medium above; from tokens alone it is a usual one
        assert "loudness" in record.notes[0]
        alone = tokenizer.detokenize([level.indices for level in record.levels])
        np.testing.assert_allclose(alone * scales[0].item() / 0.1, record.reconstruction, atol=CLOSE)


def test_chunks_of_a_second_have_places_for_their_tokens(tmp_path):
    tokenizer = loaded(saved(encodec("48 kHz"), tmp_path), "encodec")
    codec, hop = tokenizer._codec, 320
    for tokens in (1, 147, 148, 150, 301, 1000):
        (layout, *_), samples = codec.layouts((tokens * hop,)), tokens * hop
        assert codec.extent([layout.shape]) == (samples,)
        assert layout.shape[0] == sum(-(-min(48_000, samples - at) // hop) for at in range(0, samples, 47_520))
    with pytest.raises(RecordError, match="no sound of 149 tokens"):
        codec.extent([(149,)])


def test_the_older_spelling_of_weight_norm_loads_alike(pair, tmp_path):
    """Files of 2023 name the parts of a normalized weight weight_g and weight_v."""
    name, _, header, tokenizer = pair
    if name == "48 kHz":
        pytest.skip("it has no weight normalization")
    old = {"original0": "weight_g", "original1": "weight_v"}
    tensors = load_file(header.path / "model.safetensors")
    renamed = {}
    for key, value in tensors.items():
        head, _, last = key.rpartition(".")
        renamed[f"{head.removesuffix('.parametrizations.weight')}.{old[last]}" if last in old else key] = value
    assert renamed.keys() != tensors.keys()
    save_file(renamed, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text((header.path / "config.json").read_text())
    media = sound(10 * tokenizer.spec.downsampling)
    again = loaded(read_header(tmp_path), "encodec").tokenize(media)
    np.testing.assert_array_equal(codes(again), codes(tokenizer.tokenize(media)))


def test_what_only_looks_like_it_is_refused(pair):
    _, _, header, _ = pair
    form = FORMATS.load("encodec")
    fewer = {key: info for key, info in header.tensors.items() if "layers.0.conv" not in key}
    more = {**header.config, "target_bandwidths": [1e6]}
    with pytest.raises(CheckpointError, match=r"missing .*layers\.0\.conv"):
        fill(form, replace(header, tensors=fewer))
    with pytest.raises(CheckpointError, match=r"levels? and the file holds"):
        form.describe(replace(header, config=more))
    with pytest.raises(CheckpointError, match="sampling_rate is fast"):
        form.describe(replace(header, config={**header.config, "sampling_rate": "fast"}))
    for change, words in (
        ({"sampling_rate": float("nan")}, "sampling_rate is nan"),
        ({"chunk_length_s": 1e-9}, "chunk_length_s is 1e-09; from 0.1"),
        ({"overlap": 1}, r"overlap is 1; from 0\.0 to 0\.5"),
        ({"trim_right_ratio": float("inf")}, "trim_right_ratio is inf"),
        ({"num_filters": {"model_type": "pickled"}}, "none of dac"),
        ({"hidden_size": "wide"}, "does not describe a EncodecConfig"),
    ):
        with pytest.raises(CheckpointError, match=words):
            fill(form, replace(header, config={**header.config, **change}))
    with pytest.raises(CheckpointError, match="num_residual_layers is 1000000"):
        fill(form, replace(header, config={**header.config, "num_residual_layers": 1_000_000}))
    with pytest.raises(CheckpointError, match="shape"):
        fill(form, replace(header, config={**header.config, "num_filters": 8}))


def test_a_table_that_diverged_is_refused_with_how_much_of_it(tmp_path):
    """The library's search gives every token to a code that is NaN, so that nothing would be left to see."""
    encodec("24 kHz").save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    key = next(key for key in tensors if key.endswith("codebook.embed"))
    tensors[key][5:17, 3] = float("nan")
    save_file(tensors, tmp_path / "model.safetensors")
    header = read_header(tmp_path)
    with pytest.raises(CheckpointError, match=r"codebook\.embed: 12 of 64 codes are NaN: the run diverged"):
        fill(FORMATS.load("encodec"), header)
