"""Codecs inside larger models, from folders that the library itself saved: MusicGen, Bark, Moshi and CSM."""

import numpy as np
import pytest
import torch
from transformers import (
    BarkConfig,
    BarkModel,
    CsmConfig,
    CsmForConditionalGeneration,
    EncodecConfig,
    MimiConfig,
    MoshiConfig,
    MoshiForConditionalGeneration,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    T5Config,
)

from tests.public.transformers.hub_folders import CLOSE, codes, gap, loaded, saved, sound, tensor
from tests.public.transformers.hub_models import ENCODEC, MIMI, encodec, fill_mimi

CODEC = EncodecConfig(num_filters=4, hidden_size=16, codebook_size=64, **ENCODEC["32 kHz"]).to_dict()
LAYERS = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, head_dim=8)
DEPTH = dict(num_codebooks=4, vocab_size=32, **LAYERS)


def musicgen():
    text = T5Config(d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, vocab_size=32).to_dict()
    small = dict(num_hidden_layers=1, ffn_dim=16, num_attention_heads=2, hidden_size=16, pad_token_id=0, bos_token_id=0)
    decoder = MusicgenDecoderConfig(vocab_size=64, **small).to_dict()
    config = MusicgenConfig(text_encoder=text, audio_encoder=CODEC, decoder=decoder)
    model = MusicgenForConditionalGeneration(config)
    return model, model.audio_encoder


def bark():
    part = dict(num_layers=1, num_heads=2, hidden_size=16, input_vocab_size=32, output_vocab_size=32, block_size=8)
    fine = part | dict(n_codes_total=4)
    config = dict(semantic_config=part, coarse_acoustics_config=part, fine_acoustics_config=fine, codec_config=CODEC)
    model = BarkModel(BarkConfig(**config))
    return model, model.codec_model


def moshi():
    config = MoshiConfig(
        **(LAYERS | dict(vocab_size=32, ffn_dim=16, num_codebooks=4, audio_vocab_size=64)),
        audio_encoder_config=MimiConfig(**MIMI).to_dict(),
        depth_decoder_config=DEPTH | dict(input_size=16, ffn_dim=16, audio_vocab_size=64),
    )
    model = MoshiForConditionalGeneration(config)
    return model, model.audio_encoder


def csm():
    config = CsmConfig(
        **(LAYERS | dict(vocab_size=32, text_vocab_size=32, intermediate_size=16, num_codebooks=4)),
        codec_config=MimiConfig(**MIMI).to_dict(),
        depth_decoder_config=DEPTH | dict(backbone_hidden_size=16, intermediate_size=16),
    )
    model = CsmForConditionalGeneration(config)
    return model, model.codec_model


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (musicgen, "encodec-in-musicgen"),
        (bark, "encodec-in-bark"),
        (moshi, "mimi-in-moshi"),
        (csm, "mimi-in-csm"),
    ],
)
def test_the_codec_of_a_larger_model_is_the_librarys(make, name, tmp_path):
    torch.manual_seed(0)
    model, codec = make()
    model.eval()
    if name.startswith("mimi"):
        with torch.no_grad():
            fill_mimi(codec)
    else:
        codec.load_state_dict(encodec("32 kHz").state_dict())
    tokenizer = loaded(saved(model, tmp_path), name)
    media = sound(6 * tokenizer.spec.downsampling)
    record = tokenizer.tokenize(media)
    with torch.no_grad():
        theirs = codec.encode(tensor(media))
        decoded = codec.decode(theirs.audio_codes, *([[None]] if name.startswith("encodec") else [])).audio_values
    np.testing.assert_array_equal(codes(record), theirs.audio_codes.reshape(len(record.levels), -1).numpy())
    assert len(np.unique(codes(record))) > 5
    assert gap(record.reconstruction, decoded) < CLOSE
    everything = sum(p.numel() for p in model.parameters()) + sum(b.numel() for b in model.buffers())
    assert 0 < tokenizer.spec.parameters < everything
