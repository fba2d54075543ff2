"""Ranks: the processes that train one model together, as `torchrun` starts them.

Each takes its part of every batch, gradients are averaged, and rank 0 alone measures and writes. What quantizers sum
over ranks they do themselves (`explorer/quantizers/step/ranks.py`), once a group is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from explorer.foundation.device import pick_device
from explorer.foundation.errors import SettingsError


@dataclass(frozen=True)
class Ranks:
    """rank: the number of this process, of `world`."""

    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this one measures and writes."""
        return self.rank == 0

    def part(self, batch: int) -> slice:
        """Which items of a batch are this one's. Raises SettingsError unless all get as many."""
        if batch % self.world:
            raise SettingsError(f"a batch of {batch} cannot be shared by {self.world} processes: give --batch")
        each = batch // self.world
        return slice(self.rank * each, (self.rank + 1) * each)


ALONE = Ranks()


def ranks_of(environment: Mapping[str, str]) -> tuple[Ranks, int]:
    """What torchrun says in the environment, and the number of this process on its machine; `ALONE`, 0 without it.

    Raises SettingsError for numbers that cannot be.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    if "WORLD_SIZE" not in environment:
        return ALONE, 0
    try:
        rank, world, local = (int(environment.get(name, "0" if name == "LOCAL_RANK" else "")) for name in names)
    except ValueError as error:
        told = ", ".join(f"{name}={environment.get(name, '')!r}" for name in names)
        raise SettingsError(f"{told} are no numbers of processes; start them by torchrun") from error
    if not 0 <= rank < world or local < 0:
        raise SettingsError(f"there is no rank {rank} of {world} processes; start them by torchrun")
    return Ranks(rank, world), local


@contextmanager
def joined_ranks(device: str, environment: Mapping[str, str] | None = None) -> Iterator[tuple[Ranks, torch.device]]:
    """The ranks of this run and the device of this one, with a group of torch.distributed while it lasts: NCCL on CUDA,
    where each process of a machine has the GPU of its number, else gloo. A process alone has none."""
    ranks, local = ranks_of(os.environ if environment is None else environment)
    picked = pick_device(device)
    if ranks.world == 1:
        yield ranks, picked
        return
    if picked.type == "cuda":
        picked = pick_device(f"cuda:{local % torch.cuda.device_count()}")
        torch.cuda.set_device(picked)
    on_gpus = picked.type == "cuda"
    options = {"device_id": picked} if on_gpus else {}  # NCCL would guess it at the first barrier
    dist.init_process_group("nccl" if on_gpus else "gloo", rank=ranks.rank, world_size=ranks.world, **options)
    try:
        yield ranks, picked
    finally:
        dist.destroy_process_group()


def share_start(model: nn.Module, ranks: Ranks) -> None:
    """The weights and buffers of rank 0 on all ranks."""
    if ranks.world > 1:
        with torch.no_grad():
            for tensor in (*model.parameters(), *model.buffers()):
                dist.broadcast(tensor.detach(), 0)


def average_gradients(parameters: Iterable[Tensor], ranks: Ranks) -> None:
    """The mean of the gradients of all ranks, on each, in one exchange. The same parameters must have one on each."""
    if ranks.world == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten().float() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= ranks.world
    for gradient, mean in zip(gradients, flat.split([one.numel() for one in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def average(value: Tensor, ranks: Ranks) -> Tensor:
    """The mean of a tensor over ranks, without gradient."""
    if ranks.world == 1:
        return value
    value = value.detach().clone()
    dist.all_reduce(value)
    return value / ranks.world


def any_of_ranks(flags: Iterable[bool], ranks: Ranks, device: torch.device) -> tuple[bool, ...]:
    """Of each flag whether some rank has it set; all ranks must ask at the same step. It waits for the device."""
    flags = tuple(flags)
    if ranks.world == 1:
        return flags
    told = torch.tensor([float(flag) for flag in flags], device=device)
    dist.all_reduce(told, dist.ReduceOp.MAX)
    return tuple(bool(flag) for flag in told.tolist())


def wait_for_ranks(ranks: Ranks) -> None:
    """Until all have come here."""
    if ranks.world > 1:
        dist.barrier()


def number_of_first(number: int, ranks: Ranks, device: torch.device) -> int:
    """That of rank 0, on all."""
    if ranks.world == 1:
        return number
    told = torch.tensor(number, device=device)
    dist.broadcast(told, 0)
    return int(told)
