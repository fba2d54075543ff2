"""Started by torchrun in a test: `python -m explorer`, of which rank 1 dies once, at its third stretch of media, or
when it has written a shard of plain indices for the third time."""

import os
import signal
import sys
from pathlib import Path

from explorer.__main__ import main
from explorer.audit import run
from explorer.audit.shards import indices

counted, saved, calls = run.count_stretch, indices.save_shard, []


def mortal(*arguments):
    die_once()
    return counted(*arguments)


def saved_by_a_mortal(*arguments):
    saved(*arguments)
    die_once()


def die_once():
    calls.append(1)
    marker = Path(os.environ["DIED"])
    if os.environ["RANK"] == "1" and len(calls) == 3 and not marker.exists():
        marker.write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    run.count_stretch, run.STATE_EVERY_S = mortal, -1
    indices.save_shard, indices.STATE_EVERY_S = saved_by_a_mortal, -1
    sys.exit(main())
