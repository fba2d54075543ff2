"""From a folder of pictures to two grids, to tokens without places, and to a member beside its sibling."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from tiny import structured, tiny

from explorer.cli.listing import markdown
from explorer.foundation.config import FIGURE_SIDE_PX, settings
from explorer.foundation.errors import CheckpointError
from explorer.media.quality.textures import texture
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.tokenizers.native.checkpoint import load_model
from explorer.tokenizers.native.model import build_model
from explorer.training import command
from explorer.training.command import main
from explorer.training.recipes import ZOO
from explorer.training.siblings import begin_with
from explorer.training.tasks import TASKS, task_of
from explorer.training.tasks.picture import PictureTask
from explorer.training.tasks.whole_picture import whole_pictures

SIDE = FIGURE_SIDE_PX


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command on tiny recipes, with every folder under tmp_path."""
    monkeypatch.setattr(command, "ZOO", {name: tiny(name) for name in ZOO})

    def call(*arguments):
        places = ("--out", tmp_path / "out", "--runs", tmp_path / "runs", "--device", "cpu")
        return main([str(argument) for argument in (*arguments, *places)])

    return call


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six pictures a little larger than a held-out crop."""
    path = tmp_path_factory.mktemp("pictures")
    for i, pixels in enumerate(structured(SIDE + 10, 6)):
        Image.fromarray(pixels).save(path / f"{i}.png")
    return path


def held_out(folder):
    """Every fifth, in its middle."""
    return [np.asarray(Image.open(folder / f"{i}.png"))[5:-5, 5:-5] for i in (0, 5)]


def config_of(tmp_path, name):
    return json.loads((tmp_path / "out" / name / "config.json").read_text())


def test_two_grids_from_a_folder(run, folder, tmp_path):
    assert run("vq-vae-2", "--data", folder) == 0
    (spec,) = list_tokenizers(tmp_path / "out")
    tokenizer, media = load_tokenizer("vq-vae-2", "cpu", tmp_path / "out"), held_out(folder)
    records = [tokenizer.tokenize(one.astype(np.float32) / 255) for one in media]
    decibels = [peak_signal_noise_ratio(one.media, one.reconstruction, data_range=1) for one in records]
    assert spec.measured["psnr_db"] == pytest.approx(np.mean(decibels), abs=2e-3)
    assert [spec.measured[f"tokens_{q}"] for q in (1, 2)] == [2 * (SIDE // 8) ** 2, 2 * (SIDE // 4) ** 2]
    for q in range(2):
        codes = np.concatenate([record.levels[q].indices.ravel() for record in records])
        assert spec.measured[f"usage_{q + 1}"] == pytest.approx(len(np.unique(codes)) / 32, abs=0.04)
    card = (tmp_path / "out" / "vq-vae-2" / "card.md").read_text()
    assert "two grids: 8 x 8 pixels a token on top, 4 x 4 below" in card and "| 2,048 + 8,192 |" in card
    row = markdown([spec]).splitlines()[-1]
    assert f"| {5 / 64 + 5 / 16:.3f} |" in row and "| 2,048 + 8,192 |" in row


def test_tokens_without_places_from_a_folder(run, folder, tmp_path):
    assert run("titok", "--data", folder) == 0
    (spec,) = list_tokenizers(tmp_path / "out")
    tokenizer = load_tokenizer("titok", "cpu", tmp_path / "out")
    pictures = [np.asarray(Image.open(folder / f"{i}.png")) for i in (0, 5)]
    media = [one.astype(np.float32) / 255 for one in whole_pictures(pictures, 32)]
    decibels = [peak_signal_noise_ratio(one, tokenizer.tokenize(one).reconstruction, data_range=1) for one in media]
    assert spec.measured["psnr_db"] == pytest.approx(np.mean(decibels), abs=2e-3)
    assert (spec.measured["tokens"], spec.measured["side_px"], spec.fixed_size) == (2 * 6, 32, (32, 32))
    card = (tmp_path / "out" / "titok" / "card.md").read_text()
    assert "6 tokens without places for 32 x 32 pixels" in card and "scaled to cover 32 px" in card
    assert f"| {6 * 5 / 32**2:.3f} |" in markdown([spec]).splitlines()[-1]


def test_first_tokens_alone_are_measured_beside_those_of_the_sibling(run, folder, tmp_path, monkeypatch):
    recipes = {"titok-whole": tiny("titok-whole"), "titok": tiny("titok", token_dropout=0.5, sibling="titok-whole")}
    monkeypatch.setattr(command, "ZOO", recipes)
    for name in recipes:
        assert run(name, "--data", folder) == 0
    measured = config_of(tmp_path, "titok")["measured"]
    pictures = [np.asarray(Image.open(folder / f"{i}.png")) for i in (0, 5)]
    media = [one.astype(np.float32) / 255 for one in whole_pictures(pictures, 32)]
    for name, prefix in (("titok", ""), ("titok-whole", "sibling_")):
        model = load_model(tmp_path / "out" / name)
        for kept in (1, 2, 4, 6):
            decibels = []
            for one in media:
                with torch.no_grad():
                    pixels = model.network.to_network(torch.from_numpy(one).permute(2, 0, 1)[None])
                    codes = model.quantizer(model.encode(pixels)).z_q
                    codes[:, kept:] = 0
                    shown = model.network.from_network(model.decode(codes))[0].permute(1, 2, 0).numpy()
                decibels.append(peak_signal_noise_ratio(one, shown, data_range=1))
            key = "psnr_db" if kept == 6 else f"psnr_db_first_{kept}"
            assert measured[prefix + key] == pytest.approx(np.mean(decibels), abs=2e-3)
    assert measured["sibling_steps"] == 12 and not any("first" in key for key in config_of(tmp_path, "titok-whole"))
    card = (tmp_path / "out" / "titok" / "card.md").read_text()
    assert "| tokens kept | 1 | 2 | 4 | 6 |" in card and "50% of them decoded from their first tokens alone" in card
    row = " | ".join(f"{measured['sibling_' + key]:.2f}" for key in ("psnr_db_first_1", "psnr_db_first_2"))
    assert f"| `titok-whole` | {row} |" in card and "It began with the weights of `titok-whole` after the 12" in card


def test_whole_pictures_are_all_of_the_shorter_side():
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:, 16:80] = 255  # the middle square
    (whole,) = whole_pictures([picture, picture[:20]], 32)
    assert whole.shape == (32, 32, 3) and whole.dtype == np.uint8 and whole[:, 2:-2].min() > 250


def test_views_are_of_any_scale_and_follow_the_step():
    task = task_of(tiny("titok"), structured(200, 3), [])
    first = task.batch(7)
    assert first.shape == (4, 3, 32, 32) and float(first.min()) >= 0 and float(first.max()) <= 1
    assert bool((first == task.batch(7)).all()) and bool((first != task.batch(8)).any())
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::32] = 255
    seen = {
        int((view[0, 0] > view.mean()).sum())
        for s in range(6)
        for view in task_of(tiny("titok"), [stripes], []).batch(s)
    }
    assert len(seen) > 3  # as many stripes as the scale lets in


def test_the_sibling_of_vqgan_has_its_network_quantizer_crops_and_seed():
    mine, other = ZOO["vqgan"], ZOO[ZOO["vqgan"].schedule.sibling]
    assert (mine.config, mine.quantizer, mine.architecture) == (other.config, other.quantizer, other.architecture)
    for name in ("batch", "crop_px", "seed"):
        assert getattr(mine.schedule, name) == getattr(other.schedule, name)


def test_figures_beside_the_sibling(run, folder, tmp_path, capsys):
    assert run("vq-ema-reseed", "--data", folder) == 0 and run("vqgan", "--data", folder) == 0
    measured = config_of(tmp_path, "vqgan")["measured"]
    for name, prefix in (("vqgan", ""), ("vq-ema-reseed", "sibling_")):
        tokenizer = load_tokenizer(name, "cpu", tmp_path / "out")
        media = [one.astype(np.float32) / 255 for one in held_out(folder)]
        pairs = [(one, tokenizer.tokenize(one).reconstruction) for one in media]
        want = [texture(*pair) for pair in pairs]
        for key in ("gradient_energy", "fine_power", "gmsd"):
            assert measured[prefix + key] == pytest.approx(np.mean([getattr(one, key) for one in want]), abs=2e-4)
        psnr = np.mean([peak_signal_noise_ratio(*pair, data_range=1) for pair in pairs])
        assert measured[f"{prefix}psnr_db"] == pytest.approx(psnr, abs=2e-3)
    assert measured["sibling_steps"] == 12
    card = (tmp_path / "out" / "vqgan" / "card.md").read_text()
    assert "| `vq-ema-reseed`, squared error alone |" in card and "from step 4 on a PatchGAN (4, 8 channels" in card
    curve = json.loads((tmp_path / "out" / "vqgan" / "curve.json").read_text())
    for term in ("adversarial", "adversary"):
        assert [term in point["losses"] for point in curve] == [False] * 4 + [True] * 8
    assert run("vqgan", "--data", folder, "--data-note", "others", "--fresh") == 0
    assert "vq-ema-reseed differs in data, so the losses are not compared" in capsys.readouterr().out
    assert not any(name.startswith("sibling_") for name in config_of(tmp_path, "vqgan")["measured"])
    assert "Beside its sibling" not in (tmp_path / "out" / "vqgan" / "card.md").read_text()


def test_without_its_sibling_nothing_begins(run, folder, tmp_path, monkeypatch):
    nowhere = dataclasses.replace(settings(), checkpoints=tmp_path / "none")
    monkeypatch.setattr("explorer.training.siblings.settings", lambda: nowhere)
    with pytest.raises(CheckpointError, match="begins with the weights of vq-ema-reseed: make it first"):
        run("vqgan", "--data", folder)
    assert run("fsq", "--data", folder, "--steps", 1) == 0
    (tmp_path / "out" / "fsq").rename(tmp_path / "out" / "vq-ema-reseed")
    config = config_of(tmp_path, "vq-ema-reseed") | {"id": "vq-ema-reseed"}
    (tmp_path / "out" / "vq-ema-reseed" / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="vq-ema-reseed has another network"):
        run("vqgan", "--data", folder)


def test_training_goes_on_from_the_codes_of_the_sibling(run, folder, tmp_path):
    """A step of the running average moves codes to their latents, and leaves the others as they were."""
    assert run("vq-ema-reseed", "--data", folder) == 0
    recipe = tiny("vqgan")
    model = build_model(recipe.quantizer, recipe.config, recipe.architecture)
    begin_with(model, tmp_path / "out" / "vq-ema-reseed")
    stored = load_model(tmp_path / "out" / "vq-ema-reseed")
    quantizer, before = model.quantizer, stored.quantizer.vectors.double().numpy()
    assert torch.equal(quantizer.vectors, stored.quantizer.vectors) and bool(quantizer.ever_used.all())
    counts = stored.quantizer.counts.ema_count.double().numpy()
    code = int(counts.argmax())
    latents = quantizer.vectors[code] + 0.01 * torch.arange(8)[:, None] / 8 * torch.ones(8)
    quantizer.train()(latents)
    after, eps, size = quantizer.vectors.double().numpy(), 1e-5, len(before)

    def smoothed(n):
        return (n + eps) / (n.sum() + size * eps) * n.sum()

    moved = 0.99 * counts
    moved[code] += 0.01 * 8
    sums = 0.99 * before * smoothed(counts)[:, None]
    sums[code] += 0.01 * latents.double().numpy().sum(0)
    np.testing.assert_allclose(after, sums / smoothed(moved)[:, None], rtol=1e-4, atol=1e-6)
    assert np.abs(np.delete(after - before, code, 0)).max() < 1e-3 * np.abs(before).max()


def test_every_schedule_has_a_task():
    assert {type(recipe.schedule) for recipe in ZOO.values()} == set(TASKS)
    assert TASKS[type(ZOO["vq-vae-2"].schedule)] is PictureTask


def test_a_checkpoint_of_each_kind_has_weights_in_eight_bits(run, folder, tmp_path):
    assert run("vq-vae-2", "--data", folder, "--steps", 1) == 0
    model = load_model(tmp_path / "out" / "vq-vae-2")
    assert (tmp_path / "out" / "vq-vae-2" / "model.safetensors").stat().st_size < 2 * sum(
        p.numel() for p in model.parameters()
    ) + 60_000
