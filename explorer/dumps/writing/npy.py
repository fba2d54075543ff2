"""Shards as numpy arrays: media of one shape that follow each other are one file, (media, *shape of one).

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from explorer.dumps.writing.formats import TokenRow


def shard_files(stem: str, rows: Sequence[TokenRow]) -> dict[str, bytes]:
    """One file where all rows are of one shape; else `stem-0000.npy` and so on, in their order."""
    runs = [list(run) for _, run in groupby(rows, key=lambda row: row.tokens.shape)]
    names = [f"{stem}.npy"] if len(runs) == 1 else [f"{stem}-{number:04}.npy" for number in range(len(runs))]
    return {name: _npy(np.stack([row.tokens for row in run])) for name, run in zip(names, runs, strict=True)}


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
