"""Nearest-code assignment against torch.cdist + argmin, and against the expanded square: ratio of time, peak memory.

The expanded square in float32 is what the search was before it became exact for any offset.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from explorer.quantizers.nearest import nearest_code
from explorer.quantizers.search import TILE_BYTES, TILE_CODES

SIZES = ((65536, 1024, 16), (65536, 16384, 8))  # (N, K, D)
SMALL = (2048, 64, 2)  # a step of the lab


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    rows = []
    for size in SIZES:
        ours, theirs, plain = _seconds(size)
        mebibytes = [_peak_mebibytes(method, size) for method in ("ours", "cdist")]
        label = "assignment, N, K, D = " + ", ".join(f"{n:,}" for n in size)
        rows += [
            (f"{label}: time", f"{ours * 1e3:.0f} ms of CPU, {ours / theirs:.2f} of cdist + argmin", "below 1"),
            (f"{label}: time against the expanded square", f"{ours / plain:.2f}", "about 1"),
            (
                f"{label}: peak memory above inputs",
                f"{mebibytes[0]:.0f} MiB, {mebibytes[0] / mebibytes[1]:.3f} of cdist + argmin",
                "below 0.1",
            ),
        ]
    ours, _, plain = _seconds(SMALL, repeats=200)
    label = "assignment, N, K, D = " + ", ".join(f"{n:,}" for n in SMALL)
    rows.append((f"{label}: time against the expanded square", f"{ours / plain:.2f}", "below 2"))
    ours, _, plain = _seconds((16384, 1024, 16), data=_half_dead)
    label = "assignment to 1,024 codes, of which 60% have decayed to nothing under an EMA"
    rows.append((f"{label}: time against the expanded square", f"{ours / plain:.2f}", "about 1"))
    return rows


def _data(size: tuple[int, int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    count, codes, dim = size
    return torch.randn(count, dim), torch.randn(codes, dim)


def _half_dead(size: tuple[int, int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents around living codes, and dead ones as long as a float32 can just be."""
    _, vectors = _data(size)
    dead = torch.rand(len(vectors)) < 0.6
    living = vectors[~dead]
    z = living[torch.randint(len(living), (size[0],))] + 0.3 * torch.randn(size[0], size[2])
    return z, torch.where(dead[:, None], vectors * 1e-38, vectors)


def _cdist(z: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    return torch.cdist(z, vectors).argmin(1)


def _expanded(z: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """argmin of |e|^2 / 2 - z.e, tile by tile: fast, and wrong where codes lie far from zero."""
    bias, found = vectors.square().sum(-1) / 2, []
    for part in z.split(max(1, TILE_BYTES // (4 * min(len(vectors), TILE_CODES)))):
        best, index = part.new_full((len(part),), torch.inf), torch.zeros(len(part), dtype=torch.long)
        for k in range(0, len(vectors), TILE_CODES):
            scores = torch.addmm(bias[k : k + TILE_CODES], part, vectors[k : k + TILE_CODES].T, alpha=-1)
            where = torch.from_numpy(scores.numpy().argmin(axis=1))
            value = scores.gather(1, where[:, None])[:, 0]
            index = torch.where(value < best, where + k, index)
            best = torch.minimum(value, best)
        found.append(index)
    return torch.cat(found)


def _seconds(
    size: tuple[int, int, int], repeats: int = 1, data: Callable[..., tuple[torch.Tensor, torch.Tensor]] = _data
) -> tuple[float, float, float]:
    """CPU seconds of each for all N latents, which does not depend on what else the machine does.

    In turn on slices of 4,096 latents, so that noise meets both; cdist on all at once would need 4 GiB.
    """
    z, vectors = data(size)
    methods = (nearest_code, _cdist, _expanded)
    spent = [0.0, 0.0, 0.0]
    for method in methods:
        method(z[:64], vectors)  # libraries load their kernels here
    for part in z.split(4096) * repeats:
        for which, method in enumerate(methods):
            started = time.process_time()
            method(part, vectors)
            spent[which] += time.process_time() - started
    return spent[0], spent[1], spent[2]


def _peak_mebibytes(method: str, size: tuple[int, int, int]) -> float:
    """In a process of its own, since a peak never falls. Above 2 GiB of scores cdist's is computed, not risked."""
    if method == "cdist" and size[0] * size[1] * 4 > 2**31:
        return size[0] * size[1] * 4 / 2**20
    command = [sys.executable, "-m", "tests.benchmarks.bench_assignment", method, *map(str, size)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _report_peak(method: str, size: tuple[int, int, int]) -> None:
    z, vectors = _data(size)
    run = {"ours": nearest_code, "cdist": _cdist}[method]
    run(z[:64], vectors[:64])  # libraries load their kernels here
    before = _memory_kib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here: loading torch had a higher one
    run(z, vectors)
    print((_memory_kib("VmHWM") - before) / 1024)


def _memory_kib(name: str) -> int:
    """A figure of this process from Linux's /proc."""
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1])


if __name__ == "__main__":
    _report_peak(sys.argv[1], tuple(int(value) for value in sys.argv[2:5]))
