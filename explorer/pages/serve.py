"""Starting and ending the server: a free port, and a tidy end."""

from __future__ import annotations

import signal
import socket
import sys


def free_port(host: str) -> int:
    """A port that nobody listens on at `host` right now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def end_well_on_sigterm() -> None:
    """Let SIGTERM (a service or a container that is stopped) end this process as its own end would: files of visitors
    are deleted and their work is ended first. For the main thread only."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
