"""Experiments on disk: one JSON of plain numbers, so that what ships can be read without this project."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.foundation.files import make_folder, write_atomically
from explorer.joints.experiment import Condition, Experiment, ExperimentRun

FORMAT = "discrete-tokenizer-explorer experiment 1"
DIGITS = 6  # of what was measured
FILE_BYTES = 64 * 2**20


def save_experiment(path: str | Path, experiment: Experiment) -> Path:
    """Write `path`, whole or not at all. Raises ExplorerError if the disk refuses."""
    path = Path(path)
    make_folder(path.parent)
    write_atomically(path, as_bytes(experiment))
    return path


def as_bytes(experiment: Experiment) -> bytes:
    """The file of an experiment."""
    content = asdict(experiment) | {"format": FORMAT, "runs": [_run_as_json(run) for run in experiment.runs]}
    return (json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n").encode()


def load_experiment(path: str | Path) -> Experiment:
    """What `save_experiment` wrote. Raises RecordError for any other file."""
    path = Path(path)
    try:
        if path.stat().st_size > FILE_BYTES:
            raise RecordError(f"it is larger than {FILE_BYTES // 2**20} MiB")
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise RecordError(f"it is not a {FORMAT}")
        del content["format"]
        conditions = tuple(Condition(**one) for one in content.pop("conditions"))
        runs = tuple(_run_of_json(one) for one in content.pop("runs"))
        return Experiment(conditions=conditions, runs=runs, charts=tuple(content.pop("charts")), **content)
    except RecordError as error:
        raise RecordError(f"{path.name} holds no experiment that can be read: {error}.") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RecordError(f"{path.name} holds no experiment that can be read ({error}).") from error


def _run_as_json(run: ExperimentRun) -> dict[str, Any]:
    return {
        **{name: getattr(run, name) for name in ("modality", "condition", "seed", "data", "held_out")},
        "seconds": round(run.seconds, 1),
        "steps": run.steps.tolist(),
        "curves": {name: [_number(x) for x in curve.tolist()] for name, curve in run.curves.items()},
        "measured": {name: _number(x) for name, x in run.measured.items()},
        "counts": run.counts.tolist(),
        "findings": [dict(one) for one in run.findings],
    }


def _number(value: float) -> float | int | None:
    """None for what is not finite, which JSON has no word for."""
    if isinstance(value, int):
        return value
    return round(value, DIGITS) if math.isfinite(value) else None


def _run_of_json(content: Mapping[str, Any]) -> ExperimentRun:
    known = dict(content)
    curves = {name: np.array(curve, np.float64) for name, curve in known.pop("curves").items()}
    measured = {name: math.nan if x is None else x for name, x in known.pop("measured").items()}
    return ExperimentRun(
        steps=np.array(known.pop("steps"), np.int64),
        curves=curves,
        measured=measured,
        counts=np.array(known.pop("counts"), np.int64),
        findings=tuple(known.pop("findings")),
        **known,
    )
