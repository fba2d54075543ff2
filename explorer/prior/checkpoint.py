"""The weights of a prior: written in eight bits, read and checked as those of tokenizers are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError, SettingsError
from explorer.foundation.files import make_folder, write_together
from explorer.prior.card import card_text
from explorer.prior.model import Prior, PriorConfig
from explorer.prior.shelf import CARD, CONFIG, FORMAT, WEIGHTS
from explorer.tokenizers.native.checkpoint import read_tensors
from explorer.tokenizers.native.eight_bits import pack, unpack


def eight_bit(model: Prior) -> Prior:
    """The model as it will be read again, so that what is measured is what ships."""
    packed: dict[str, Tensor] = _packed(model)
    again = Prior(model.config)
    state = again.state_dict()
    again.load_state_dict({name: unpack(name, packed, "memory").to(state[name].dtype) for name in state})
    return again.eval()


def _packed(model: Prior) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        found |= pack(name, tensor.detach().cpu().contiguous())
    return found


def write_prior(folder: Path, model: Prior, facts: Mapping) -> None:
    """Write weights, config and card, all or nothing. facts: as `PriorFacts`, but for the model, and `curve`."""
    config = {
        "format": FORMAT,
        "tokenizer": facts["tokenizer"],
        "architecture": asdict(model.config),
        "parameters": sum(one.numel() for one in model.parameters()),
        **{name: facts[name] for name in ("side_px", "licence", "training", "measured", "counts", "curve")},
    }
    make_folder(folder)
    content = {
        WEIGHTS: save(_packed(model)),
        CONFIG: json.dumps(config, separators=(",", ":"), ensure_ascii=False).encode() + b"\n",
        CARD: card_text(config).encode(),
    }
    write_together(folder, content)


def read_prior(folder: Path, config: Mapping) -> Prior:
    """The model of a folder. Raises CheckpointError with what is wrong."""
    try:
        model = Prior(PriorConfig(**{name: int(value) for name, value in config["architecture"].items()}))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, SettingsError) as error:
        raise CheckpointError(f"{CONFIG} in {folder.name!r} describes no prior: {error}") from error
    expected = model.state_dict()
    model.load_state_dict(read_tensors(folder / WEIGHTS, expected, settings().limits.checkpoint_bytes))
    return model.eval().requires_grad_(False)
