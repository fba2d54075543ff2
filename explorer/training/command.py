"""`python -m explorer train NAME`: make a member of the zoo again, from any folder of its media."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import torch

from explorer.foundation import limits
from explorer.foundation.config import REPOSITORY, settings
from explorer.foundation.device import device_label, pick_device
from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.foundation.files import write_atomically
from explorer.foundation.registry import unknown_id_message
from explorer.tokenizers.native.checkpoint import SHARES, load_model, save_checkpoint
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training import graphs, rows, rows_items
from explorer.training.card import LICENCES, card_text
from explorer.training.graphs import GRAPH_ZOO
from explorer.training.media import KINDS, gather
from explorer.training.recipes import ZOO, Recipe
from explorer.training.rows import ROW_ZOO
from explorer.training.rows_items import ITEM_ZOO
from explorer.training.siblings import sibling_folder, sibling_values
from explorer.training.tasks import task_of
from explorer.training.train import Trainer, write_curve

CURVE_MEDIA = 24  # held-out media measured along the way; all of them at the end


def parser() -> argparse.ArgumentParser:
    """The arguments of `train`."""
    result = argparse.ArgumentParser(prog="python -m explorer train", description="Train one member of the zoo.")
    result.add_argument("name", help=f"one of: {', '.join((*ZOO, *ROW_ZOO, *ITEM_ZOO, *GRAPH_ZOO))}")
    folders = {"type": Path, "nargs": "+", "metavar": "FOLDER"}
    result.add_argument(
        "--data",
        **folders,
        help="folders of pictures, or of sounds (default: samples of the app)",
    )
    result.add_argument("--held-out", **folders, help="folders of media to measure on (default: some of the data)")
    result.add_argument("--data-note", help="source of the media, for the card")
    result.add_argument("--held-out-note", help="what is measured on, for the card")
    result.add_argument("--licence", help="licence of the weights, for the card")
    result.add_argument("--steps", type=int, help="training steps (default: the recipe's)")
    result.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    result.add_argument("--threads", type=int, help="CPU threads")
    result.add_argument("--out", type=Path, help="folder of checkpoints (default: the app's)")
    result.add_argument("--runs", type=Path, default=REPOSITORY / "runs", help="where the state for resuming is kept")
    result.add_argument("--fresh", action="store_true", help="start again instead of resuming")
    limits.add_option(result)
    return result


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    """The recipe over another number of steps; what begins later still does so after the same share of them: k-means
    fits its codes, an adversary takes part."""
    if steps < 1:
        raise SettingsError(f"--steps must be at least 1, got {steps}")
    config, later = dict(recipe.config), {}
    if "fit_at" in config:
        config["fit_at"] = max(1, config["fit_at"] * steps // recipe.schedule.steps)
    if hasattr(recipe.schedule, "adversary_from"):
        later["adversary_from"] = recipe.schedule.adversary_from * steps // recipe.schedule.steps
    schedule = dataclasses.replace(recipe.schedule, steps=steps, **later)
    return dataclasses.replace(recipe, config=config, schedule=schedule)


def config_of(name: str, recipe: Recipe, model: TokenizerModel, licence: str, training: dict) -> dict:
    """config.json before the measurements."""
    quantizer = model.quantizer
    rate = getattr(recipe.schedule, "sample_rate_hz", None)
    of_modality = {"sample_rate_hz": rate} if rate else {}
    if model.network.time_step > 1:
        of_modality["time_step"] = model.network.time_step
    return {
        "format": 1,
        "id": name,
        "title": recipe.title,
        "summary": recipe.summary,
        "modality": recipe.modality,
        "healthy": recipe.healthy,
        "quantizer": {"id": recipe.quantizer, "config": dict(recipe.config)},
        "architecture": recipe.architecture,
        "codebook_size": quantizer.codebook_size,
        "codebook_dim": quantizer.codebooks()[0].codebook_dim,
        "num_quantizers": quantizer.num_quantizers,
        "combination": quantizer.combination,
        "downsampling": model.network.downsampling(recipe.architecture),
        **of_modality,
        **({SHARES: recipe.schedule.start} if getattr(recipe.schedule, "start", "") else {}),
        "parameters": sum(p.numel() for part in (model.encoder, model.decoder) for p in part.parameters()),
        "licence": licence,
        "training": training,
    }


def measured_values(result: Any) -> dict[str, float]:
    """An evaluation as flat numbers for config.json; levels count from 1."""
    values = result.values()
    for q, (share, perplexity) in enumerate(zip(result.usage, result.perplexity, strict=True), 1):
        values |= {f"usage_{q}": share, f"perplexity_{q}": perplexity}
    return {name: round(value, 4) for name, value in values.items()}


def main(argv: list[str]) -> int:
    """Train, measure what was written (not what was in memory), and write the card."""
    if any(name in ROW_ZOO for name in argv[:1]):
        return rows.main(argv)
    if any(name in ITEM_ZOO for name in argv[:1]):
        return rows_items.main(argv)
    if any(name in GRAPH_ZOO for name in argv[:1]):
        return graphs.main(argv)
    arguments = parser().parse_args(argv)
    limits.apply(arguments)
    name = arguments.name
    if name not in ZOO:
        raise UnknownIdError(unknown_id_message("recipe", name, list(ZOO)))
    recipe = ZOO[name]
    if arguments.steps is not None:
        recipe = with_steps(recipe, arguments.steps)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = pick_device(arguments.device)
    found = gather(arguments, recipe)
    state_file = arguments.runs / name / "state.pt"
    if arguments.fresh:
        state_file.unlink(missing_ok=True)
    several = KINDS[recipe.modality].noun[1]
    print(f"{name}: {len(found.media)} {several}, {len(found.held_out)} held out, {device_label(device)}", flush=True)
    along = found.held_out[:: max(1, len(found.held_out) // CURVE_MEDIA)]
    folder = (arguments.out or settings().checkpoints) / name
    start = sibling_folder(recipe, folder.parent)
    trainer = Trainer(recipe, found.media, along, state_file, device, start)
    if trainer.step:
        print(f"resuming at step {trainer.step}", flush=True)
    trainer.run(lambda line: print(line, flush=True))
    training = dataclasses.asdict(recipe.schedule) | {
        "data": found.named,
        several: len(found.media),
        "held_out": found.held_named,
        **({"held_out_px": found.side_px} if found.side_px else {}),
        "hardware": device_label(device),
        "seconds": round(trainer.seconds, 1),
    }
    licence = arguments.licence or (LICENCES[recipe.modality] if arguments.data is None else "not stated")
    config = config_of(name, recipe, trainer.model, licence, training)
    staged = state_file.parent / name  # measured there first: what replaces a good checkpoint is known to load
    save_checkpoint(staged, trainer.model, config)
    task = task_of(recipe, found.media, found.held_out)
    result = task.evaluate(load_model(staged).to(device))
    config["measured"] = measured_values(result) | sibling_values(config, task, start)
    save_checkpoint(folder, trainer.model, config)
    write_curve(folder, trainer.curve)
    write_atomically(folder / "card.md", card_text(config).encode())
    print(f"wrote {folder}: {result.words}, usage {result.usage}", flush=True)
    return 0
