"""A small picture through a tokenizer, on one thread and on all, on threads that sleep and on threads that spin.

Each way to wait needs a process of its own, since OpenMP reads it once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import explorer  # noqa: F401  decides how threads wait, before torch is imported
from tests.benchmarks.machinery.in_turn import busy_core, cores, seconds_of

TOKENIZER, SIDES, REPEATS = "vq-ema-reseed", (32, 128, 256), 7
WAITING = {"as the app decides": None, "as OpenMP does by itself": "GOMP_SPINCOUNT"}
SPINS = "300000"  # what libgomp takes where nobody has said anything


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    rows = []
    for busy in (False, True):
        with busy_core(busy):
            for way, name in WAITING.items():
                found = _in_a_process({} if name is None else {name: SPINS})
                for side, (one, all_of) in zip(SIDES, found, strict=True):
                    label = f"encode and decode {side} x {side}, threads wait {way}{', a core kept busy' * busy}"
                    text = (
                        f"one thread {one[1] * 1e3:.1f} ms, {cores()} threads {all_of[1] * 1e3:.1f} ms (medians), "
                        f"{all_of[1] / one[1]:.2f} times"
                    )
                    rows.append((label, text, "at most 2 times" if name is None else ""))
    return rows


def _in_a_process(extra: dict[str, str]) -> list[list[list[float]]]:
    usual = {k: v for k, v in os.environ.items() if k not in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "GOMP_SPINCOUNT")}
    command = [sys.executable, "-m", "tests.benchmarks.bench_threads"]
    done = subprocess.run(command, env=usual | extra, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _report() -> None:
    """Of each side (one thread, all threads), each the least and the median, as JSON."""
    import numpy as np
    import torch

    from explorer.tokenizers import load_tokenizer

    tokenizer, many, found = load_tokenizer(TOKENIZER), torch.get_num_threads(), []
    for side in SIDES:
        picture = np.random.default_rng(0).random((side, side, 3), np.float32)

        def through(threads: int, picture: np.ndarray = picture) -> None:
            torch.set_num_threads(threads)
            tokenizer.detokenize([level.indices for level in tokenizer.encode([picture])[0]])

        taken = [seconds_of({"through": lambda t=t: through(t)}, REPEATS)["through"] for t in (1, many)]
        found.append(taken)
    print(json.dumps(found))


if __name__ == "__main__":
    _report()
