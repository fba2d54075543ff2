"""Checkpoints of one run as a recording, so that the player of recorded runs shows them: a frame a checkpoint.

A checkpoint holds codes, and perhaps the counts that training kept of them, but no latents: geometry, norms, moves and
dead codes are told, and nothing else. `about` of the recording has "checkpoints": for each level whether it has counts;
and "stepped": whether its steps are those of the training, or numbers from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explorer.analysis.opening.file import OpenedTable
from explorer.analysis.opening.life_words import life_lines
from explorer.analysis.opening.table_facts import DEAD as DEAD_SHARE
from explorer.analysis.opening.timeline import Moment, TableLife, Timeline
from explorer.foundation.errors import SettingsError
from explorer.foundation.words import count_of
from explorer.joints.files.recording import RecordingWriter, RecordLevel
from explorer.joints.frame import DEAD, LIVE, Frame, FrameEvent, FrameLevel

MOST_LEVELS = 16


def record_timeline(timeline: Timeline, folder: Path) -> None:
    """Write the tables that are in the same checkpoints into a folder that is empty.

    Raises SettingsError where no table is in two of them.
    """
    lives = _together(timeline)
    rows = [_row(timeline, life) for life in lives]
    levels = [_level(life, row[0]) for life, row in zip(lives, rows, strict=True)]
    counted = [all(one.counted is not None and one.counted.dead is not None for one in row) for row in rows]
    told = [f"{life.key}: {' '.join(life_lines(life))}" for life in lives]
    about = {"checkpoints": counted, "stepped": timeline.stepped, "lines": told}
    about["words"] = _words(timeline, lives, counted)
    writer = RecordingWriter(folder, levels, about=about)
    none = [np.zeros(life.codes, np.int64) for life in lives]
    step = -1
    for at in range(len(lives[0].steps)):
        step = max(int(lives[0].steps[at]), step + 1)  # of the same step twice the later is one more
        shown, last, events = [], [], []
        for number, (life, row) in enumerate(zip(lives, rows, strict=True)):
            shown.append(_shown(row[at], life, counted[number]))
            last.append(_last(row[at], life, step, counted[number]))
            events += _jumps(row, at, number, step)
        frame = Frame(step, 0, 1, tuple(shown), {}, _measures(lives, rows, at), events=tuple(events))
        writer.add(frame, none, last, counts_as_told=True)
    for words in (*timeline.notes, *_left_out(timeline, lives)):
        writer.note(words, step)
    writer.end("", step)


def _together(timeline: Timeline) -> list[TableLife]:
    """Of the sets of checkpoints that tables are in, the one with most moments, and its tables."""
    if not timeline.lives:
        raise SettingsError("No table of codes is in two of these checkpoints.")
    longest = max(timeline.lives, key=lambda life: len(life.names))
    return [
        life
        for life in timeline.lives
        if life.names == longest.names and life.read == len(_row(timeline, life)[0].rows)
    ][:MOST_LEVELS]


def _left_out(timeline: Timeline, lives: Sequence[TableLife]) -> list[str]:
    left = len(timeline.lives) - len(lives)
    verb = "is" if left == 1 else "are"
    words = f"{count_of(left, 'table')}, which other checkpoints hold, {verb} told by open --timeline."
    return [words] if left else []


def _row(timeline: Timeline, life: TableLife) -> list[OpenedTable]:
    """The table of a life at each of its checkpoints."""
    by_name: dict[str, Moment] = {moment.name: moment for moment in timeline.moments}
    found = []
    for name in life.names:
        tables = by_name[name].opened.tables
        found.append(
            next(t for t in tables if life.key == (f"{t.found.key}[{t.part}]" if t.found.tables > 1 else t.found.key))
        )
    return found


def _level(life: TableLife, table: OpenedTable) -> RecordLevel:
    kept = None if life.read == life.codes else life.read
    return RecordLevel(life.key, life.codes, life.dim, kept=kept, source="checkpoints")


def _shown(table: OpenedTable, life: TableLife, counted: bool) -> FrameLevel:
    state = np.full(life.codes, LIVE, np.uint8)
    if counted:
        state[table.counted.dead] = DEAD
    numbers = None if life.read == life.codes else table.chosen.astype(np.int32)
    rows = slice(None) if numbers is None else numbers
    counts = table.counts[rows] if counted else np.zeros(len(table.rows))
    return FrameLevel(
        z_e=np.zeros((0, life.dim), np.float32),
        indices=np.zeros(0, np.int32),
        vectors=table.rows,
        counts=counts.astype(np.float32),
        silent=np.zeros(len(counts), np.int32),
        state=state[rows],
        metric="euclidean",
        window=1,
        numbers=numbers,
        whole=0 if numbers is None else life.codes,
    )


def _last(table: OpenedTable, life: TableLife, step: int, counted: bool) -> np.ndarray:
    """By which a reader tells the state: chosen at this step, or, of a dead code, at the one before."""
    last = np.full(life.codes, step, np.int64)
    return np.where(table.counted.dead, step - 1, last) if counted else last


def _jumps(row: Sequence[OpenedTable], at: int, number: int, step: int) -> list[FrameEvent]:
    """Codes that moved farther since the checkpoint before than the usual distance to the nearest other."""
    if at == 0 or row[at].rows.shape != row[at - 1].rows.shape:
        return []
    facts = row[at - 1].facts
    if facts is None or not facts.gap:
        return []
    with np.errstate(invalid="ignore"):
        far = np.linalg.norm(row[at].rows.astype(np.float64) - row[at - 1].rows, axis=1) > facts.gap
    return [FrameEvent(step, number, int(code), "moved", -1) for code in row[at].chosen[far]]


def _measures(lives: Sequence[TableLife], rows: Sequence[Sequence[OpenedTable]], at: int) -> dict[str, float]:
    values = {}
    for number, (life, row) in enumerate(zip(lives, rows, strict=True)):
        values |= {
            f"dead_{number}": life.dead[at] / life.codes,
            f"perplexity_{number}": life.perplexity[at],
            f"code_dimension_{number}": life.dimension[at],
            f"spread_{number}": life.spread[at],
            f"moved_{number}": life.moved[at],
            f"jumped_{number}": life.jumped[at],
        }
        norms = row[at].facts.norms if row[at].facts else None
        values[f"norm_{number}"] = norms[1] if norms else np.nan
    return {name: float(value) for name, value in values.items()}


def _words(timeline: Timeline, lives: Sequence[TableLife], counted: Sequence[bool]) -> str:
    first, last = lives[0].names[0], lives[0].names[-1]
    kept = (
        f"Dead is a code whose kept count is below {DEAD_SHARE:.0%} of the mean."
        if all(counted)
        else "Of tables without kept counts no code is told dead."
    )
    order = "" if timeline.stepped else " Their steps are not known, and are numbers from 0."
    return (
        f"{len(lives[0].names)} checkpoints, {first} to {last}.{order} They hold codes and no latents: geometry, norms "
        f"and moves between two of them are shown. {kept}"
    )
