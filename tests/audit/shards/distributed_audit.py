"""Started by torchrun in a test: `python -m explorer`, of which rank 1 dies once, at its third stretch."""

import os
import signal
import sys
from pathlib import Path

from explorer.__main__ import main
from explorer.audit import run

counted, calls = run.count_stretch, []


def mortal(*arguments):
    calls.append(1)
    marker = Path(os.environ["DIED"])
    if os.environ["RANK"] == "1" and len(calls) == 3 and not marker.exists():
        marker.write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)
    return counted(*arguments)


if __name__ == "__main__":
    run.count_stretch, run.STATE_EVERY_S = mortal, -1
    sys.exit(main())
