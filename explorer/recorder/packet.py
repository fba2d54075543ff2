"""Packet: what leaves the device at a record, without waiting for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.joints.files.recording import RecordLevel, Reseeds
from explorer.recorder.attachments.attachment import Reseed
from explorer.recorder.counting import Snapshot
from explorer.recorder.ear import Ear
from explorer.recorder.moment import LevelMoment, Moment


@dataclass
class Packet:
    """levels, snapshots, vectors and masks are of all levels of all ears, in one row; scalars by "loss" or "measure"
    and name, tensors or numbers. masks: (step, level, strategy, (K,)); told: reseeds that a library told itself;
    native: whether a level's library tells them."""

    levels: list[RecordLevel] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    vectors: list[Tensor | None] = field(default_factory=list)
    masks: list[tuple[int, int, str, Tensor]] = field(default_factory=list)
    told: list[Reseeds] = field(default_factory=list)
    native: list[bool] = field(default_factory=list)
    scalars: dict[tuple[str, str], Any] = field(default_factory=dict)
    events: list[torch.cuda.Event] = field(default_factory=list)

    def leave_device(self, snapshots: Sequence[Snapshot]) -> Packet:
        """The same with all tensors on their way to the host. snapshots: as they were summed over processes."""
        moved = Packet(self.levels, native=self.native, told=self.told)
        moved.snapshots = [
            replace(one, **{name: _to_host(value) for name, value in vars(one).items() if value is not None})
            for one in snapshots
        ]
        moved.vectors = [None if one is None else _to_host(one.float()) for one in self.vectors]
        moved.masks = [(step, level, strategy, _to_host(mask)) for step, level, strategy, mask in self.masks]
        moved.scalars = {
            key: _to_host(value.detach().float().sum()) if isinstance(value, Tensor) else value
            for key, value in self.scalars.items()
        }
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            event = torch.cuda.Event()
            event.record()
            moved.events.append(event)
        return moved

    def moment(self, step: int, steps: int) -> Moment:
        """On the host, in the recorder's own thread."""
        for event in self.events:
            event.synchronize()
        reseeds: dict[int, list[Reseeds]] = {}
        for at, level, strategy, mask in self.masks:
            codes = np.flatnonzero(mask.numpy())
            if len(codes):
                reseeds.setdefault(level, []).append(Reseeds(at, level, strategy, codes, np.zeros(len(codes), bool)))
        for one in self.told:
            reseeds.setdefault(one.level, []).append(one)
        levels = tuple(
            LevelMoment(
                level,
                None if vectors is None else vectors.numpy(),
                *(taken.counts.numpy(), taken.last.numpy(), taken.looked.numpy()),
                None if taken.won is None else taken.won.numpy(),
                taken.seen.numpy(),
                *(taken.latents.numpy(), taken.indices.numpy()),
                int(taken.lost),
                reseeds.get(number, []) if self.native[number] else None,
            )
            for number, (level, taken, vectors) in enumerate(
                zip(self.levels, self.snapshots, self.vectors, strict=True)
            )
        )
        kinds: dict[str, dict[str, float]] = {"loss": {}, "measure": {}}
        for (kind, name), value in self.scalars.items():
            kinds[kind][name] = float(value)
        return Moment(step, steps, levels, kinds["loss"], kinds["measure"], 0.0)


def take_packet(ears: Sequence[Ear], losses: Mapping[str, Any], moved: Mapping[str, Tensor]) -> Packet:
    """Of the step that was finished: copies on the device. losses: as the loop told them; without, those that the
    quantizers returned."""
    packet = Packet()
    for ear in ears:
        first = len(packet.levels)
        for number, level in enumerate(ear.levels()):
            tally, vectors = ear.tallies.get(number), ear.attachment.vectors(number)
            if tally is None:  # dropped out in all steps until now
                device = next(iter(ear.tallies.values())).counts.device
                tally = ear.tallies[number] = ear.make_tally(number, device)
            tally.fit(level.codebook_size, level.codebook_dim)
            packet.levels.append(level)
            packet.snapshots.append(tally.snapshot())
            packet.vectors.append(None if vectors is None else vectors.detach().clone())
            packet.native.append(ear.attachment.reports_reseeds)
        packet.masks += [(step, first + level, strategy, mask) for step, level, strategy, mask in ear.masks]
        packet.told += gather(ear.attachment.drain_reseeds(), ear, first)
        for name, value in ear.sides.values().items():
            packet.scalars.setdefault(("measure", name), value)
        if not losses:
            for name, value in ear.sides.losses.items():
                packet.scalars[("loss", f"{name} of {ear.place}" if ear.place else name)] = value
    packet.scalars |= {("loss", str(name)): value for name, value in losses.items()}
    packet.scalars |= {("measure", name): value for name, value in moved.items()}
    return packet


def numbers_of(losses: Any, warn: Callable[[str], None]) -> dict[str, Any]:
    """Of what a loop told as its losses, those that are numbers; None is none, and of others is warned."""
    if not isinstance(losses, Mapping):
        warn(f"losses are told by name, such as {{'reconstruction': loss}}, and not as {type(losses).__name__}.")
        return {}
    kept = {}
    for name, value in losses.items():
        if isinstance(value, Tensor | Real) or (isinstance(value, np.ndarray) and value.ndim == 0):
            kept[str(name)] = value
        elif value is not None:
            warn(f"the loss {name!r} is no number but {type(value).__name__}, and is left out.")
    return kept


def cut_losses(losses: Any, warn: Callable[[str], None]) -> dict[str, Any]:
    """The same of losses that are kept beyond the step: as they are now, without the graph that they hang on."""
    numbers = {} if losses is None else numbers_of(losses, warn)
    return {name: value.detach().clone() if isinstance(value, Tensor) else value for name, value in numbers.items()}


def gather(told: Sequence[Reseed], ear: Ear, first: int) -> list[Reseeds]:
    """Those of one step, level and strategy together; steps are optimizer steps. first: number of the ear's level 0."""
    by: dict[tuple[int, int, str], list[Reseed]] = {}
    for one in told:
        step = ear.step_at(one.forward)
        by.setdefault((step, first + one.level, one.strategy), []).append(one)
    return [
        Reseeds(
            step,
            level,
            strategy,
            np.array([one.code for one in alike]),
            np.zeros(len(alike), bool),
            np.array([one.source for one in alike]),
        )
        for (step, level, strategy), alike in by.items()
    ]


def _to_host(tensor: Tensor) -> Tensor:
    """On the host, or on its way: from a GPU by pinned memory, so that nothing waits."""
    if tensor.device.type != "cuda":
        return tensor.detach().cpu()
    held = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    return held.copy_(tensor.detach(), non_blocking=True)
