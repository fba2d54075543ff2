"""The adversary of sounds, and a member whose decoder alone is trained on: its tokens are those of its start."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from tiny import tiny, tones

from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError
from explorer.media.medium import tokenized
from explorer.media.samples import samples_of
from explorer.tokenizers import load_tokenizer
from explorer.tokenizers.native.checkpoint import is_needed, load_model, save_checkpoint
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training import command
from explorer.training.command import config_of, main
from explorer.training.losses.adversary import DELTA, AdversaryPlan
from explorer.training.losses.wave_adversary import (
    SoundAdversary,
    SpectrumAdversary,
    WaveAdversary,
    feature_distance,
    scores_of,
)
from explorer.training.siblings import begin_with, sibling_folder
from tests.shipped import shipped_ids

CPU = torch.device("cpu")
PLAN = AdversaryPlan(start=2, strength=0.5, learning_rate=1e-2)


def sound(seed=0, many=2, samples=2000):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(many, 1, samples)).astype(np.float32) * 0.1)


def test_what_a_scale_sees_is_the_spectrum_of_numpy():
    """Real and imaginary parts of Hann-windowed frames of ten times the sound, over the root of the window."""
    one = SpectrumAdversary(64, 2)
    seen = one._spectrum(sound())[1].numpy()  # (2, frames, bins)
    samples, taper = np.pad(sound()[1, 0].numpy(), 32), np.hanning(65)[:64]
    for frame in (0, 3, 50):
        bins = 10 * np.fft.rfft(samples[16 * frame : 16 * frame + 64] * taper) / 8
        np.testing.assert_allclose(seen[0, frame] + 1j * seen[1, frame], bins, atol=1e-5)


def test_scores_of_all_windows_lie_side_by_side():
    features = WaveAdversary(2, (64, 32))(sound())
    assert [len(scale) for scale in features] == [5, 5]
    expected = np.concatenate([scale[-1].detach().numpy().reshape(2, -1) for scale in features], 1)
    np.testing.assert_array_equal(scores_of(features).detach().numpy(), expected)


def test_the_distance_of_features_by_hand():
    """|a - b| over |a|, of all layers but the scores: (1 / 2 + 3 / 1) / 2."""
    full = lambda value: torch.full((1, 2, 3, 4), value)  # noqa: E731
    real, made = [[full(2.0), full(-1.0), full(9.0)]], [[full(1.0), full(2.0), full(0.0)]]
    assert float(feature_distance(real, made)) == pytest.approx((1 / 2 + 3 / 1) / 2)


def test_what_fools_also_matches_features_and_leaves_the_judge_alone():
    torch.manual_seed(0)
    adversary = SoundAdversary(WaveAdversary(2, (64, 32)), PLAN, 0.25, CPU)
    layer = torch.nn.Parameter(torch.ones(1))
    target, decoded = sound(), sound(1) * layer
    assert adversary.fool(1, decoded, target, decoded.square().mean(), layer) == {}
    terms = adversary.fool(2, decoded, target, decoded.square().mean(), layer)
    with torch.autocast("cpu", torch.bfloat16):
        apart = feature_distance(adversary.network(target), adversary.network(decoded))
        fooling = -scores_of(adversary.network(decoded)).mean()
    assert float(terms["features"]) == pytest.approx(0.25 * float(apart), rel=1e-3)
    both = (decoded.square().mean(), fooling)
    norms = [float(torch.autograd.grad(one, layer, retain_graph=True)[0].abs()) for one in both]
    weight = 0.5 * norms[0] / (norms[1] + DELTA)
    assert float(terms["adversarial"]) == pytest.approx(weight * float(fooling), rel=0.05)
    sum(terms.values()).backward()
    assert all(one.grad is None and one.requires_grad for one in adversary.network.parameters())
    assert layer.grad is not None


def test_it_learns_to_tell_two_kinds_of_sound():
    torch.manual_seed(0)
    adversary = SoundAdversary(WaveAdversary(4, (64, 32)), PLAN, 1.0, CPU)
    first = float(adversary.learn(2, sound(), torch.zeros(2, 1, 2000))["adversary"])
    for step in range(3, 60):
        last = float(adversary.learn(step, sound(step), torch.zeros(2, 1, 2000))["adversary"])
    assert first > 0.9 and last < 0.2


@pytest.fixture
def start(tmp_path, monkeypatch):
    """The folder of a small sound-rvq-8 that a run starts from."""
    recipe = tiny("sound-rvq-8")
    torch.manual_seed(3)
    model = TokenizerModel(recipe.quantizer, recipe.config, recipe.architecture, "audio")
    model(torch.from_numpy(tones(1)[0].samples[:800])[None, None])  # codes start on latents
    save_checkpoint(tmp_path / "zoo" / "sound-rvq-8", model, config_of("sound-rvq-8", recipe, model, "CC0", {}))
    found = dataclasses.replace(settings(), checkpoints=tmp_path / "zoo")
    for module in ("explorer.training.siblings", "explorer.tokenizers.native.checkpoint"):
        monkeypatch.setattr(f"{module}.settings", lambda: found)
    return tmp_path / "zoo" / "sound-rvq-8"


def test_only_the_decoder_learns_and_tokens_stay(start, tmp_path, monkeypatch):
    import soundfile

    monkeypatch.setattr(command, "ZOO", {"sound-rvq-8-gan": tiny("sound-rvq-8-gan", sibling="sound-rvq-8")})
    (tmp_path / "tones").mkdir()
    for number, one in enumerate(tones(6)):
        soundfile.write(tmp_path / "tones" / f"{number}.wav", one.samples, 16000)
    places = ("--out", tmp_path / "out", "--runs", tmp_path / "runs", "--device", "cpu")
    assert main([str(word) for word in ("sound-rvq-8-gan", "--data", tmp_path / "tones", *places)]) == 0
    before, after = load_model(start), load_model(tmp_path / "out" / "sound-rvq-8-gan")
    for part in ("encoder", "quantizer"):
        one, other = (getattr(model, part).state_dict() for model in (before, after))
        kept = [name for name in one if is_needed(name)]
        assert kept and [name for name in kept if not torch.equal(one[name], other[name])] == []
    changed = [
        float((one - other).abs().max())
        for one, other in zip(before.decoder.parameters(), after.decoder.parameters(), strict=True)
    ]
    assert max(changed) > 1e-3
    config = json.loads((tmp_path / "out" / "sound-rvq-8-gan" / "config.json").read_text())
    assert config["training"]["sibling"] == "sound-rvq-8"
    card = (tmp_path / "out" / "sound-rvq-8-gan" / "card.md").read_text()
    assert "of the decoder alone, from the weights of `sound-rvq-8`" in card and "PatchGAN" not in card
    losses = json.loads((tmp_path / "out" / "sound-rvq-8-gan" / "curve.json").read_text())[-1]["losses"]
    assert {"waveform", "log-mel", "adversarial", "features", "adversary"} <= set(losses)


def test_a_start_of_another_shape_is_refused_in_words(start):
    other = tiny("sound-rvq-8-gan", blocks=(1, 1, 2), sibling="sound-rvq-8")
    with pytest.raises(CheckpointError, match="sound-rvq-8 has another network than the recipe"):
        sibling_folder(other, start.parent)
    recipe = tiny("sound-rvq-8-gan", sibling="sound-rvq-8")
    less = TokenizerModel(recipe.quantizer, recipe.config | {"codebook_size": 16}, recipe.architecture, "audio")
    with pytest.raises(CheckpointError, match=r"sound-rvq-8 is no start for this recipe: .*size mismatch"):
        begin_with(less, sibling_folder(recipe, start.parent))


@pytest.mark.skipif("sound-rvq-8-gan" not in shipped_ids(), reason="the adversarial member does not ship")
def test_the_member_that_ships_has_the_tokens_of_its_start_and_another_sound():
    media = [one.load() for one in samples_of("audio").values()]
    for medium in media:
        one, other = (tokenized(medium, load_tokenizer(name), 256) for name in ("sound-rvq-8", "sound-rvq-8-gan"))
        for mine, theirs in zip(one.levels, other.levels, strict=True):
            np.testing.assert_array_equal(mine.indices, theirs.indices)
        assert np.abs(one.reconstruction - other.reconstruction).max() > 1e-3


def test_the_decoder_alone_is_written_and_a_missing_start_is_said(start, tmp_path):
    recipe = tiny("sound-rvq-8-gan", sibling="sound-rvq-8")
    model = TokenizerModel(recipe.quantizer, recipe.config, recipe.architecture, "audio")
    begin_with(model, sibling_folder(recipe, start.parent))
    folder = tmp_path / "zoo" / "other"
    save_checkpoint(folder, model, config_of("other", recipe, model, "CC0", {}))
    with safe_open(folder / "model.safetensors", "pt") as file:
        assert all(name.startswith("decoder.") for name in file.keys())  # noqa: SIM118
    for one, other in zip(load_model(start).encoder.parameters(), load_model(folder).encoder.parameters(), strict=True):
        assert torch.equal(one, other)
    start.rename(tmp_path / "zoo" / "elsewhere")
    with pytest.raises(CheckpointError, match="has its encoder and codes from 'sound-rvq-8', which is not here"):
        load_model(folder)


def test_a_start_that_is_itself_or_of_other_codes_is_refused(start, tmp_path):
    recipe = tiny("sound-rvq-8-gan", sibling="sound-rvq-8")
    model = TokenizerModel(recipe.quantizer, recipe.config, recipe.architecture, "audio")
    config = config_of("other", recipe, model, "CC0", {})
    for shares, words in (("other", "not here"), ("../zoo/sound-rvq-8", "not here"), ("small", "do not fit")):
        save_checkpoint(tmp_path / "zoo" / "other", model, config | {"shares": shares})
        small = recipe.config | {"codebook_size": 16}
        less = TokenizerModel(recipe.quantizer, small, recipe.architecture, "audio")
        of_less = config | {
            "codebook_size": 16,
            "quantizer": {"id": recipe.quantizer, "config": small},
            "shares": "",
            "id": "small",
        }
        save_checkpoint(tmp_path / "zoo" / "small", less, of_less)
        with pytest.raises(CheckpointError, match=words):
            load_model(tmp_path / "zoo" / "other")
