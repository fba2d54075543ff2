"""How threads that compute wait, and how many there are, decided once: before torch is imported, which reads it then.

OpenMP's threads spin while they wait for one another. Where another program keeps a core busy, the one that is waited
for has none, and those that spin keep it from getting one: a small picture then takes forty times as long on two
threads as on one. Threads that sleep instead cost a few microseconds a layer. And inside a container torch counts the
cores of the machine, not those that the container may use.

Who has set these for themselves keeps what they set: OMP_WAIT_POLICY (or GOMP_SPINCOUNT, KMP_BLOCKTIME) and
OMP_NUM_THREADS.
"""

from __future__ import annotations

import math
import os
from collections.abc import MutableMapping
from pathlib import Path

WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
CONTROL_GROUP = Path("/sys/fs/cgroup")


def decide_threads(environment: MutableMapping[str, str] = os.environ, group: Path = CONTROL_GROUP) -> None:
    """Write both into the environment, for this process and those that it starts, where nobody has."""
    if not any(name in environment for name in WAITING):
        environment["OMP_WAIT_POLICY"] = "PASSIVE"
    allowed, usable = cores_allowed(group), cores_usable()
    if allowed is not None and allowed < usable:
        environment.setdefault("OMP_NUM_THREADS", str(allowed))


def cores_usable() -> int:
    """Cores that this process may run on: what OpenMP counts."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cores_allowed(group: Path = CONTROL_GROUP) -> int | None:
    """Cores' worth of time that the container may use, rounded up; None: no limit, or no container."""
    try:
        if (group / "cpu.max").exists():
            quota, period = (group / "cpu.max").read_text().split()
        else:
            quota, period = ((group / "cpu" / f"cpu.cfs_{word}_us").read_text().strip() for word in ("quota", "period"))
        share = float(quota) / float(period)  # "max" is no number: no limit
    except (OSError, ValueError, ZeroDivisionError):
        return None
    return math.ceil(share) if share > 0 else None
