"""A sound of any length has as many tokens here as the public codecs give it: the last, begun one counts."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from scipy.signal import resample_poly
from transformers import DacFeatureExtractor, SeamlessM4TFeatureExtractor

from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.joints.files.audits import describe
from explorer.joints.files.tokens import load_tokens, save_tokens, token_meta
from explorer.media.medium import tokenized
from explorer.media.sounds.audio import LoadedAudio, wav_bytes
from tests.public.transformers.hub_folders import codes, loaded, saved, sound, tensor
from tests.public.transformers.hub_models import FORMAT, MODELS, dac, mimi

SOUNDS = ("encodec 24 kHz", "encodec 48 kHz", "dac 44.1 kHz", "mimi", "xcodec", "xcodec2", "neucodec", "wav2vec2")


def filled(model, media):
    """By the extractor that DAC's and X-Codec's processors have: zeros up to a whole hop."""
    rate = model.config.sampling_rate if hasattr(model.config, "sampling_rate") else model.config.sample_rate
    extractor = DacFeatureExtractor(sampling_rate=rate, hop_length=model.config.hop_length)
    return extractor(media[:, 0], sampling_rate=rate, return_tensors="pt")["input_values"]


def with_silence(media):
    """By the extractors of X-Codec2 and NeuCodec: a silent sample, then zeros up to a whole token."""
    return np.pad(media, ((0, 320 - len(media) % 320), (0, 0)))


def features_of(media):
    extractor = SeamlessM4TFeatureExtractor(padding_value=1.0)
    return extractor(media[:, 0], sampling_rate=16_000, return_tensors="pt", pad_to_multiple_of=2).input_features


def tokens_of_library(name, model, media) -> int:
    """How many tokens the library's own model and feature extractor give."""
    with torch.no_grad():
        match name.split()[0]:
            case "dac" | "xcodec":
                return model.encode(filled(model, media)).audio_codes.shape[-1]
            case "encodec" if model.config.chunk_length is None:
                return model.encode(tensor(media)).audio_codes.shape[-1]
            case (
                "encodec"
            ):  # pieces of a second, a hundredth of which is in the next one, too; each filled up by itself
                starts = range(0, len(media), model.config.chunk_stride)
                hop, length = model.config.hop_length, model.config.chunk_length
                return sum(-(-min(length, len(media) - start) // hop) for start in starts)
            case "mimi":
                return model.encode(tensor(media)).audio_codes.shape[-1]
            case "wav2vec2":
                return model.wav2vec2.feature_extractor(tensor(media)[:, 0]).shape[-1]
            case "xcodec2":
                heard = with_silence(media)
                features = features_of(np.pad(heard, ((160, 160), (0, 0))))
                return model.encode(tensor(heard), features).audio_codes.shape[-1]
            case "neucodec":
                heard = with_silence(resample_poly(media, 2, 3).astype(np.float32))
                return model.encode(tensor(heard), features_of(heard)).audio_codes.shape[-1]
    raise AssertionError(name)


@pytest.fixture(scope="module", params=SOUNDS)
def pair(request, tmp_path_factory):
    model = MODELS[request.param]()
    return request.param, model, loaded(saved(model, tmp_path_factory.mktemp("sound")), FORMAT[request.param])


@pytest.mark.parametrize("samples", [7_777, 24_330])
def test_as_many_tokens_as_the_library_gives(pair, samples):
    name, model, tokenizer = pair
    media = sound(samples, tokenizer.spec.channels)
    record = tokenized(LoadedAudio(media, tokenizer.spec.sample_rate_hz), tokenizer, 64)
    assert record.levels[0].indices.size == tokens_of_library(name, model, media)


@pytest.mark.parametrize(("name", "samples", "tokens"), [("dac", 441_000, 862), ("mimi", 24_000, 13)])
def test_the_published_counts_and_the_length_of_the_decode_are_said(name, samples, tokens, tmp_path):
    model = mimi() if name == "mimi" else dac("44.1 kHz", n_codebooks=2, decoder_hidden_size=16)
    tokenizer = loaded(saved(model, tmp_path / "model"), name)
    media, rate, hop = 0.3 * sound(samples), tokenizer.spec.sample_rate_hz, tokenizer.spec.downsampling
    record = tokenized(LoadedAudio(media, rate), tokenizer, 64)
    assert record.levels[0].indices.shape == (tokens,) and len(record.reconstruction) == tokens * hop
    said = f"{samples:,} become {tokens * hop:,} samples, a multiple of {hop:,}; what is decoded is as long."
    assert said in record.notes[0]
    if name == "dac":
        with torch.no_grad():
            np.testing.assert_array_equal(codes(record), model.encode(filled(model, media)).audio_codes[0].numpy())
    meta = json.loads(json.dumps(token_meta(record)))
    assert meta["levels"][0]["layout"]["shape"] == [tokens] and meta["notes"][0] == record.notes[0]
    assert load_tokens(save_tokens(tmp_path / "tokens.npz", record)).notes == record.notes
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "a.wav").write_bytes(wav_bytes(media, rate))
    audit = describe(run_audit(tokenizer, open_source(tmp_path / "sounds"), title="t"))
    assert audit["levels"][0]["tokens"] == tokens and said in audit["notes"][0]["words"]
