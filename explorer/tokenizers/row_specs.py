"""What config.json of a tokenizer of rows says beyond those of the zoo; without torch, so that listing is quick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.foundation.errors import CheckpointError, RecordError
from explorer.joints.columns import read_columns

MODALITIES = ("series", "vectors")
RULES = ("fast",)  # quantizers that are no member of the registry, since nothing in them is trained by gradients
KINDS = {"series": ("fast", "windows"), "vectors": ("items",)}


def row_facts(config: Mapping) -> dict[str, Any]:
    """The fields of TokenizerSpec that only a tokenizer of rows has; nothing of another. Raises CheckpointError."""
    if config.get("modality") not in MODALITIES:
        return {}
    name, architecture = config.get("id"), config["architecture"]
    kinds = KINDS[config["modality"]]
    if architecture.get("kind") not in kinds:
        raise CheckpointError(
            f"config.json of checkpoint {name!r} has a kind of rows that is none of {', '.join(kinds)}"
        )
    multiple = architecture.get("rows")
    if not isinstance(multiple, int) or isinstance(multiple, bool) or not 1 <= multiple <= 4096:
        raise CheckpointError(f"config.json of checkpoint {name!r} has no sound number of rows: {str(multiple)[:40]!r}")
    try:
        columns = read_columns(config.get("columns", []))
    except RecordError as error:
        raise CheckpointError(f"config.json of checkpoint {name!r}: {error}") from error
    if config["modality"] == "vectors":
        features = architecture.get("features")
        if not isinstance(features, int) or isinstance(features, bool) or not 1 <= features <= 4096:
            raise CheckpointError(f"config.json of checkpoint {name!r} has no sound number of features")
        return {"layout": "sequence", "multiple": 1, "channels": features}
    return {"layout": "grid2d", "multiple": multiple, "columns": columns, "weights": ""}
