"""What a recording's files are called and what stands in them.

`recording.json`: {"format", "version", "id", "every", "budget_bytes", "levels": [{"name", "codebook_size",
"codebook_dim", "metric", "rule", "kept", "source"}], "about": {...}}. Without it the levels are read from the frames.
`id` is drawn when the folder is made: with another one, all is read anew.

`records-NNNNNN.G.jsonl`: segment N in its generation G (it rises when old lines are thinned). Each line is one JSON
object, told apart by its first key:

    {"record": 12, "step": 1200, "seen": 76800, "batch": 64, "time": ..., "seconds": ..., "losses": {...},
     "measures": {...}, "events": [{"step", "level", "strategy", "count", "again", "codes", "sources", "died"}]}
    {"levels": [...], "step": 1200}    the codebooks changed: more codes, other dimensions
    {"session": 2, "step": 1100}       a process began to write
    {"note": "...", "step": 1200}      what went wrong, in words
    {"end": "...", "step": 5000}       the run ended

Of numbers of records and steps later lines count: a record whose step is not above earlier ones takes their place, as
when training goes on from an older checkpoint. `again` of the `count` codes had been reseeded before, and `died` names
these. A thinned line may have lost `codes`, `sources` and `died`, and one that took in others `records` of them.

`frame-R-S.npz`: `meta` (JSON text: record, step, seen, batch, losses, measures, levels as above, each with its
window), and of level l: l<l>_vectors (K, d) float32 (none where a rule gives them), l<l>_total (K,) unsigned: tokens of
each code since the start, over all steps; l<l>_last (K,) signed: the step at which it was last chosen, -1 never;
l<l>_reseeds (K,): how often it was reseeded; l<l>_z (n, d) float32, l<l>_indices (n,) int32: latents of this step, or
where a step has few the newest ones, and what they chose, or the nearest where that code was put elsewhere since;
l<l>_lag (K, d) float16: `won` minus the vector, times `lag_scale`, NaN where there is none. Of a level with `kept`
codes l<l>_numbers names them, and _vectors and _lag are of these alone; indices are codes of the whole codebook.
l<l>_counts float32, of the codes that are kept, stands where nobody counted tokens, as in frames of checkpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.record import LatticeRule, Metric

FORMAT = "discrete-tokenizer-explorer recording"
VERSION = 1
HEADER, LOCK = "recording.json", "lock"
_SEGMENT = re.compile(r"records-(\d{6})(?:\.(\d+))?\.jsonl")
_FRAME = re.compile(r"frame-(\d{9})-(\d+)\.npz")
METRICS = ("euclidean", "cosine", "dot", "implicit")


@dataclass(frozen=True)
class RecordLevel:
    """One level (residual stage or group) that is recorded.

    name: "level 1", "group 2", or "" for a single one; of several quantizers of a model with the module's before it.
    rule: of codes that follow from one, whose metric is "implicit". kept: how many codes' vectors are kept; None: all.
    source: the class it was read from and its place in the model, in words.
    """

    name: str
    codebook_size: int
    codebook_dim: int
    metric: Metric = "euclidean"
    rule: LatticeRule | None = None
    kept: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.codebook_size < 1 or self.codebook_dim < 1:
            raise RecordError(f"a level has {self.codebook_size} codes of {self.codebook_dim} dimensions")
        if self.metric not in METRICS:
            raise RecordError(f"metric {self.metric!r} is none of {', '.join(METRICS)}")
        if self.rule is not None and (self.rule.codebook_size, len(self.rule.axis_values)) != (
            self.codebook_size,
            self.codebook_dim,
        ):
            raise RecordError(f"the rule gives {self.rule.codebook_size} codes, the level has {self.codebook_size}")

    @property
    def shown_size(self) -> int:
        """Codes of a frame: all, or as many as are kept."""
        return self.codebook_size if self.kept is None else self.kept


@dataclass(frozen=True)
class Reseeds:
    """Codes that got new vectors in one step, on one level, by one strategy. codes (c,) int64; died (c,) bool: whether
    each had been reseeded before; sources (c,): as of FrameEvent, None where they are not known."""

    step: int
    level: int
    strategy: str
    codes: np.ndarray
    died: np.ndarray
    sources: np.ndarray | None = None


def level_to_json(level: RecordLevel) -> dict[str, Any]:
    return asdict(level)


def level_from_json(entry: Mapping[str, Any]) -> RecordLevel:
    """Raises RecordError for what is no level."""
    try:
        rule = entry.get("rule")
        if rule is not None:
            values = tuple(tuple(float(v) for v in axis) for axis in rule["axis_values"])
            rule = LatticeRule(str(rule["name"]), values, bool(rule["first_axis_most_significant"]))
        kept = entry.get("kept")
        return RecordLevel(
            name=str(entry["name"]),
            codebook_size=int(entry["codebook_size"]),
            codebook_dim=int(entry["codebook_dim"]),
            metric=entry.get("metric", "euclidean"),
            rule=rule,
            kept=None if kept is None else int(kept),
            source=str(entry.get("source", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RecordError(f"a level of the recording cannot be read: {error}") from error


def segment_name(number: int, generation: int) -> str:
    return f"records-{number:06d}{f'.{generation}' if generation else ''}.jsonl"


def segments_of(folder: Path) -> dict[int, tuple[int, Path]]:
    """Number -> (generation, path), in order, the newest generation of each."""
    found: dict[int, tuple[int, Path]] = {}
    for path in folder.iterdir():
        if (match := _SEGMENT.fullmatch(path.name)) is not None:
            number, generation = int(match[1]), int(match[2] or 0)
            if number not in found or found[number][0] < generation:
                found[number] = (generation, path)
    return dict(sorted(found.items()))


def frame_name(record: int, step: int) -> str:
    return f"frame-{record:09d}-{step}.npz"


def frames_of(folder: Path) -> dict[int, tuple[int, Path]]:
    """Number of the record -> (step, path), in order."""
    found = {}
    for path in folder.iterdir():
        if (match := _FRAME.fullmatch(path.name)) is not None:
            found[int(match[1])] = (int(match[2]), path)
    return dict(sorted(found.items()))
