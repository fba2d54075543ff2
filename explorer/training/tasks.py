"""The tasks of training, by the kind of schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.training.adversarial_picture_task import AdversarialPictureTask
from explorer.training.adversarial_sound_task import AdversarialSoundTask
from explorer.training.clip_task import ClipTask
from explorer.training.picture_task import PictureTask
from explorer.training.recipes import Recipe
from explorer.training.schedules import (
    AdversarialSchedule,
    AdversarialSoundSchedule,
    ClipSchedule,
    LatentTokenSchedule,
    Schedule,
    SoundSchedule,
    TwoGridSchedule,
)
from explorer.training.sound_task import SoundTask
from explorer.training.task import Task
from explorer.training.whole_picture_task import WholePictureTask

TASKS: dict[type, type[Task]] = {
    Schedule: PictureTask,
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
