"""Memory that a network gives back after each layer, kept by the process instead of handed to the system each time.

glibc returns large blocks at once, and the system clears each page of the next one: of a batch of four pictures of
256 px that is a quarter of the time. It stops doing so up to the size of blocks that it has seen freed (mallopt(3),
"dynamic mmap threshold"), which ends at 32 MiB: so one block of about that is freed, once. Other systems lose nothing.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

MOST_KEPT = 32 * 2**20 - 2**13  # bytes of a block; glibc keeps twice as much at the end of its memory


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """From now on, for as long as the process lives. For a command, whose process does nothing else."""
    np.empty(MOST_KEPT, np.uint8)  # freed where nobody holds it: here
