"""Runs that begin from one state and see the same batches, so that they differ in nothing but what is asked about."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.lab.datasets import Dataset, Rows
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer

HELD_OUT = 5  # every fifth of a fixed set of items is held out
MEASURED = 512  # items of data that is drawn anew


class SameOrder:
    """A dataset whose batches follow from a generator of its own, whatever else the run draws by chance."""

    def __init__(self, data: Dataset, seed: int, device: torch.device) -> None:
        self.inner, self.shape = data, data.shape
        self.generator = torch.Generator(device).manual_seed(seed)

    def sample(self, count: int, generator: torch.Generator, step: int | Tensor) -> Tensor:
        """As `Dataset.sample`, but `generator` is not asked."""
        return self.inner.sample(count, self.generator, step)


def begin_race(settings: LabSettings, device: torch.device) -> tuple[LabTrainer, Tensor]:
    """A run whose batches depend on the seed alone, and items (n, *shape) that it never trains on: of a fixed set every
    HELD_OUT-th, else drawn apart."""
    trainer = LabTrainer(settings, device)
    data = trainer.data
    if isinstance(data, Rows):
        kept = torch.arange(len(data.rows), device=device) % HELD_OUT != 0
        held_out, data.rows = data.rows[~kept], data.rows[kept]
    else:
        held_out = data.sample(MEASURED, torch.Generator(device).manual_seed(settings.seed + 2**42), 0)
    trainer.data = SameOrder(data, settings.seed + 2**43, device)
    return trainer, held_out


def fork(trainer: LabTrainer, settings: LabSettings) -> LabTrainer:
    """A second run in the state of a race's `trainer`, to the bit, that goes on with other settings; neither acts on
    the other. Raises SettingsError where another model or codebook is asked for."""
    twin = LabTrainer(settings, trainer.device)
    try:
        twin.model.load_state_dict(trainer.model.state_dict())
        lacking = twin.quantizer.load_state_dict(trainer.quantizer.state_dict(), strict=False)
    except RuntimeError as error:
        raise SettingsError(f"a run goes on with its own model and codebook: {error}") from error
    if strange := [name for name in (*lacking.missing_keys, *lacking.unexpected_keys) if "reservoir" not in name]:
        raise SettingsError(f"a run goes on with its own quantizer; {', '.join(strange)} differ")
    if twin.optimizer and trainer.optimizer:
        twin.optimizer.load_state_dict(copy.deepcopy(trainer.optimizer.state_dict()))
        twin.apply(settings)  # the rates of the new settings
    twin.generator.set_state(trainer.generator.get_state())
    twin.data = SameOrder(trainer.data.inner, 0, trainer.device)
    twin.data.generator.set_state(trainer.data.generator.get_state())
    twin.ledgers = copy.deepcopy(trainer.ledgers)
    twin.step_count, twin.latents_seen = trainer.step_count, trainer.latents_seen
    return twin
