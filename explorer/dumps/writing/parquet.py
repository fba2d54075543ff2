"""Shards as Parquet: columns number, name and tokens, a row a medium, its tokens as nested lists.

Format: https://parquet.apache.org/docs/file-format/ ; written by pyarrow, which this file alone imports here.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from explorer.dumps.writing.formats import TokenRow


def shard_files(stem: str, rows: Sequence[TokenRow]) -> dict[str, bytes]:
    table = pa.table(
        {
            "number": pa.array([row.number for row in rows], pa.int64()),
            "name": pa.array([row.name for row in rows], pa.string()),
            "tokens": _lists([row.tokens for row in rows]),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return {f"{stem}.parquet": buffer.getvalue()}


def _lists(arrays: Sequence[np.ndarray]) -> pa.Array:
    """Arrays of as many axes each -> a column of lists as deep, made of their values and the offsets of each depth."""
    column = pa.array(np.concatenate([array.reshape(-1) for array in arrays]))
    for axis in reversed(range(arrays[0].ndim)):
        lengths = np.concatenate([np.full(int(np.prod(array.shape[:axis])), array.shape[axis]) for array in arrays])
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        column = pa.ListArray.from_arrays(pa.array(offsets), column)
    return column
