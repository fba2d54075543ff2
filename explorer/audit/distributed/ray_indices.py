"""An audit of plain indices on Ray: each task counts a shard, Ray gives that of a worker that dies to another, and the
shards lie here, so that the same command goes on from those that are done."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.audit.distributed.ray_job import connect_ray, last_line
from explorer.audit.indices.standing import IndexHead, read_index_head
from explorer.audit.run import Progress
from explorer.audit.shards.merge import SHARDS
from explorer.audit.shards.plan import Shard
from explorer.foundation.errors import ExplorerError, RecordError
from explorer.foundation.files import make_folder, write_atomically

A_WORKER = 4  # shards, so that none waits long for the last
MOST = 256
ASKED_EVERY_S = 1.0

RunShard = Callable[[Shard, Path], IndexHead]


def count_on_ray(
    run_shard: RunShard,
    folder: Path,
    *,
    address: str | None = None,
    cancelled: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> int | None:
    """Count all shards into `folder`; how many there are, or None where it was stopped.

    run_shard: counts one into a folder, in a worker; it has to see the dump. Raises SettingsError if Ray is not here
    or cannot be reached, ExplorerError if workers fail for good, and what `run_shard` raises.
    """
    ray = connect_ray(address)
    make_folder(folder)
    of = _planned(folder) or min(MOST, A_WORKER * max(1, int(ray.cluster_resources().get("CPU", 1))))
    left = [shard for shard in (Shard(number, of) for number in range(1, of + 1)) if not _done(folder / shard.file)]
    task, began, tokens = ray.remote(num_cpus=1)(_count), time.perf_counter(), 0
    waiting = {task.remote(run_shard, shard): shard for shard in left}
    while waiting:
        if cancelled is not None and cancelled():
            for one in waiting:
                ray.cancel(one, force=True)
            return None
        ready, _ = ray.wait(list(waiting), timeout=ASKED_EVERY_S)
        for one in ready:
            shard = waiting.pop(one)
            data, counted = _result(ray, one, shard)
            write_atomically(folder / shard.file, data)
            tokens, seconds = tokens + counted, time.perf_counter() - began
            if progress is not None:
                done, rate = len(left) - len(waiting), (len(left) - len(waiting)) / seconds
                at = of - len(waiting)
                progress(Progress(at, of, tokens, seconds, rate, (len(left) - done) / rate, shard.file, unit="shards"))
    return of


def _planned(folder: Path) -> int:
    """Of how many shards the job is that was begun here, 0 where there is none."""
    found = [re.search(r"-of-(\d{1,9})\.npz$", path.name) for path in folder.glob(SHARDS)]
    return next((int(one[1]) for one in found if one), 0)


def _done(path: Path) -> bool:
    try:
        return path.exists() and read_index_head(path).complete
    except RecordError:
        return False  # it is counted anew


def _count(run_shard: RunShard, shard: Shard) -> tuple[bytes, int]:
    """In a worker: the shard's file, and its tokens."""
    with tempfile.TemporaryDirectory() as folder:
        head = run_shard(shard, Path(folder))
        return (Path(folder) / shard.file).read_bytes(), head.tokens


def _result(ray: Any, one: Any, shard: Shard) -> tuple[bytes, int]:
    try:
        return ray.get(one)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ExplorerError):
            raise error.cause from error
        raise ExplorerError(f"A worker failed at shard {shard.number} of {shard.of}: {last_line(error)}.") from error
    except ray.exceptions.RayError as error:
        raise ExplorerError(
            f"Ray stopped at shard {shard.number} of {shard.of}: {last_line(error)}. The same command goes on from the "
            "shards that are done."
        ) from error
