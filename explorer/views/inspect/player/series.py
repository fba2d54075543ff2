"""The value of the player for a series: its lines and those that its tokens decode to, in the units of its columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np

from explorer.joints.columns import Column, in_units, plain_columns
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Pieces
from explorer.media.rows.skeleton import JOINTS, bones, pose
from explorer.views.kit.wire.encoding import pack

ROOM = 0.08  # of a lane, above and below its lines


def series_payload(
    record: TokenRecord, decoded: np.ndarray | None, pieces: Pieces | None = None, caption: str = ""
) -> str:
    """decoded: (T, D), None where there is no decoder. pieces: of the tokens of the first level.

    {"kind", "key", "rows", "rate" (Hz or null), "columns": [{"name", "unit", "low", "high", "error"}], "original",
    "reconstruction": (D, T) float32 in units, "pieces": {"of": tokens -> number, "sent", "vocabulary"} or null,
    "caption", "figure": see `figure_payload`}; error: root mean square, null without a decoder.
    """
    columns = record.columns or plain_columns(record.media.shape[1])
    original = in_units(record.media, columns)  # (T, D)
    restored = None if decoded is None else in_units(decoded, columns)
    both = original if restored is None else np.concatenate([original, restored])
    low, high = both.min(0), both.max(0)
    room = np.where(high > low, (high - low) * ROOM, np.maximum(np.abs(high), 1.0) * ROOM)
    error = None if restored is None else np.sqrt(np.square(restored - original).mean(0))
    lanes = [
        {
            "name": column.name,
            "unit": column.unit,
            "low": float(low[place] - room[place]),
            "high": float(high[place] + room[place]),
            "error": None if error is None else float(error[place]),
        }
        for place, column in enumerate(columns)
    ]
    sent = None
    if pieces is not None:
        of = pack(pieces.of.reshape(-1).astype(np.uint32))
        sent = {"of": of, "sent": len(pieces.ids), "vocabulary": pieces.vocabulary}
    value = {
        "kind": "series",
        "key": hashlib.blake2b(np.ascontiguousarray(original).tobytes(), digest_size=12).hexdigest(),
        "rows": len(original),
        "rate": record.sample_rate_hz,
        "columns": lanes,
        "original": pack(original.T.astype(np.float32)),
        "reconstruction": None if restored is None else pack(restored.T.astype(np.float32)),
        "pieces": sent,
        "caption": caption,
        "figure": figure_payload(original, restored, columns),
    }
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def figure_payload(original: np.ndarray, decoded: np.ndarray | None, columns: Sequence[Column]) -> dict | None:
    """What moves beside the lines where the columns are the joints of a body; None of other series.

    original, decoded: (T, D) in units. {"joints": names, "bones": [[joint, joint, side]], "original", "decoded" (or
    null): (T, J, 2) float32 in heights of the body, "apart": mean distance of the joints of both, percent, or null}.
    """
    there = pose(original, columns)
    if there is None:
        return None
    back = None if decoded is None else pose(decoded, columns)
    return {
        "joints": list(JOINTS),
        "bones": [list(one) for one in bones()],
        "original": pack(there.astype(np.float32)),
        "decoded": None if back is None else pack(back.astype(np.float32)),
        "apart": None if back is None else 100 * float(np.linalg.norm(back - there, axis=2).mean()),
    }
