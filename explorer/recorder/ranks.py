"""Several processes that train together: counts are summed over all of them, and the first one writes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import distributed

from explorer.recorder.counting import Snapshot

KEY = "explorer-recorder"


class Ranks:
    """number: of this process. together: whether all of them have a recorder; decided at the first record, by the store
    that they share, since asking the others by a collective would wait forever for one that has none."""

    def __init__(self, folder: str) -> None:
        self._key, self._announced = f"{KEY}/{folder}", False
        self._decided: bool | None = None
        self.words = ""

    @property
    def number(self) -> int:
        if distributed.is_available() and distributed.is_initialized():
            return distributed.get_rank()
        return int(os.environ.get("RANK", "0"))

    @property
    def many(self) -> int:
        ready = distributed.is_available() and distributed.is_initialized()
        return distributed.get_world_size() if ready else 1

    def announce(self) -> None:
        """Say that this process records; again and again until there is a group to say it to."""
        if not self._announced and self.many > 1:
            self._store().set(f"{self._key}/{self.number}", b"1")
            self._announced = True

    @staticmethod
    def _store() -> distributed.Store:
        return distributed.distributed_c10d._get_default_store()

    def _together(self) -> bool:
        """Rank 0 decides for all. Every process announced itself before its first step, whose gradients all of them
        waited for, so whoever has a recorder is known here."""
        if self._decided is None:
            store, keys = self._store(), [f"{self._key}/{rank}" for rank in range(self.many)]
            if self.number == 0:
                self._decided = all(store.check([key]) for key in keys)
                store.set(f"{self._key}/together", str(int(self._decided)).encode())
            elif not store.check([keys[0]]):
                self._decided = False
            else:
                self._decided = store.get(f"{self._key}/together") == b"1"
            if not self._decided:
                self.words = (
                    f"Only some of the {self.many} processes have a recorder, so counts are of process {self.number} "
                    "alone; make one in each of them."
                )
        return self._decided

    def sum(self, snapshots: Sequence[Snapshot], alive: bool) -> tuple[list[Snapshot], bool]:
        """Counts of all processes; latents and what codes won stay those of this one. alive: whether this process could
        count. False comes back where one of them could not, or counts something else: then nothing was summed."""
        if self.many == 1 or not self._together():
            return list(snapshots), alive
        device = _device(snapshots)
        shape = sum((i + 1) * (len(one.counts) + 7) for i, one in enumerate(snapshots)) % 2**40
        said = torch.tensor([int(alive), shape, -shape], dtype=torch.int64, device=device)
        distributed.all_reduce(said, distributed.ReduceOp.MIN)
        every, low, high = said.tolist()
        if not every or low != -high:
            self._decided = False
            self.words = "The recorder failed in another process, so counts are of this one alone from here on."
            return list(snapshots), alive
        if not snapshots:
            return [], alive
        sums = torch.cat([part for one in snapshots for part in (one.counts, one.looked, one.lost[None])]).to(device)
        last = torch.cat([one.last for one in snapshots]).to(device)
        distributed.all_reduce(sums)
        distributed.all_reduce(last, distributed.ReduceOp.MAX)
        summed, at, start = [], 0, 0
        for one in snapshots:
            k = len(one.counts)
            part = sums[at : at + 2 * k + 1]
            summed.append(
                replace(one, counts=part[:k], looked=part[k : 2 * k], lost=part[2 * k], last=last[start : start + k])
            )
            at, start = at + 2 * k + 1, start + k
        return summed, alive


def _device(snapshots: Sequence[Snapshot]) -> torch.device:
    """Where the group's collectives run: NCCL has none for the CPU."""
    if "nccl" in str(distributed.get_backend()) and torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")
