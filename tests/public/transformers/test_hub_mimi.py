"""Mimi from folders of the Hub, alone and within Moshi and CSM, against the library's own encode and decode."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from tests.public.transformers.hub_folders import CLOSE, codes, gap, loaded, saved, sound, tensor
from tests.public.transformers.hub_models import mimi


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mimi")


@pytest.fixture(scope="module")
def pair(folder):
    model = mimi()
    return model, loaded(saved(model, folder), "mimi")


def test_the_spec_says_what_was_published(pair):
    model, tokenizer = pair
    spec = tokenizer.spec
    assert spec.title == "Mimi 24 kHz" and spec.downsampling == 1920 and "12.5 times a second" in spec.summary
    assert spec.num_quantizers == 32 and "1 semantic and 31 acoustic" in spec.summary
    kept = {k: v for k, v in model.state_dict().items() if not k.endswith("initialized")}
    assert spec.parameters == sum(v.numel() for v in kept.values())


def test_the_file_has_the_names_of_the_published_one(folder):
    """The file of 2024 is flat: its SEANet stacks are `encoder.layers` and `decoder.layers`."""
    names = read_header(folder).tensors
    assert "encoder.layers.0.conv.weight" in names and "downsample.conv.weight" in names
    assert "encoder_transformer.layers.0.self_attn.q_proj.weight" in names and "upsample.conv.weight" in names


@pytest.mark.parametrize("tokens", [1, 2, 11])
def test_indices_and_decode_are_the_librarys(pair, tokens):
    model, tokenizer = pair
    media = sound(tokens * 1920, seed=tokens)
    record = tokenizer.tokenize(media)
    with torch.no_grad():
        theirs = model.encode(tensor(media)).audio_codes
        decoded = model.decode(theirs).audio_values
    np.testing.assert_array_equal(codes(record), theirs[0].numpy())
    assert gap(record.reconstruction, decoded) < CLOSE
    assert gap(tokenizer.detokenize([level.indices for level in record.levels]), decoded) < CLOSE


def test_semantic_and_acoustic_levels_start_from_the_same_latents(pair):
    model, tokenizer = pair
    media = sound(7 * 1920)
    record = tokenizer.tokenize(media)
    with torch.no_grad():
        latents = model.encoder(tensor(media)).latents
        for q, name in enumerate(("semantic", "acoustic")):
            given = getattr(model.quantizer, f"{name}_residual_vector_quantizer").input_proj(latents)[0].T
            np.testing.assert_allclose(
                record.levels[q].z_e, given.numpy(), atol=CLOSE
            )  # both through the whole encoder
    np.testing.assert_allclose(record.levels[2].z_e, record.levels[1].z_e - record.levels[1].z_q, atol=1e-6)
    assert "Level 1 is no residual" in record.notes[0]
    book = record.levels[5].codebook
    np.testing.assert_array_equal(book.counts, (np.arange(64) / 8 + 0.5).astype(np.float32))
    acoustic = model.quantizer.acoustic_residual_vector_quantizer.layers[4].codebook
    np.testing.assert_array_equal(book.vectors, acoustic.embed.numpy())


def test_a_prefix_decodes_as_fewer_quantizers(pair):
    model, tokenizer = pair
    record = tokenizer.tokenize(sound(5 * 1920))
    with torch.no_grad():
        decoded = model.decode(torch.from_numpy(codes(record)[None, :8])).audio_values
    assert gap(tokenizer.decode_levels(record, range(8)), decoded) < CLOSE


@pytest.mark.parametrize(
    ("name", "prefix", "section"),
    [("mimi-in-moshi", "audio_encoder.", "audio_encoder_config"), ("mimi-in-csm", "codec_model.", "codec_config")],
)
def test_it_is_read_out_of_a_larger_model(pair, folder, tmp_path, name, prefix, section):
    """Only its own tensors are read: one of the language model beside it could not be finite."""
    tensors = {prefix + key: value for key, value in load_file(folder / "model.safetensors").items()}
    save_file(tensors | {"decoder.embed.weight": torch.full((4, 4), float("nan"))}, tmp_path / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "large", section: config}))
    media = sound(4 * 1920)
    again = loaded(read_header(tmp_path), name)
    np.testing.assert_array_equal(codes(again.tokenize(media)), codes(pair[1].tokenize(media)))
    assert again.spec.parameters == pair[1].spec.parameters


def test_half_a_model_is_refused(pair, folder):
    """A folder saved without its decoder must not decode with random weights."""
    header = read_header(folder)
    half = {key: info for key, info in header.tensors.items() if not key.startswith(("decoder", "upsample"))}
    with pytest.raises(CheckpointError, match=r"missing model\.decoder"):
        fill(FORMATS.load("mimi"), replace(header, tensors=half))
