"""Options by which the person at the command line brings tokenizers that are not in `checkpoints/`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from explorer.registry import load_dotted


def add_options(parser: argparse.ArgumentParser) -> None:
    """`--adapter`, which may be given several times."""
    parser.add_argument(
        "--adapter",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.py",
        help="bring tokenizers of your own: a file that defines tokenizer(). Its code is run",
    )


def bring(options: argparse.Namespace) -> list[str]:
    """Let this process know the tokenizers that the options name; their ids. Raises ExplorerError.

    What loads torch is imported only if something is named.
    """
    ids: list[str] = []
    for file in getattr(options, "adapter", ()):
        bring_adapter: Callable = load_dotted("explorer.tokenizers.user:bring_adapter")
        ids += [spec.id for spec in bring_adapter(file)]
    return ids
