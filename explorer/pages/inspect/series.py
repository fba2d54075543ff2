"""A series on the Inspect page: its figures, the map of its errors, and what a token that is off does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from explorer.foundation.errors import FieldError
from explorer.foundation.words import count_of
from explorer.joints.columns import Column, in_units, plain_columns, spreads
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Pieces, Tokenizer
from explorer.media.rows.skeleton import pose
from explorer.pages.inspect.figures import times
from explorer.pages.inspect.requests import Off
from explorer.views.inspect.reconstruction.reconstruction import figure
from explorer.views.kit.wire.encoding import pack

BINS = 256  # of one value, as action tokenizers before FAST have them (RT-2, OpenVLA)
COLUMNS_SHOWN = 12  # with an error of their own; of more, those that are worst
SEEN = 1e-6  # of half a column's range: what changes by less is rounding


def series_figures(record: TokenRecord, decoded: np.ndarray | None, pieces: Pieces | None) -> list[dict]:
    """How near a decoded series is, column by column in its unit, and what its tokens cost.

    record: of the levels that it was decoded from. decoded: (T, D), None where there is no decoder.
    """
    columns = record.columns or plain_columns(record.media.shape[1])
    rows = [] if decoded is None else _errors(record.media, decoded, columns)
    values = record.media.size
    rows += [
        figure("tokens", "Tokens", record.num_tokens, "indices", 0, "Indices that stand for this series."),
        figure("bits_a_value", "Rate, uniform", record.bits_uniform / values, "bit/value", 3,
               "log2(K) bits for each index, divided by rows times columns."),
        figure("bits_a_value_empirical", "Rate, empirical", record.bits_empirical / values, "bit/value", 3,
               "Bits at the entropy of this series' own code counts, divided by rows times columns."),
    ]  # fmt: skip
    if pieces is not None:
        rows += _merged(record, pieces)
    if record.duration_s:
        rows.append(figure("seconds", "Duration", record.duration_s, "s", 2, "Of the series as it was tokenized."))
    return rows + times(record.seconds, record.device, "series", decoded is not None)


def _errors(media: np.ndarray, decoded: np.ndarray, columns: tuple[Column, ...]) -> list[dict]:
    scaled = decoded.astype(np.float64) - media  # (T, D)
    means, most = np.sqrt(np.square(scaled).mean(0)), np.abs(scaled).max(0)
    rows = [
        figure("rmse", "RMS error, all", 100 * float(np.sqrt(np.square(scaled).mean())), "% of half the range", 2,
               "Root mean square error over all values, each over half the range that its column is scaled by, so "
               "about -1 to 1; Compare takes the range of the column in this series instead.")
    ]  # fmt: skip
    shown = sorted(np.argsort(-means, kind="stable")[:COLUMNS_SHOWN].tolist())
    for place in shown:
        column = columns[place]
        error, largest = means[place] * column.spread, most[place] * column.spread
        unit = f" {column.unit}" if column.unit else ""
        few = f" Of {len(columns)} columns the {COLUMNS_SHOWN} worst are listed." * (len(columns) > COLUMNS_SHOWN)
        rows.append(
            figure(f"rmse_{place}", f"RMS error, {column.name}", float(error), column.unit, _digits(error),
                   f"Root mean square error over the rows; the largest is {largest:.3g}{unit}.{few}")
        )  # fmt: skip
    return rows


def _digits(value: float) -> int:
    """Decimals that show three digits."""
    return int(np.clip(2 - math.floor(math.log10(value)), 0, 8)) if value > 0 else 0


def _merged(record: TokenRecord, pieces: Pieces) -> list[dict]:
    """What is really sent: pieces that byte-pair merges made of the indices, against one bin for each value."""
    sent, values = len(pieces.ids), record.media.size
    layout = record.levels[0].layout
    chunks = layout.shape[1] // layout.chunk
    return [
        figure("pieces", "Pieces sent", sent, "pieces", 0,
               f"The indices after byte-pair merges, from a vocabulary of {pieces.vocabulary:,}. Nothing is lost."),
        figure("pieces_a_chunk", "Pieces a chunk", sent / chunks, "pieces", 1,
               f"Over {count_of(chunks, 'chunk')} of {layout.chunk} rows; one bin for each value would take "
               f"{values // chunks:,}."),
        figure("fewer", "Against one bin a value", values / sent, "times fewer", 1,
               "Values of the series over the pieces sent: what action tokenizers with one bin for each value send."),
        figure("bits_pieces", "Rate, merged", sent * math.log2(pieces.vocabulary) / values, "bit/value", 3,
               f"log2 of the vocabulary a piece, over rows times columns; {BINS} bins take {math.log2(BINS):g}."),
    ]  # fmt: skip


def difference_percent(media: np.ndarray, decoded: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """decoded - media of a series (T, D), in percent of half a column's range, over its lanes: (H, W) float32."""
    difference = 100 * (decoded.astype(np.float64) - media).T  # (D, T)
    rows = np.arange(size[0]) * len(difference) // size[0]
    steps = np.arange(size[1]) * difference.shape[1] // size[1]
    return difference[rows][:, steps].astype(np.float32)


def token_off(record: TokenRecord, tokenizer: Tokenizer, request: Off) -> dict[str, Any]:
    """The series decoded with one token changed: {"values": (D, T) in units, "figure": poses
    (T, J, 2) of a body or null, "words", "before", "after"}.

    Codes that would leave the codebook are off by the other way. Raises FieldError for a token that is not there.
    """
    if record.modality != "series":
        raise FieldError("position", "Only a token of a series is shown off by one.")
    if not request.level < len(record.levels):
        raise FieldError("level", f"There is no level {request.level + 1}; there are {len(record.levels)}.")
    level, indices = record.levels[request.level], [one.indices.copy() for one in record.levels]
    if not request.position < level.layout.num_tokens:
        raise FieldError("position", f"There is no token {request.position}; there are {level.layout.num_tokens:,}.")
    before, size = int(level.indices.flat[request.position]), level.codebook.codebook_size
    after = before + request.by if 0 <= before + request.by < size else before - request.by
    after = int(np.clip(after, 0, size - 1))
    indices[request.level].flat[request.position] = after
    columns = record.columns or plain_columns(record.media.shape[1])
    base, changed = record.reconstruction, tokenizer.detokenize(indices)
    off = np.abs(changed.astype(np.float64) - base)  # (T, D)
    row, column = (int(at) for at in np.unravel_index(off.argmax(), off.shape))
    most = off[row, column] * spreads(columns)[column]
    many = int((off[:, column] > SEEN).sum())
    unit = f" {columns[column].unit}" if columns[column].unit else ""
    when = f"at {row / record.sample_rate_hz:.2f} s" if record.sample_rate_hz else f"in row {row + 1:,}"
    words = (
        f"Were code {before} here {after}, {columns[column].name} would be off by up to {most:.3g}{unit}, {when}; "
        f"{count_of(many, 'row')} would change."
        if many
        else f"Were code {before} here {after}, nothing would change."
    )
    units = in_units(changed, columns)  # (T, D)
    body = pose(units, columns)
    return {
        "values": pack(units.T.astype(np.float32)),
        "figure": None if body is None else pack(body.astype(np.float32)),
        "words": words,
        "before": before,
        "after": after,
    }
