"""Part `tests`: on the device as on the CPU, for every quantizer and for the search; and pytest's own CUDA tests."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from explorer.quantizers.chance import drawing_from
from explorer.quantizers.nearest import nearest_code
from tests.gpu.scale import Setting
from tests.gpu.table import Row
from tests.quantizers.made_quantizers import SETTINGS, build, latents

ROOT = Path(__file__).resolve().parents[2]
STEPS = 20
SAME, CLOSE = (
    0.99,
    0.01,
)  # share of the codes, and of a loss: what sums of float32 in another order come to in STEPS steps
CUDA_TESTS = (
    *("tests/quantizers/test_contract.py", "tests/quantizers/test_sums.py", "tests/lab/test_trainer.py"),
    *("tests/quantizers/step/test_no_waiting.py", "tests/gpu/test_on_cuda.py"),
)
LINE = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "--noconftest", "-k", "cuda")
# Those that draw in training, for which a GPU draws other numbers: of their losses only that they are finite is asked.
BY_CHANCE = ("gradual", "kmeans", "gumbel", "nsvq", "additive", "diveq")


def compare_quantizers(setting: Setting) -> Iterator[Row]:
    """A row for all, and one for each that differs."""
    names = list(SETTINGS)[: setting.scale.quantizers]
    faults = {name: fault for name in names if (fault := _difference(name, setting.device))}
    yield from (Row("tests", f"quantizer {name}", fault, "as on the CPU", "failed") for name, fault in faults.items())
    state = "failed" if faults else "ok"
    words = f"{len(names) - len(faults)} of {len(names)} as on the CPU"
    yield Row("tests", f"quantizers on {setting.device.type}, and {STEPS} steps of training", words, "all", state)
    for metric in ("euclidean", "cosine", "dot"):
        yield _search(metric, setting.device)


def run_pytest(setting: Setting) -> Iterator[Row]:
    """Tests that need CUDA, where there is one."""
    if setting.device.type != "cuda":
        yield Row("tests", "tests of pytest that need CUDA", "no CUDA here", "all pass", "skipped")
        return
    for lost in (one for one in CUDA_TESTS if not (ROOT / one).exists()):
        yield Row("tests", lost, "is not here", "passes", "failed")
    line = [sys.executable, *LINE, *(one for one in CUDA_TESTS if (ROOT / one).exists())]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=setting.seconds, env=environment)
    last = (done.stdout.strip().splitlines() or ["no word"])[-1].strip("= ")
    for failed in re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE):
        yield Row("tests", failed, "failed", "passes", "failed")
    yield Row("tests", "tests of pytest that need CUDA", last, "all pass", "ok" if done.returncode == 0 else "failed")


def _difference(name: str, device: torch.device) -> str:
    """In words, "" where there is none."""
    try:
        here = build(name)
        there = copy.deepcopy(here).to(device)
        z = latents(here.dim)
        if told := _apart("evaluation", here.eval()(z), there.eval()(z.to(device))):
            return told
        for step in range(STEPS):
            z, outputs = latents(here.dim, seed=step), []
            for one, where in ((here, torch.device("cpu")), (there, device)):
                with drawing_from(torch.Generator(where).manual_seed(step)):
                    outputs.append(one.train()(z.to(where)))
            if not all(output.loss.isfinite() for output in outputs):
                return f"the loss of step {step + 1} is not finite"
            if name not in BY_CHANCE and (told := _apart(f"step {step + 1}", *outputs)):
                return told
    except Exception as error:  # each quantizer is a row
        return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    return ""


def _apart(what: str, one, other) -> str:
    same = (one.indices == other.indices.cpu()).float().mean().item()
    if same < SAME:
        return f"{what}: {same:.1%} of the codes are the same"
    far = (one.loss - other.loss.cpu()).abs().item() / max(one.loss.abs().item(), 1e-6)
    return f"{what}: losses differ by {far:.1e}" if far > CLOSE else ""


def _search(metric: str, device: torch.device) -> Row:
    torch.manual_seed(0)
    z, vectors = torch.randn(8192, 16) + 100, torch.randn(1024, 16) + 100  # far from 0, where squares eat the digits
    a, b = z.double(), vectors.double()
    if metric == "cosine":
        b = torch.nn.functional.normalize(b, dim=-1)
    scores = torch.cdist(a, b).neg() if metric == "euclidean" else a @ b.T
    best = scores.argmax(1)
    found = nearest_code(z.to(device), vectors.to(device), metric).cpu()
    lost = (scores.gather(1, best[:, None]) - scores.gather(1, found[:, None])) / scores.abs().amax()
    wrong = int((lost[:, 0] > 1e-12).sum())
    state = "ok" if wrong <= 2 else "failed"
    return Row("tests", f"nearest code, {metric}, against float64", f"{wrong} of {len(z):,} worse", "at most 2", state)
