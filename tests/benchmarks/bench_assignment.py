"""Nearest-code assignment against torch.cdist + argmin: ratio of time and of peak memory."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch

from explorer.quantizers.nearest import nearest_code

SIZES = ((65536, 1024, 16), (65536, 16384, 8))  # (N, K, D)
ROUNDS = 3


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    rows = []
    for size in SIZES:
        seconds = [_seconds(size) for _ in range(ROUNDS)]  # both methods in turn, so that noise meets both
        ours, theirs = (statistics.median(column) for column in zip(*seconds, strict=True))
        mebibytes = [_peak_mebibytes(method, size) for method in ("ours", "cdist")]
        label = "assignment, N, K, D = " + ", ".join(f"{n:,}" for n in size)
        rows += [
            (f"{label}: time", f"{ours * 1e3:.0f} ms, {ours / theirs:.2f} of cdist + argmin", "below 1"),
            (
                f"{label}: peak memory above inputs",
                f"{mebibytes[0]:.0f} MiB, {mebibytes[0] / mebibytes[1]:.3f} of cdist + argmin",
                "below 0.1",
            ),
        ]
    return rows


def _data(size: tuple[int, int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    count, codes, dim = size
    return torch.randn(count, dim), torch.randn(codes, dim)


def _cdist(z: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    return torch.cdist(z, vectors).argmin(1)


def _seconds(size: tuple[int, int, int]) -> tuple[float, float]:
    """Seconds for all N latents. cdist runs on slices of 4,096 latents, or it would need 4 GiB."""
    z, vectors = _data(size)
    nearest_code(z[:4096], vectors)
    _cdist(z[:4096], vectors)
    return _timed(lambda: nearest_code(z, vectors)), _timed(lambda: [_cdist(part, vectors) for part in z.split(4096)])


def _timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


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
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(z, vectors)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


if __name__ == "__main__":
    _report_peak(sys.argv[1], tuple(int(value) for value in sys.argv[2:5]))
