"""What a tokenizer of series measures on held-out ones: errors in the units of the columns, pieces, usage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from explorer.joints.columns import spreads
from explorer.joints.measures.usage import usage
from explorer.media.rows.series import LoadedSeries
from explorer.tokenizers.rows.tokenizer import SeriesTokenizer


def measure(tokenizer: SeriesTokenizer, series: Sequence[LoadedSeries]) -> dict[str, float]:
    """Figures by name, all numbers.

    rmse_UNIT, max_UNIT: over all values of the columns of that unit. rmse: of values as the tokenizer takes them, where
    2 is the range of a column. tokens: positions counted. usage_q, perplexity_q: of level q, from 1. Where tokens are
    merged: pieces_a_chunk, integers_a_chunk, and bits_a_value at log2 of the vocabulary for each piece.
    """
    squares, largest, all_squares = defaultdict(list), defaultdict(float), []
    indices: list[list[np.ndarray]] = [[] for _ in range(tokenizer.spec.num_quantizers)]
    sent, chunks, values = [], 0, 0
    for one in series:
        record = tokenizer.tokenize(one.values.astype(np.float32))
        error = (record.reconstruction.astype(np.float64) - record.media) * spreads(one.columns)  # (T, D)
        all_squares.append(np.square(record.reconstruction.astype(np.float64) - record.media).mean())
        for place, column in enumerate(one.columns):
            squares[column.unit].append(np.square(error[:, place]).mean())
            largest[column.unit] = max(largest[column.unit], float(np.abs(error[:, place]).max()))
        for number, level in enumerate(record.levels):
            indices[number].append(level.indices.reshape(-1))
        values += record.media.size
        pieces = tokenizer.pieces(record.levels[0])
        if pieces is not None:
            sent.append(len(pieces.ids))
            chunks += record.media.shape[0] // tokenizer.spec.media_multiple
    found: dict[str, float] = {"rmse": float(np.sqrt(np.mean(all_squares)))}
    for unit, means in squares.items():
        found |= {f"rmse_{unit}": float(np.sqrt(np.mean(means))), f"max_{unit}": largest[unit]}
    codes = [np.concatenate(level) for level in indices]
    found |= {"tokens": len(codes[0]), "series": len(series)}
    for number, level in enumerate(codes, 1):
        counted = usage(level, tokenizer.spec.codebook_size)
        found |= {f"usage_{number}": float(counted.usage), f"perplexity_{number}": float(counted.perplexity)}
    if sent:
        bits = sum(sent) * np.log2(pieces.vocabulary) / values  # type: ignore[union-attr]
        found |= {
            "pieces_a_chunk": sum(sent) / chunks,
            "integers_a_chunk": values / chunks,
            "bits_a_value": float(bits),
        }
    return {name: round(value, 5) for name, value in found.items()}
