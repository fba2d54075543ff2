"""Ceiling: what the same model reaches without a quantizer, trained beside a run in slices, as a line to hold it to.

The model starts with the same weights (the same seed), sees batches of the same data and has the same loss, optimizer
and learning rate; latents go to the decoder as they are. Batches are those of the run only where its quantizer draws
nothing by chance. What it is trained with are the settings at the moment at which it was asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.lab.datasets import build_dataset
from explorer.lab.models import build_model, difference
from explorer.lab.settings import LabSettings
from explorer.quantizers.chance import built_with, drawing_from

KEPT = 4  # of a visitor, with their weights, so that they can be trained on
LEAST, MOST = 100, 5_000  # steps asked for
NEWEST = 20  # steps whose mean is told
OF_MODEL = ("dataset", "points", "drift", "patch_px", "batch_size", "seed", "model", "dim", "reconstruction", "lr")


@dataclass(frozen=True)
class CeilingPoint:
    """step: steps trained, of `target`. missed: squared error as a share of the variance of the inputs, mean of the
    newest NEWEST steps; None before the first."""

    step: int
    target: int
    missed: float | None


class Ceiling:
    """One model without a quantizer. Not safe between threads."""

    def __init__(self, settings: LabSettings, device: torch.device) -> None:
        self._settings = settings
        self._generator = torch.Generator(device).manual_seed(settings.seed + 2**40)  # as that of the run
        self._data = build_dataset(settings, device)
        with built_with(settings.seed):
            self._model = build_model(settings, self._data.shape).to(device)
        fused = device.type in ("cpu", "cuda")
        self._optimizer = torch.optim.Adam(self._model.parameters(), lr=settings.lr, fused=fused)
        self._missed: list[Tensor] = []
        self.step_count, self.target = 0, 0

    @property
    def done(self) -> bool:
        return self.step_count >= self.target

    def step(self) -> None:
        """One batch, one step of the optimizer."""
        with drawing_from(self._generator):
            items = self._data.sample(self._settings.batch_size, self._generator, self.step_count)
        decoded = self._model.decode(self._model.encode(items))
        loss = difference(self._settings.reconstruction, decoded, items)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self.step_count += 1
        error, spread = (decoded.detach() - items).square().mean(), (items - items.mean(0)).square().mean()
        self._missed = [*self._missed[1 - NEWEST :], error / spread.clamp_min(1e-12)]

    def reached(self) -> CeilingPoint:
        """How far it is; waits for the device."""
        missed = float(torch.stack(self._missed).mean()) if self._missed else None
        return CeilingPoint(self.step_count, self.target, missed)


class Ceilings:
    """Those that were asked for, by the settings that act on them: at most KEPT, the ones looked at last."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._made: OrderedDict[tuple, Ceiling] = OrderedDict()

    def ask(self, settings: LabSettings, steps: int) -> None:
        """Let there be one of as many steps, within LEAST and MOST; one that has them already stays as it is. Without
        a model nothing is missed without a quantizer, and none is made."""
        if settings.model == "none":
            return
        key = _key(settings)
        if key not in self._made:
            self._made[key] = Ceiling(settings, self._device)
        self._made.move_to_end(key)
        one = self._made[key]
        one.target = max(one.target, min(MOST, max(LEAST, steps)))
        while len(self._made) > KEPT:
            self._made.popitem(last=False)

    def of(self, settings: LabSettings) -> CeilingPoint | None:
        """What was reached with these settings; None where it was not asked for."""
        one = self._made.get(_key(settings))
        return one and one.reached()

    def work(self, wanted: Sequence[LabSettings]) -> bool:
        """Take one step of the first of those wanted that is not done. Returns whether there was one."""
        for settings in wanted:
            one = self._made.get(_key(settings))
            if one and not one.done:
                one.step()
                return True
        return False


def _key(settings: LabSettings) -> tuple:
    return tuple(getattr(settings, name) for name in OF_MODEL)
