"""The table of the GPU: the whole way at small size on the CPU, with nothing but the packages that it may use; what
fails, hangs or dies is a row."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from explorer.quantizers.chance import drawing_from
from tests.gpu import __main__ as script
from tests.gpu import audit_speed, equality, floors, lab_loop, zoo
from tests.gpu.bare_packages import allowed_modules
from tests.gpu.parts import PARTS, Part
from tests.gpu.scale import FULL, SMALL, Setting
from tests.gpu.table import Row, Table, rate_of
from tests.quantizers.made_quantizers import SETTINGS, build, latents

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The folder of a run at small size, and what it printed."""
    out = tmp_path_factory.mktemp("gpu")
    line = [sys.executable, "-m", "tests.gpu.bare_packages", "tests.gpu", "--size", "small", "--device", "cpu"]
    line += ["--out", str(out), "--one-process"]
    environment = os.environ | {"EXPLORER_CACHE": str(out / "cache"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=600)
    return out, done


def test_the_whole_way_on_a_cpu_gives_every_part_its_rows(small):
    out, done = small
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    told = json.loads((out / "table.json").read_text())
    rows = [Row(**one) for one in told["rows"]]
    assert {row.part for row in rows} == {"lab", "assignment", "tests", "audit", "half", "zoo", "all"}
    assert told["measured on"].startswith("CPU, 1 thread; Python 3") and "small size" in told["measured on"]
    markdown = (out / "table.md").read_text()
    assert markdown.strip() in done.stdout and markdown.count("\n") == len(rows) + 4
    assert [row for row in rows if row.state == "failed"] == []
    said = {(row.part, row.what): row for row in rows}
    skipped = [row.what for row in rows if row.state == "skipped"]
    assert any("as CUDA graphs" in what for what in skipped) and "tests of pytest that need CUDA" in skipped
    assert said["lab", "2-D toy, K = 64, batch 256: as CUDA graphs"].measured.endswith("a CPU has no graphs")
    for what in ("kernel by kernel", "with curves and frames"):
        assert " steps/s" in said["lab", f"conv VQ-VAE, 16 px patches, K = 64, batch 4: {what}"].measured
    assert said["tests", "quantizers on cpu, and 20 steps of training"].measured == "4 of 4 as on the CPU"
    assert "of the floor" in said["assignment", "N, K, D = 4,096, 256, 8"].measured
    assert "256 tokens a level" in said["audit", "rvq-4, 4 JPEG of 64 px"].measured
    assert said["half", "openai-dvae"].measured.startswith("float16: 100.0% of the codes as in float32")


def test_members_are_written_as_they_are_done_and_load(small):
    out, _ = small
    folder = out / "zoo" / "checkpoints" / "fsq"
    assert {path.name for path in folder.iterdir()} == {"card.md", "config.json", "curve.json", "model.safetensors"}
    training = json.loads((folder / "config.json").read_text())["training"]
    assert (training["steps"], training["batch"], training["crop_px"]) == (SMALL.steps, SMALL.batch, SMALL.crop_px)
    (row,) = [one for one in json.loads((out / "table.json").read_text())["rows"] if one["part"] == "zoo"]
    assert row["asked"] == "24 dB" and row["state"] == "below"  # of a few steps
    assert (
        row["asked"] == "24 dB"
        and " dB, usage " in row["measured"]
        and "2 steps of 4 crops of 64 px" in row["measured"]
    )


def test_no_other_package_was_there():
    names = allowed_modules()
    assert {"torch", "numpy", "scipy", "sklearn", "skimage", "PIL", "safetensors", "pytest", "joblib"} <= names
    assert not names & {"gradio", "plotly", "transformers", "av", "soundfile", "umap", "numba", "llvmlite", "requests"}
    code = "from tests.gpu.bare_packages import leave_bare; leave_bare(); import torch, skimage; import numba"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "No module named 'numba'" in done.stderr


def test_a_part_that_fails_here_is_a_row_and_what_it_had_said_is_kept(tmp_path, monkeypatch):
    def rows(setting):
        yield Row("lab", "first", "1")
        raise RuntimeError("CUDA error: an illegal memory access\nand more")

    monkeypatch.setattr(Part, "load", lambda self: rows)
    table = Table(tmp_path / "out", "a machine")
    script.run_here("lab", script.parser().parse_args(["--out", str(tmp_path), "--device", "cpu"]), 1.0, table)
    assert [row.state for row in table.rows] == ["ok", "failed"]
    assert table.rows[1].measured == "RuntimeError: CUDA error: an illegal memory access"
    assert len(json.loads((tmp_path / "out" / "table.json").read_text())["rows"]) == 2


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import time; time.sleep(60)", "took more than its 1 s"),
        ("import os; os.abort()", "its process ended with -6; x.log says more"),
        ("raise SystemExit(3)", "its process ended with 3; x.log says more"),
        ("print('noise')", None),
    ],
)
def test_a_process_that_hangs_or_dies_is_a_row_behind_those_that_it_sent(tmp_path, code, said):
    table = Table(tmp_path, "a machine")
    sent = 'row: {"part": "x", "what": "first", "measured": "1", "asked": "", "state": "ok"}'
    script.run_apart("x", [sys.executable, "-c", f"print({sent!r}, flush=True); {code}"], 1.0, table, grace_s=0.5)
    assert [row.what for row in table.rows] == ["first", *(["the part as a whole"] if said else [])]
    assert said is None or table.rows[-1].measured == said


def test_the_minutes_are_shared_out_and_training_may_have_more():
    options = script.parser().parse_args([])
    assert sum(script.seconds_of(name, options) for name in PARTS) == pytest.approx(480)
    longer = script.parser().parse_args(["--train", "90"])
    assert script.seconds_of("zoo", longer) == 5400
    assert script.seconds_of("lab", longer) == script.seconds_of("lab", options)
    some = script.parser().parse_args(["--parts", "lab", "half", "--minutes", "1"])
    assert script.seconds_of("lab", some) + script.seconds_of("half", some) == pytest.approx(60)


def test_the_floor_is_what_bytes_or_products_take():
    roof = floors.Roof(bandwidth=1e12, rate=1e13)
    seconds, which = roof.floor(65536, 16384, 8)
    assert (seconds, which) == (pytest.approx(2 * 65536 * 16384 * 8 / 1e13), "products")
    seconds, which = roof.floor(1_000_000, 1, 4)
    assert (seconds, which) == (pytest.approx((4 * 4 * 1_000_001 + 8_000_000) / 1e12), "bandwidth")


def test_the_loops_are_those_that_were_asked_about():
    toy, conv = lab_loop.runs_of(FULL).values()
    assert (toy.dataset, toy.latent_dim, toy.codebook_size, toy.batch_size) == ("ring", 2, 64, 2000)
    assert (conv.model, conv.patch_px, conv.codebook_size, conv.dataset) == ("conv", 64, 1024, "patches")


def test_members_take_large_batches_and_those_of_another_kind_their_own(tmp_path):
    setting = Setting(torch.device("cpu"), FULL, tmp_path, 100.0, ("a", "b"), ("c",))
    line = zoo.arguments_of("rvq-4", setting, 1.5)
    assert line[0] == "rvq-4" and line[line.index("--batch") + 1] == "256" and line[line.index("--crop") + 1] == "128"
    assert line[line.index("--data") + 1 :][:2] == ["a", "b"] and line[-2:] == ["--minutes", "1.500"]
    assert "--batch" not in zoo.arguments_of("titok", setting, 1.0)
    assert FULL.members[:2] == ("rvq-4", "vq-ema-reseed")  # those that are owed
    assert set(FULL.members) == {name for name, recipe in zoo.ZOO.items() if recipe.modality == "image"}


def test_no_member_is_begun_without_time_and_one_that_fails_is_a_row(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo.command, "main", lambda line: 1 / 0)
    setting = Setting(torch.device("cpu"), SMALL, tmp_path, 0.0)
    (row,) = zoo.train_members(setting)
    assert row.state == "failed" and row.measured.startswith("ZeroDivisionError")
    (row,) = zoo.train_members(Setting(torch.device("cpu"), FULL, tmp_path, 5.0))
    assert row.state == "skipped" and row.what == ", ".join(FULL.members)


def test_those_that_draw_by_chance_are_named():
    drawing = []
    for name in SETTINGS:
        pair, seen = [build(name).train() for _ in range(2)], []
        for step in range(3):
            for seed, one in enumerate(pair):
                with drawing_from(torch.Generator().manual_seed(10 * step + seed)):
                    seen.append(one(latents(one.dim, seed=step)).z_q.detach())
        if not all(torch.equal(a, b) for a, b in zip(seen[::2], seen[1::2], strict=True)):
            drawing.append(name)
    assert tuple(drawing) == equality.BY_CHANCE


def test_a_gpu_that_cannot_be_asked_is_said(monkeypatch):
    monkeypatch.setattr(audit_speed, "ASK", ("no-such-program",))
    meter = audit_speed.Meter(True)
    meter._thread.join()
    assert "nvidia-smi does not tell" in meter.words() and audit_speed.Meter(False).words() == "no GPU to be busy"


def test_rates_and_rows_are_written_plainly():
    assert rate_of(12345, 1, "steps") == "12,300 steps/s" and rate_of(1, 4, "x") == "0.25 x/s"
    with pytest.raises(ValueError, match="ok, below, failed, skipped"):
        Row("lab", "x", "1", "", "fine")
