"""The formats that a dump is written in. An entry here and one file beside it add one.

A writer is a function (stem, rows) -> {name of a file: its bytes}; it gives the same bytes for the same rows. What it
writes is read by the reader of that name in `explorer/dumps/formats.py`, one row after another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import SettingsError
from explorer.foundation.registry import Registry


@dataclass(frozen=True)
class TokenRow:
    """What is written of one medium. number: of its file in the source, from 0. tokens: as `Codes.numbers` gives them,
    in the type that is written."""

    number: int
    name: str
    tokens: np.ndarray


Writer = Callable[[str, Sequence[TokenRow]], dict[str, bytes]]

WRITERS: Registry[Writer] = Registry(
    "format of a token dump",
    {
        "npy": "explorer.dumps.writing.npy:shard_files",
        "parquet": "explorer.dumps.writing.parquet:shard_files",
        "jsonl": "explorer.dumps.writing.jsonl:shard_files",
        "webdataset": "explorer.dumps.writing.webdataset:shard_files",
    },
)
PACKAGES = {"parquet": "pyarrow"}


def load_writer(format_id: str) -> Writer:
    """Raises UnknownIdError for another format, SettingsError where its package is not here."""
    try:
        return WRITERS.load(format_id)
    except ImportError as error:
        package = PACKAGES.get(format_id)
        if package is None:
            raise
        raise SettingsError(
            f"{format_id} is written by {package}, which is not here: pip install {package} ; or choose another "
            "--format."
        ) from error
