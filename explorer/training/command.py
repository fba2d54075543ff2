"""`python -m explorer train NAME`: make a member of the zoo again, from any folder of its media."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from explorer.foundation import limits
from explorer.foundation.config import REPOSITORY, settings
from explorer.foundation.device import device_label
from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.foundation.files import check_folder, write_atomically
from explorer.foundation.numerals import number_option, whole_option
from explorer.foundation.registry import unknown_id_message
from explorer.tokenizers.native.checkpoint import SHARES, load_model, save_checkpoint
from explorer.tokenizers.native.model import TokenizerModel
from explorer.tokenizers.precision import WholeFloat32
from explorer.training import graphs
from explorer.training.budget import check_minutes, divide, measure_pace
from explorer.training.card import LICENCES, card_text
from explorer.training.graphs import GRAPH_ZOO
from explorer.training.media import KINDS, MediaSplit, gather
from explorer.training.ranks import Ranks, joined_ranks, number_of_first, wait_for_ranks
from explorer.training.recipes import ZOO, Recipe
from explorer.training.rows import items, series
from explorer.training.rows.items import ITEM_ZOO
from explorer.training.rows.series import ROW_ZOO
from explorer.training.siblings import sibling_folder, sibling_values
from explorer.training.tasks import task_of
from explorer.training.train import CURVE_POINTS, PRECISIONS, Trainer, steps_of_state, write_curve

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
    result.add_argument("--steps", type=whole_option, help="training steps (default: the recipe's)")
    result.add_argument(
        "--minutes", type=number_option, help="as many steps as fit into so many minutes, in place of --steps"
    )
    result.add_argument(
        "--batch", type=whole_option, help="media of a step, of all processes together (default: the recipe's)"
    )
    result.add_argument("--crop", type=whole_option, help="side of the crops, in px (default: the recipe's)")
    result.add_argument("--rate", type=number_option, help="learning rate after the warm-up (default: the recipe's)")
    result.add_argument("--precision", choices=PRECISIONS, default="bf16", help="of the network (default: bf16)")
    result.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    result.add_argument("--threads", type=whole_option, help="CPU threads")
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


def with_options(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    """The recipe with the batch, the crops and the rate that were asked for."""
    schedule, changes = recipe.schedule, {}
    for name, field in (("batch", "batch"), ("crop", "crop_px"), ("rate", "learning_rate")):
        value = getattr(arguments, name)
        if value is None:
            continue
        if not hasattr(schedule, field):
            raise SettingsError(f"{recipe.title} is trained on no crops: leave --crop out")
        if not value > 0:
            raise SettingsError(f"--{name} must be above 0, got {value}")
        changes[field] = value
    multiple = 8  # pixels of a token
    if changes.get("crop_px", multiple) % multiple:
        raise SettingsError(f"--crop must be a multiple of {multiple} px, got {changes['crop_px']}")
    return dataclasses.replace(recipe, schedule=dataclasses.replace(schedule, **changes))


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
        **({SHARES: recipe.schedule.sibling} if recipe.schedule.decoder_alone and recipe.schedule.sibling else {}),
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
    """Train, measure and write the card; under torchrun with all processes together."""
    if any(name in ROW_ZOO for name in argv[:1]):
        return series.main(argv)
    if any(name in ITEM_ZOO for name in argv[:1]):
        return items.main(argv)
    if any(name in GRAPH_ZOO for name in argv[:1]):
        return graphs.main(argv)
    arguments = parser().parse_args(argv)
    limits.apply(arguments)
    name = arguments.name
    if name not in ZOO:
        raise UnknownIdError(unknown_id_message("recipe", name, list(ZOO)))
    recipe = with_options(ZOO[name], arguments)
    if arguments.steps is not None and arguments.minutes is not None:
        raise SettingsError("give --steps or --minutes, not both")
    if arguments.steps is not None:
        recipe = with_steps(recipe, arguments.steps)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    with joined_ranks(arguments.device) as (ranks, device):
        return _train(recipe, arguments, ranks, device)


def _train(recipe: Recipe, arguments: argparse.Namespace, ranks: Ranks, device: torch.device) -> int:
    name, state_file = arguments.name, arguments.runs / arguments.name / "state.pt"
    folder = (arguments.out or settings().checkpoints) / name
    for written in (state_file.parent, folder) if ranks.first else ():
        check_folder(written)
    tell = partial(print, flush=True) if ranks.first else _silent
    found = gather(arguments, recipe)
    if arguments.fresh and ranks.first:
        state_file.unlink(missing_ok=True)
    wait_for_ranks(ranks)  # none may go on from what another is about to remove
    several = KINDS[recipe.modality].noun[1]
    hardware = device_label(device) if ranks.world == 1 else f"{ranks.world} x {device_label(device)}"
    tell(f"{name}: {len(found.media)} {several}, {len(found.held_out)} held out, {hardware}")
    along = found.held_out[:: max(1, len(found.held_out) // CURVE_MEDIA)]
    start = sibling_folder(recipe, folder.parent)
    options = {"start": start, "ranks": ranks, "precision": arguments.precision}
    if arguments.minutes is not None:
        recipe, options["points"] = _within(arguments.minutes, recipe, found, along, state_file, device, options)
        tell(f"{recipe.schedule.steps:,} steps fit into {arguments.minutes:g} minutes")
    trainer = Trainer(recipe, found.media, along, state_file, device, **options)
    if trainer.step:
        tell(f"resuming at step {trainer.step}")
    trainer.run(tell)
    if ranks.first:
        _write(trainer, found, arguments, folder, start, hardware, state_file.parent / name)
    return 0


def _within(
    minutes: float,
    recipe: Recipe,
    found: MediaSplit,
    along: Sequence[Any],
    state_file: Path,
    device: torch.device,
    options: Mapping[str, Any],
) -> tuple[Recipe, int]:
    """The recipe over the steps that fit, and how many points its curve has; a run that was begun keeps its own."""
    seconds, ranks = check_minutes(minutes), options["ranks"]
    if begun := steps_of_state(state_file):
        return with_steps(recipe, begun), CURVE_POINTS
    scratch = Trainer(recipe, found.media, along, state_file, device, **options)
    scratch.model.train()
    step_s, look_s = measure_pace(scratch.take_step, scratch.look if ranks.first else _silent, device)
    fits = divide(seconds, step_s, look_s)
    agreed = [number_of_first(number, ranks, device) for number in (fits.steps, fits.points)]
    return with_steps(recipe, agreed[0]), agreed[1]


def _write(
    trainer: Trainer,
    found: MediaSplit,
    arguments: argparse.Namespace,
    folder: Path,
    start: Path | None,
    hardware: str,
    staged: Path,
) -> None:
    """Measure what was written (not what was in memory), and then let it take its place, with card and curve."""
    recipe, device = trainer.recipe, trainer.device
    training = dataclasses.asdict(recipe.schedule) | {
        "data": found.named,
        KINDS[recipe.modality].noun[1]: len(found.media),
        "held_out": found.held_named,
        **({"held_out_px": found.side_px} if found.side_px else {}),
        "hardware": hardware,
        "seconds": round(trainer.seconds, 1),
        **({"precision": trainer.precision} if trainer.precision != "bf16" else {}),
    }
    licence = arguments.licence or (LICENCES[recipe.modality] if arguments.data is None else "not stated")
    config = config_of(arguments.name, recipe, trainer.model, licence, training)
    save_checkpoint(staged, trainer.model, config)  # measured there: what replaces a good checkpoint is known to load
    task = task_of(recipe, found.media, found.held_out)
    with WholeFloat32():  # as the app computes what it then shows
        result = task.evaluate(load_model(staged).to(device))
        config["measured"] = measured_values(result) | sibling_values(config, task, start)
    save_checkpoint(folder, trainer.model, config)
    write_curve(folder, trainer.curve)
    write_atomically(folder / "card.md", card_text(config).encode())
    print(f"wrote {folder}: {result.words}, usage {result.usage}", flush=True)


def _silent(*words: object) -> None:
    """What ranks but the first say, and measure."""
