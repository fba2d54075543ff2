"""`python -m explorer lab`: a run into a file, and plain words for what cannot be."""

import json
import os
import signal

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.lab.presets import PRESETS
from explorer.lab.side import LabSide


def test_a_preset_is_run_into_a_file_and_repeats(tmp_path, capsys):
    name = next(iter(PRESETS))
    files = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for file in files:
        assert main(["lab", "--preset", name, "--steps", "20", "--device", "cpu", "--out", str(file)]) == 0
    said = capsys.readouterr().out
    assert "20 steps over" in said and "codes dead" in said and "perplexity" in said
    with np.load(files[0], allow_pickle=False) as first, np.load(files[1], allow_pickle=False) as second:
        assert json.loads(str(first["meta"]))["settings"] == json.loads(str(second["meta"]))["settings"]
        assert sorted(first) == sorted(second)
        assert all(np.array_equal(first[key], second[key], equal_nan=first[key].dtype.kind == "f") for key in first)
        assert first["frame_step"][-1] == 20


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_is_written_as_far_as_it_came(tmp_path, capsys, monkeypatch, number):
    step = LabSide.step

    def stopped(side):
        step(side)
        if side.trainer.step_count == 60:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(LabSide, "step", stopped)
    before, out = signal.getsignal(number), tmp_path / "run.csv"
    assert main(["lab", "--steps", "300", "--device", "cpu", "--out", str(out)]) == 130
    assert len(out.read_text().splitlines()) == 101, "a line a step below the names"
    assert "up to step 100" in capsys.readouterr().err and signal.getsignal(number) is before


def test_settings_seed_and_mend_reach_the_run(tmp_path):
    out = tmp_path / "run.csv"
    line = ["lab", "--settings", '{"codebook_size": 8, "batch_size": 32}', "--seed", "3", "--steps", "5"]
    assert main([*line, "--out", str(out)]) == 0
    assert len(out.read_text().splitlines()) == 6
    name = next(iter(PRESETS))
    mended = tmp_path / "mended.npz"
    assert main(["lab", "--preset", name, "--mend", "--steps", "2", "--out", str(mended)]) == 0
    with np.load(mended, allow_pickle=False) as file:
        settings = json.loads(str(file["meta"]))["settings"]
    assert all(settings[key] == value for key, value in PRESETS[name].mend.changes.items())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "run.txt"], "must end in .npz"),
        (["--out", "run.npz", "--preset", "nothing"], "nothing"),
        (["--out", "run.npz", "--mend"], "--preset"),
        (["--out", "run.npz", "--steps", "0"], "number of steps"),
        (["--out", "run.npz", "--settings", '{"codebook_size": 0}'], "Codebook size"),
        (["--out", "run.npz", "--settings", "["], "JSON"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert main(["lab", *arguments]) == 2
    assert words in capsys.readouterr().err and list(tmp_path.iterdir()) == []
