"""Published widths: names and shapes fit for all; one sound or picture through those that fit in memory."""

import json

import numpy as np
import pytest
import torch
import transformers

from explorer.loading.fill import check
from explorer.public import FORMATS
from explorer.public.header import Header, TensorInfo
from tests.public.transformers.hub_folders import CLOSE, codes, gap, loaded, picture, saved, sound, tensor
from tests.public.transformers.hub_models import MIMI as SMALL_MIMI
from tests.public.transformers.hub_models import dac, encodec, mimi, tables

ENCODEC = {
    "24 kHz": dict(target_bandwidths=[1.5, 3.0, 6.0, 12.0, 24.0], num_filters=32, hidden_size=128, codebook_size=1024),
    "32 kHz": dict(target_bandwidths=[2.2], num_filters=64, hidden_size=128, codebook_size=2048),
    "48 kHz": dict(target_bandwidths=[3.0, 6.0, 12.0, 24.0], num_filters=32, hidden_size=128, codebook_size=1024),
}
DAC = dict(encoder_hidden_size=64, decoder_hidden_size=1536, codebook_size=1024)
MIMI = {name: getattr(transformers.MimiConfig(), name) for name in SMALL_MIMI}
PUBLISHED = {  # format -> the library's class and config, millions of parameters and other numbers that are read
    "encodec": ("EncodecModel", "EncodecConfig", {}, 19),
    "dac": ("DacModel", "DacConfig", dict(downsampling_ratios=[2, 4, 8, 8], sampling_rate=44_100), 77),
    "mimi": ("MimiModel", "MimiConfig", {}, 96),
    "xcodec": ("XcodecModel", "XcodecConfig", {}, 152),
    "xcodec2": ("Xcodec2Model", "Xcodec2Config", {}, 629),
    "neucodec": ("NeuCodecModel", "NeuCodecConfig", {}, 630),
    "wav2vec2": ("Wav2Vec2ForPreTraining", "Wav2Vec2Config", {}, 5),
    "emu3-alone": ("Emu3VQVAE", "Emu3VQVAEConfig", {}, 271),
    "flava-codebook": ("FlavaImageCodebook", "FlavaImageCodebookConfig", {}, 54),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_names_and_shapes_of_published_widths_fit(name, tmp_path):
    """No weights: the library's model on the meta device says what its file holds."""
    kind, config, changes, millions = PUBLISHED[name]
    made = getattr(transformers, config)(**changes)
    with torch.device("meta"):
        model = getattr(transformers, kind)(made)
    header = Header(
        tmp_path,
        "safetensors",
        {key: TensorInfo(tuple(value.shape)) for key, value in model.state_dict().items()},
        config=json.loads(made.to_json_string(use_diff=False)),
    )
    form = FORMATS.load(name)
    spec = form.describe(header)
    with torch.device("meta"):
        codec = form.build(header)
    assert len(check(codec, form, header)) > 10
    assert round(spec.parameters / 1e6) == millions
    assert sum(t.numel() for t in codec.state_dict().values()) == spec.parameters


def of_sound(name, model, folder, encoded, decoded, tokens=12):
    """A sound through a model of full width: our codes and decode beside the library's."""
    tokenizer = loaded(saved(model, folder), name)
    media = sound(tokens * tokenizer.spec.downsampling, tokenizer.spec.channels)
    record = tokenizer.tokenize(media)
    with torch.no_grad():
        theirs = encoded(tensor(media))
        values = decoded(theirs)
    np.testing.assert_array_equal(codes(record), theirs.audio_codes.reshape(len(record.levels), -1).numpy())
    assert gap(record.reconstruction, values) < CLOSE and len(np.unique(codes(record))) > 20


@pytest.mark.slow
@pytest.mark.parametrize("rate", ENCODEC)
def test_encodec_of_full_width(rate, tmp_path):
    model = encodec(rate, **ENCODEC[rate])
    bandwidth = model.config.target_bandwidths[-1]
    of_sound(
        "encodec", model, tmp_path, lambda heard: model.encode(heard, bandwidth=bandwidth),
        lambda theirs: model.decode(theirs.audio_codes, theirs.audio_scales).audio_values,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["16 kHz", "24 kHz", "44.1 kHz"])
def test_dac_of_full_width(rate, tmp_path):
    model = dac(rate, **DAC)
    of_sound(
        "dac", model, tmp_path, model.encode,
        lambda theirs: model.decode(audio_codes=theirs.audio_codes).audio_values[:, None],
    )  # fmt: skip


@pytest.mark.slow
def test_mimi_of_full_width(tmp_path):
    model = mimi(**MIMI)
    of_sound("mimi", model, tmp_path, model.encode, lambda theirs: model.decode(theirs.audio_codes).audio_values)


@pytest.mark.slow
def test_xcodec_of_full_width(tmp_path):
    torch.manual_seed(0)
    model = transformers.XcodecModel(transformers.XcodecConfig()).eval()
    quantizers = model.quantizer.quantizers
    for layer, table in zip(quantizers, tables((1024, 1024), len(quantizers), 0.2), strict=True):
        layer.codebook.embed.copy_(table)
    of_sound("xcodec", model, tmp_path, model.encode, lambda theirs: model.decode(theirs.audio_codes).audio_values)


@pytest.mark.slow
def test_emu3_of_full_width(tmp_path):
    """Frames that are alike are computed once here and four times there; the codes are the same."""
    torch.manual_seed(0)
    model = transformers.Emu3VQVAE(transformers.Emu3VQVAEConfig()).eval()
    media = picture(64, 64)
    with torch.no_grad():
        latents = model.quant_conv(model.encoder(tensor(media)[:, None].repeat(1, 4, 1, 1, 1)).transpose(1, 2))
        model.quantize.embedding.weight.normal_(0, latents.std().item())
        (theirs,) = model.encode(2 * tensor(media) - 1, image_sizes=torch.tensor([[64, 64]])).image_tokens
        decoded = model.decode(theirs[None])[0].permute(1, 2, 0).numpy()
    tokenizer = loaded(saved(model, tmp_path), "emu3-alone")
    del model
    record = tokenizer.tokenize(media)
    np.testing.assert_array_equal(record.levels[0].indices, theirs.numpy())
    np.testing.assert_allclose(record.reconstruction, (decoded / 2 + 0.5).clip(0, 1), atol=CLOSE)
