"""Weights without their config.json: the format is named by its tensors, and the missing file is asked for."""

import inspect
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from explorer.foundation.errors import CheckpointError
from explorer.loading.reading import read_header
from explorer.loading.recognition import recognise
from explorer.public import FORMATS
from explorer.public.convvq.format import ConvFormat
from explorer.public.format import Format
from tests.public.sound_files import SNAC_24, save_snac
from tests.public.transformers.hub_models import MODELS

LOOKS = {
    "encodec 24 kHz": "EnCodec of transformers",
    "encodec 48 kHz": "EnCodec of transformers",
    "dac 16 kHz": "DAC of transformers",
    "mimi": "Mimi of transformers",
    "xcodec": "X-Codec of transformers",
    "xcodec2": "X-Codec2 or NeuCodec of transformers",
    "neucodec": "X-Codec2 or NeuCodec of transformers",
    "wav2vec2": "wav2vec 2.0 of transformers",
    "emu3-alone": "Emu3 of transformers",
    "flava-codebook": "FLAVA image codebook of transformers",
}


def refused(path):
    with pytest.raises(CheckpointError) as error:
        recognise(read_header(path))
    return str(error.value)


def check(words, name, looks):
    assert words.startswith(f"{name} looks like {looks}, of which config.json says the rest")
    assert "config.json of the same folder is missing" in words


@pytest.mark.parametrize("name", LOOKS)
def test_a_model_of_transformers(name, tmp_path):
    MODELS[name]().save_pretrained(tmp_path)
    config = (tmp_path / "config.json").read_bytes()
    (tmp_path / "config.json").unlink()
    check(refused(tmp_path / "model.safetensors"), "model.safetensors", LOOKS[name])
    check(refused(tmp_path), tmp_path.name, LOOKS[name])
    (tmp_path / "config.json").write_bytes(config)
    assert recognise(read_header(tmp_path / "model.safetensors")).spec.codebook_size > 1


def test_inside_a_larger_model(tmp_path):
    MODELS["encodec 32 kHz"]().save_pretrained(tmp_path / "codec")
    tensors = load_file(tmp_path / "codec" / "model.safetensors")
    inside = {f"audio_encoder.{key}": value for key, value in tensors.items()}
    save_file(inside | {"decoder.embed.weight": torch.ones(4, 2)}, tmp_path / "model.safetensors")
    check(refused(tmp_path / "model.safetensors"), "model.safetensors", "EnCodec of transformers")


def test_two_keys_may_be_of_two_models(tmp_path):
    """The case of one user: an encoder as both have it."""
    tensors = {
        "encoder.layers.0.conv.weight": torch.ones(4, 1, 7),
        "quantizer.layers.0.codebook.embed": torch.ones(8, 4),
    }
    save_file(tensors, tmp_path / "model.safetensors")
    check(refused(tmp_path / "model.safetensors"), "model.safetensors", "EnCodec or Mimi of transformers")


def test_snac(tmp_path):
    save_snac(tmp_path, SNAC_24)
    (tmp_path / "config.json").unlink()
    check(refused(tmp_path / "pytorch_model.bin"), "pytorch_model.bin", "SNAC")


def test_diffusers(tmp_path):
    """Without it the range of the pixels would be guessed."""
    from diffusers import VQModel

    VQModel(block_out_channels=[32], num_vq_embeddings=16, norm_num_groups=8).save_pretrained(tmp_path)
    assert recognise(read_header(tmp_path)).format_id == "diffusers-vq"
    (tmp_path / "config.json").unlink()
    name = "diffusion_pytorch_model.safetensors"
    check(refused(tmp_path / name), name, "diffusers VQModel")


def test_the_config_of_another_model_is_named(tmp_path):
    MODELS["dac 16 kHz"]().save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    words = refused(tmp_path)
    assert "its config says 'bert'. Its tensors look like DAC of transformers: is config.json that of another" in words


# Formats that do without it: what they take instead is said, or the file is asked for in other words.
OTHERWISE = {
    "titok": "test_titok.py::test_a_metric_that_is_guessed_without_config_is_said",
    "cosmos-dv": "test_cosmos_dv.py::test_rates_that_no_name_tells_are_asked_for",
    "dac-original": "test_sound_originals.py::test_keys_in_the_new_spelling_and_as_safetensors",
    "encodec-original": "test_sound_originals.py::test_what_is_said_before_a_weight_is_read",
    "audiocraft": "test_sound_originals.py::test_audiocrafts_training_checkpoint",  # its config lies in the file
    "speechtokenizer": "test_speechtokenizer.py::test_the_description_needs_no_weights",
    "wavtokenizer": "test_wavtokenizer.py::test_the_description_needs_no_weights",
}


def reads_config(format):
    """Whether a class of the format looks into the config; that of the convolutional family only hands it on."""
    own = [one for one in type(format).__mro__ if one.__module__.startswith("explorer.") and one is not ConvFormat]
    return any("header.config" in inspect.getsource(one) for one in own)


def test_every_format_that_reads_config_says_what_is_without_it():
    asked = {*LOOKS.values(), "SNAC", "diffusers VQModel"}
    reading = {format_id: format for format_id in FORMATS if reads_config(format := FORMATS.load(format_id))}
    for format_id, format in reading.items():
        by_name = any(format.title in words for words in asked) and type(format).resembles is not Format.resembles
        assert by_name != (format_id in OTHERWISE), format_id
    assert set(OTHERWISE) <= set(reading) and {"encodec", "snac", "diffusers-vq", "wav2vec2"} <= set(reading)
    for place in OTHERWISE.values():
        file, _, name = place.partition("::")
        assert f"def {name}(" in (Path(__file__).parent / file).read_text(encoding="utf-8"), place
