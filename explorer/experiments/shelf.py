"""The results that can be looked at: those that ship, and those that a person brought to this process."""

from __future__ import annotations

from pathlib import Path

from explorer.experiments import EXPERIMENTS, TITLES, results_file
from explorer.foundation.cache import Cache, share
from explorer.foundation.errors import RecordError
from explorer.foundation.owners import EVERYBODY
from explorer.joints.experiment import Experiment
from explorer.joints.files.experiments import load_experiment

_read = Cache("experiments", share(0.005))
_brought: dict[str, Path] = {}  # id -> the file that stands in the place of what ships; named at the start alone


def bring(path: str | Path) -> str:
    """Show the results of a file instead of those that ship; its id. Raises RecordError for what are no results."""
    found = load_experiment(path)
    if found.id not in EXPERIMENTS:
        raise RecordError(f"{Path(path).name} holds results of {found.id!r}, which is no experiment of this app.")
    _brought[found.id] = Path(path)
    return found.id


def shown_experiments() -> dict[str, str]:
    """Id -> title of those whose results are here; the first one also where they are not, so that it can say how."""
    first = next(iter(TITLES))
    return {name: title for name, title in TITLES.items() if name == first or _path(name).is_file()}


def _path(experiment_id: str) -> Path:
    return _brought.get(experiment_id) or results_file(experiment_id)


def open_experiment(experiment_id: str) -> Experiment:
    """The results of an experiment. Raises UnknownIdError with the valid ids, RecordError if its file is damaged."""
    path = _path(experiment_id)
    if not path.is_file():
        raise RecordError(
            f"The results of {experiment_id} are not here. `python -m explorer experiment {experiment_id} --out "
            "FILE.json` makes them; `python app.py --experiment FILE.json` shows them."
        )
    return _read.get((path, path.stat().st_mtime_ns), lambda: load_experiment(path), EVERYBODY)
