"""An audit against the tokenizer's own forward passes over the same pictures, its memory, and 10^8 plain indices.

AUDIT_PICTURES=100 makes it quicker (default: 1,000 pictures of 256 px). Each measurement has a process of its own,
so that a peak of memory is its own too.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from tests.peak_memory import peak_bytes

PICTURES, SIDE_PX, BATCH = int(os.environ.get("AUDIT_PICTURES", "1000")), 256, 16
ROUNDS = 6
INDICES, CODEBOOK_SIZE = 10**8, 262_144
TOKENIZERS = ("vq-ema-reseed", "rvq-4")


def measure() -> list[tuple[str, str, str]]:
    import torch

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder))
        for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
            for name in TOKENIZERS:
                rows += audit_rows(name, device, child("audit", name, device, folder))
    with tempfile.TemporaryDirectory() as folder:
        write_indices(Path(folder) / "indices.npy")
        found = child("indices", str(Path(folder) / "indices.npy"))
    what = f"audit of {INDICES:,} indices (int32), K = {CODEBOOK_SIZE:,}"
    rows.append((what, f"{found['seconds']:.1f} s ({found['cpu']:.1f} s of one core)", "10 s"))
    rows.append(("peak memory of that process", f"{found['peak'] / 2**20:,.0f} MiB", "1 GB"))
    return rows


def audit_rows(name: str, device: str, found: dict) -> list[tuple[str, str, str]]:
    what = f"audit of {PICTURES:,} pictures of {SIDE_PX} px, {name}, {device}"
    busy = (
        ""
        if found["busy"] is None
        else f"; GPU busy {found['busy']:.0f}% of the time (mean of nvidia-smi, pauses included)"
    )
    speed = f"{found['audit']:.1f} s, {PICTURES / found['audit']:.1f} pictures/s{busy}"
    whole, bare = found["audit"] / found["tokenize"], found["audit"] / found["encode"]
    return [
        (what, speed, "none"),
        ("the same / forward passes (tokenize, one by one, pictures in memory)", f"{whole:.2f}", "1.3"),
        (f"the same / encoder and quantizer alone (batches of {BATCH}, pictures in memory)", f"{bare:.2f}", "1.3"),
        (
            "peak memory after a quarter, and at the end",
            f"{found['quarter'] / 2**20:,.0f} and {found['end'] / 2**20:,.0f} MiB",
            "flat",
        ),
    ]


def write_pictures(folder: Path) -> None:
    """Crops of the samples as JPEG, each another one."""
    from PIL import Image

    from explorer.media.samples import PICTURES

    random = np.random.default_rng(0)
    pictures = [Image.open(sample.path).convert("RGB") for sample in PICTURES.values()]
    pictures = [picture for picture in pictures if min(picture.size) > SIDE_PX]
    for number in range(PICTURES):
        picture = pictures[number % len(pictures)]
        left, top = (int(random.integers(extent - SIDE_PX)) for extent in picture.size)
        picture.crop((left, top, left + SIDE_PX, top + SIDE_PX)).save(folder / f"{number:05}.jpg", quality=90)


def write_indices(path: Path) -> None:
    """Skewed indices, as a codebook in use gives them."""
    random = np.random.default_rng(0)
    file = np.lib.format.open_memmap(path, "w+", np.int32, (INDICES,))
    for start in range(0, INDICES, 10**7):
        file[start : start + 10**7] = np.minimum(random.exponential(40_000, 10**7), CODEBOOK_SIZE - 1)
    file.flush()


def child(*arguments: str) -> dict:
    line = [sys.executable, "-m", "tests.benchmarks.bench_audit", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[2])
    return json.loads(done.stdout)


def audit(name: str, device: str, folder: str) -> dict:
    """The audit, and a few forward passes in each of ROUNDS pauses of it, so that both meet the machine alike busy."""
    from explorer.audit.run import run_audit
    from explorer.audit.sources import open_source
    from explorer.media.pictures.image import load_image
    from explorer.tokenizers import load_tokenizer

    tokenizer, source, peaks = load_tokenizer(name, device=device), open_source(folder), []
    some = [load_image(path).pixels for path in sorted(Path(folder).iterdir())[:BATCH]]
    work = {
        "tokenize": lambda: [tokenizer.tokenize(pixels) for pixels in some],
        "encode": lambda: tokenizer.encode(some),
    }
    spent = dict.fromkeys(work, 0.0)
    for once in work.values():  # what is slow only once
        once()
    meter, rounds = Meter() if device == "cuda" else None, []

    def pause(at) -> None:
        peaks.append(peak_bytes())
        if at.done * ROUNDS >= PICTURES * (len(rounds) + 1):
            rounds.append(at.done)
            for what, passes in work.items():
                begin = time.perf_counter()
                passes()
                spent[what] += time.perf_counter() - begin

    start = time.perf_counter()
    run_audit(tokenizer, source, title="benchmark", progress=pause)
    seconds = time.perf_counter() - start - sum(spent.values())
    busy = meter.mean() if meter else None
    scaled = {what: value / (len(some) * len(rounds)) * PICTURES for what, value in spent.items()}
    return scaled | {"audit": seconds, "busy": busy, "quarter": peaks[len(peaks) // 4], "end": peaks[-1]}


class Meter:
    """Utilization of the GPU in percent, sampled until it is asked for."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._done.wait(0.1):
            line = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
            self._values.append(float(subprocess.run(line, capture_output=True, text=True).stdout.split()[0]))

    def mean(self) -> float:
        self._done.set()
        self._thread.join()
        return float(np.mean(self._values)) if self._values else float("nan")


def indices(path: str) -> dict:
    from explorer.audit.indices.run import audit_indices

    start, cpu = time.perf_counter(), time.process_time()
    audited = audit_indices(path, CODEBOOK_SIZE)
    assert audited.tokens == INDICES
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "peak": peak_bytes()}


if __name__ == "__main__":
    print(json.dumps({"audit": audit, "indices": indices}[sys.argv[1]](*sys.argv[2:])))
