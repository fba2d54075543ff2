"""Sounds for training: what is read, how often each is drawn, the losses, and what is measured at the end."""

import dataclasses
import json

import numpy as np
import pytest
import soundfile
import torch
from tiny import tiny, tones

from explorer.foundation.errors import MediaError
from explorer.media.sounds.spectrogram import mel_filters
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training import command
from explorer.training.command import main
from explorer.training.evaluation.sounds import evaluate_sounds
from explorer.training.mel import FLOOR, LogMel
from explorer.training.recipes import ZOO
from explorer.training.sounds import Sound, load_sounds, random_sounds, sample_sounds, shares
from explorer.training.tasks.sound import SoundTask


def si_sdr(original, decoded):
    """Le Roux et al. 2019, eq. 3, in float64."""
    x, y = original.astype(np.float64), decoded.astype(np.float64)
    target = (x @ y) / (x @ x) * x
    return 10 * np.log10((target @ target) / np.square(y - target).sum())


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders of files at 16 and 8 kHz, mono and stereo, and one file that is broken."""
    root = tmp_path_factory.mktemp("sounds")
    for number, (name, rate) in enumerate((("words", 16000), ("music", 8000))):
        (root / name).mkdir()
        for i, one in enumerate(tones(6, 0.25, seed=number)):
            soundfile.write(root / name / f"{i}.wav", np.stack([one.samples] * (number + 1), 1), rate, subtype="FLOAT")
    (root / "music" / "broken.wav").write_bytes(b"not a sound")
    return [root / "words", root / "music"]


def test_files_become_mono_at_one_rate_and_remember_their_folder(folders):
    read, skipped = load_sounds(folders, 16000)
    assert [one.folder for one in read] == [0] * 6 + [1] * 6 and len(skipped) == 1 and "broken.wav" in skipped[0]
    np.testing.assert_allclose(read[2].samples, tones(6, 0.25)[2].samples, atol=1e-6)
    assert len(read[8].samples) == 2 * 4000  # resampled from 8 kHz


def test_a_folder_without_sounds_says_so(tmp_path):
    with pytest.raises(MediaError, match="no sounds"):
        load_sounds([tmp_path], 16000)
    with pytest.raises(MediaError, match="there is no folder"):
        load_sounds([tmp_path / "none"], 16000)


def test_every_folder_is_drawn_from_alike_and_long_sounds_by_their_root():
    """By hand: roots 1, 2 in folder 0 and 3 in folder 1."""
    made = [Sound(np.zeros(n, np.float32), folder) for n, folder in ((100, 0), (400, 0), (900, 1))]
    np.testing.assert_allclose(shares(made), [1 / 6, 2 / 6, 3 / 6])


def test_pieces_depend_on_seed_and_step_alone_and_are_parts_of_sounds():
    made = tones(4, 0.5)
    share = shares(made)
    first = random_sounds(made, share, 8, 640, 0, 5)
    assert first.shape == (8, 1, 640) and first.dtype == torch.float32 and float(first.abs().max()) <= 1
    assert torch.equal(first, random_sounds(made, share, 8, 640, 0, 5))
    assert not torch.equal(first, random_sounds(made, share, 8, 640, 0, 6))
    # A sound that counts its samples says where each piece came from, at which speed and how loud.
    ramp = Sound(np.arange(1, 8001, dtype=np.float32) / 8000)
    pieces = random_sounds([ramp], np.ones(1), 200, 640, 0, 0)[:, 0].double()
    steps = pieces.diff(dim=1) / pieces[:, :1].abs().clamp_min(1e-9)
    assert float((steps - steps[:, :1]).abs().max()) < 1e-3  # straight lines stay straight
    speeds = (pieces[:, 1] - pieces[:, 0]) / (pieces[:, -1] - pieces[:, 0]) * 639
    np.testing.assert_allclose(speeds.numpy(), 1, atol=0.05)
    assert 60 < int((pieces[:, 0] < 0).sum()) < 140  # either sign


def test_short_sounds_are_joined_with_others_of_their_folder():
    """Sounds of folder 0 are all 0.25, those of folder 1 all 0.5: no piece mixes them."""
    made = [Sound(np.full(100, 0.25 * (1 + i % 2), np.float32), i % 2) for i in range(6)]
    pieces = random_sounds(made, shares(made), 40, 640, 0, 0)[:, 0]
    assert float((pieces - pieces[:, :1]).abs().max()) < 1e-6 and len({round(float(p[0]), 3) for p in pieces}) > 10


def test_the_log_mel_loss_against_numpy():
    """One scale by numpy's FFT: Hann windows, a quarter apart, half a window of silence before and after."""
    sound = tones(1, 0.1)[0].samples
    (found,) = LogMel(16000, ((256, 20),))(torch.from_numpy(sound)[None])
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    padded = np.pad(sound.astype(np.float64), 128)
    starts = range(0, len(padded) - 255, 64)
    power = np.stack([np.abs(np.fft.rfft(padded[s : s + 256] * taper)) ** 2 for s in starts], axis=1)
    expected = np.log(mel_filters(20, 256, 16000) @ power / taper.sum() ** 2 + FLOOR)
    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-3)
    mel = LogMel(16000)
    one = torch.from_numpy(sound)[None]
    assert float(mel.distance(one, one)) == 0
    scaled = float(mel.distance(one, 10 * one))  # a hundred times the power everywhere above the floor
    assert 0 < scaled < np.log(100)


def test_the_loss_of_the_waveform_by_hand():
    """Noise a tenth of the signal: ln(0.1 + 0.001) for a loud piece; silence kept silent is the best there is."""
    task = SoundTask(tiny("sound-vq"), tones(4), tones(1))
    loud = torch.full((1, 1, 640), 0.5)
    worse = loud + 0.5 * np.sqrt(0.1) * torch.tensor([1.0, -1.0]).repeat(320)
    assert float(task.losses(worse, loud)["waveform"]) == pytest.approx(np.log(0.101), abs=1e-3)
    silent = torch.zeros(1, 1, 640)
    assert float(task.losses(silent, silent)["waveform"]) == pytest.approx(np.log(0.001), abs=1e-3)
    assert set(task.losses(worse, loud)) == {"waveform", "log-mel"}


def test_dropped_levels_decode_what_the_first_ones_say():
    """With every piece dropped to fewer levels, each decode is that of some first levels, and not of all."""
    recipe = tiny("sound-rvq-8")
    recipe = dataclasses.replace(recipe, schedule=dataclasses.replace(recipe.schedule, dropout=1.0))
    task = SoundTask(recipe, tones(4), tones(1))
    torch.manual_seed(0)
    spread = {"options": {"initialization": {"name": "gaussian", "scale": 0.5}}}
    model = TokenizerModel(recipe.quantizer, recipe.config | spread, recipe.architecture, "audio").eval()
    target = task.batch(0)
    with torch.no_grad():
        decoded, output = task.reconstruct(model, target)
        sums = torch.cumsum(torch.stack([stage.z_q for stage in output.stages]), 0)  # (Q, B, T, D)
        levels = [model.decode(one) for one in sums]
    for b in range(len(target)):
        away = [float((one[b] - decoded[b]).abs().max()) for one in levels]
        assert min(away[:-1]) < 1e-5 < away[-1]
    assert output.indices.shape[-1] == 8  # codes of all levels learn


def test_what_is_measured_against_another_way():
    """Level by level by the model's own decoder, on sounds whose length is no whole token."""
    recipe = tiny("sound-rvq-8")
    model = TokenizerModel(recipe.quantizer, recipe.config, recipe.architecture, "audio")
    sounds = [dataclasses.replace(one, samples=one.samples[:777]) for one in tones(3)]
    with torch.no_grad():
        model.train()
        model(torch.from_numpy(np.stack([np.pad(one.samples, (0, 23)) for one in sounds]))[:, None])
    found = evaluate_sounds(model, sounds, 16000)
    assert (found.tokens, found.sounds, found.seconds) == (30, 3, 3 * 777 / 16000) and model.training
    model.eval()
    by_hand = np.zeros((3, 8))
    for i, one in enumerate(sounds):
        with torch.no_grad():
            output = model.quantizer(model.encode(torch.from_numpy(np.pad(one.samples, (0, 23)))[None, None]))
            for q in range(8):
                field = sum(stage.z_q for stage in output.stages[: q + 1])
                by_hand[i, q] = si_sdr(one.samples, model.decode(field)[0, 0, :777].numpy())
    np.testing.assert_allclose(found.si_sdr_db, by_hand.mean(0), atol=1e-3)
    for number, folder in enumerate(found.folders):  # tones lie in two folders by turns
        np.testing.assert_allclose(folder.si_sdr_db, by_hand[number::2, -1].mean(), atol=1e-3)
    silence = evaluate_sounds(model, [Sound(np.zeros(800, np.float32)), *sounds], 16000)
    assert silence.left_out == 1 and silence.si_sdr_db == pytest.approx(found.si_sdr_db, abs=1e-6)
    nothing = evaluate_sounds(model, [Sound(np.zeros(800, np.float32))], 16000)
    assert nothing.left_out == nothing.sounds == 1 and nothing.si_sdr_db == () and "not defined" in nothing.words
    assert "si_sdr_db" not in nothing.values() and nothing.values()["log_mel_db"] >= 0


def test_from_folders_to_a_checkpoint_of_sound(folders, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "ZOO", {name: tiny(name) for name in ZOO})
    places = ("--out", tmp_path / "out", "--runs", tmp_path / "runs", "--device", "cpu")
    words = ("sound-rvq-8", "--data", *folders, "--held-out", *folders, "--licence", "CC0", *places)
    assert main([str(word) for word in words]) == 0
    printed = capsys.readouterr().out
    assert "skipped broken.wav: " in printed and "step 12/12" in printed and "12 sounds, 12 held out" in printed
    (spec,) = list_tokenizers(tmp_path / "out")
    assert (spec.modality, spec.downsampling, spec.num_quantizers, spec.measured["sounds"]) == ("audio", 80, 8, 12)
    tokenizer = load_tokenizer("sound-rvq-8", "cpu", tmp_path / "out")
    found, _ = load_sounds(folders, 16000)
    decibels = []
    for one in found:
        filled = np.pad(one.samples, (0, -len(one.samples) % 80))[:, None]
        decoded = tokenizer.tokenize(filled).reconstruction
        decibels.append(si_sdr(one.samples, decoded[: len(one.samples), 0]))
    assert spec.measured["si_sdr_db"] == pytest.approx(np.mean(decibels), abs=2e-3)
    assert spec.measured["folder_1_si_sdr_db"] == pytest.approx(np.mean(decibels[:6]), abs=2e-3)
    card = (tmp_path / "out" / "sound-rvq-8" / "card.md").read_text()
    for part in (f"| {spec.measured['si_sdr_db']:.2f} |", "words, music (12 sounds)", "200 tokens a second", "CC0",
                 "SI-SDR of the first 1 to 8 levels: ", "6 with ", "python -m explorer train sound-rvq-8"):  # fmt: skip
        assert part in card, part
    curve = json.loads((tmp_path / "out" / "sound-rvq-8" / "curve.json").read_text())
    assert all(len(point["usage"]) == 8 == len(point["si_sdr_db"]) for point in curve) and len(curve) == 12


def test_the_sounds_made_by_formula_train_where_no_folder_is_given():
    made = sample_sounds(16000)
    assert {one.name for one in made} == {"vowels", "melody", "drums", "sweep", "surf"}
    assert all(one.samples.ndim == 1 and 40_000 < len(one.samples) < 70_000 for one in made)
