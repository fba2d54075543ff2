"""What a recorder costs: the same training step without it and with it, in turn, and a record's own time.

And what it takes to open the recording of a long run: 10^6 steps, K = 16,384, as large as a recorder lets it become.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from explorer.joints.files.recording import RecordingWriter, RecordLevel, Reseeds
from explorer.joints.frame import Frame, FrameLevel
from explorer.pages.replay import events, start
from explorer.pages.replay.page import opening_of
from explorer.pages.replay.part import ReplayPart
from explorer.pages.shared.visitors import visitors
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer
from explorer.recorder import Recorder
from explorer.recorder.moment import History, LevelMoment, Moment, begin_history, make_record

N, K, D, EVERY = 65_536, 16_384, 32, 100
RECORDS, FRAMES = 10_000, 128  # of a long run
OF_LEVEL = ("tokens", "perplexity_all", "perplexity", "dead", "unseen", "reseeded", "lag", "code_dimension")
OF_RUN = ("latent_norm", "code_norm", "latent_dimension", "quantization_error", "drift", "gradient_z_e", "gradient_z_q")
STEPS, ROUNDS = 8, 6  # of a round: as many as from one look at latents to the next


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    rows = [_row("CPU", torch.device("cpu"), N, K, D, "under 3% of the step"), _small()]
    if torch.cuda.is_available():
        rows.append(_row("GPU", torch.device("cuda"), N, K, D, "under 1% of the step"))
    return rows + write_reseeds() + open_long_run()


def _small() -> tuple[str, str, str]:
    return _row("CPU, a small model", torch.device("cpu"), 4096, 1024, 16, "no budget", rounds=15)


def _row(name: str, device: torch.device, n: int, k: int, d: int, budget: str, rounds: int = ROUNDS) -> tuple:
    plain, looks, record = time_steps(device, n, k, d, rounds)
    share = (looks - plain + record / EVERY) / plain
    what = f"Recorder, {name}, N, K, D = {n:,}, {k:,}, {d}, every={EVERY}"
    numbers = f"step {plain * 1e3:,.2f} ms, with it {looks * 1e3:,.2f} ms, a record {record * 1e3:,.1f} ms"
    return what, f"{share:.2%} of the step ({numbers})", budget


def time_steps(device: torch.device, n: int, k: int, d: int, rounds: int) -> tuple[float, float, float]:
    """Seconds of a step without a recorder, and with one, and of a record: the best of the rounds, in turn."""
    torch.manual_seed(0)
    latents = torch.randn(n, d, device=device)
    with tempfile.TemporaryDirectory() as folder:
        models = [_model(d, k).to(device) for _ in range(2)]
        optimizers = [torch.optim.SGD(model.parameters(), 1e-3) for model in models]
        recorder = Recorder(Path(folder) / "run", every=EVERY)
        recorder.watch(models[1])
        best = [float("inf")] * 3
        for part in (0, 1, 1):  # to warm up; the first step has a record
            _steps(models[part], optimizers[part], latents, 1, recorder if part else None)
        for number in range(1, rounds + 1):
            recorder._clock.steps = number * EVERY - 2 * STEPS  # no record among the steps that follow
            for part in (0, 1):
                used = recorder if part else None
                best[part] = min(best[part], _steps(models[part], optimizers[part], latents, STEPS, used) / STEPS)
            recorder._clock.steps = number * EVERY - 1
            recorder._clock.look = True
            recorder._motion.look_before(recorder._ears)
            start = _now(device)
            recorder.step()
            recorder.flush()
            best[2] = min(best[2], _now(device) - start)
        recorder.close()
    return best[0], best[1], best[2]


def _model(d: int, k: int) -> nn.Module:
    return nn.Sequential(nn.Linear(d, d), VectorQuantizer(d, k, CodebookOptions()))


def _steps(model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, many: int, recorder: object) -> float:
    start = _now(x.device)
    for _ in range(many):
        output = model(x)
        (output.z_q.square().mean() + output.loss).backward()
        optimizer.step()
        optimizer.zero_grad()
        if recorder is not None:
            recorder.step()
    return _now(x.device) - start


def _now(device: torch.device) -> float:
    """Of a GPU the clock, when it has done all; else CPU seconds, which do not depend on what else a machine does."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def write_reseeds(records: int = 24) -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget): a record, where none, and where all codes got new vectors since the one
    before, in 1 or in 100 steps; and how large its line is."""
    chance = np.random.default_rng(0)
    latents = chance.normal(size=(2048, D)).astype(np.float32)
    counts = chance.multinomial(N * EVERY, np.full(K, 1 / K))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, steps in (("no code reseeded", 0), ("all reseeded at once", 1), ("all reseeded at each step", EVERY)):
            vectors = chance.normal(size=(K, D)).astype(np.float32)
            history, best = History([begin_history(RecordLevel("", K, D))]), float("inf")
            writer = RecordingWriter(Path(folder) / str(steps), [RecordLevel("", K, D)], EVERY)
            for record in range(1, records + 1):
                at = record * EVERY
                every = [Reseeds(at - i, 0, "expired", np.arange(K), np.zeros(K, bool)) for i in range(steps)]
                level = LevelMoment(
                    RecordLevel("", K, D),
                    vectors,
                    counts,
                    np.full(K, at),
                    counts,
                    vectors + 0.1,
                    np.full(K, at),
                    latents,
                    np.zeros(2048, np.int64),
                    0,
                    every,
                )
                start = time.process_time()
                frame, told = make_record(Moment(at, EVERY, (level,), {}, {}, 0.0), history)
                one = history.levels[0]
                writer.add(frame, [one.totals], [one.last], 0.0, told, [one.reseeds])
                best = min(best, time.process_time() - start)
            writer.close()
            line = sum(file.stat().st_size for file in (Path(folder) / str(steps)).glob("*.jsonl")) / records
            what = f"A record, K, D = {K:,}, {D}, {name}"
            rows.append(
                (what, f"{best * 1e3:,.1f} ms in the recorder's thread, a line of {line / 1e3:,.1f} kB", "no budget")
            )
    return rows


def open_long_run() -> list[tuple[str, str, str]]:
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
    share = chance.multinomial(N * EVERY, np.full(K, 1 / K))
    for record in range(RECORDS):
        step = (record + 1) * EVERY
        total += share
        last[:] = step
        measures = {f"{name}_0": float(record % 7) for name in OF_LEVEL} | dict.fromkeys(OF_RUN, 1.0)
        if record % (RECORDS // FRAMES) == 0 or record == RECORDS - 1:
            writer.record = record
            writer.add(Frame(step, step * N, N, (level,), {"mse": 1.0}, measures), [total], [last], step)
        else:
            told = {"time": float(step), "seconds": float(step), "losses": {"mse": 1.0}, "measures": measures}
            writer._line({"record": record, "step": step, "seen": step * N, "batch": N, **told})
    writer.end("", RECORDS * EVERY)
