"""Part `lab`: steps a second of the lab's loop, kernel by kernel and as graphs, bare and with all that is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from explorer.lab.capture.stepping import Stepping
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.lab.trainer import LabTrainer
from tests.gpu.scale import Scale, Setting
from tests.gpu.table import Row, rate_of

FIRST = 60  # steps before the clock: warm-up, captures
BLOCK = 20  # steps between looks at the clock


def runs_of(scale: Scale) -> dict[str, LabSettings]:
    """The two loops that the owner asked about, by name."""
    batch, side, codes = scale.conv
    toy = LabSettings().changed({"batch_size": scale.toy_batch, "codebook_size": 64})
    conv = {"dataset": "patches", "model": "conv", "patch_px": side, "dim": 16, "codebook_size": codes}
    conv |= {"batch_size": batch, "initialization": "online", "reseeding": "random_latent"}
    return {
        f"2-D toy, K = 64, batch {scale.toy_batch:,}": toy,
        f"conv VQ-VAE, {side} px patches, K = {codes:,}, batch {batch}": LabSettings().changed(conv),
    }


def measure_loops(setting: Setting) -> Iterator[Row]:
    """Rows of both loops; without graphs the reason stands in the place of their rate."""
    for name, settings in runs_of(setting.scale).items():
        plain = LabTrainer(settings, setting.device)
        plain.stepping = Stepping(None, "asked for")
        bare = _rate(lambda one=plain: one.step(measure=False), setting)
        yield Row("lab", f"{name}: kernel by kernel", rate_of(bare, 1, "steps"))
        yield from _with_graphs(name, settings, bare, setting)
        side = LabSide(settings, setting.device)
        rate = _rate(side.step, setting)
        side.frame()
        words = (
            f"{rate_of(rate, 1, 'steps')}, {len(side.timeline.steps)} frames and {len(side.curves.rows())} rows kept"
        )
        yield Row("lab", f"{name}: with curves and frames", words)


def _with_graphs(name: str, settings: LabSettings, bare: float, setting: Setting) -> Iterator[Row]:
    trainer = LabTrainer(settings, setting.device)
    rate = _rate(lambda: trainer.step(measure=False), setting)
    trainer.read_losses()
    what, stepping = f"{name}: as CUDA graphs", trainer.stepping
    if stepping.replays:
        told = f"{rate_of(rate, 1, 'steps')}, {rate / bare:.2f} of kernel by kernel, {stepping.captures} captures"
        yield Row("lab", what, told, "faster")
    elif setting.device.type == "cuda":
        yield Row("lab", what, stepping.words, "captured", "failed")
    else:
        yield Row("lab", what, stepping.words, "captured", "skipped")


def _rate(step: Callable[[], object], setting: Setting) -> float:
    """Steps a second, of `lab_s` seconds behind the warm-up."""
    for _ in range(FIRST):
        step()
    setting.wait()
    began, taken = time.perf_counter(), 0
    while time.perf_counter() - began < setting.scale.lab_s:
        for _ in range(BLOCK):
            step()
        taken += BLOCK
        setting.wait()
    return taken / (time.perf_counter() - began)
