"""Training by several processes, within a number of minutes, and with batches that are cut on the device."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tiny import structured, tiny

from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.foundation.errors import SettingsError
from explorer.tokenizers import load_tokenizer
from explorer.training import budget, command
from explorer.training.command import main, parser, with_options
from explorer.training.data import PictureStore, draw_places, random_crops
from explorer.training.ranks import ALONE, Ranks, average, average_gradients, ranks_of
from explorer.training.recipes import ZOO
from explorer.training.tasks.picture import PictureTask
from explorer.training.train import Trainer

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
TOGETHER = ("fsq", "vq-ema-reseed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures")
    for i, pixels in enumerate(structured(FIGURE_SIDE_PX, 6)):
        Image.fromarray(pixels).save(path / f"{i}.png")
    return path


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def train_in_processes(world, folder, out):
    """Tiny members, trained by so many processes; what each printed."""
    places = ("--data", folder, "--out", out / "out", "--runs", out / "runs")
    options = ("--device", "cpu", "--precision", "float32", "--threads", "1")
    line = [sys.executable, "-m", "tests.training.train_together", ",".join(TOGETHER), *map(str, (*places, *options))]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(world)}
    started = [
        subprocess.Popen(
            line,
            cwd=ROOT,
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(world)
    ]
    ended = [process.communicate(timeout=100) for process in started]
    assert [process.returncode for process in started] == [0] * world, [err[-2000:] for _, err in ended]
    return [out for out, _ in ended]


def test_two_processes_train_the_model_that_one_trains_on_the_same_batches(folder, tmp_path, monkeypatch):
    printed = train_in_processes(2, folder, tmp_path / "two")
    assert "2 x CPU" in printed[0] and printed[1] == ""  # the first alone measures and writes
    monkeypatch.setattr(command, "ZOO", {name: tiny(name) for name in ZOO})
    for name in TOGETHER:
        places = ("--data", folder, "--out", tmp_path / "one", "--runs", tmp_path / "runs")
        assert main([name, *map(str, places), "--device", "cpu", "--precision", "float32"]) == 0
        curves = [json.loads((at / name / "curve.json").read_text()) for at in (tmp_path / "one", tmp_path / "two/out")]
        assert len(curves[0]) == len(curves[1]) == 12
        for one, other in zip(*curves, strict=True):
            assert one["losses"].keys() == other["losses"].keys() and one["usage"] == other["usage"]
            for term, value in one["losses"].items():
                assert value == pytest.approx(other["losses"][term], rel=1e-3, abs=1e-6)
        weights = [load_file(at / name / "model.safetensors") for at in (tmp_path / "one", tmp_path / "two/out")]
        for part, tensor in weights[0].items():
            same = torch.allclose(tensor.float(), weights[1][part].float(), rtol=1e-2, atol=2e-3)
            assert same, part
        tokenizer = load_tokenizer(name, "cpu", tmp_path / "two/out")
        picture = structured(64, 1)[0].astype(np.float32) / 255
        assert tokenizer.tokenize(picture).reconstruction.shape == (64, 64, 3)
        config = json.loads((tmp_path / "two/out" / name / "config.json").read_text())
        assert config["training"]["precision"] == "float32" and config["training"]["hardware"].startswith("2 x CPU")


def test_parts_of_a_batch_are_the_batch_and_each_is_as_large():
    items = list(range(12))
    for world in (1, 2, 3, 4):
        assert [one for rank in range(world) for one in items[Ranks(rank, world).part(12)]] == items
    with pytest.raises(SettingsError, match="a batch of 12 cannot be shared by 5 processes"):
        Ranks(0, 5).part(12)
    assert ALONE.first and not Ranks(1, 2).first


def test_what_torchrun_says_is_read_and_nonsense_refused():
    assert ranks_of({"HOME": "/"}) == (ALONE, 0)
    assert ranks_of({"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}) == (Ranks(5, 8), 1)
    assert ranks_of({"RANK": "1", "WORLD_SIZE": "2"}) == (Ranks(1, 2), 0)
    for wrong in ({"WORLD_SIZE": "2"}, {"RANK": "x", "WORLD_SIZE": "2"}, {"RANK": "2", "WORLD_SIZE": "2"}):
        with pytest.raises(SettingsError, match="torchrun"):
            ranks_of(wrong)


def test_a_process_alone_averages_nothing():
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.tensor([1.0, 2.0])
    average_gradients([parameter], ALONE)
    assert parameter.grad.tolist() == [1.0, 2.0] and average(parameter, ALONE) is parameter


@pytest.mark.parametrize("items", [slice(0, 8), slice(4, 8)])
def test_crops_that_are_cut_on_the_device_are_those_of_the_cpu_to_the_bit(items):
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (*side, 3)).astype(np.uint8) for side in ((40, 61), (33, 32), (50, 40))]
    store = PictureStore(pictures, CPU)
    flips = 0
    for step in range(5):
        places = draw_places(store.shapes, 8, 32, 7, step)
        flips += places[:, 3].sum()
        assert torch.equal(store.crops(places[items], 32), random_crops(pictures, 8, 32, 7, step)[items])
    assert 5 < flips < 35
    task = PictureTask(tiny("fsq", batch=8), pictures, pictures)
    assert torch.equal(task.cut(3, items, CPU), task.part(3, items, CPU))
    assert task.cuts_crops


def test_a_budget_leaves_room_for_measuring_and_is_never_without_a_step():
    assert budget.divide(600, 0.125, 0.5) == budget.Budget(4448, 40)
    assert budget.divide(60, 0.125, 1.5) == budget.Budget(412, 4)  # 5% of the time is two looks
    assert budget.divide(1, 5.0, 2.0) == budget.Budget(1, 4)
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(SettingsError, match="--minutes"):
            budget.check_minutes(wrong)


def test_the_pace_is_that_of_the_steps_behind_the_warm_up(monkeypatch):
    clock, taken = [0.0], []
    monkeypatch.setattr(budget.time, "monotonic", lambda: clock[0])

    def step():
        taken.append(1)
        clock[0] += 3.0 if len(taken) <= budget.WARM else 0.5

    def look():
        clock[0] += 2.0

    assert budget.measure_pace(step, look, CPU) == (0.5, 2.0)


def test_a_run_within_minutes_takes_the_steps_that_fit_and_goes_on_with_them(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "ZOO", {name: tiny(name) for name in ZOO})
    monkeypatch.setattr(command, "measure_pace", lambda step, look, device: (2.0, 0.1))
    places = ("--data", folder, "--out", tmp_path / "out", "--runs", tmp_path / "runs", "--device", "cpu")
    line = ["fsq", *map(str, places), "--batch", "2", "--crop", "48", "--rate", "0.002"]
    assert main([*line, "--minutes", "1"]) == 0
    assert "27 steps fit into 1 minutes" in capsys.readouterr().out
    training = json.loads((tmp_path / "out/fsq/config.json").read_text())["training"]
    assert (training["steps"], training["batch"], training["crop_px"]) == (27, 2, 48)
    assert training["learning_rate"] == 0.002 and "precision" not in training
    monkeypatch.setattr(command, "measure_pace", lambda step, look, device: pytest.fail("measured again"))
    assert main([*line, "--minutes", "5"]) == 0  # what was begun has its steps
    assert "27 steps" in capsys.readouterr().out
    with pytest.raises(SettingsError, match="not both"):
        main([*line, "--minutes", "1", "--steps", "3"])


def test_options_that_cannot_be_are_refused_in_words(pictures, tmp_path):
    def asked(*words):
        return with_options(ZOO["fsq"], parser().parse_args(["fsq", *words]))

    assert asked() == ZOO["fsq"] and asked("--batch", "32").schedule.batch == 32
    for words, match in (
        (("--batch", "0"), "--batch must be above 0"),
        (("--crop", "50"), "multiple of 8"),
        (("--rate", "-1"), "--rate must be above 0"),
    ):
        with pytest.raises(SettingsError, match=match):
            asked(*words)
    sound = parser().parse_args(["sound-vq", "--crop", "64"])
    with pytest.raises(SettingsError, match="leave --crop out"):
        with_options(ZOO["sound-vq"], sound)
    with pytest.raises(SettingsError, match="--precision"):
        Trainer(tiny("fsq"), pictures, pictures, tmp_path / "state.pt", CPU, precision="int4")
    with pytest.raises(SettingsError, match="cannot be shared"):
        Trainer(tiny("fsq"), pictures, pictures, tmp_path / "state.pt", CPU, ranks=Ranks(0, 3))
