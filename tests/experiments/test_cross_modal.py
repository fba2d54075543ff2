"""The experiment across media from its command to its file: every hyper-parameter the same, and what it refuses."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import soundfile
from PIL import Image

from explorer import __main__ as cli
from explorer.experiments import EXPERIMENTS, results_file
from explorer.experiments.cross_modal import CONDITIONS, TOKENS_A_STEP, recipe_of
from explorer.experiments.shelf import open_experiment
from explorer.foundation.errors import UnknownIdError
from explorer.joints.files.experiments import load_experiment
from explorer.tokenizers.native.networks import NETWORKS

MEDIA = ("image", "audio", "video")


def test_what_is_asked_about_alone_differs():
    for condition in CONDITIONS:
        recipes = [recipe_of(modality, condition.id, 100, 3) for modality in MEDIA]
        assert len({json.dumps(one.config, sort_keys=True) for one in recipes}) == 1
        shared = [
            (one.schedule.learning_rate, one.schedule.warmup, one.schedule.steps, one.schedule.seed) for one in recipes
        ]
        assert set(shared) == {(1e-3, 50, 100, 3)}
        assert {one.quantizer for one in recipes} == {"vq"}
    for modality in MEDIA:
        plain, mended = (asdict(recipe_of(modality, name, 100, 0)) for name in ("plain", "mended"))
        assert plain["schedule"] == mended["schedule"] and plain["config"] != mended["config"]


def test_every_medium_gives_as_many_tokens_a_step():
    picture, sound, clip = (recipe_of(modality, "plain", 1, 0) for modality in MEDIA)
    down = [NETWORKS[one.modality].downsampling(one.architecture) for one in (picture, sound, clip)]
    assert picture.schedule.batch * (picture.schedule.crop_px // down[0]) ** 2 == TOKENS_A_STEP
    assert sound.schedule.batch * sound.schedule.samples // down[1] == TOKENS_A_STEP
    slices = 1 + (clip.schedule.frames - 1) // NETWORKS["video"].time_step
    assert clip.schedule.batch * slices * (clip.schedule.crop_px // down[2]) ** 2 == TOKENS_A_STEP


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The file of a tiny run on folders of one's own."""
    folder = tmp_path_factory.mktemp("experiment")
    rng = np.random.default_rng(0)
    for kind in ("pictures", "sounds"):
        (folder / kind).mkdir()
    for number in range(2):
        Image.fromarray(rng.integers(0, 256, (256, 256, 3), np.uint8)).save(folder / "pictures" / f"{number}.png")
        soundfile.write(folder / "sounds" / f"{number}.wav", rng.normal(0, 0.1, 16000), 16000)
    out = folder / "results.json"
    arguments = ["experiment", "cross-modal", "--steps", "1", "--out", str(out), "--device", "cpu"]
    arguments += [
        "--pictures",
        str(folder / "pictures"),
        "--sounds",
        str(folder / "sounds"),
        "--sounds-note",
        "made noise",
    ]
    assert cli.main(arguments) == 0
    return out


def test_the_command_writes_every_medium_under_every_condition(found):
    read = load_experiment(found)
    assert [(run.modality, run.condition) for run in read.runs] == [(m, c.id) for m in MEDIA for c in CONDITIONS]
    by_medium = {run.modality: run for run in read.runs}
    assert by_medium["audio"].data == "made noise" and by_medium["image"].data == "pictures"
    tokens = {run.measured["tokens"] for run in read.runs if len(run.counts)}
    assert tokens == {read.settings["census"]} == {50}  # the held-out sound: 16,000 samples of 320
    for run in read.runs:
        assert (run.condition == "none") == (len(run.counts) == 0) == (not run.findings)
        assert all(one["title"] and "kind" in one for one in run.findings)
    assert "--steps 1 --seeds 1" in read.command and read.settings["steps"] == 1


def test_an_unknown_experiment_and_impossible_sizes_are_said(capsys, tmp_path):
    assert cli.main(["experiment", "cross-model", "--out", str(tmp_path / "x.json")]) == 2
    assert "Did you mean 'cross-modal'" in capsys.readouterr().err
    assert cli.main(["experiment", "cross-modal", "--steps", "0", "--out", str(tmp_path / "x.json")]) == 2
    assert "--steps and --seeds must be at least 1" in capsys.readouterr().err
    assert not (tmp_path / "x.json").exists()
    with pytest.raises(UnknownIdError):
        results_file("other")


def test_what_ships_can_be_opened_and_its_figures_agree_with_its_counts():
    there = [name for name in EXPERIMENTS if results_file(name).is_file()]
    assert "cross-modal" in there
    for name in there:
        shipped = open_experiment(name)
        assert shipped.id == name and len(shipped.seeds) >= 2
        for run in shipped.runs:
            if len(run.counts):
                assert run.counts.sum() == run.measured["tokens"] == shipped.settings["census"]
                assert run.counts.max() <= round(run.measured["largest"] * run.measured["tokens"])
                if run.measured["codes"] > len(run.counts):  # of several levels the counts are those of the first
                    continue
                assert (run.counts > 0).sum() == run.measured["used"]
                share = run.counts[run.counts > 0] / run.counts.sum()
                assert run.measured["perplexity"] == pytest.approx(np.exp(-(share * np.log(share)).sum()), rel=1e-4)
