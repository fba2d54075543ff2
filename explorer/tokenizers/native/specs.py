"""config.json of a checkpoint: read and checked without torch, so that listing tokenizers is quick."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from explorer.foundation.errors import CheckpointError, UnknownIdError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.quantizers import QUANTIZERS
from explorer.tokenizers.graph_specs import MODALITY as GRAPH
from explorer.tokenizers.graph_specs import QUANTIZER, graph_facts
from explorer.tokenizers.row_specs import MODALITIES, RULES, row_facts

CONFIG = "config.json"
SHARES = "shares"  # of a config: whose encoder and codes it has, and so whose tokens
TWO_GRIDS, LATENT_TOKENS = "two-grids", "latent-tokens"  # kinds of networks for pictures, beside the usual one
COARSE_PX = 8  # pixels a side of a token of the coarser of two grids
NEEDED = {
    "id": str,
    "title": str,
    "summary": str,
    "quantizer": dict,
    "architecture": dict,
    "codebook_size": int,
    "codebook_dim": int,
    "num_quantizers": int,
    "combination": str,
    "downsampling": int,
    "parameters": int,
}
OPTIONAL = {"modality": str, "licence": str, "sample_rate_hz": int, "time_step": int}
LAYOUTS = {
    "image": "grid2d",
    "audio": "sequence",
    "video": "grid3d",
    "series": "grid2d",
    "vectors": "sequence",
    "graph": "graph",
}  # of tokens, by modality


def read_config(folder: Path) -> dict:
    """config.json of a checkpoint. Raises CheckpointError if it is missing or not what it should be."""
    where = f"{CONFIG} of checkpoint {folder.name!r}"
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"checkpoint {folder.name!r} has no readable {CONFIG}") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{where} is not valid JSON: {error}") from error
    missing = [key for key in NEEDED if not isinstance(config, dict) or key not in config]
    if missing:
        raise CheckpointError(f"{where} lacks {', '.join(missing)}")
    for key, kind in (NEEDED | OPTIONAL).items():
        value = config.get(key, kind())
        if key == "parameters" and value == 0 and config.get("modality") in (*MODALITIES, GRAPH):
            continue  # there is no network
        if not isinstance(value, kind) or isinstance(value, bool) or (kind is int and key in config and value < 1):
            raise CheckpointError(f"{where} has no sound {key}: {str(value)[:80]!r}")
    _check_words(config, where, folder.name)
    return config


def _check_words(config: Mapping, where: str, folder: str) -> None:
    """The parts whose values are ids or figures."""
    if config["id"] != folder:
        raise CheckpointError(f"{where} says id {config['id']!r}; the folder must bear the same name")
    quantizer, measured = config["quantizer"], config.get("measured", {})
    if not isinstance(quantizer.get("id"), str) or not isinstance(quantizer.get("config"), dict):
        raise CheckpointError(f"{where} needs a quantizer with an id and a config")
    try:
        if quantizer["id"] not in (*RULES, QUANTIZER):
            QUANTIZERS.check(quantizer["id"])
    except UnknownIdError as error:
        raise CheckpointError(f"{where}: {error}") from error
    if config.get("modality", "image") not in LAYOUTS:
        raise CheckpointError(f"{where} says modality {config['modality']!r}, which is none of {', '.join(LAYOUTS)}")
    side = config["architecture"].get("side", 1)
    if not isinstance(side, int) or isinstance(side, bool) or side < 1:
        raise CheckpointError(f"{where} has no sound side of its pictures: {str(side)[:80]!r}")
    if config["architecture"].get("kind") == LATENT_TOKENS and "side" not in config["architecture"]:
        raise CheckpointError(f"{where} is of tokens without places and lacks the side of its pictures")
    if config.get("modality") == "audio" and "sample_rate_hz" not in config:
        raise CheckpointError(f"{where} is of a tokenizer of sound and lacks sample_rate_hz")
    if not isinstance(measured, dict) or not all(isinstance(value, (int, float)) for value in measured.values()):
        raise CheckpointError(f"{where} has measured values that are no numbers")


def _kind_facts(config: Mapping) -> dict:
    """What differs of a tokenizer of pictures that has two grids, or tokens without places."""
    kind = config["architecture"].get("kind")
    if kind == TWO_GRIDS:
        return {"multiple": COARSE_PX}
    if kind == LATENT_TOKENS:
        return {"layout": "set1d", "fixed_size": (config["architecture"]["side"],) * 2}
    return {}


def _side(config: Mapping) -> dict[str, int]:
    """The side of the pictures that were measured, where the run wrote it down."""
    side = config.get("training", {}).get("held_out_px") if isinstance(config.get("training", {}), dict) else None
    return {"side_px": side} if isinstance(side, int) else {}


def spec_of(config: Mapping) -> TokenizerSpec:
    """The TokenizerSpec that a config describes."""
    modality = config.get("modality", "image")
    return TokenizerSpec(
        id=config["id"],
        title=config["title"],
        summary=config["summary"],
        modality=modality,
        quantizer=config["quantizer"]["id"],
        codebook_size=config["codebook_size"],
        codebook_dim=config["codebook_dim"],
        num_quantizers=config["num_quantizers"],
        combination=config["combination"],
        downsampling=config["downsampling"],
        parameters=config["parameters"],
        licence=config.get("licence", "not stated"),
        measured=config.get("measured", {}) | _side(config),
        sample_rate_hz=config.get("sample_rate_hz"),
        delay_samples=0 if modality == "audio" else None,  # no layer of the zoo delays anything
        time_step=config.get("time_step", 1),
        first_frame_alone=modality == "video",
        **(
            {"layout": LAYOUTS[modality], "weights": "of the last step, not averaged"}
            | _kind_facts(config)
            | row_facts(config)
            | graph_facts(config)
        ),
    )
