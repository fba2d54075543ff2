"""`python -m explorer train NAME` from a folder of pictures to a checkpoint whose numbers are measured again."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from tiny import structured, tiny

from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.foundation.errors import ExplorerError, MediaError, SettingsError, UnknownIdError
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.training import command
from explorer.training.command import main, with_steps
from explorer.training.recipes import ZOO

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
    """Eleven pictures a little larger than a held-out crop, and one that is broken."""
    path = tmp_path_factory.mktemp("pictures")
    for i, pixels in enumerate(structured(SIDE + 10, 11)):
        Image.fromarray(pixels).save(path / f"{i:02d}.png")
    (path / "broken.png").write_bytes(b"not a picture")
    return path


@pytest.mark.parametrize("name", ["rvq-4", "fsq"])
def test_from_a_folder_to_a_checkpoint(name, run, folder, tmp_path, capsys):
    assert run(name, "--data", folder, "--data-note", "bars and discs", "--licence", "CC0") == 0
    printed = capsys.readouterr().out
    assert "skipped broken.png: " in printed and "step 12/12" in printed
    out = tmp_path / "out" / name
    assert sorted(p.name for p in out.iterdir()) == ["card.md", "config.json", "curve.json", "model.safetensors"]
    (spec,) = list_tokenizers(tmp_path / "out")
    tokenizer = load_tokenizer(name, "cpu", tmp_path / "out")
    # The oracle: every fifth picture, its middle, through the written files and scikit-image.
    held = [np.asarray(Image.open(folder / f"{i:02d}.png"))[5:-5, 5:-5] for i in (0, 5, 10)]
    media = [pixels.astype(np.float32) / 255 for pixels in held]
    records = [tokenizer.tokenize(pixels) for pixels in media]
    pairs = [(pixels, record.reconstruction) for pixels, record in zip(media, records, strict=True)]
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": -1}
    psnr = np.mean([peak_signal_noise_ratio(a, b, data_range=1) for a, b in pairs])
    ssim = np.mean([structural_similarity(a, b, data_range=1, **options) for a, b in pairs])
    assert spec.measured["psnr_db"] == pytest.approx(psnr, abs=2e-3)
    assert spec.measured["ssim"] == pytest.approx(ssim, abs=2e-3)
    assert spec.measured["pictures"] == 3 and spec.measured["tokens"] == 3 * (SIDE // 8) ** 2
    for q in range(spec.num_quantizers):
        codes = np.concatenate([record.levels[q].indices.ravel() for record in records])
        found, counts = np.unique(codes, return_counts=True)
        share = counts / counts.sum()
        assert spec.measured[f"usage_{q + 1}"] == pytest.approx(len(found) / spec.codebook_size, abs=0.04)
        assert spec.measured[f"perplexity_{q + 1}"] == pytest.approx(np.exp(-(share * np.log(share)).sum()), rel=0.02)
    config, curve = json.loads((out / "config.json").read_text()), json.loads((out / "curve.json").read_text())
    assert (config["training"]["pictures"], config["training"]["steps"]) == (8, 12)
    assert [point["step"] for point in curve] == list(range(1, 13))
    assert all(len(point["usage"]) == spec.num_quantizers and point["tokens"] > 0 for point in curve)
    card = (out / "card.md").read_text()
    for words in (
        f"| {spec.measured['psnr_db']:.2f} |",
        "bars and discs (8 pictures)",
        "| licence | CC0 |",
        f"python -m explorer train {name}",
    ):
        assert words in card


def test_the_default_pictures_are_those_of_the_packages(run, tmp_path):
    assert run("bsq", "--steps", "2") == 0
    config = json.loads((tmp_path / "out" / "bsq" / "config.json").read_text())
    assert config["training"]["data"] == "pictures inside the installed packages"
    assert config["training"]["steps"] == 2 and config["measured"]["pictures"] >= 3
    assert "scikit-image" in config["licence"]


def test_fresh_starts_again_and_without_it_a_finished_run_stays(run, folder, capsys):
    for words, resumes in (((), False), ((), True), (("--fresh",), False)):
        assert run("lfq", "--data", folder, *words) == 0
        assert ("resuming at step 12" in capsys.readouterr().out) == resumes


def test_a_folder_of_its_own_to_measure_on(run, folder, tmp_path):
    measure = tmp_path / "measure"
    measure.mkdir()
    Image.fromarray(structured(SIDE, 1, seed=7)[0]).save(measure / "a.png")
    (measure / "b.png").write_bytes(b"")
    assert run("fsq", "--data", folder, "--held-out", measure, "--steps", "1") == 0
    config = json.loads((tmp_path / "out" / "fsq" / "config.json").read_text())
    assert config["measured"]["pictures"] == 1 and config["training"]["pictures"] == 11
    assert config["training"]["held_out"] == "measure"


def test_mistakes_are_said_plainly(run, folder, tmp_path):
    with pytest.raises(
        UnknownIdError, match=r"no recipe 'rvq4'. Did you mean 'rvq-4'\? Valid ids: vq-ema-reseed, .*gumbel"
    ):
        run("rvq4")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MediaError, match="no pictures"):
        run("fsq", "--data", tmp_path / "empty")
    with pytest.raises(SettingsError, match="at least 1, got 0"):
        run("fsq", "--steps", "0", "--data", folder)
    (tmp_path / "one").mkdir()
    Image.fromarray(structured(SIDE, 1)[0]).save(tmp_path / "one" / "a.png")
    with pytest.raises(SettingsError, match="one picture is too few"):
        run("fsq", "--data", tmp_path / "one")
    (tmp_path / "small").mkdir()
    for i, pixels in enumerate(structured(64, 3)):
        Image.fromarray(pixels).save(tmp_path / "small" / f"{i}.png")
    with pytest.raises(SettingsError, match=f"no held-out picture of at least {SIDE} px"):
        run("fsq", "--data", tmp_path / "small")
    assert not (tmp_path / "out").exists()


def test_a_run_that_cannot_be_measured_leaves_the_old_checkpoint(run, folder, tmp_path, monkeypatch):
    assert run("fsq", "--data", folder, "--steps", "1") == 0
    weights = tmp_path / "out" / "fsq" / "model.safetensors"
    before = weights.read_bytes()

    def broken(*arguments):
        raise ExplorerError("cannot be measured")

    monkeypatch.setattr(command, "load_model", broken)
    with pytest.raises(ExplorerError, match="cannot be measured"):
        run("fsq", "--data", folder, "--steps", "1", "--fresh")
    assert weights.read_bytes() == before


def test_figures_are_measured_without_tf32(run, folder, monkeypatch):
    told, load = [], command.load_model

    def loaded(staged):
        model = load(staged)
        for part in model.modules():
            if isinstance(part, torch.nn.Conv2d):
                part.register_forward_pre_hook(lambda *_: told.append(torch.backends.cudnn.allow_tf32))
        return model

    monkeypatch.setattr(command, "load_model", loaded)
    assert run("fsq", "--data", folder, "--steps", "1") == 0
    assert told and not any(told) and torch.backends.cudnn.allow_tf32


def test_other_steps_move_the_fit_of_kmeans_along():
    recipe = with_steps(ZOO["kmeans"], 300)
    assert (recipe.schedule.steps, recipe.config["fit_at"]) == (300, 100)  # a third, as 2,000 of 6,000
    assert with_steps(ZOO["kmeans"], 1).config["fit_at"] == 1
    assert dict(with_steps(ZOO["rvq-4"], 300).config) == dict(ZOO["rvq-4"].config)


def test_other_steps_move_the_adversary_along():
    recipe = dataclasses.replace(ZOO["vqgan"], schedule=dataclasses.replace(ZOO["vqgan"].schedule, adversary_from=300))
    schedule = with_steps(recipe, 400).schedule
    assert (schedule.steps, schedule.adversary_from) == (400, 100)  # a quarter, as 300 of 1,200
