"""What an experiment is asked with: how long, how often, and on which media."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from explorer.foundation.errors import SettingsError
from explorer.training.media import MediaSplit, gather
from explorer.training.recipes import Recipe

HELD_OUT = 40  # pictures and clips that are measured at most; of sounds, which are short, as many as there are
SOUNDS = 200


@dataclass(frozen=True)
class Options:
    """pictures, sounds: folders, None for what comes with the app; notes: how the results name them."""

    steps: int = 200
    seeds: int = 1
    pictures: tuple[Path, ...] | None = None
    sounds: tuple[Path, ...] | None = None
    pictures_note: str | None = None
    sounds_note: str | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.steps < 1 or self.seeds < 1:
            raise SettingsError(f"--steps and --seeds must be at least 1, got {self.steps} and {self.seeds}")

    def command_of(self, experiment_id: str) -> str:
        """The line that makes the results again, on the app's own media."""
        return f"python -m explorer experiment {experiment_id} --steps {self.steps} --seeds {self.seeds}"


def split_of(recipe: Recipe, options: Options) -> MediaSplit:
    """What a recipe trains on and is measured on. Raises MediaError and SettingsError for what is too little."""
    sound = recipe.modality == "audio"
    folders, note = (options.sounds, options.sounds_note) if sound else (options.pictures, options.pictures_note)
    asked = argparse.Namespace(data=folders, held_out=None, data_note=note, held_out_note=None)
    found = gather(asked, recipe)
    most = SOUNDS if sound else HELD_OUT
    kept = found.held_out[:: max(1, -(-len(found.held_out) // most))]
    return MediaSplit(found.media, kept, found.named, found.held_named, found.side_px)
