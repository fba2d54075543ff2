"""A process of several that `torchrun` started: each counts the shard of its rank, and rank 0 merges them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as distributed

from explorer.audit.shards.plan import Shard
from explorer.foundation.errors import SettingsError

PATIENCE = timedelta(days=7)  # a rank that is done waits for those whose files are larger


@dataclass(frozen=True)
class Rank:
    """rank: of `world` processes, from 0. local: its number on this machine, and that of its GPU."""

    rank: int
    world: int
    local: int

    @property
    def shard(self) -> Shard:
        return Shard(self.rank + 1, self.world)


def rank_of(environment: Mapping[str, str]) -> Rank | None:
    """What torchrun has said to this process; None if it did not start it. Raises SettingsError for nonsense."""
    if "RANK" not in environment or "WORLD_SIZE" not in environment:
        return None
    said = [environment.get(name, "0") for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")]
    if not all(one.isdecimal() for one in said) or int(said[0]) >= int(said[1]):
        raise SettingsError(
            f"RANK={said[0][:20]}, WORLD_SIZE={said[1][:20]} and LOCAL_RANK={said[2][:20]} are no rank of a group. "
            "torchrun sets them; unset them to run alone."
        )
    return Rank(*map(int, said))


def take_gpu(rank: Rank) -> None:
    """Let this process compute on the GPU of its rank, if there are GPUs. Raises SettingsError if there are too few."""
    if not torch.cuda.is_available():
        return
    if rank.local >= torch.cuda.device_count():
        raise SettingsError(
            f"There are {torch.cuda.device_count()} GPUs here, and this is process {rank.local + 1} of the machine. "
            "Start as many as there are GPUs (--nproc-per-node), or give --device cpu."
        )
    torch.cuda.set_device(rank.local)


class Group:
    """All ranks, of which each can hear how the others stand."""

    def __init__(self, rank: Rank, device: str) -> None:
        self.rank = rank
        self._device = device

    def all_say(self, yes: bool) -> bool:
        """Whether every rank says yes; waits for all."""
        said = torch.tensor([int(yes)], device=self._device)
        distributed.all_reduce(said, distributed.ReduceOp.MIN)
        return bool(said.item())


@contextmanager
def group_of(rank: Rank, device: str) -> Iterator[Group]:
    """The group of this process: NCCL where it computes on a GPU, else gloo. device: as of the tokenizer."""
    on_gpu = device.startswith("cuda")
    distributed.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    try:
        yield Group(rank, "cuda" if on_gpu else "cpu")
    finally:
        distributed.destroy_process_group()
