"""What the lab sends to the browser, as plain values for JSON: frames, new rows of curves, new columns of the heatmap.

The shapes are those of Frame; `kit/player/stores.js` reads them back. Only what the browser does not hold yet is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.analysis.lab.movement import lag_of
from explorer.joints.frame import Frame, FrameEvent
from explorer.lab.history import Curves, EventLog, Timeline
from explorer.lab.measures import Measure
from explorer.lab.plane import Plane
from explorer.views.kit.wire.encoding import pack, pack_indices

EVENTS_SENT = 300
MOST_LINES = 1024  # codes up to which the plane draws where each last won
COLUMNS_SENT = 64  # of the heatmap at a time, so that no answer is slow


def frame_payload(
    frame: Frame, level: int, plane: Plane, before: Frame | None = None, events: Sequence[FrameEvent] = ()
) -> dict[str, Any]:
    """One frame as the plane shows it. before: the frame shown last, for lines from where reseeded codes were."""
    shown = frame.levels[level]
    codes = shown.codebook_size
    return {
        "step": frame.step,
        "latents_seen": frame.latents_seen,
        "batch_size": frame.batch_size,
        "level": level,
        "levels": len(frame.levels),
        "codebook_size": codes,
        "active": frame.active(level),
        "ceiling": min(frame.active(level), frame.batch_size),
        "plane": {
            "kind": plane.kind,
            "explained": plane.explained,
            "fitted_at": plane.fitted_at,
            "dims": shown.vectors.shape[1],
            "metric": shown.metric,
        },
        "z": pack(plane.project(shown.z_e)),
        "codes": pack(plane.project(shown.vectors)),
        "indices": pack_indices(shown.indices, codes),
        "counts": pack(shown.counts.astype(np.float32)),
        "silent": pack(shown.silent.astype(np.int32)),
        "state": pack(shown.state),
        "won": None if shown.won is None or codes > MOST_LINES else pack(plane.project(shown.won)),
        "lag": None if shown.won is None else pack(lag_of(shown).astype(np.float32)),
        "gradient": None if shown.gradient is None else pack(plane.turn(shown.gradient)),
        "dead": shown.dead,
        "unseen": shown.unseen,
        "window": shown.window,
        "reseeds": _reseeds(level, plane, before, events),
        "losses": _finite(frame.losses),
        "measures": _finite(frame.measures),
        "pictures": _pictures(frame),
    }


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as JSON can hold them: what is not finite is null."""
    return {name: float(value) if abs(value) < 1e300 else None for name, value in values.items()}


def _reseeds(level: int, plane: Plane, before: Frame | None, events: Sequence[FrameEvent]) -> list[list[float]]:
    """[code, x, y, died again] of each code reseeded since `before`, with the place where it was then."""
    if before is None or level >= len(before.levels):
        return []
    newest = {event.code: event for event in events if event.level == level}
    places = plane.project(before.levels[level].vectors)
    known = [code for code in newest if code < len(places)]
    return [[code, float(places[code, 0]), float(places[code, 1]), int(newest[code].died_again)] for code in known]


def _pictures(frame: Frame) -> dict[str, Any] | None:
    if frame.inputs is None or frame.outputs is None:
        return None
    if frame.inputs.ndim == 2 and frame.inputs.dtype != np.uint8:
        few = slice(0, 200)  # lines between more points would hide each other
        return {"kind": "points", "inputs": pack(frame.inputs[few]), "outputs": pack(frame.outputs[few])}
    return {"kind": "images", "inputs": pack(frame.inputs), "outputs": pack(frame.outputs)}


def curves_payload(curves: Curves, after: int, describe: Callable[[str], Measure]) -> dict[str, Any]:
    """Rows of later steps than `after`, and what the columns are. describe(name) says what a curve is called."""
    measures = [describe(name) for name in curves.names]
    return {
        "names": list(curves.names),
        "labels": [measure.label for measure in measures],
        "units": [measure.unit for measure in measures],
        "kinds": [measure.kind for measure in measures],
        "stride": curves.stride,
        "rows": pack(curves.rows(after)),
    }


def heat_payload(timeline: Timeline, level: int, after: int, most: int = COLUMNS_SENT) -> dict[str, Any]:
    """Columns of later steps than `after`, at most so many: counts and states of all codes of a level."""
    frames = timeline.after(after, most)
    codes = timeline.nearest(0).levels[level].codebook_size
    counts = np.zeros((len(frames), codes), dtype=np.float32)
    state = np.zeros((len(frames), codes), dtype=np.uint8)
    for column, frame in enumerate(frames):
        counts[column], state[column] = frame.levels[level].counts, frame.levels[level].state
    return {
        "stride": timeline.stride,
        "steps": [frame.step for frame in frames],
        "counts": pack(counts),
        "state": pack(state),
    }


def events_payload(events: EventLog, after: int) -> dict[str, Any]:
    """The newest events with a number above `after`, and how many there were in all."""
    rows = [
        [number, event.step, event.level, event.code, event.strategy, event.source, int(event.died_again)]
        for number, event in events.after(after, EVENTS_SENT)
    ]
    return {"total": events.total, "rows": rows}
