"""Starting and ending the server: a free port, the addresses that can be opened, and a tidy end."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from contextlib import suppress

from explorer.pages.shared.hosts import ANYWHERE

DROPPED_S = 20.0
TURN_S = 0.0005  # ten times shorter than Python's own


def addresses(host: str, port: int) -> list[str]:
    """Where a server bound to `host` can be opened: never an address that only stands for all of them."""
    names = [host]
    if host in ANYWHERE:
        names = ["127.0.0.1" if host == "0.0.0.0" else "::1", *filter(None, [own_address()])]
    return [f"http://{f'[{name}]' if ':' in name else name}:{port}/" for name in dict.fromkeys(names)]


def own_address() -> str:
    """The address by which others on the network reach this machine; "" if there is none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # of a net that is nobody's (RFC 5737)
        return probe.getsockname()[0]
    return ""


def end_when_dropped(listening: socket.socket) -> None:
    """Let every connection that comes by this socket end when what is sent on it is not acknowledged for DROPPED_S.

    Else a page whose network was cut without a word would count as open for a quarter of an hour. Linux only.
    """
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        listening.setsockopt(socket.IPPROTO_TCP, option, int(1000 * DROPPED_S))


def free_port(host: str) -> int:
    """A port that nobody listens on at `host` right now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def is_taken(host: str, port: int) -> bool:
    """Whether another program listens on this port of `host`, or of this machine itself, where Gradio looks."""
    for name in dict.fromkeys((host.strip("[]"), "127.0.0.1")):
        with socket.socket(socket.AF_INET6 if ":" in name else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left is free
            try:
                probe.bind((name, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return True
    return False


def take_short_turns() -> None:
    """Let a thread that computes in Python hand over after TURN_S to one that waits. For the process of a server, once.

    A page is dozens of small answers, and after each read and write the loop that gives them waits for its turn: behind
    a thread that imports or computes, Python's own five milliseconds each add up to most of a second.
    """
    sys.setswitchinterval(TURN_S)


def end_well_on_sigterm() -> None:
    """Let SIGTERM (a service or a container that is stopped) end this process as its own end would: files of visitors
    are deleted and their work is ended first. For the main thread only."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
