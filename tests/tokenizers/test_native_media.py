"""Tokenizers of sounds and clips of the zoo: they look back only, any number of levels decodes, files lose nothing."""

import json

import numpy as np
import pytest
import torch
from small_media import SMALL_MEDIA, frames, media_checkpoint, media_model, media_tokenizer, noise

from explorer.foundation.errors import CheckpointError, MediaError
from explorer.media.clips.moving import held_out_clip
from explorer.media.medium import fit_medium, values
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer
from explorer.tokenizers.native.causal import CausalConv1d, Upsample1d, fold_time, spread_time
from explorer.tokenizers.native.checkpoint import TRAINING_ONLY, load_model
from explorer.tokenizers.native.specs import read_config, spec_of
from tests.shipped import shipped_ids

SOUNDS = [name for name in SMALL_MEDIA if name.startswith("sound")]
CLIPS = [name for name in SMALL_MEDIA if name.startswith("clip")]


@pytest.fixture(scope="module")
def of(tmp_path_factory):
    """The small tokenizer of a name, made once."""
    root, made = tmp_path_factory.mktemp("media"), {}
    return lambda name: made.setdefault(name, None) or made.update({name: media_tokenizer(name, root)}) or made[name]


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(7, 1, 1), (3, 1, 9), (10, 5, 1), (4, 2, 1), (1, 1, 1)])
def test_a_causal_convolution_by_hand(kernel, stride, dilation):
    """Output t is the sum over taps j of w[j] x[stride (t + 1) - 1 - (kernel - 1 - j) dilation], zeros before x."""
    torch.manual_seed(0)
    layer, x = CausalConv1d(2, 3, kernel, stride, dilation), torch.randn(1, 2, 40)
    weight, bias = (p.detach().numpy().astype(np.float64) for p in (layer.weight, layer.bias))
    expected = np.tile(bias[:, None], (1, 40 // stride))
    for t in range(40 // stride):
        for j in range(kernel):
            at = stride * (t + 1) - 1 - (kernel - 1 - j) * dilation
            if at >= 0:
                expected[:, t] += weight[:, :, j] @ x[0, :, at].numpy()
    np.testing.assert_allclose(layer(x)[0].detach().numpy(), expected, atol=1e-5)


def test_folding_time_and_spreading_it_are_inverses():
    x = torch.arange(2 * 3 * 8.0).view(2, 3, 8)
    folded = fold_time(x, 4)
    assert folded.shape == (2, 12, 2) and folded[0, :4, 1].tolist() == x[0, 0, 4:].tolist()
    assert torch.equal(spread_time(folded, 4), x)
    up = Upsample1d(3, 5, 4)
    assert up(x).shape == (2, 5, 32)
    changed = x.clone()
    changed[:, :, 3] += 1
    differs = (up(changed) != up(x)).any(1).any(0)
    assert not differs[:12].any() and differs[12:20].any() and not differs[20:].any()  # itself and the next one


@pytest.mark.parametrize("name", SOUNDS)
def test_later_samples_never_change_earlier_tokens(name, of):
    tokenizer, sound = of(name), noise(80 * 30)
    step = tokenizer.spec.downsampling
    at = 12 * 80 // step  # the token from which on everything is another sound
    other = np.concatenate([sound[: at * step], noise(len(sound) - at * step, seed=1)])
    first, second = tokenizer.tokenize(sound), tokenizer.tokenize(other)
    for one, two in zip(first.levels, second.levels, strict=True):
        assert np.array_equal(one.indices[:at], two.indices[:at])
        np.testing.assert_allclose(one.z_e[:at], two.z_e[:at], atol=1e-5)
    assert np.abs(first.levels[0].z_e[at] - second.levels[0].z_e[at]).max() > 1e-3
    np.testing.assert_allclose(first.reconstruction[: at * step], second.reconstruction[: at * step], atol=1e-5)
    assert np.abs(first.reconstruction[at * step :] - second.reconstruction[at * step :]).max() > 1e-3


@pytest.mark.parametrize("name", SOUNDS)
def test_a_token_changes_no_sample_before_it_and_none_beyond_its_reach(name, of):
    tokenizer = of(name)
    spec, reach, chance = tokenizer.spec, tokenizer.token_reach, np.random.default_rng(0)
    tokens = 2 * reach + 9
    indices = [chance.integers(spec.codebook_size, size=tokens) for _ in range(spec.num_quantizers)]
    base = tokenizer.detokenize(indices)
    touched = np.zeros(tokens, bool)
    for code in range(1, 6):  # several, since one may be near the other
        changed = [level.copy() for level in indices]
        changed[0][4] = (changed[0][4] + code) % spec.codebook_size
        away = np.abs(tokenizer.detokenize(changed) - base).reshape(tokens, -1).max(1)
        touched |= away > 0
    assert not touched[:4].any() and touched[4] and touched[4 + reach] and not touched[5 + reach :].any()


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("tokens", [1, 2, 3, 50])
def test_lengths_from_one_token_up(name, tokens, of):
    tokenizer = of(name)
    sound = noise(tokens * tokenizer.spec.downsampling)
    record = tokenizer.tokenize(sound)
    assert [level.indices.shape for level in record.levels] == [(tokens,)] * tokenizer.spec.num_quantizers
    assert record.reconstruction.shape == sound.shape and np.isfinite(record.reconstruction).all()
    decoded = tokenizer.detokenize([level.indices for level in record.levels])
    np.testing.assert_allclose(decoded, record.reconstruction, atol=1e-5)
    with pytest.raises(MediaError, match=f"multiples of {tokenizer.spec.downsampling}"):
        tokenizer.tokenize(noise(len(sound) + 1))


def test_any_number_of_levels_decodes_the_sum_of_their_codes(of):
    tokenizer = of("sound-rvq")
    record = tokenizer.tokenize(noise(80 * 20))
    for many in range(4):
        field = sum(level.z_q for level in record.levels[:many]) if many else np.zeros((20, 8), np.float32)
        with torch.inference_mode():
            expected = tokenizer._codec.model.decoder(torch.from_numpy(field.T.copy())[None])[0].T.numpy()
        np.testing.assert_allclose(tokenizer.decode_levels(record, range(many)), expected, atol=1e-5)


@pytest.mark.parametrize("name", SMALL_MEDIA)
def test_what_was_saved_comes_back(name, tmp_path):
    model, _ = media_model(name)
    loaded = load_model(media_checkpoint(name, tmp_path))
    want, found = model.state_dict(), loaded.state_dict()
    assert want.keys() == found.keys() and not loaded.training
    for key, tensor in want.items():
        if any(part in key for part in TRAINING_ONLY):
            continue
        if tensor.is_floating_point() and not key.startswith("quantizer."):
            off = (found[key] - tensor).abs().flatten(1) if tensor.ndim > 1 else (found[key] - tensor).abs()
            largest = tensor.abs().flatten(1).amax(1, keepdim=True) if tensor.ndim > 1 else tensor.abs()
            assert (off <= largest / 253.9 + 1e-7).all(), key  # half a step of eight bits, of its channel's largest
        else:
            assert torch.equal(found[key], tensor), key


@pytest.mark.parametrize("name", SMALL_MEDIA)
def test_what_a_config_says_of_its_media(name, tmp_path):
    spec = spec_of(read_config(media_checkpoint(name, tmp_path)))
    if name in SOUNDS:
        assert (spec.modality, spec.layout, spec.sample_rate_hz, spec.channels) == ("audio", "sequence", 16000, 1)
        assert spec.delay_samples == 0 and spec.downsampling == (20 if name == "sound-fsq" else 80)
    else:
        assert (spec.modality, spec.layout, spec.time_step, spec.first_frame_alone) == ("video", "grid3d", 4, True)
        assert spec.downsampling == 8 and spec.sample_rate_hz is None


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("sound-rvq", {"modality": "smell"}, "modality 'smell', which is none of image, audio, video"),
        ("sound-rvq", {"sample_rate_hz": None}, "lacks sample_rate_hz"),
        ("sound-rvq", {"downsampling": 81}, "says downsampling 81, its model has 80"),
        ("sound-rvq", {"architecture": {"channels": [4, 8, 8], "blocks": [1, 2, 1]}}, "it lacks 'strides'"),
        ("sound-rvq", {"architecture": {"channels": [4], "blocks": [1], "strides": [8, 5]}}, "describes no model"),
        ("sound-rvq", {"architecture": {"channels": [4], "blocks": [1], "strides": [10**9]}}, "at most 1,000"),
        ("sound-rvq", {"architecture": {"channels": [10**9], "blocks": [1], "strides": [8]}}, "GiB"),
        ("sound-rvq", {"modality": "image"}, "says downsampling 80, its model has 8"),
        ("clip-fsq", {"time_step": 2}, "says time_step 2, its model has 4"),
        ("clip-fsq", {"time_step": None}, "says time_step 1, its model has 4"),
    ],
)
def test_a_config_that_says_something_else_of_its_media(name, changes, reason, tmp_path):
    folder = media_checkpoint(name, tmp_path)
    config = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    with pytest.raises(CheckpointError) as caught:
        load_model(folder)
    assert reason in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", CLIPS)
def test_later_frames_never_change_earlier_tokens_or_frames(name, of):
    """Token 0 is of frame 0 alone, token k of frames 4 k - 3 to 4 k and of what came before."""
    tokenizer, clip = of(name), frames(13)
    whole = tokenizer.tokenize(clip)
    assert whole.levels[0].indices.shape == (4, 2, 2) and whole.reconstruction.shape == clip.shape
    for kept in (1, 5, 9):
        part, tokens = tokenizer.tokenize(clip[:kept]), (kept - 1) // 4 + 1
        places = tokens * 4
        np.testing.assert_allclose(whole.levels[0].z_e[:places], part.levels[0].z_e, atol=1e-5)
        np.testing.assert_allclose(whole.reconstruction[:kept], part.reconstruction, atol=1e-5)
    changed = clip.copy()
    changed[4] = 1 - changed[4]  # the last frame of token 1
    other = tokenizer.tokenize(changed)
    away = np.abs(other.levels[0].z_e - whole.levels[0].z_e).reshape(4, -1).max(1)
    assert away[0] < 1e-5 and (away[1:] > 1e-3).all()  # what comes later remembers it


@pytest.mark.parametrize("name", CLIPS)
def test_clips_of_other_lengths_are_refused_or_made_to_fit(name, of):
    tokenizer = of(name)
    with pytest.raises(MediaError, match="frames in steps of 4"):
        tokenizer.tokenize(frames(4))
    fitted = fit_medium(SAMPLES["shapes"].load(), tokenizer.spec, 64)
    assert len(values(fitted)) == 25 and tokenizer.tokenize(values(fitted)).levels[0].indices.shape == (7, 8, 8)


def si_sdr(original, decoded):
    """Le Roux et al. 2019, eq. 3, in float64."""
    x, y = (one.astype(np.float64).ravel() for one in (original, decoded))
    target = (x @ y) / (x @ x) * x
    return 10 * np.log10((target @ target) / np.square(y - target).sum())


def test_media_ship_and_say_what_they_are():
    sounds, clips = shipped_ids("audio"), shipped_ids("video")
    if not sounds or not clips:
        pytest.skip("checkpoints/ lacks sounds or clips: python -m explorer train NAME makes one")
    specs = [load_tokenizer(name, "cpu").spec for name in sounds]
    assert all(spec.sample_rate_hz == 16000 and spec.measured["si_sdr_db"] > -5 for spec in specs)
    assert all(load_tokenizer(name, "cpu").spec.time_step == 4 for name in clips)


@pytest.mark.skipif("sound-rvq-8" not in shipped_ids(), reason="sound-rvq-8 is not in checkpoints/")
def test_more_residual_levels_make_a_truer_sound():
    """Of a voice-like sample that the project makes, level by level, and as its card says of held-out speech."""
    tokenizer = load_tokenizer("sound-rvq-8", "cpu")
    sound = values(fit_medium(SAMPLES["vowels"].load(), tokenizer.spec, 256))
    record = tokenizer.tokenize(sound)
    found = [si_sdr(sound, tokenizer.decode_levels(record, range(q + 1))) for q in range(8)]
    assert found == sorted(found) and found[7] > found[0] + 3
    card = [tokenizer.spec.measured[f"si_sdr_db_{q}"] for q in range(1, 9)]
    assert card == sorted(card) and card[7] > card[0] + 3


@pytest.mark.parametrize("name", shipped_ids("video"))
def test_a_shipped_tokenizer_of_clips_is_near_its_measured_quality(name):
    """Over other photographs than those measured, in motion as they were."""
    from skimage.metrics import peak_signal_noise_ratio

    tokenizer = load_tokenizer(name, "cpu")
    first, second = (np.round(SAMPLES[one].load().pixels * 255).astype(np.uint8) for one in ("china", "flower"))
    clip = held_out_clip(first, second, 0).astype(np.float32) / 255
    found = peak_signal_noise_ratio(clip, tokenizer.tokenize(clip).reconstruction, data_range=1)
    assert abs(found - tokenizer.spec.measured["psnr_db"]) < 5
