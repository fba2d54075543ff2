"""The tasks of training, by the kind of schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.training.recipes import Recipe
from explorer.training.schedules import (
    AdversarialSchedule,
    AdversarialSoundSchedule,
    ClipSchedule,
    LatentTokenSchedule,
    PictureSchedule,
    SoundSchedule,
    TwoGridSchedule,
)
from explorer.training.tasks.adversarial_picture import AdversarialPictureTask
from explorer.training.tasks.adversarial_sound import AdversarialSoundTask
from explorer.training.tasks.clip import ClipTask
from explorer.training.tasks.picture import PictureTask
from explorer.training.tasks.sound import SoundTask
from explorer.training.tasks.task import Task
from explorer.training.tasks.whole_picture import WholePictureTask

TASKS: dict[type, type[Task]] = {
    PictureSchedule: PictureTask,
    TwoGridSchedule: PictureTask,
    LatentTokenSchedule: WholePictureTask,
    AdversarialSchedule: AdversarialPictureTask,
    SoundSchedule: SoundTask,
    AdversarialSoundSchedule: AdversarialSoundTask,
    ClipSchedule: ClipTask,
}


def task_of(recipe: Recipe, media: Sequence[Any], held_out: Sequence[Any]) -> Task:
    """The task of a recipe's kind of schedule."""
    return TASKS[type(recipe.schedule)](recipe, media, held_out)
