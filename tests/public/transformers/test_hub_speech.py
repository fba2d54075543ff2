"""X-Codec, X-Codec2, NeuCodec and the quantizer of wav2vec 2.0 from folders of the Hub, against the library's own."""

import numpy as np
import pytest
import torch
from scipy.signal import resample_poly
from transformers import SeamlessM4TFeatureExtractor, Wav2Vec2FeatureExtractor

from explorer.foundation.errors import RecordError
from explorer.public.transformers.speech import mel_frames, paired_mel_frames, two_thirds
from tests.public.transformers.hub_folders import CLOSE, codes, gap, loaded, saved, sound, tensor
from tests.public.transformers.hub_models import MODELS


def features_of(media):
    """Log-mel frames of an extractor of the library in numpy, which is other code than ours."""
    extractor = SeamlessM4TFeatureExtractor(padding_value=1.0)
    made = extractor(media[:, 0], sampling_rate=16_000, return_tensors="pt", pad_to_multiple_of=2)
    return made.input_features


def test_mel_frames_are_kaldis():
    media = sound(16_000)
    ours = paired_mel_frames(torch.from_numpy(media.T.copy()))
    theirs = features_of(media)
    frames = 1 + (16_000 - 400) // 160
    assert mel_frames(torch.zeros(1, 16_000)).shape == (1, frames, 80) and ours.shape == (1, frames // 2, 160)
    np.testing.assert_allclose(ours.numpy(), theirs[:, : frames // 2].numpy(), atol=2e-3)


def test_sound_comes_to_two_thirds_of_its_rate_as_in_scipy():
    media = sound(2400)
    expected = resample_poly(media[:, 0].astype(np.float64), 2, 3)
    ours = two_thirds(tensor(media))
    assert ours.shape == (1, 1, 1600)
    np.testing.assert_allclose(ours[0, 0].numpy(), expected, atol=1e-5)


@pytest.fixture(scope="module", params=["hubert", "wavlm"])
def xcodec(request, tmp_path_factory):
    model = MODELS["xcodec"](request.param)
    return model, loaded(saved(model, tmp_path_factory.mktemp("xcodec")), "xcodec")


@pytest.mark.parametrize("tokens", [2, 3, 20])
def test_xcodec_is_the_librarys(xcodec, tokens):
    model, tokenizer = xcodec
    media = sound(tokens * 320, seed=tokens)
    record = tokenizer.tokenize(media)
    with torch.no_grad():
        theirs = model.encode(tensor(media)).audio_codes
        decoded = model.decode(theirs).audio_values
    np.testing.assert_array_equal(codes(record), theirs[0].numpy())
    assert len(np.unique(theirs)) > 5 and record.levels[0].layout.shape == (tokens,)
    assert gap(record.reconstruction, decoded) < CLOSE
    assert gap(tokenizer.detokenize([level.indices for level in record.levels]), decoded) < CLOSE


def test_xcodec_leaves_out_what_only_training_needs(xcodec):
    model, tokenizer = xcodec
    spec = tokenizer.spec
    assert spec.title == "X-Codec 16 kHz" and spec.num_quantizers == 8 and "50 times a second" in spec.summary
    drop = ("decoder_semantic.", "fc1.")
    kept = [k for k in model.state_dict() if not k.startswith(drop) and not k.endswith(("inited", "embed_avg"))]
    assert spec.parameters == sum(model.state_dict()[k].numel() for k in kept)


@pytest.fixture(scope="module")
def xcodec2(tmp_path_factory):
    model = MODELS["xcodec2"]()
    return model, loaded(saved(model, tmp_path_factory.mktemp("xcodec2")), "xcodec2")


@pytest.fixture(scope="module")
def neucodec(tmp_path_factory):
    model = MODELS["neucodec"]()
    return model, loaded(saved(model, tmp_path_factory.mktemp("neucodec")), "neucodec")


@pytest.mark.parametrize("tokens", [2, 3, 25])
def test_xcodec2_is_the_librarys_after_the_public_feature_extractor(xcodec2, tokens):
    """The extractor adds a silent sample and fills up to whole tokens; here the last sample takes its place."""
    model, tokenizer = xcodec2
    media = sound(tokens * 320, seed=tokens)
    record = tokenizer.tokenize(media)
    heard = np.concatenate([media[:-1], np.zeros((1, 1), np.float32)])
    with torch.no_grad():
        features = features_of(np.pad(heard, ((160, 160), (0, 0))))
        theirs = model.encode(tensor(heard), features).audio_codes  # (1, 1, T)
        decoded = model.decode(theirs).audio_values
    np.testing.assert_array_equal(codes(record), theirs[0].numpy())
    assert len(np.unique(theirs)) > tokens // 2 and record.levels[0].layout.shape == (tokens,)
    assert gap(record.reconstruction, decoded) < CLOSE
    assert gap(tokenizer.detokenize([record.levels[0].indices]), decoded) < CLOSE


@pytest.mark.parametrize("tokens", [2, 3, 25])
def test_neucodec_is_the_librarys_after_the_public_feature_extractor(neucodec, tokens):
    """Its extractor adds a whole silent token to sound of whole tokens, and its speech model gives one token less."""
    model, tokenizer = neucodec
    media = sound(tokens * 480, seed=tokens)
    record = tokenizer.tokenize(media)
    heard = two_thirds(tensor(media))
    heard = torch.nn.functional.pad(heard, (0, 320))
    with torch.no_grad():
        theirs = model.encode(heard, features_of(heard[0].T.numpy())).audio_codes
        decoded = model.decode(theirs).audio_values
    np.testing.assert_array_equal(codes(record), theirs[0].numpy())
    assert record.levels[0].layout.shape == (tokens,) and record.sample_rate_hz == 24_000
    assert gap(record.reconstruction, decoded) < CLOSE and decoded.shape[2] == tokens * 480
    assert "16 kHz" in record.notes[0]


@pytest.mark.parametrize("name", ["xcodec2", "neucodec"])
def test_codes_of_finite_scalars_are_their_rule(name, request):
    model, tokenizer = request.getfixturevalue(name)
    level = tokenizer.tokenize(sound(20 * tokenizer.spec.downsampling)).levels[0]
    assert level.codebook.codebook_size == 65_536 and tokenizer.spec.quantizer == "fsq"
    table = model.quantizer.quantizer.codebook.numpy()
    np.testing.assert_array_equal(level.codebook.rows(np.arange(65_536)), table)
    np.testing.assert_array_equal(level.z_q, table[level.indices])
    assert np.abs(level.z_e - level.z_q).max() <= 0.25 + 1e-6  # half of a step of four values


@pytest.fixture(scope="module", params=["group", "layer"])
def wav2vec2(request, tmp_path_factory):
    model = MODELS["wav2vec2"](request.param)
    return model, loaded(saved(model, tmp_path_factory.mktemp("wav2vec2")), "wav2vec2")


@pytest.mark.parametrize("samples", [640, 960, 6400])
def test_codes_of_wav2vec2_are_the_largest_logits(wav2vec2, samples):
    model, tokenizer = wav2vec2
    media = sound(samples, seed=samples)
    record = tokenizer.tokenize(media)
    found = {}
    handle = model.quantizer.weight_proj.register_forward_hook(lambda *seen: found.update(logits=seen[2]))
    heard = Wav2Vec2FeatureExtractor(do_normalize=True)(media[:, 0], sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        model(heard.input_values)
    handle.remove()
    theirs = found["logits"].view(-1, 2, 320).argmax(2)  # (T, G)
    np.testing.assert_array_equal(codes(record), theirs.T.numpy())
    assert record.levels[0].layout.shape == (samples // 320 - 1,)
    for level in record.levels:  # the search is a dot product and nothing else
        np.testing.assert_array_equal((level.z_e @ level.codebook.vectors.T).argmax(1), level.indices)


def test_wav2vec2_says_that_it_has_no_decoder(wav2vec2):
    _, tokenizer = wav2vec2
    record = tokenizer.tokenize(sound(3200))
    assert not tokenizer.spec.decodes and not record.reconstruction.any()
    assert any("no decoder" in note for note in record.notes)
    for attempt in (
        lambda: tokenizer.detokenize([level.indices for level in record.levels]),
        lambda: tokenizer.decode_levels(record, [0]),
        lambda: tokenizer.decode_alone(0, [1]),
    ):
        with pytest.raises(RecordError, match="no decoder"):
            attempt()
