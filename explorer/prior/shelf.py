"""Priors on disk: checkpoints/<tokenizer>/prior/, model.safetensors with config.json and card.md.

What is known of one is read without torch; its weights, a few megabytes in float32, once for all visitors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

import numpy as np

from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError, ExplorerError, UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.joints.language import LanguageModel, PriorFacts

FOLDER, CONFIG, WEIGHTS, CARD = "prior", "config.json", "model.safetensors", "card.md"
FORMAT = 1
_loaded: dict[Path, LanguageModel] = {}
_lock = Lock()


def folder_of(tokenizer: str, checkpoints: Path | None = None) -> Path:
    """Where the prior of a tokenizer lies, or would."""
    return (checkpoints or settings().checkpoints) / tokenizer / FOLDER


def list_priors(checkpoints: Path | None = None) -> list[str]:
    """Ids of the tokenizers that have a prior."""
    root = checkpoints or settings().checkpoints
    return sorted(path.parent.parent.name for path in root.glob(f"*/{FOLDER}/{CONFIG}"))


def read_facts(tokenizer: str, checkpoints: Path | None = None) -> PriorFacts:
    """What is known of the prior of a tokenizer. Raises UnknownIdError with the valid ids, CheckpointError for a
    config that is not what it should be."""
    config = _config(tokenizer, checkpoints)
    try:
        shape = config["architecture"]
        return PriorFacts(
            tokenizer,
            int(shape["codebook_size"]),
            int(shape["rows"]),
            int(shape["columns"]),
            int(config["side_px"]),
            int(config["parameters"]),
            str(config["licence"]),
            np.array(config["counts"], np.int64),
            {str(name): float(value) for name, value in config["measured"].items()},
            dict(config["training"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, ExplorerError) as error:
        raise CheckpointError(f"{CONFIG} of the prior of {tokenizer!r} is not what it should be: {error}") from error


def load_prior(tokenizer: str, checkpoints: Path | None = None) -> LanguageModel:
    """The prior of a tokenizer, on the CPU, read once. Raises UnknownIdError and CheckpointError."""
    folder = folder_of(tokenizer, checkpoints)
    with _lock:
        if folder not in _loaded:
            _loaded[folder] = _read(folder, _config(tokenizer, checkpoints))
        return _loaded[folder]


def _config(tokenizer: str, checkpoints: Path | None) -> Mapping:
    there = list_priors(checkpoints)
    if tokenizer not in there:
        raise UnknownIdError(unknown_id_message("tokenizer with a prior", tokenizer, there))
    file = folder_of(tokenizer, checkpoints) / CONFIG
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{CONFIG} of the prior of {tokenizer!r} cannot be read: {error}") from error
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise CheckpointError(f"{CONFIG} of the prior of {tokenizer!r} is not of format {FORMAT}")
    return config


def _read(folder: Path, config: Mapping) -> LanguageModel:
    from explorer.prior.checkpoint import read_prior  # torch: about a second, which listing never pays
    from explorer.prior.reading import PriorReader

    return PriorReader(read_prior(folder, config))
