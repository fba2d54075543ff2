"""Folders as the Trainer of transformers writes them, by the names in its code."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

# transformers/trainer.py (TRAINING_ARGS_NAME, OPTIMIZER_NAME, ...) and accelerate/utils/constants.py, 2025.
BESIDE = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin", "scaler.pt")
TABLE = torch.arange(80.0).reshape(20, 4)


def write_trainer_folder(folder: Path, table: torch.Tensor = TABLE, weights: str = "model.safetensors") -> Path:
    """weights: a file, or an index of two shards."""
    folder.mkdir(parents=True)
    for name in BESIDE:
        torch.save({"state": {0: {"exp_avg": torch.full((20, 4), 7.0)}}}, folder / name)
    parts = {"vq.embedding": table, "head.bias": torch.zeros(3)}
    save = save_file if "safetensors" in weights else torch.save
    if not weights.endswith(".index.json"):
        save(parts, folder / weights)
    else:
        stem, suffix = weights.removesuffix(".index.json").split(".")
        where = {key: f"{stem}-{n:05}-of-00002.{suffix}" for n, key in enumerate(parts, 1)}
        for key, name in where.items():
            save({key: parts[key]}, folder / name)
        (folder / weights).write_text(json.dumps({"metadata": {}, "weight_map": where}))
    (folder / "trainer_state.json").write_text("{}")
    return folder


WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json", "pytorch_model.bin.index.json")
