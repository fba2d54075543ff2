"""What the page of recorded runs sends to the browser beside what the lab sends, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explorer.analysis.replay.lives import NEVER, Lives
from explorer.analysis.replay.run import RecordedRun
from explorer.analysis.replay.stores import every
from explorer.views.kit.wire.encoding import pack

PLACES = 1000  # of the timeline
WORDS = 600  # characters that a run says of itself
DEATHS = 500  # that are listed; a file has all
SORTED = 512  # points of the usage curve


def run_payload(id: str, run: RecordedRun) -> dict[str, Any]:
    """A run that is open: its name, whether it goes on, what was recorded, and what is missing."""
    levels = [
        {"name": one.name, "K": one.codebook_size, "dim": one.codebook_dim, "kept": one.kept, "source": one.source}
        for one in run.recording.levels
    ]
    return {
        "id": id,
        "title": run.title,
        "live": run.live,
        "ended": run.ended,
        "frames": len(run.frames.steps),
        "records": len(run.curves.steps),
        "last": max(run.last, int(run.curves.steps[-1]) if len(run.curves.steps) else 0),
        "interval": run.curves.interval,
        "levels": levels,
        "words": _words_of(run.recording.about),
        "checkpoints": bool(run.checkpoints),
        "lines": run.lines,
        "notes": run.notes,
    }


def _words_of(about: Mapping[str, Any]) -> str:
    """What whoever recorded a run says of it."""
    words = about.get("words")
    return words[:WORDS] if isinstance(words, str) else ""


def kept_payload(steps: Sequence[np.ndarray], now: int) -> dict[str, Any]:
    """The moments that can be looked back at, up to `now`: those of all sides."""
    every_step = np.unique(np.concatenate([np.empty(0, np.int64), *steps]))
    every_step = every_step[every_step <= now]
    some = every_step[:: every(len(every_step), PLACES)].tolist()
    if len(every_step) and some[-1] != every_step[-1]:
        some.append(int(every_step[-1]))
    first, last = (some[0], some[-1]) if some else (0, 0)
    stride = max(1, (last - first) // max(1, len(some) - 1))
    return {"first": first, "last": last, "stride": stride, "steps": some, "all": len(every_step)}


def lives_payload(lives: Lives) -> dict[str, Any]:
    """The usage of each code over the run, and the newest deaths."""
    usage = lives.usage.astype(np.float32)
    some = np.unique(np.linspace(0, len(usage) - 1, min(SORTED, len(usage))).astype(np.int64))
    deaths = [[one.code, one.died, one.seen, one.revived, one.by] for one in lives.deaths[-DEATHS:]][::-1]
    by: dict[str, int] = {}
    for one in lives.deaths:
        kind = one.by.split(" (")[-1].rstrip(")") if one.by.startswith("reseeded") else one.by
        by[kind] = by.get(kind, 0) + 1
    return {
        "level": lives.level,
        "K": len(usage),
        "whole": lives.whole,
        "steps": [int(lives.steps[0]), int(lives.steps[-1])],
        "frames": len(lives.steps),
        "tokens": round(float(lives.tokens.sum())),
        "never": lives.never,
        "alive": int(np.count_nonzero(lives.state == 0)),
        "deaths": len(lives.deaths),
        "back": sum(one.revived != NEVER for one in lives.deaths),
        "by": sorted(([kind, count] for kind, count in by.items() if kind), key=lambda one: -one[1]),
        "rows": deaths,
        "usage": pack(usage[some]),
        "ranks": pack(some.astype(np.int32)),
    }
