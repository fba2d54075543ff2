"""How much memory there is for the weights of others, and words for what does not fit."""

from __future__ import annotations

import os
from pathlib import Path

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError

ROOM = 512 * 2**20  # for a picture's activations and the rest of the app
_CGROUP = Path("/sys/fs/cgroup")


def total_bytes() -> int:
    """Memory of this machine, or of the container that holds it."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        total = 16 * 2**30
    limit = _number(_CGROUP / "memory.max")
    return min(total, limit) if limit else total


def free_bytes() -> int:
    """Memory that can still be had without pushing other programs out."""
    free = total_bytes()
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                free = min(free, int(line.split()[1]) * 1024)
    except (OSError, ValueError, IndexError):
        return free // 2  # not told here, so half of what there is
    limit, used = _number(_CGROUP / "memory.max"), _number(_CGROUP / "memory.current")
    return min(free, max(0, limit - used)) if limit and used is not None else free


def budget(limits: Limits) -> int:
    """Bytes that the weights of all loaded tokenizers may take together: the limit, or half of a small machine."""
    return min(limits.tokenizer_bytes, total_bytes() // 2)


def check_room(name: str, memory_bytes: int, limits: Limits, freed_bytes: int = 0) -> None:
    """Raise CheckpointError if weights of that size cannot be held. freed_bytes: of those that would be let go."""
    if memory_bytes > budget(limits):
        raise CheckpointError(
            f"{name} needs {gib(memory_bytes)} of memory for its weights; this server keeps at most "
            f"{gib(budget(limits))} for all tokenizers together."
        )
    free = free_bytes() + freed_bytes
    if memory_bytes + ROOM > free:
        raise CheckpointError(
            f"{name} needs {gib(memory_bytes)} of memory for its weights and some to run; {gib(free)} are free now."
        )


def gib(count: int) -> str:
    """Bytes in words: "512 MiB", "2.3 GiB"."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{max(1, round(count / 2**20)):,} MiB"


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # not there, or "max"
        return None
