"""`python -m explorer train items-rq`: an RQ-VAE over the items of a table, or over made ones.

Every tenth item is held out and measured. Loss: squared error of the features, and the commitment of the quantizer.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from explorer.foundation.config import Limits, settings
from explorer.foundation.device import device_label
from explorer.foundation.files import check_folder, write_atomically
from explorer.foundation.numerals import whole_option
from explorer.joints.measures.semantic_ids import collision_rate, items_per_id, prefix_use, semantic_ids
from explorer.joints.measures.usage import usage
from explorer.media.rows.features import FEATURES
from explorer.media.rows.items import fit_items, items_of, load_items
from explorer.media.rows.made_items import books_table
from explorer.quantizers.build import build_quantizer
from explorer.tokenizers.rows.checkpoint import load_rows, save_rows
from explorer.tokenizers.rows.items import ItemModel, ItemsTokenizer
from explorer.training.rows.card import items_card_text

HELD_OUT_EVERY, SEED, MADE = 10, 0, 5000
BETA = 0.25


@dataclass(frozen=True)
class ItemRecipe:
    """config: of "rvq"; D of it is the latent's. seed: of weights, codes and batches."""

    title: str
    summary: str
    config: Mapping
    hidden: int = 128
    steps: int = 3000
    batch: int = 512
    learning_rate: float = 1e-3
    seed: int = SEED


def _levels(codebook_size: int, num_quantizers: int) -> dict:
    return {
        "dim": 16,
        "codebook_size": codebook_size,
        "num_quantizers": num_quantizers,
        "options": {
            "update": "ema",
            "beta": BETA,
            "initialization": {"name": "kmeans"},
            "reseeding": {"strategy": "random_latent", "threshold": 0.05, "every": 20},
        },
    }


ITEM_ZOO: dict[str, ItemRecipe] = {
    "items-rq": ItemRecipe(
        "RQ-VAE semantic ids",
        "The codes of an item, level by level, are its semantic id: alike items share the first ones (TIGER, 2023).",
        _levels(64, 4),
    ),
    "items-rq-again": ItemRecipe(
        "RQ-VAE semantic ids, another seed",
        "The recipe of items-rq from another seed: what a training that is done again assigns anew.",
        _levels(64, 4),
        seed=1,
    ),
    "items-rq-3": ItemRecipe(
        "RQ-VAE semantic ids, 3 levels",
        "Three levels of 256 codes: as many bits an item as four of 64, in a tree that is wider and less deep.",
        _levels(256, 3),
    ),
}


def train(recipe: ItemRecipe, features: np.ndarray) -> ItemModel:
    """The model after all steps over features (N, D)."""
    torch.manual_seed(recipe.seed)
    rng, items = np.random.default_rng(recipe.seed), torch.from_numpy(features.astype(np.float32))
    model = ItemModel(features.shape[1], recipe.hidden, build_quantizer("rvq", recipe.config)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate)
    for step in range(recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * 0.5 * (1 + np.cos(np.pi * step / recipe.steps))
        batch = items[rng.integers(len(items), size=min(recipe.batch if step else 4096, 4096))]
        decoded, output = model(batch)
        loss = torch.nn.functional.mse_loss(decoded, batch) + output.loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def measured_values(tokenizer: ItemsTokenizer, held_out: np.ndarray, every: np.ndarray) -> dict[str, float]:
    """explained: share of the variance of held-out items that their decode keeps. The rest over all items together."""
    record = tokenizer.tokenize(held_out.astype(np.float32))
    left = np.square(record.reconstruction - record.media).sum()
    found = {"explained": 1 - float(left / np.square(record.media - record.media.mean(0)).sum())}
    ids = semantic_ids(tokenizer.tokenize(every.astype(np.float32)))
    use = prefix_use(ids, (tokenizer.spec.codebook_size,) * ids.shape[1])
    found |= {"items": len(held_out), "tokens": len(ids), "collision_rate": collision_rate(ids)}
    found |= {"distinct_ids": len(items_per_id(ids)), "largest_id": use[-1].largest}
    for level in range(ids.shape[1]):
        counted = usage(ids[:, level], tokenizer.spec.codebook_size)
        found |= {f"usage_{level + 1}": float(counted.usage), f"perplexity_{level + 1}": float(counted.perplexity)}
    return {name: round(value, 5) for name, value in found.items()}


def main(argv: list[str]) -> int:
    """Train, write, measure what was written on held-out items, and write the card."""
    parser = argparse.ArgumentParser(prog="python -m explorer train", description="Train semantic ids of items.")
    parser.add_argument("name", choices=list(ITEM_ZOO))
    parser.add_argument("--data", type=Path, help="a .csv of items (default: made ones)")
    parser.add_argument("--data-note", help="source of the items, for the card")
    parser.add_argument("--licence", help="licence of the weights, for the card")
    parser.add_argument("--steps", type=whole_option, help="training steps (default: the recipe's)")
    parser.add_argument("--out", type=Path, help="folder of checkpoints (default: the app's)")
    options = parser.parse_args(argv)
    recipe = ITEM_ZOO[options.name]
    recipe = replace(recipe, steps=options.steps) if options.steps else recipe
    folder = (options.out or settings().checkpoints) / options.name
    check_folder(folder)
    begin = time.perf_counter()
    items = items_of(books_table(MADE, SEED)) if options.data is None else load_items(options.data, Limits())
    features = fit_items(items, FEATURES).values
    held = np.arange(len(features)) % HELD_OUT_EVERY == 0
    model = train(recipe, features[~held])
    made = "made books, by other seeds than the sample"
    training = {
        "data": options.data_note or (made if options.data is None else options.data.name),
        "items": int((~held).sum()),
        "held_out": f"every {HELD_OUT_EVERY}th item",
        "steps": recipe.steps,
        "batch": recipe.batch,
        "seed": recipe.seed,
        "hardware": device_label(torch.device("cpu")),
        "seconds": round(time.perf_counter() - begin, 1),
    }
    licence = options.licence or ("MIT, as this project" if options.data is None else "not stated")
    config = config_of(options.name, recipe, model, licence, training)
    save_rows(folder, model.state_dict(), _json(config))
    config["measured"] = measured_values(load_rows(folder, "cpu"), features[held], features)  # type: ignore[arg-type]
    write_atomically(folder / "config.json", _json(config).encode())
    write_atomically(folder / "card.md", items_card_text(config).encode())
    print(f"wrote {folder}: {config['measured']}", flush=True)
    return 0


def config_of(name: str, recipe: ItemRecipe, model: ItemModel, licence: str, training: Mapping) -> dict:
    """config.json before the measurements."""
    parts = (model.encoder, model.decoder)
    return {
        "format": 1,
        "id": name,
        "title": recipe.title,
        "summary": recipe.summary,
        "modality": "vectors",
        "healthy": True,
        "quantizer": {"id": "rvq", "config": dict(recipe.config)},
        "architecture": {"kind": "items", "rows": 1, "features": model.features, "hidden": recipe.hidden},
        "codebook_size": recipe.config["codebook_size"],
        "codebook_dim": recipe.config["dim"],
        "num_quantizers": recipe.config["num_quantizers"],
        "combination": "sum",
        "downsampling": 1,
        "parameters": sum(p.numel() for part in parts for p in part.parameters()),
        "licence": licence,
        "training": dict(training),
    }


def _json(config: Mapping) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"
