"""config.json of a checkpoint: read and checked without torch, so that listing tokenizers is quick."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from explorer.errors import CheckpointError
from explorer.tokenizers.base import TokenizerSpec

CONFIG = "config.json"


def read_config(folder: Path) -> dict:
    """config.json of a checkpoint. Raises CheckpointError if it is missing or not what it should be."""
    path = folder / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"checkpoint {folder.name!r} has no readable {CONFIG}") from error
    except ValueError as error:
        raise CheckpointError(f"{CONFIG} of checkpoint {folder.name!r} is not valid JSON: {error}") from error
    needs = ("id", "title", "summary", "quantizer", "architecture", "codebook_size", "codebook_dim", "parameters")
    missing = [key for key in needs if not isinstance(config, dict) or key not in config]
    if missing:
        raise CheckpointError(f"{CONFIG} of checkpoint {folder.name!r} lacks {', '.join(missing)}")
    return config


def spec_of(config: Mapping) -> TokenizerSpec:
    """The TokenizerSpec that a config describes."""
    return TokenizerSpec(
        id=config["id"],
        title=config["title"],
        summary=config["summary"],
        modality=config.get("modality", "image"),
        quantizer=config["quantizer"]["id"],
        codebook_size=config["codebook_size"],
        codebook_dim=config["codebook_dim"],
        num_quantizers=config.get("num_quantizers", 1),
        combination=config.get("combination", "single"),
        downsampling=config.get("downsampling", 8),
        parameters=config["parameters"],
        licence=config.get("licence", "not stated"),
        measured=config.get("measured", {}),
    )
