"""`python -m explorer train NAME`: make a member of the zoo again, from any folder of pictures."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import torch

from explorer.foundation import limits
from explorer.foundation.config import FIGURE_SIDE_PX, REPOSITORY, settings
from explorer.foundation.device import device_label, pick_device
from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.foundation.files import write_atomically
from explorer.foundation.registry import unknown_id_message
from explorer.tokenizers.native.checkpoint import load_model, save_checkpoint
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.card import LICENCES, card_text
from explorer.training.data import centre_crop, load_pictures, picture_files, sample_pictures
from explorer.training.evaluate import Evaluation, evaluate
from explorer.training.recipes import ZOO, Recipe
from explorer.training.train import Trainer, write_curve

CURVE_PICTURES = 24  # held-out pictures measured along the way; all of them at the end


def parser() -> argparse.ArgumentParser:
    """The arguments of `train`."""
    result = argparse.ArgumentParser(prog="python -m explorer train", description="Train one member of the zoo.")
    result.add_argument("name", help=f"one of: {', '.join(ZOO)}")
    result.add_argument("--data", type=Path, help="folder of pictures (default: those inside the installed packages)")
    result.add_argument("--held-out", type=Path, help="folder of pictures to measure on (default: some of the data)")
    result.add_argument("--data-note", help="source of the pictures, for the card")
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


def load_data(arguments: argparse.Namespace, crop_px: int) -> tuple[list[np.ndarray], list[np.ndarray], str, str]:
    """Training pictures, held-out centre crops, and how to name both in the card."""
    if arguments.data is None:
        pictures = sample_pictures(FIGURE_SIDE_PX)
        named, held_named = "pictures inside the installed packages", "every fifth of the same pictures"
    else:
        pictures, skipped = load_pictures(picture_files(arguments.data), crop_px)
        for line in skipped:
            print("skipped", line)
        named, held_named = arguments.data_note or arguments.data.resolve().name, "every fifth of the same pictures"
    if arguments.held_out is None:
        pictures, held = [p for i, p in enumerate(pictures) if i % 5], pictures[::5]
        if not pictures:
            raise SettingsError("one picture is too few to train on and measure; add pictures, or give --held-out")
    else:
        held, skipped = load_pictures(picture_files(arguments.held_out), FIGURE_SIDE_PX)
        for line in skipped:
            print("skipped", line)
        held_named = arguments.held_out_note or arguments.held_out.resolve().name
    held = [p for p in held if min(p.shape[:2]) >= FIGURE_SIDE_PX]
    if not held:
        raise SettingsError(f"no held-out picture of at least {FIGURE_SIDE_PX} px a side; give --held-out")
    return pictures, [centre_crop(p, FIGURE_SIDE_PX) for p in held], named, held_named


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    """The recipe over another number of steps; k-means still fits its codes after the same share of them."""
    if steps < 1:
        raise SettingsError(f"--steps must be at least 1, got {steps}")
    config = dict(recipe.config)
    if "fit_at" in config:
        config["fit_at"] = max(1, config["fit_at"] * steps // recipe.schedule.steps)
    return dataclasses.replace(recipe, config=config, schedule=dataclasses.replace(recipe.schedule, steps=steps))


def config_of(name: str, recipe: Recipe, model: TokenizerModel, licence: str, training: dict) -> dict:
    """config.json before the measurements."""
    quantizer, schedule = model.quantizer, recipe.schedule
    return {
        "format": 1,
        "id": name,
        "title": recipe.title,
        "summary": recipe.summary,
        "modality": "image",
        "healthy": recipe.healthy,
        "quantizer": {"id": recipe.quantizer, "config": dict(recipe.config)},
        "architecture": {"channels": list(schedule.channels), "blocks": list(schedule.blocks)},
        "codebook_size": quantizer.codebook_size,
        "codebook_dim": quantizer.codebooks()[0].codebook_dim,
        "num_quantizers": quantizer.num_quantizers,
        "combination": quantizer.combination,
        "downsampling": 8,
        "parameters": sum(p.numel() for part in (model.encoder, model.decoder) for p in part.parameters()),
        "licence": licence,
        "training": training,
    }


def measured_values(result: Evaluation) -> dict[str, float]:
    """An Evaluation as flat numbers for config.json; levels count from 1."""
    values = {"psnr_db": result.psnr_db, "ssim": result.ssim, "tokens": result.tokens, "pictures": result.pictures}
    values |= {"identical": result.identical} if result.identical else {}
    for q, (share, perplexity) in enumerate(zip(result.usage, result.perplexity, strict=True), 1):
        values |= {f"usage_{q}": share, f"perplexity_{q}": perplexity}
    return {name: round(value, 4) for name, value in values.items()}


def main(argv: list[str]) -> int:
    """Train, measure what was written (not what was in memory), and write the card."""
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
    pictures, held_out, data, held_named = load_data(arguments, recipe.schedule.crop_px)
    state_file = arguments.runs / name / "state.pt"
    if arguments.fresh:
        state_file.unlink(missing_ok=True)
    print(f"{name}: {len(pictures)} pictures, {len(held_out)} held out, {device_label(device)}", flush=True)
    trainer = Trainer(recipe, pictures, held_out[:: max(1, len(held_out) // CURVE_PICTURES)], state_file, device)
    if trainer.step:
        print(f"resuming at step {trainer.step}", flush=True)
    trainer.run(lambda line: print(line, flush=True))
    training = dataclasses.asdict(recipe.schedule) | {
        "data": data,
        "pictures": len(pictures),
        "held_out": held_named,
        "held_out_px": FIGURE_SIDE_PX,
        "hardware": device_label(device),
        "seconds": round(trainer.seconds, 1),
    }
    licence = arguments.licence or (LICENCES["packages"] if arguments.data is None else "not stated")
    folder = (arguments.out or settings().checkpoints) / name
    config = config_of(name, recipe, trainer.model, licence, training)
    staged = state_file.parent / name  # measured there first: what replaces a good checkpoint is known to load
    save_checkpoint(staged, trainer.model, config)
    result = evaluate(load_model(staged).to(device), held_out)
    config["measured"] = measured_values(result)
    save_checkpoint(folder, trainer.model, config)
    write_curve(folder, trainer.curve)
    write_atomically(folder / "card.md", card_text(config).encode())
    print(f"wrote {folder}: {result.psnr_db:.2f} dB, SSIM {result.ssim:.3f}, usage {result.usage}", flush=True)
    return 0
