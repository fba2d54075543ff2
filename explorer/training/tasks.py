"""The tasks of training, by modality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.training.clip_task import ClipTask
from explorer.training.picture_task import PictureTask
from explorer.training.recipes import Recipe
from explorer.training.sound_task import SoundTask
from explorer.training.task import Task

TASKS: dict[str, type[Task]] = {"image": PictureTask, "audio": SoundTask, "video": ClipTask}


def task_of(recipe: Recipe, media: Sequence[Any], held_out: Sequence[Any]) -> Task:
    """The task of a recipe's modality."""
    return TASKS[recipe.modality](recipe, media, held_out)
