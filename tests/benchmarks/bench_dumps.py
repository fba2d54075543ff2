"""An audit of token dumps: 10^9 int16 tokens of an .npy with memory as it goes, and fewer in every other format.

DUMP_TOKENS=100000000 makes it quicker. The file is made beside, read once so that the disk is warm, and deleted. Each
measurement has a process of its own, so that a peak of memory is its own too.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.dumps.made_dumps import WRITERS
from tests.peak_memory import peak_bytes

TOKENS, OTHERS = int(os.environ.get("DUMP_TOKENS", 10**9)), 4_096_000
SHAPES = {"b,t": (-1, 256), "b,h,w": (-1, 16, 16)}
CODEBOOK_SIZE, BUDGET_S = 1024, 60


def measure() -> list[tuple[str, str, str]]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for axes, shape in SHAPES.items():
            path = Path(folder) / "tokens.npy"
            write_tokens(path, shape)
            with path.open("rb") as file:
                while file.read(2**24):
                    pass
            rows += rows_of(axes, child(str(path), axes))
    random = np.random.default_rng(0)
    table = ((random.zipf(1.2, (OTHERS // 256, 256)) - 1) % CODEBOOK_SIZE).astype(np.int16)
    for name, write in WRITERS.items():
        if name != "address":
            with tempfile.TemporaryDirectory() as folder:
                found = child(str(write(Path(folder), table)))
            what = f"reading {OTHERS:,} tokens in media of 256, {name}"
            rows.append((what, f"{found['tokens'] / found['cpu'] / 1e6:.1f} million tokens/s of one core", "none"))
    return rows


def rows_of(axes: str, found: dict) -> list[tuple[str, str, str]]:
    scaled = BUDGET_S * TOKENS / 10**9
    quarter, end = (found[name] / 2**20 for name in ("quarter", "peak"))
    return [
        (
            f"audit of {TOKENS:,} tokens (int16 .npy, axes {axes}), K = {CODEBOOK_SIZE:,}, with pairs and real bits",
            f"{found['seconds']:.1f} s ({found['cpu']:.1f} s of one core)",
            f"{scaled:g} s",
        ),
        ("peak memory after a quarter, and at the end", f"{quarter:,.0f} and {end:,.0f} MiB", "flat"),
    ]


def write_tokens(path: Path, shape: tuple[int, ...]) -> None:
    """Skewed tokens, the same hundredth again and again in another order of its media."""
    random = np.random.default_rng(0)
    each = max(256, TOKENS // 100 // 256 * 256)
    some = ((random.zipf(1.2, (each // 256, 256)) - 1) % CODEBOOK_SIZE).astype(np.int16)
    media = TOKENS // 256
    file = np.lib.format.open_memmap(path, "w+", np.int16, (media, *(n for n in shape[1:])))
    flat = file.reshape(media, 256)
    for start in range(0, media, len(some)):
        flat[start : start + len(some)] = np.roll(some, start, axis=0)[: media - start]
    file.flush()


def child(*arguments: str) -> dict:
    line = [sys.executable, "-m", "tests.benchmarks.bench_dumps", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[2])
    return json.loads(done.stdout)


def audit(path: str, axes: str) -> dict:
    from explorer.audit.indices.run import Reading, audit_indices

    peaks = []
    start, cpu = time.perf_counter(), time.process_time()
    counted = audit_indices(path, CODEBOOK_SIZE, Reading(axes), progress=lambda at: peaks.append(peak_bytes()))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    found = {"seconds": seconds, "cpu": cpu, "tokens": counted.tokens}
    return found | {"quarter": peaks[len(peaks) // 4], "peak": peak_bytes()}


def read(path: str) -> dict:
    """All parts and their pieces, without counting."""
    from explorer.dumps.arrays import DumpRows
    from explorer.dumps.opening import open_dump

    tokens, cpu = 0, time.process_time()
    for part in open_dump(path).parts():
        if isinstance(part, DumpRows):
            tokens += len(part.values)
        else:
            tokens += sum(len(piece) for array in part for piece in array.pieces(2**22))
    return {"cpu": time.process_time() - cpu, "tokens": tokens}


if __name__ == "__main__":
    print(json.dumps((audit if len(sys.argv) > 2 else read)(*sys.argv[1:])))
