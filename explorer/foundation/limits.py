"""`--limit NAME=NUMBER`: caps on media, raised or lowered by the person who starts the app or a command."""

from __future__ import annotations

import argparse
import os

from explorer.foundation.config import RAISED, limits_of, settings


def add_option(parser: argparse.ArgumentParser) -> None:
    """`--limit`, which may be given several times."""
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help=f"raise or lower a cap on media: {', '.join(RAISED)}; such as pixels=120M, seconds=90 or bytes=256MiB",
    )


def apply(options: argparse.Namespace) -> None:
    """Let this process, and those that it starts, have the limits of the options. Raises SettingsError."""
    given = getattr(options, "limit", None)
    if not given:
        return
    text = ",".join([*filter(None, [os.environ.get("EXPLORER_LIMITS", "")]), *given])
    limits_of(text)  # before anything is changed
    os.environ["EXPLORER_LIMITS"] = text
    settings.cache_clear()  # read again by whoever asks next
