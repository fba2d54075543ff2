"""A member that goes on from a sibling, with other losses: where it begins, and how both measure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError
from explorer.quantizers.vq import VectorQuantizer
from explorer.tokenizers.native.checkpoint import load_model
from explorer.tokenizers.native.model import TokenizerModel
from explorer.tokenizers.native.specs import CONFIG, read_config
from explorer.training.evaluation.prefixes import FIRST
from explorer.training.recipes import Recipe
from explorer.training.tasks.task import Task

PREFIX = "sibling_"
COMPARED = ("psnr_db", "ssim", "gradient_energy", "fine_power", "gmsd")
NO_WEIGHT = "token_dropout"  # of a network, which has the same weights with another one


def sibling_folder(recipe: Recipe, checkpoints: Path) -> Path | None:
    """Where the sibling lies that the schedule names: in `checkpoints`, or among those of the app; None without one.

    Raises CheckpointError where it is missing, or has another network or quantizer.
    """
    name = recipe.schedule.sibling
    if not name:
        return None
    places = [root / name for root in (checkpoints, settings().checkpoints) if (root / name / CONFIG).is_file()]
    if not places:
        raise CheckpointError(f"training begins with the weights of {name}: make it first, by the same command")
    config = read_config(places[0])
    networks = [{**one, NO_WEIGHT: None} for one in (config["architecture"], recipe.architecture)]
    if networks[0] != networks[1] or config["quantizer"]["id"] != recipe.quantizer:
        raise CheckpointError(f"{name} has another network than the recipe: its weights cannot be gone on from")
    return places[0]


def begin_with(model: TokenizerModel, folder: Path) -> None:
    """Give a model the weights of a checkpoint, and its quantizers the statistics that agree with their codes.

    Raises CheckpointError where the network or the codes are of other shapes.
    """
    try:
        model.load_state_dict(load_model(folder).state_dict())
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{folder.name} is no start for this recipe: {reason}") from error
    for part in model.modules():
        if isinstance(part, VectorQuantizer):
            part.restore_statistics()


def sibling_values(config: Mapping, task: Task, folder: Path | None) -> dict[str, float]:
    """The figures of the sibling on the same pictures, each under PREFIX, and its steps.

    {} without one, where its encoder and codes are the same, and where it was trained on other data, which is said.
    """
    if folder is None or task.recipe.schedule.decoder_alone:
        return {}
    other = read_config(folder)["training"]
    differing = [name for name in ("data", "held_out", "pictures") if config["training"][name] != other.get(name)]
    if differing:
        print(f"{folder.name} differs in {', '.join(differing)}, so the losses are not compared", flush=True)
        return {}
    found = task.evaluate(load_model(folder)).values()
    compared = [one for one in found if one in COMPARED or one.startswith(FIRST)]
    return {PREFIX + one: round(found[one], 4) for one in compared} | {PREFIX + "steps": other["steps"]}
