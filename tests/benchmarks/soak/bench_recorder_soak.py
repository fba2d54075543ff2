"""A run of a million steps as a recording: 10,000 records of a codebook of 16,384 codes, written without training."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from explorer.joints.files.recording import RecordingWriter, RecordLevel, open_recording
from explorer.joints.frame import Frame, FrameLevel

STEPS, EVERY, K, D, LATENTS = 1_000_000, 100, 16_384, 32, 2048
MEASURES = 30


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    chance = np.random.default_rng(0)
    what = f"Recording of {STEPS:,} steps, every={EVERY}, K, D = {K:,}, {D}"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        started = time.perf_counter()
        total = write_run(folder, chance)
        wrote = time.perf_counter() - started
        nbytes = sum(path.stat().st_size for path in folder.iterdir())
        started = time.perf_counter()
        recording = open_recording(folder)
        rows = len(recording.scalars["step"])
        recording.frame(len(recording.steps) - 1)
        opened = time.perf_counter() - started
        counted = sum(recording.counts(i, 0) for i in range(len(recording.steps)))
        exact = "exact" if np.array_equal(counted, total) else "NOT exact"
    return [
        (what, f"{nbytes / 1e6:,.0f} MB, {len(recording.steps)} frames, {rows:,} records, counts {exact}", "500 MB"),
        (f"{what}: open, all curves and a frame", f"{opened:.2f} s", "2 s"),
        (f"{what}: a record written", f"{wrote / (STEPS // EVERY) * 1e3:.1f} ms", "no budget"),
    ]


def write_run(folder: Path, chance: np.random.Generator) -> np.ndarray:
    """The totals (K,) in the end."""
    writer = RecordingWriter(folder, [RecordLevel("", K, D)], EVERY)
    total, last = np.zeros(K, np.int64), np.full(K, -1, np.int64)
    vectors = chance.normal(size=(K, D)).astype(np.float32)
    z = chance.normal(size=(LATENTS, D)).astype(np.float32)
    indices = chance.integers(0, K, LATENTS).astype(np.int32)
    zero = np.zeros(K, np.int32)
    state, counts, won = zero.astype(np.uint8), zero.astype(np.float32), vectors * 1.01
    level = FrameLevel(z, indices, vectors, counts, zero, state, "euclidean", 20, won=won)
    for record in range(1, STEPS // EVERY + 1):
        step = record * EVERY
        total += chance.integers(0, 800, K)
        last[:] = step
        numbers = chance.random(MEASURES).tolist()
        frame = Frame(
            step=step,
            latents_seen=int(total.sum()),
            batch_size=65_536,
            levels=(level,),
            measures={f"measure_{i}": value for i, value in enumerate(numbers)},
        )
        writer.add(frame, [total], [last], float(step), reseeds=[zero])
    writer.end("", STEPS)
    return total
