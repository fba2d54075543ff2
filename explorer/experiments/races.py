"""Races: small runs of the training lab from one state on the same batches that differ in one setting of a codebook."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.experiments.options import Options
from explorer.foundation.device import device_label, pick_device
from explorer.joints.experiment import Condition, Experiment, ExperimentRun
from explorer.joints.measures.usage import usage
from explorer.lab.forking import HELD_OUT, begin_race, fork
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer

LOOKS = 24  # steps at which every racer is measured
DIGITS = "1,797 handwritten digits of 8 x 8 px (UCI, with scikit-learn)"
TRACK = LabSettings().changed(
    {"dataset": "digits", "model": "mlp", "dim": 8, "codebook_size": 64, "batch_size": 256, "lr": 1e-3}
)
CHARTS = ("perplexity_of_races", "dead_of_races", "losses_of_races", "codes_of_runs")


@dataclass(frozen=True)
class Racer:
    """changes: of the settings of all, what makes this one."""

    condition: Condition
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Race:
    """after: steps that are taken in common before the racers part; 0: each begins by itself, with the same weights."""

    id: str
    title: str
    question: str
    racers: Sequence[Racer]
    settings: LabSettings = TRACK
    after: int = 0


def line_up(race: Race, seed: int, device: torch.device) -> tuple[list[LabTrainer], Tensor]:
    """The racers as they start, in the order of the race, and the items that all are measured on (n, *shape)."""
    settings = race.settings.changed({"seed": seed})
    if not race.after:
        begun = [begin_race(settings.changed(racer.changes), device) for racer in race.racers]
        return [trainer for trainer, _ in begun], begun[0][1]
    trainer, held_out = begin_race(settings, device)
    for _ in range(race.after):
        trainer.step(measure=False)
    trainer.drain_events()
    return [fork(trainer, settings.changed(racer.changes)) for racer in race.racers], held_out


def run_race(race: Race, options: Options, progress: Callable[[str], None]) -> Experiment:
    """Every racer with every seed, one after another. Raises Diverged where a loss is not finite."""
    device, runs = pick_device(options.device), []
    for seed in range(options.seeds):
        trainers, held_out = line_up(race, seed, device)
        for racer, trainer in zip(race.racers, trainers, strict=True):
            runs.append(_run(racer, trainer, held_out, options.steps, seed))
            measured = runs[-1].measured
            progress(f"{runs[-1].name}: perplexity {measured['perplexity']:.1f}, {runs[-1].seconds:.0f} s")
    shared = race.settings
    settings = {
        **{"steps": options.steps, "tokens_a_step": shared.batch_size, "learning_rate": shared.lr},
        **{"codebook_size": shared.codebook_size, "codebook_dim": shared.dim, "beta": shared.beta},
        **{"census": int(runs[0].measured["tokens"]), "common_steps": race.after},
    }
    return Experiment(
        race.id,
        race.title,
        race.question,
        tuple(racer.condition for racer in race.racers),
        tuple(runs),
        settings=settings,
        hardware=device_label(device),
        command=options.command_of(race.id),
        charts=CHARTS,
    )


def _run(racer: Racer, trainer: LabTrainer, held_out: Tensor, steps: int, seed: int) -> ExperimentRun:
    began = time.perf_counter()
    looks = np.unique(np.linspace(1, steps, min(LOOKS, steps)).round().astype(np.int64))
    curves: dict[str, list[float]] = {}
    figures, counts = measure_run(trainer, held_out)
    for step in range(1, steps + 1):
        trainer.step(measure=False)
        if step in looks:
            figures, counts = measure_run(trainer, held_out)
            for name in ("perplexity", "dead", "usage", "media_error", "code_error"):
                curves.setdefault(name, []).append(figures[name])
    trainer.read_losses()
    return ExperimentRun(
        "image",
        racer.condition.id,
        seed,
        looks,
        {name: np.array(values) for name, values in curves.items()},
        figures,
        counts,
        f"{DIGITS}, {HELD_OUT - 1} of {HELD_OUT}",
        f"every {HELD_OUT}th digit",
        time.perf_counter() - began,
    )


@torch.no_grad()
def measure_run(trainer: LabTrainer, held_out: Tensor) -> tuple[dict[str, float], np.ndarray]:
    """Figures of a run on items (n, *shape) that it has not seen, and the tokens of each code among them (K,).

    media_error, code_error: squared error as a share of the variance, of items and of latents. dead: share of the codes
    that no training latent chose for the lab's window. usage, perplexity: of the items' tokens.
    """
    trainer.quantizer.eval()
    try:
        z = trainer.model.encode(held_out)
        output = trainer.quantizer(z)
        decoded = trainer.model.decode(output.z_q)
    finally:
        trainer.quantizer.train()
    stage, size = output.stages[0], trainer.quantizer.codebook_size
    found = usage(stage.indices.flatten().cpu().numpy(), size)
    latents = stage.z_e.flatten(0, -2).double()
    away = (latents - stage.z_q.flatten(0, -2)).square().sum(-1).mean()
    axes = torch.linalg.eigvalsh(torch.cov(latents.T)).flip(0).clamp_min(0).tolist()
    figures = {
        "media_error": float(_share((decoded - held_out).square().mean(), held_out)),
        "code_error": float(away / (latents - latents.mean(0)).square().sum(-1).mean().clamp_min(1e-30)),
        "dead": float((trainer.ledgers[0].silent >= trainer.window).double().mean()),
        "usage": float(found.usage),
        "used": int(found.used),
        "perplexity": float(found.perplexity),
        "largest": float(found.counts.max() / found.counts.sum()),
        "bits": float(np.log2(size)),
        "tokens": int(found.counts.sum()),
        "codes": size,
        "held_out": len(held_out),
    }
    return figures | {f"axis_{number}": value for number, value in enumerate(axes, 1)}, found.counts.astype(np.int64)


def _share(error: Tensor, items: Tensor) -> Tensor:
    return error / (items - items.mean(0)).square().mean()
