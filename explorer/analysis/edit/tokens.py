"""The tokens of a record while they are changed by hand, and what changing them needs.

Tokens lie on the grids that a screen has for them (`lay_flat`): positions are flat (row-major) numbers of a level's
grid, boxes (top, left, height, width) in tokens; a sequence is one row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from explorer.analysis.codes.neighbours import nearest_to
from explorer.analysis.pictures.flat_grids import lay_flat
from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook, Combination, TokenLevel, TokenRecord

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class EditedTokens:
    """indices, kept: one array a level, in its grid's shape; kept is False where the level is left out."""

    indices: tuple[np.ndarray, ...]
    kept: tuple[np.ndarray, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is left out anywhere."""
        return all(kept.all() for kept in self.kept)

    @property
    def common_grid(self) -> bool:
        """Whether all levels have one grid, so that a position means the same place in each."""
        return len({level.shape for level in self.indices}) == 1

    @property
    def num_positions(self) -> int:
        """Positions that can differ: of the common grid, or of all levels together."""
        return self.indices[0].size if self.common_grid else sum(level.size for level in self.indices)

    def changed(self, other: EditedTokens) -> np.ndarray:
        """Flat positions at which any level differs from `other`, (n,) int64; without a common grid those of all
        levels, one level after the other."""
        differ = [
            ((a != b) | (k != m)).reshape(-1)
            for a, b, k, m in zip(self.indices, other.indices, self.kept, other.kept, strict=True)
        ]
        return np.flatnonzero(np.any(differ, axis=0) if self.common_grid else np.concatenate(differ))


@dataclass(frozen=True)
class Bench:
    """What operations need beside the tokens. sources: tokens of other pictures, by name, for `Transplant`."""

    codebooks: tuple[Codebook, ...]
    combination: Combination = "single"
    sources: Mapping[str, EditedTokens] = field(default_factory=lambda: MappingProxyType({}))

    def latents(self, tokens: EditedTokens, positions: np.ndarray) -> list[np.ndarray]:
        """The code vectors at `positions` (n,), one (n, D) array a level, zero where a level is left out."""
        return [
            np.where(kept.reshape(-1)[positions, None], book.rows(indices.reshape(-1)[positions]), np.float32(0))
            for book, indices, kept in zip(self.codebooks, tokens.indices, tokens.kept, strict=True)
        ]


def tokens_of(record: TokenRecord) -> EditedTokens:
    """The tokens of a record before any edit."""
    indices = tuple(lay_flat(record).lay([level.indices for level in record.levels]))
    return EditedTokens(indices, tuple(np.ones(level.shape, bool) for level in indices))


def bench_of(record: TokenRecord, sources: Mapping[str, TokenRecord] | None = None) -> Bench:
    """The codebooks of a record. Raises RecordError if a source is of another tokenizer."""
    for name, other in (sources or {}).items():
        if other.tokenizer_id != record.tokenizer_id:
            raise RecordError(
                f"Tokens of {other.tokenizer_id} mean nothing to {record.tokenizer_id}: transplant {name!r} from a "
                "picture that went through the same tokenizer."
            )
    taken = {name: tokens_of(other) for name, other in (sources or {}).items()}
    return Bench(tuple(level.codebook for level in record.levels), record.combination, MappingProxyType(taken))


def edited_record(record: TokenRecord, tokens: EditedTokens, reconstruction: np.ndarray) -> TokenRecord:
    """The record with edited tokens and what was decoded from them, for saving. z_e stays what was encoded.

    A note says how many positions differ, and that levels left out are still in the file.
    """
    levels = tuple(
        TokenLevel(indices, level.z_e, level.codebook.rows(indices.reshape(-1)), level.codebook, level.layout)
        for level, indices in zip(record.levels, lay_flat(record).restore(tokens.indices), strict=True)
    )
    count = len(tokens.changed(tokens_of(record)))
    notes = [*record.notes, f"Edited by hand: {count:,} of {tokens.num_positions:,} positions differ."]
    if not tokens.whole:
        left = sum(int((~kept).sum()) for kept in tokens.kept)
        notes.append(f"Left out when decoding: {left:,} of the indices, which are in the file as they were.")
    return replace(record, levels=levels, reconstruction=reconstruction, notes=tuple(notes))


def shortest_code(codebook: Codebook) -> int:
    """The code nearest to the zero vector by Euclidean distance, of equally near ones the lowest number.

    A code that is not finite is none, but where all are so: then code 0.
    """
    if codebook.rule is not None:
        return int(nearest_to(codebook, np.zeros(codebook.codebook_dim), 1)[0][0])
    squares = np.square(codebook.vectors.astype(np.float64)).sum(1)
    return int(np.where(np.isfinite(squares), squares, np.inf).argmin())


def box_positions(tokens: EditedTokens, box: Box, level: int = 0) -> np.ndarray:
    """Flat positions of a box, row by row: (n,) int64. Raises RecordError if it is empty or reaches outside."""
    check_level(tokens, level)
    shape = tokens.indices[level].shape
    rows, columns = shape if len(shape) == 2 else (1, *shape)[-2:]
    if len(shape) > 2:
        raise RecordError("boxes are drawn on grids and sequences; these tokens have three dimensions")
    top, left, height, width = box
    if height < 1 or width < 1 or top < 0 or left < 0 or top + height > rows or left + width > columns:
        raise RecordError(
            f"a box of {height} x {width} tokens from row {top}, column {left} does not lie within {rows} x {columns}"
        )
    return ((top + np.arange(height))[:, None] * columns + left + np.arange(width)).reshape(-1)


def common_box(tokens: EditedTokens, box: Box) -> np.ndarray:
    """`box_positions` that mean the same places in all levels. Raises RecordError where levels have no common grid."""
    if not tokens.common_grid:
        raise RecordError("levels of different grids have no common region; fill or leave out one level at a time")
    return box_positions(tokens, box)


def check_level(tokens: EditedTokens, level: int) -> None:
    """Raise RecordError for a level that is not there."""
    if not 0 <= level < len(tokens.indices):
        raise RecordError(f"there is no level {level + 1}; these tokens have {len(tokens.indices)}")


def check_code(bench: Bench, level: int, code: int) -> None:
    """Raise RecordError for a level or a code that is not there."""
    if not 0 <= level < len(bench.codebooks):
        raise RecordError(f"there is no level {level + 1}; this tokenizer has {len(bench.codebooks)}")
    size = bench.codebooks[level].codebook_size
    if not 0 <= code < size:
        raise RecordError(f"code {code} is outside 0..{size - 1}")


def checked_positions(tokens: EditedTokens, positions: Sequence[int], level: int = 0) -> np.ndarray:
    """As (n,) int64. Raises RecordError for one outside the layout."""
    check_level(tokens, level)
    count = tokens.indices[level].size
    for position in positions:
        if not 0 <= position < count:
            raise RecordError(f"position {position} is outside 0..{count - 1}")
    return np.asarray(positions, np.int64)


def write(tokens: EditedTokens, codes: Mapping[int, tuple[np.ndarray, int]]) -> EditedTokens:
    """level -> (positions, code). What is written is kept again where it had been left out."""
    indices, kept = list(tokens.indices), list(tokens.kept)
    for level, (at, code) in codes.items():
        indices[level], kept[level] = put(indices[level], at, code), put(kept[level], at, True)
    return EditedTokens(tuple(indices), tuple(kept))


def move(tokens: EditedTokens, other: EditedTokens, origin: np.ndarray, at: np.ndarray) -> EditedTokens:
    """The tokens of `other` at `origin`, all levels, laid at `at`."""
    if not (tokens.common_grid and other.common_grid):
        raise RecordError("levels of different grids have no common positions to move")
    pairs = [
        tuple(put(mine, at, theirs.reshape(-1)[origin]) for mine, theirs in zip(ours, others, strict=True))
        for ours, others in ((tokens.indices, other.indices), (tokens.kept, other.kept))
    ]
    return EditedTokens(*pairs)


def put(values: np.ndarray, at: np.ndarray, new) -> np.ndarray:
    """A copy of `values` with `new` at the flat positions `at`."""
    changed = values.copy()
    changed.reshape(-1)[at] = new
    return changed
