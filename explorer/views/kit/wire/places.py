"""What the tokens of a record stand for, as the browser needs it to say where one lies: `places.js` has the words.

Positions are those of the record's picture (`analysis.depiction`): a sound's tokens in one row, a clip's in a mosaic.
"""

from __future__ import annotations

import math

from explorer.foundation.words import count_of, ordinal
from explorer.joints.columns import plain_columns
from explorer.joints.record import TokenLayout, TokenRecord
from explorer.media.clips.mosaic import mosaic_shape

NOUNS = {
    "image": "picture",
    "audio": "sound",
    "video": "clip",
    "series": "series",
    "vectors": "table",
    "graph": "graph",
}


def places_of(record: TokenRecord) -> dict[str, object]:
    """{"kind": "picture" | "time" | "clip" | "set" | "series" | "items" | "graph", "noun"}, and of
    time "seconds"; of clips "tiles" and "frames"; of series "columns", "rows", "seconds" (None without a rate) and
    "chunk" (tokens that share a stretch); of items "names"; of graphs "places", what each level holds.

    record: as the tokenizer made it. tiles: (rows, columns) of the mosaic. frames: [first, end) of each step.
    """
    noun, layout = NOUNS.get(record.modality, record.modality), record.levels[0].layout
    if layout.kind == "sequence" and record.modality == "audio":
        return {"kind": "time", "noun": noun, "seconds": record.duration_s or 0.0}
    if record.modality == "series":
        columns = [column.name for column in record.columns or plain_columns(record.media.shape[1])]
        about = {"rows": record.media.shape[0], "seconds": record.duration_s, "chunk": layout.chunk}
        return {"kind": "series", "noun": noun, "columns": columns, **about}
    if record.modality == "graph":
        kinds = [level.codebook.rule.name if level.codebook.rule else "code" for level in record.levels]
        held = [f"{ordinal(kinds[: place + 1].count(kind))} {kind}" for place, kind in enumerate(kinds)]
        return {"kind": "graph", "noun": noun, "places": held}
    if record.modality == "vectors":
        return {"kind": "items", "noun": noun, "names": list(record.labels.get("name", ()))}
    if layout.kind == "grid3d":
        return {"kind": "clip", "noun": noun, "tiles": list(mosaic_shape(layout.shape[0])), "frames": frames_of(layout)}
    return {"kind": "picture" if layout.kind == "grid2d" else "set", "noun": noun}


def frames_of(layout: TokenLayout) -> list[list[int]]:
    """[first, end) frames of each step of a grid3d layout."""
    per_step = math.prod(layout.shape[1:])
    steps = [layout.region(step * per_step)[0] for step in range(layout.shape[0])]  # type: ignore[index]
    return [[step.start, step.stop] for step in steps]


def about(record: TokenRecord) -> str:
    """The size of a sound, a clip or a series in words, "" for a picture."""
    layout = record.levels[-1].layout
    if record.modality == "audio" and record.sample_rate_hz and record.duration_s:
        return (
            f"{record.duration_s:.2f} s at {record.sample_rate_hz / 1000:g} kHz, "
            f"{1000 * record.duration_s / layout.num_tokens:.3g} ms a token of the finest level."
        )
    if record.modality == "series":
        rate = f" at {record.sample_rate_hz:g} Hz" if record.sample_rate_hz else ""
        return f"{count_of(record.media.shape[0], 'row')} of {count_of(record.media.shape[1], 'column')}{rate}."
    if record.modality == "graph":
        edges = int((record.media[:, 0] != record.media[:, 2]).sum())
        return f"{count_of(layout.num_tokens, 'node')}, {count_of(edges, 'edge')}."
    if record.modality == "vectors":
        items, numbers = record.media.shape
        return f"{count_of(items, 'item')} of {count_of(numbers, 'number')}: each is a column of its numbers."
    if record.modality == "video":
        frames, height, width = record.media.shape[:3]
        rate = f" at {record.frames_per_second:g} a second" if record.frames_per_second else ""
        return (
            f"{count_of(frames, 'frame')} of {width} x {height} px{rate}: the middle frame of each of "
            f"{count_of(layout.shape[0], 'step')} of tokens, in reading order."
        )
    return ""
