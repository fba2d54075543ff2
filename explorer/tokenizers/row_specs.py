"""What config.json of a tokenizer of rows says beyond those of the zoo; without torch, so that listing is quick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.foundation.errors import CheckpointError, RecordError
from explorer.joints.columns import read_columns

MODALITIES = ("series",)
RULES = ("fast",)  # quantizers that are no member of the registry, since nothing in them is trained by gradients
KINDS = ("fast", "windows")


def row_facts(config: Mapping) -> dict[str, Any]:
    """The fields of TokenizerSpec that only a tokenizer of rows has; nothing of another. Raises CheckpointError."""
    if config.get("modality") not in MODALITIES:
        return {}
    name, architecture = config.get("id"), config["architecture"]
    if architecture.get("kind") not in KINDS:
        raise CheckpointError(
            f"config.json of checkpoint {name!r} has a kind of rows that is none of {', '.join(KINDS)}"
        )
    multiple = architecture.get("rows")
    if not isinstance(multiple, int) or isinstance(multiple, bool) or not 1 <= multiple <= 4096:
        raise CheckpointError(f"config.json of checkpoint {name!r} has no sound number of rows: {str(multiple)[:40]!r}")
    try:
        columns = read_columns(config.get("columns", []))
    except RecordError as error:
        raise CheckpointError(f"config.json of checkpoint {name!r}: {error}") from error
    return {"layout": "grid2d", "multiple": multiple, "columns": columns, "weights": ""}
