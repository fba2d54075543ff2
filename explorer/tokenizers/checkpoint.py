"""Checkpoints of the zoo on disk: <id>/model.safetensors + config.json (+ curve.json, card.md).

Only safetensors is read: a pickle is refused by its first bytes, before anything is loaded. Everything is written
beside its place and renamed, so that a full disk or an interruption leaves the old file whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from explorer.errors import CheckpointError, ExplorerError
from explorer.files import write_atomically
from explorer.tokenizers.model import TokenizerModel
from explorer.tokenizers.specs import CONFIG, read_config

WEIGHTS = "model.safetensors"
TRAINING_ONLY = ("reservoir.", "ema_sum", "ever_used")  # state that tokenizing never reads


def needed(name: str) -> bool:
    """Whether tokenizing needs the tensor of that name."""
    return not any(part in name for part in TRAINING_ONLY)


def save_checkpoint(folder: Path, model: TokenizerModel, config: Mapping) -> None:
    """Write weights (convolutions in float16, the quantizer in float32) and config."""
    tensors = {}
    for name, tensor in model.state_dict().items():
        if needed(name):
            half = tensor.is_floating_point() and not name.startswith("quantizer.")
            tensors[name] = tensor.detach().cpu().to(torch.float16 if half else tensor.dtype).contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / WEIGHTS, save(tensors))
    write_atomically(folder / CONFIG, json.dumps(config, indent=2, ensure_ascii=False).encode() + b"\n")


def load_model(folder: Path) -> TokenizerModel:
    """Build the model of config.json and fill it. Raises CheckpointError with the key or shape that is wrong."""
    config = read_config(folder)
    try:
        architecture = config["architecture"]
        quantizer = config["quantizer"]
        model = TokenizerModel(quantizer["id"], quantizer["config"], architecture["channels"], architecture["blocks"])
    except (KeyError, TypeError, ValueError, ExplorerError) as error:
        raise CheckpointError(f"{CONFIG} of checkpoint {folder.name!r} describes no model: {error}") from error
    tensors = read_tensors(folder / WEIGHTS, model.state_dict())
    model.load_state_dict(tensors, strict=False)
    return model.eval()


def read_tensors(path: Path, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a safetensors file, each checked against the one it will replace before any is read."""
    refuse_pickle(path)
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            missing = [name for name in expected if needed(name) and name not in names]
            unknown = sorted(names - set(expected))
            if missing or unknown:
                raise CheckpointError(
                    f"{path.name} of checkpoint {path.parent.name!r} does not fit its config: "
                    f"missing {missing[:3] or 'nothing'}, unknown {unknown[:3] or 'nothing'}"
                )
            for name in names:
                found, want = tuple(file.get_slice(name).get_shape()), tuple(expected[name].shape)
                if found != want:
                    raise CheckpointError(f"{name} in {path.name} has shape {found}, the config asks for {want}")
            tensors = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path.name} of checkpoint {path.parent.name!r} cannot be read: {error}") from error
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise CheckpointError(f"{name} in {path.name} holds NaN or infinite weights")
    return {name: tensor.to(expected[name].dtype) for name, tensor in tensors.items()}


def refuse_pickle(path: Path) -> None:
    """Raise CheckpointError for a missing file, a pickle or a zip archive (torch.save), which can run code."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise CheckpointError(f"checkpoint {path.parent.name!r} has no readable {path.name}") from error
    if head[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        raise CheckpointError(f"{path.name} is a pickle, which can run code when loaded; convert it to safetensors")
