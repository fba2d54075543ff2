"""A free port for tests and scripts."""

from __future__ import annotations

import socket


def free_port(host: str) -> int:
    """A port that nobody listens on at `host` right now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]
