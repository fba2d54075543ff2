"""The value of the player for a table of items: names, categories and errors; the browser builds the tree."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.measures.items.nearest import nearest_items
from explorer.joints.record import TokenRecord
from explorer.views.kit.wire.encoding import pack
from explorer.views.kit.wire.groups import category_payload

NEAR, NEAR_OF = 10, 4000  # nearest items by their vectors; of larger tables none are sent


def items_payload(record: TokenRecord, decoded: np.ndarray | None, caption: str = "") -> str:
    """decoded: (N, D), None where there is no decoder.

    {"kind", "key", "count", "names" ([] without), "category": {"names", "of": number of each item} or null, "errors":
    (N,) float32 squared distance or null, "near": (N, NEAR) nearest items by their vectors, null of very many,
    "caption"}. Raises RecordError for a decode of another shape.
    """
    if decoded is not None and decoded.shape != record.media.shape:
        raise RecordError(f"items of shape {record.media.shape} are no match for {decoded.shape}")
    errors, many = None, len(record.media)
    if decoded is not None:
        errors = pack(np.square(decoded.astype(np.float32) - record.media).sum(1).astype(np.float32))
    value = {
        "kind": "items",
        "key": hashlib.blake2b(np.ascontiguousarray(record.media).tobytes(), digest_size=12).hexdigest(),
        "count": many,
        "names": list(record.labels.get("name", ())),
        "category": category_payload(record.labels.get("category", ())),
        "errors": errors,
        "near": pack(nearest_items(record.media, NEAR).astype(np.uint32)) if NEAR < many <= NEAR_OF else None,
        "caption": caption,
    }
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
