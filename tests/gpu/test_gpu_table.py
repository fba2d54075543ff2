"""The table of the GPU: the whole way at small size on the CPU, with nothing but the packages that it may use; what
fails, hangs or dies is a row."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from explorer.public import FORMATS
from explorer.quantizers.chance import drawing_from
from tests.gpu import __main__ as script
from tests.gpu import audit_speed, equality, floors, format_files, lab_loop, zoo
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
    line += ["--out", str(out), "--one-process", "--minutes", "60"]  # of a machine that may be busy
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
    assert said["audit", "rvq-4, codes of 4 pictures"].measured == "100.00% as on the CPU"
    assert "256 tokens a level" in said["audit", "rvq-4, 4 JPEG of 64 px"].measured
    half = {row.what.partition(",")[0]: row for row in rows if row.part == "half"}
    assert list(half) == list(FORMATS)
    for name in FORMATS:  # what the app itself cannot do without is missing here, and nothing else
        needs = format_files.cases()[name][0].needs
        packages = ", ".join(map(format_files.package_in_words, needs))
        assert (half[name].state == "skipped") == bool(needs) or name == "codec2", half[name]
        assert not needs or half[name].measured.startswith(f"needs {packages}")


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


def test_every_test_that_needs_cuda_is_run_there():
    """Those that a GPU is asked for in a mark: their files are listed, and their names are the ones that are picked."""
    needs = re.compile(
        r"^(?:@pytest\.mark|pytestmark = pytest\.mark)\.skipif\(not torch\.cuda\.is_available", re.MULTILINE
    )
    files = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    found = {name: text for name, text in files.items() if needs.search(text)}
    assert sorted(found) == sorted(equality.CUDA_TESTS)
    for name, text in found.items():
        for mark in needs.finditer(text):
            following = re.search(r"^def (test_\w+)", text[mark.start() :], re.MULTILINE)
            assert "cuda" in following[1] or "cuda" in name, following[1]


def test_tests_that_need_cuda_can_be_collected_on_a_bare_machine():
    line = [sys.executable, "-m", "tests.gpu.bare_packages", *equality.LINE[1:], "--collect-only", *equality.CUDA_TESTS]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for name in equality.CUDA_TESTS:
        assert f"{name}::" in done.stdout


def test_a_file_of_tests_that_is_lost_is_a_row(tmp_path, monkeypatch):
    monkeypatch.setattr(equality, "CUDA_TESTS", ("tests/gpu/test_gone.py", "tests/gpu/test_on_cuda.py"))
    done = SimpleNamespace(stdout="FAILED tests/x.py::test_cuda\n=== 1 failed, 3 passed in 2 s ===\n", returncode=1)
    lines = []
    monkeypatch.setattr(equality.subprocess, "run", lambda line, **_: lines.append(line) or done)
    rows = list(equality.run_pytest(Setting(SimpleNamespace(type="cuda"), SMALL, tmp_path, 60.0)))
    assert [row.what for row in rows if row.state == "failed"] == [row.what for row in rows]
    assert [row.what for row in rows[:2]] == ["tests/gpu/test_gone.py", "tests/x.py::test_cuda"]
    assert rows[2].measured == "1 failed, 3 passed in 2 s" and lines[0][-1] == "tests/gpu/test_on_cuda.py"
    assert "tests/gpu/test_gone.py" not in lines[0]


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
    assert "a" not in zoo.arguments_of("sound-vq", setting, 1.0) and "a" in zoo.arguments_of("clip-vq", setting, 1.0)
    assert sorted(FULL.members) == sorted(zoo.ZOO)


@pytest.mark.parametrize(
    ("name", "measured", "training", "row"),
    [
        (
            "rvq-4",
            {"psnr_db": 27.6, "pictures": 1200} | {f"usage_{q}": q / 4 for q in range(1, 5)},
            {"crop_px": 128},
            ("rvq-4, on 1,200 held-out pictures", "27.60 dB, usage 25%, 50%, 75%, 100%", "crops of 128 px", "27.5 dB"),
        ),
        (
            "clip-vq",
            {"psnr_db": 20.0, "clips": 9, "usage_1": 1.0},
            {"crop_px": 64},
            ("clip-vq, on 9 held-out clips", "20.00 dB, usage 100%", "crops of 64 px", ""),
        ),
        (
            "sound-vq",
            {"si_sdr_db": 1.5, "sounds": 3, "usage_1": 0.5},
            {"samples": 10240},
            ("sound-vq, on 3 held-out sounds", "SI-SDR 1.50 dB, usage 50%", "pieces of 10,240 samples", ""),
        ),
        (
            "sound-fsq",
            {"sounds": 1, "usage_1": 0.5},  # a sound that is decoded exactly, or silence
            {"samples": 10240},
            ("sound-fsq, on 1 held-out sound", "SI-SDR not defined, usage 50%", "pieces of 10,240 samples", ""),
        ),
    ],
)
def test_members_of_each_kind_of_medium_have_a_row(name, measured, training, row, tmp_path):
    training |= {"steps": 1000, "batch": 8, "seconds": 30.0}
    config = {
        "num_quantizers": 4 if name == "rvq-4" else 1,
        "healthy": True,
        "measured": measured,
        "training": training,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    what, begins, each, asked = row
    assert zoo.result_of(name, tmp_path) == Row("zoo", what, f"{begins}; 1,000 steps of 8 {each} in 30 s", asked)


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


def test_codes_that_are_not_those_of_a_cpu_fail(tmp_path):
    audit_speed.write_pictures(tmp_path, 2, 64)
    other = audit_speed.load_tokenizer("vq-ema-reseed", device="cpu")
    row = audit_speed._codes("rvq-4", SimpleNamespace(encode=lambda media: [other.encode(media)[0] * 4] * 2), tmp_path)
    assert row.state == "failed" and row.what == "rvq-4, codes of 2 pictures"


def test_rates_and_rows_are_written_plainly():
    assert rate_of(12345, 1, "steps") == "12,300 steps/s" and rate_of(1, 4, "x") == "0.25 x/s"
    with pytest.raises(ValueError, match="ok, below, failed, skipped"):
        Row("lab", "x", "1", "", "fine")
