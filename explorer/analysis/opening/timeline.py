"""Checkpoints of several steps of one run as a timeline: how each table changed from one to the next.

Of one table at each checkpoint: its facts (`table_facts.py`), and how far its codes moved since the one before. A code
that moved farther than the usual distance between neighbours was given a new vector, or ran away: no small step of
training does that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.analysis.opening.file import OpenedTable, OpenFile, open_file
from explorer.dumps.places import in_order
from explorer.foundation.errors import CheckpointError, SettingsError
from explorer.loading.folders import INDICES, READ, is_of_training

SUFFIXES = (".safetensors", ".pt", ".pth", ".th", ".ckpt", ".bin", ".pkl")
MOST_MOMENTS = 1000
_STEP_WORDS = ("global_step", "step", "steps", "iteration", "iter", "trained_steps", "num_updates", "epoch")
_NAMED_STEP = re.compile(r"(?:step|steps|iter|iteration|it|checkpoint|ckpt|epoch|ep)[=_\- ]*(\d+)", re.I)


@dataclass(frozen=True)
class Moment:
    """One checkpoint. step: of training, as the file or its name says; None if neither does. said: which of the two."""

    step: int | None
    name: str
    said: str
    opened: OpenFile


@dataclass(frozen=True)
class TableLife:
    """One table over the T checkpoints that have it with the same shape.

    steps (T,): as the moments have them, or their numbers from 0. codes, dim: K and D. read: codes of it that were
    read. dead (T,): by kept counts, NaN where they tell nothing. perplexity (T,): of kept counts, NaN likewise.
    dimension, spread (T,): effective dimension and root mean square about the mean. moved (T,): root mean squared move
    of a code since the checkpoint before, jumped (T,): codes that moved farther than the usual distance to the nearest
    other; NaN at the first.
    """

    key: str
    steps: np.ndarray
    names: tuple[str, ...]
    codes: int
    dim: int
    read: int
    dead: np.ndarray
    perplexity: np.ndarray
    dimension: np.ndarray
    spread: np.ndarray
    moved: np.ndarray
    jumped: np.ndarray


@dataclass(frozen=True)
class Timeline:
    """moments: in the order of their steps. lives: of each table. notes: what was left out and why, in words."""

    moments: tuple[Moment, ...]
    lives: tuple[TableLife, ...]
    stepped: bool
    notes: tuple[str, ...]


def read_timeline(paths: Sequence[Path]) -> Timeline:
    """The checkpoints at `paths`: files, folders of one checkpoint each, or one folder that holds them.

    Those that cannot be read are named in the notes. Raises SettingsError if fewer than two can.
    """
    found, notes = [], []
    for path in _checkpoints(paths):
        try:
            opened = open_file(path)
        except CheckpointError as error:
            notes.append(f"Left out: {error}")
            continue
        step, said = step_of(opened, path)
        found.append(Moment(step, path.name if path.is_file() else f"{path.name}/", said, opened))
    if len(found) < 2:
        more = f" {' '.join(notes)}" if notes else ""
        raise SettingsError(f"A timeline needs two checkpoints or more, and {len(found)} can be read.{more}")
    notes += dict.fromkeys(note for one in found for note in one.opened.header.notes if note.startswith(READ))
    stepped = all(moment.step is not None for moment in found)
    if stepped:
        found.sort(key=lambda moment: moment.step or 0)
        steps = [moment.step for moment in found]
        if len(set(steps)) < len(steps):
            notes.append("Several checkpoints say the same step; they stand in the order of their names.")
    else:
        notes.append("No step is known of some of them, so they stand in the order of their names.")
    moments = tuple(found)
    lives, odd = _lives(moments, stepped)
    return Timeline(moments, lives, stepped, (*notes, *odd))


def step_of(opened: OpenFile, path: Path) -> tuple[int | None, str]:
    """(step, where it is said: "file", "name" or "") of a checkpoint."""
    plain = {key.rpartition("/")[2]: value for key, value in opened.header.scalars.items()}
    for word in _STEP_WORDS:
        value = plain.get(word)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value, "file"
    stem = path.name if path.is_dir() else path.stem
    for name in (stem, path.parent.name):
        if named := _NAMED_STEP.findall(name):
            return int(named[-1]), "name"
    numbers = re.findall(r"\d+", stem)
    return (int(numbers[-1]), "name") if numbers else (None, "")


def _checkpoints(paths: Sequence[Path]) -> list[Path]:
    """Each checkpoint once, names in the order in which people count."""
    if len(paths) == 1 and Path(paths[0]).is_dir():
        folder = Path(paths[0])
        inner = [one for one in folder.iterdir() if one.is_dir() and any(map(_is_weights, one.iterdir()))]
        loose = [one for one in folder.iterdir() if _is_weights(one)]
        sharded = any(one.name.endswith(INDICES) for one in folder.iterdir())  # then they are one checkpoint
        paths = inner if len(inner) > 1 else [folder] if sharded else loose
    ordered = in_order({Path(one) for one in paths}, str)
    if len(ordered) > MOST_MOMENTS:
        raise SettingsError(f"There are {len(ordered):,} checkpoints; {MOST_MOMENTS:,} at most make a timeline.")
    return ordered


def _is_weights(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES and not is_of_training(path.name)


def _lives(moments: Sequence[Moment], stepped: bool) -> tuple[tuple[TableLife, ...], list[str]]:
    """The lives of all tables, and words on those that changed their shape."""
    lives, notes = [], []
    keys = dict.fromkeys((t.found.key, t.part) for moment in moments for t in moment.opened.tables)
    for key, part in keys:
        rows = [(at, _table(moment, key, part)) for at, moment in enumerate(moments)]
        present = [(at, table) for at, table in rows if table is not None]
        shapes = list(dict.fromkeys((table.found.codes, table.found.dim) for _, table in present))
        if len(shapes) > 1:
            said = " and ".join(f"{codes:,} x {dim:,}" for codes, dim in shapes)
            notes.append(f"{key} changes its shape ({said}): each shape has a timeline of its own.")
        for shape in shapes:
            some = [(at, table) for at, table in present if (table.found.codes, table.found.dim) == shape]
            if len(some) > 1:
                lives.append(_life(moments, some, stepped))
            elif len(moments) > len(some):
                notes.append(
                    f"{key} ({shape[0]:,} x {shape[1]:,}) is in one checkpoint alone: {moments[some[0][0]].name}."
                )
    return tuple(lives), notes


def _table(moment: Moment, key: str, part: int) -> OpenedTable | None:
    return next((t for t in moment.opened.tables if (t.found.key, t.part) == (key, part)), None)


def _life(moments: Sequence[Moment], some: Sequence[tuple[int, OpenedTable]], stepped: bool) -> TableLife:
    table = some[0][1]
    columns: dict[str, list[float]] = {
        name: [] for name in ("dead", "perplexity", "dimension", "spread", "moved", "jumped")
    }
    before: OpenedTable | None = None
    for _, one in some:
        told, counted = one.facts, one.counted
        known = counted is not None and counted.dead is not None
        columns["dead"].append(float(counted.dead.sum()) if known else np.nan)
        columns["perplexity"].append(counted.effective if known and counted.effective is not None else np.nan)
        columns["dimension"].append(_or_nan(told.dimension if told else None))
        columns["spread"].append(_or_nan(told.spread if told else None))
        moved, jumped = (np.nan, np.nan) if before is None else _moves(before, one)
        columns["moved"].append(moved)
        columns["jumped"].append(jumped)
        before = one
    steps = [moments[at].step if stepped else at for at, _ in some]
    key = f"{table.found.key}[{table.part}]" if table.found.tables > 1 else table.found.key
    arrays = {name: np.asarray(values, float) for name, values in columns.items()}
    names, read = tuple(moments[at].name for at, _ in some), len(table.rows)
    return TableLife(key, np.asarray(steps), names, table.found.codes, table.found.dim, read, **arrays)


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _moves(before: OpenedTable, after: OpenedTable) -> tuple[float, float]:
    """(root mean squared move, codes that moved farther than the usual distance to the nearest other before)."""
    if before.rows.shape != after.rows.shape or not len(after.rows):
        return np.nan, np.nan
    squared = np.square(after.rows.astype(np.float64) - before.rows).sum(axis=1)  # (n,)
    finite = np.isfinite(squared)
    if not finite.any():
        return np.nan, np.nan
    gap = before.facts.gap if before.facts else None
    far = np.nan if not gap else float((np.sqrt(squared[finite]) > gap).sum())
    return float(np.sqrt(squared[finite].mean())), far
