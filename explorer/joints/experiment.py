"""Experiment: several trainings that differ in what is asked about alone, and what each measured; a joint of numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer.joints.audit_parts import require


@dataclass(frozen=True)
class Condition:
    """One of the things that are held against each other. quantized: False where the latents go to the decoder."""

    id: str
    title: str
    about: str
    quantized: bool = True


@dataclass(frozen=True)
class ExperimentRun:
    """One training.

    steps (r,) int64: where it was measured. curves: measure -> (r,) float64, NaN where it has none. measured: figures
    on held-out media after the last step. counts (K,) int64: tokens of each code among those measured; empty where
    nothing is quantized. findings: of the diagnosis of its codebook, as plain values. data, held_out: which media.
    """

    modality: str
    condition: str
    seed: int
    steps: np.ndarray
    curves: Mapping[str, np.ndarray]
    measured: Mapping[str, float]
    counts: np.ndarray
    data: str
    held_out: str
    seconds: float
    findings: tuple[Mapping[str, object], ...] = ()

    def __post_init__(self) -> None:
        require(self.steps.ndim == 1 and len(self.steps) > 0, f"the steps of a run have shape {self.steps.shape}")
        for name, curve in self.curves.items():
            require(
                curve.shape == self.steps.shape, f"the curve {name} has shape {curve.shape}, not {self.steps.shape}"
            )
        require(self.counts.ndim == 1 and self.counts.dtype == np.int64, "counts of a run are (K,) int64")

    @property
    def name(self) -> str:
        """ "audio-plain-0"."""
        return f"{self.modality}-{self.condition}-{self.seed}"


@dataclass(frozen=True)
class Experiment:
    """settings: what all runs share. hardware: what they ran on. command: which makes them again. charts: names of the
    figures that show it."""

    id: str
    title: str
    question: str
    conditions: tuple[Condition, ...]
    runs: tuple[ExperimentRun, ...]
    settings: Mapping[str, object] = field(default_factory=dict)
    hardware: str = "cpu"
    command: str = ""
    charts: tuple[str, ...] = ("codes_of_runs", "usage_of_runs", "losses_of_runs")

    def __post_init__(self) -> None:
        require(len(self.runs) > 0, "an experiment needs at least one run")
        known = {one.id for one in self.conditions}
        for run in self.runs:
            require(run.condition in known, f"a run is of the condition {run.condition!r}, of {', '.join(known)}")

    @property
    def modalities(self) -> tuple[str, ...]:
        """In the order of the runs."""
        return tuple(dict.fromkeys(run.modality for run in self.runs))

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted({run.seed for run in self.runs}))

    def of(self, modality: str, condition: str) -> tuple[ExperimentRun, ...]:
        """The runs of every seed."""
        return tuple(run for run in self.runs if (run.modality, run.condition) == (modality, condition))
