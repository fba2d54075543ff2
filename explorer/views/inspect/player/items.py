"""The value of the player for a table of items: names, categories and errors; the browser builds the tree."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.record import TokenRecord
from explorer.views.kit.wire.encoding import pack

MOST_CATEGORIES = 12  # with a colour of their own; rarer ones are "other"


def items_payload(record: TokenRecord, decoded: np.ndarray | None, caption: str = "") -> str:
    """decoded: (N, D), None where there is no decoder.

    {"kind", "key", "count", "names" ([] without), "category": {"names", "of": number of each item} or null, "errors":
    (N,) float32 squared distance or null, "caption"}. Raises RecordError for a decode of another shape.
    """
    if decoded is not None and decoded.shape != record.media.shape:
        raise RecordError(f"items of shape {record.media.shape} are no match for {decoded.shape}")
    errors = None
    if decoded is not None:
        errors = pack(np.square(decoded.astype(np.float32) - record.media).sum(1).astype(np.float32))
    value = {
        "kind": "items",
        "key": hashlib.blake2b(np.ascontiguousarray(record.media).tobytes(), digest_size=12).hexdigest(),
        "count": len(record.media),
        "names": list(record.labels.get("name", ())),
        "category": _category(record.labels.get("category", ())),
        "errors": errors,
        "caption": caption,
    }
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _category(words: tuple[str, ...]) -> dict[str, object] | None:
    if not words:
        return None
    names, of, counts = np.unique(np.asarray(words), return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    shown = [str(names[one]) or "none" for one in order[:MOST_CATEGORIES]]
    several = len(names) > MOST_CATEGORIES
    of = np.minimum(place[of.reshape(-1)], MOST_CATEGORIES if several else len(names) - 1)
    return {"names": shown + (["other"] if several else []), "of": pack(of.astype(np.uint8))}
