"""A member beside its sibling: the same network, data, bits, steps and seed with other losses, measured alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError
from explorer.tokenizers.native.checkpoint import load_model
from explorer.tokenizers.native.specs import CONFIG, read_config
from explorer.training.schedules import Schedule
from explorer.training.task import Task

PREFIX = "sibling_"
COMPARED = ("psnr_db", "ssim", "gradient_energy", "fine_power", "gmsd")


def sibling_values(config: Mapping, task: Task, checkpoints: Path) -> dict[str, float]:
    """The figures of the sibling that the schedule names, each under PREFIX; {} where there is none that fits.

    It is looked for in `checkpoints`, then among those of the app.
    """
    name = getattr(task.recipe.schedule, "sibling", "")
    if not name:
        return {}
    places = [root / name for root in (checkpoints, settings().checkpoints) if (root / name / CONFIG).is_file()]
    if not places:
        print(f"{name} is not here, so the losses are not compared", flush=True)
        return {}
    try:
        differing = differences(config, read_config(places[0]))
        if differing:
            print(f"{name} differs in {', '.join(differing)}, so the losses are not compared", flush=True)
            return {}
        found = task.evaluate(load_model(places[0])).values()
    except ExplorerError as error:
        print(f"{name} cannot be measured: {error}", flush=True)
        return {}
    return {PREFIX + one: round(found[one], 4) for one in COMPARED}


def differences(config: Mapping, other: Mapping) -> list[str]:
    """What two members do not share of quantizer, network, data and schedule, but for the losses."""
    names = ("data", "held_out", "pictures", *(one.name for one in fields(Schedule)))
    found = [name for name in ("quantizer", "architecture") if config[name] != other[name]]
    return found + [name for name in names if _plain(config["training"], name) != _plain(other["training"], name)]


def _plain(training: Mapping, name: str) -> object:
    """A value as JSON has it."""
    value = training.get(name)
    return list(value) if isinstance(value, tuple) else value
