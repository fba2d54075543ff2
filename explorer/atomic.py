"""Write a file whole or not at all: beside its place, then renamed over it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from explorer.errors import ExplorerError


def write_atomically(path: Path, write: Callable[[BinaryIO], object], error: type[ExplorerError]) -> None:
    """Call `write(file)` on a new file beside `path`, then rename it to `path`.

    Whatever fails or interrupts, `path` holds either what it held before or all of the new content, and nothing is
    left beside it. Raises `error` in plain words if the disk refuses.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with open(partial, "xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())  # or a power cut could leave the new name on an empty file
            os.replace(partial, path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as refused:
        reason = refused.strerror or str(refused) or "the disk refuses"
        raise error(
            f"{str(path)!r} could not be written: {reason}. Nothing was changed; try another place."
        ) from refused
