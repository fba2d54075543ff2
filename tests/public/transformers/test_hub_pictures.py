"""Emu3's tokenizer and FLAVA's codebook from folders of the Hub, against the library's own."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from explorer.foundation.errors import CheckpointError, RecordError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from tests.public.transformers.hub_folders import CLOSE, codes, loaded, picture, saved, tensor
from tests.public.transformers.hub_models import MODELS


@pytest.fixture(scope="module")
def emu3(tmp_path_factory):
    model = MODELS["emu3-alone"]()
    folder = tmp_path_factory.mktemp("emu3")
    return model, loaded(saved(model, folder), "emu3-alone"), folder


@pytest.mark.parametrize("sides", [(16, 16), (32, 48)])
def test_emu3_is_the_librarys(emu3, sides):
    model, tokenizer, _ = emu3
    media = picture(*sides)
    record = tokenizer.tokenize(media)
    with torch.no_grad():
        (theirs,) = model.encode(2 * tensor(media) - 1, image_sizes=torch.tensor([sides])).image_tokens
        decoded = model.decode(theirs[None])[0].permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(record.levels[0].indices, theirs.numpy())
    assert len(np.unique(theirs)) > theirs.numel() // 8
    expected = (decoded / 2 + 0.5).clip(0, 1)
    np.testing.assert_allclose(record.reconstruction, expected, atol=CLOSE)
    np.testing.assert_allclose(tokenizer.detokenize([record.levels[0].indices]), expected, atol=CLOSE)
    assert expected.std() > 0.01


def test_emu3s_latents_are_nearest_to_their_codes(emu3):
    _, tokenizer, _ = emu3
    level = tokenizer.tokenize(picture(32, 32)).levels[0]
    distances = ((level.z_e[:, None] - level.codebook.vectors) ** 2).sum(-1)
    np.testing.assert_array_equal(distances.argmin(1), level.indices.ravel())
    assert tokenizer.spec.downsampling == 8 and tokenizer.spec.codebook_dim == 4


@pytest.mark.parametrize(("name", "prefix"), [("emu3", "model.vqmodel."), ("emu3-older", "vqmodel.")])
def test_emu3_is_read_out_of_its_language_models_shards(emu3, tmp_path, name, prefix):
    """Two shards and an index, as published; the language model's tensors are never read."""
    tensors = {prefix + key: value for key, value in load_file(emu3[2] / "model.safetensors").items()}
    keys = sorted(tensors)
    shards = {"model-00001-of-00002.safetensors": keys[::2], "model-00002-of-00002.safetensors": keys[1::2]}
    for shard, held in shards.items():
        beside = {f"model.text_model.{shard[6:11]}.weight": torch.full((2, 2), float("nan"))}
        save_file({key: tensors[key] for key in held} | beside, tmp_path / shard)
    places = {key: shard for shard, held in shards.items() for key in held}
    places |= {f"model.text_model.{shard[6:11]}.weight": shard for shard in shards}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    config = json.loads((emu3[2] / "config.json").read_text())
    del config["model_type"]  # its place says it
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "emu3", "vq_config": config}))
    again = loaded(read_header(tmp_path), name)
    media = picture(16, 16)
    np.testing.assert_array_equal(codes(again.tokenize(media)), codes(emu3[1].tokenize(media)))
    assert again.spec.parameters == emu3[1].spec.parameters


@pytest.fixture(scope="module")
def flava(tmp_path_factory):
    model = MODELS["flava-codebook"]()
    folder = tmp_path_factory.mktemp("flava")
    return model, loaded(saved(model, folder), "flava-codebook"), folder


@pytest.mark.parametrize("sides", [(8, 8), (112, 112), (24, 40)])
def test_codes_of_flava_are_the_librarys(flava, sides):
    model, tokenizer, _ = flava
    media = picture(*sides)
    record = tokenizer.tokenize(media)
    theirs = model.get_codebook_indices(0.8 * tensor(media) + 0.1)
    np.testing.assert_array_equal(record.levels[0].indices, theirs[0].numpy())
    level = record.levels[0]
    np.testing.assert_array_equal((level.z_e @ level.codebook.vectors.T).argmax(1), level.indices.ravel())
    np.testing.assert_array_equal(level.z_q, level.codebook.vectors[level.indices.ravel()])
    assert len(np.unique(theirs)) > 3 or sides == (8, 8)


def test_flava_says_that_it_has_no_decoder(flava):
    _, tokenizer, _ = flava
    record = tokenizer.tokenize(picture(16, 16))
    assert not tokenizer.spec.decodes and not record.reconstruction.any()
    assert any("no decoder" in note for note in record.notes)
    with pytest.raises(RecordError, match="no decoder"):
        tokenizer.detokenize([record.levels[0].indices])


def test_flavas_codebook_is_read_out_of_flava(flava, tmp_path):
    tensors = {f"image_codebook.{key}": value for key, value in load_file(flava[2] / "model.safetensors").items()}
    save_file(tensors | {"flava.image_model.x": torch.zeros(2)}, tmp_path / "model.safetensors")
    config = json.loads((flava[2] / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "flava", "image_codebook_config": config}))
    again = loaded(read_header(tmp_path), "flava-codebook-in-flava")
    media = picture(16, 16)
    np.testing.assert_array_equal(codes(again.tokenize(media)), codes(flava[1].tokenize(media)))


def test_a_type_of_another_name_is_known_by_its_architecture(flava, tmp_path):
    config = json.loads((flava[2] / "config.json").read_text()) | {"model_type": "flava_codebook"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").write_bytes((flava[2] / "model.safetensors").read_bytes())
    again = loaded(read_header(tmp_path), "flava-codebook")
    media = picture(16, 16)
    np.testing.assert_array_equal(codes(again.tokenize(media)), codes(flava[1].tokenize(media)))


def test_weights_that_fit_no_config_are_refused(emu3, tmp_path):
    config = json.loads((emu3[2] / "config.json").read_text())
    (tmp_path / "model.safetensors").write_bytes((emu3[2] / "model.safetensors").read_bytes())
    for change, words in (
        ({"base_channels": 64}, "shape"),
        ({"num_res_blocks": 2}, "missing"),
        ({"temporal_downsample_factor": 3}, "a power of 2"),
        ({"channel_multiplier": [1] * 40}, "a list of 1 to 16"),
        ({"num_attention_heads": 10**9}, "num_attention_heads is 1000000000"),
    ):
        (tmp_path / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(CheckpointError, match=words):
            fill(FORMATS.load("emu3-alone"), read_header(tmp_path))
