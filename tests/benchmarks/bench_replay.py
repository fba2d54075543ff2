"""What it takes to open the recording of a long run: 10^6 steps, K = 16,384, as large as a recorder lets it become."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from explorer.joints.files.recording import RecordingWriter, RecordLevel
from explorer.joints.frame import Frame, FrameLevel
from explorer.pages.replay import events, start
from explorer.pages.replay.page import opening_of
from explorer.pages.replay.part import ReplayPart
from explorer.pages.shared.visitors import visitors

K, D, TOKENS, EVERY, RECORDS, FRAMES = 16_384, 32, 65_536, 100, 10_000, 128
OF_LEVEL = ("tokens", "perplexity_all", "perplexity", "dead", "unseen", "reseeded", "lag", "code_dimension")
OF_RUN = ("latent_norm", "code_norm", "latent_dimension", "quantization_error", "drift", "gradient_z_e", "gradient_z_q")


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    with tempfile.TemporaryDirectory() as folder:
        write_long_run(Path(folder) / "long")
        size = sum(file.stat().st_size for file in (Path(folder) / "long").iterdir())
        visitor = visitors.enter("bench-of-replay")
        marks = [time.perf_counter()]
        start.bring_run(Path(folder) / "long")
        opening_of({}, visitor.part(ReplayPart), visitor.token)
        marks.append(time.perf_counter())
        json.loads(events.pull({"token": visitor.token}))
        marks.append(time.perf_counter())
        look = {"token": visitor.token, "action": "frame", "step": EVERY * RECORDS // 2}
        assert json.loads(events.do(look))["ok"]
        marks.append(time.perf_counter())
        visitors.leave("bench-of-replay")
    opened, first, moment = np.diff(marks)
    what = f"Replay, {RECORDS * EVERY:,} steps, K, D = {K:,}, {D}, {size / 1e6:,.0f} MB"
    return [
        (f"{what}: opened, with its first frame", f"{opened + first:.2f} s", "2 s"),
        (f"{what}: another moment", f"{moment:.2f} s", "no budget"),
    ]


def write_long_run(folder: Path) -> None:
    """The lines of all records, and the frames that a budget leaves of them."""
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(K, D)).astype(np.float32)
    indices = chance.integers(0, K, 2048).astype(np.int32)
    z = (vectors[indices] + 0.1 * chance.normal(size=(2048, D))).astype(np.float32)
    none = np.zeros(K, np.float32)
    level = FrameLevel(z, indices, vectors, none, none.astype(np.int32), none.astype(np.uint8), "euclidean", 20)
    writer = RecordingWriter(folder, [RecordLevel("", K, D)], EVERY)
    writer.begin_session(1, 0)
    total, last = np.zeros(K, np.int64), np.full(K, -1, np.int64)
    share = chance.multinomial(TOKENS * EVERY, np.full(K, 1 / K))
    for record in range(RECORDS):
        step = (record + 1) * EVERY
        total += share
        last[:] = step
        measures = {f"{name}_0": float(record % 7) for name in OF_LEVEL} | dict.fromkeys(OF_RUN, 1.0)
        if record % (RECORDS // FRAMES) == 0 or record == RECORDS - 1:
            writer.record = record
            writer.add(Frame(step, step * TOKENS, TOKENS, (level,), {"mse": 1.0}, measures), [total], [last], step)
        else:
            told = {"time": float(step), "seconds": float(step), "losses": {"mse": 1.0}, "measures": measures}
            writer._line({"record": record, "step": step, "seen": step * TOKENS, "batch": TOKENS, **told})
    writer.end("", RECORDS * EVERY)
