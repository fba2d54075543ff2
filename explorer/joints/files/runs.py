"""A run of the lab as a file: .npz with its frames, curves and events, or .csv with its curves. No torch."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.frame import Frame, FrameEvent

FORMAT = "discrete-tokenizer-explorer run"
VERSION = 1


@dataclass(frozen=True)
class CurveTable:
    """The curves of a run. names, units: one a curve. rows (r, 1 + names) float32: a step and its numbers, NaN where
    one is missing."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    rows: np.ndarray

    def __post_init__(self) -> None:
        if len(self.names) != len(self.units) or self.rows.ndim != 2 or self.rows.shape[1] != 1 + len(self.names):
            raise RecordError(
                f"{len(self.names)} curves have {len(self.units)} units and rows of shape {self.rows.shape}"
            )


def npz_bytes(
    settings: dict, frames: Sequence[Frame], curves: CurveTable, events: Sequence[FrameEvent], reseeds: int
) -> bytes:
    """The run as a compressed .npz that `numpy.load` opens without pickle. reseeds: all there were, of which `events`
    are those that were kept.

    meta: JSON text (format, version, settings, measures). frame_step (T,). Per level l: l<l>_z_e (T, n, d),
    l<l>_indices (T, n), l<l>_vectors (T, K, d), l<l>_counts (T, K) tokens a step as `counts` of meta says (in files
    without that word each code began with one token a step), l<l>_state (T, K) 0 live, 1 dead, 2 unseen. curve_step
    (r,), curve_values (r, names). events (e, 5): step, level, code, source, died again; event_strategy (e,).
    """
    table = curves.rows
    meta = {"format": FORMAT, "version": VERSION, "settings": settings, "curves": curves.names, "reseeds": reseeds}
    meta["counts"] = "tokens a step, EMA over the steps so far (bias-corrected)"
    rows = [(event.step, event.level, event.code, event.source, event.died_again) for event in events]
    arrays: dict[str, np.ndarray] = {
        "meta": np.array(json.dumps(meta)),
        "frame_step": np.array([frame.step for frame in frames], dtype=np.int64),
        "curve_step": table[:, 0].astype(np.int64),
        "curve_values": table[:, 1:],
        "events": np.array(rows, np.int64).reshape(-1, 5),
        "event_strategy": np.array([event.strategy for event in events], dtype=np.str_),
    }
    for number in range(len(frames[0].levels)):
        for name in ("z_e", "indices", "vectors", "counts", "state"):
            arrays[f"l{number}_{name}"] = np.stack([getattr(frame.levels[number], name) for frame in frames])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def csv_bytes(curves: CurveTable) -> bytes:
    """The curves as CSV: one row a kept step, a name and its unit in each heading; a missing value is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["step", *(f"{name} [{unit}]" if unit else name for name, unit in zip(curves.names, curves.units, strict=True))]
    )
    for row in curves.rows:
        writer.writerow([int(row[0]), *("" if np.isnan(value) else f"{value:.7g}" for value in row[1:])])
    return text.getvalue().encode("utf-8")
