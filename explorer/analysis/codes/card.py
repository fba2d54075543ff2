"""The facts about one code of one record: how often, how it compares, where it lies. Nothing is decoded here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.codes.neighbours import distance_to, latent_margins, nearest_codes, nearest_to
from explorer.foundation.errors import RecordError
from explorer.joints.measures.usage import training_words
from explorer.joints.record import TokenLevel, TokenRecord


@dataclass(frozen=True)
class TokenFacts:
    """One token and its code: distances by the codebook's metric, for a lattice Euclidean.

    distance: z_e to the token's code. second_code, second_distance: the nearest other code, None if K is 1.
    margin: as `neighbours.margins`, for a lattice the distance to the nearest side of the cell; inf if K is 1.
    """

    token: int
    z_e: np.ndarray
    distance: float
    second_code: int | None
    second_distance: float | None
    margin: float


@dataclass(frozen=True)
class CodeFacts:
    """One code of one level. N tokens were counted in this record.

    positions: (count,) flat row-major tokens with this code. share: count / N. rank: 1 for the most used code here,
    codes used alike share one rank; None if the code is not used here. used_codes: codes with count > 0 here.
    nearest, distances: (M,) nearest codes. vector: (D,). digits, digit_levels: (D,) for lattices, None otherwise;
    bits: the digits as text of 0 and 1 where every axis has two values. training: its count at the end of training in
    words, "" if the checkpoint kept none. at_token: None without a token.
    """

    level: int
    code: int
    codebook_size: int
    metric: str
    tokens: int
    positions: np.ndarray
    share: float
    rank: int | None
    used_codes: int
    nearest: np.ndarray
    distances: np.ndarray
    vector: np.ndarray
    norm: float
    digits: tuple[int, ...] | None
    digit_levels: tuple[int, ...] | None
    bits: str | None
    training: str
    at_token: TokenFacts | None

    @property
    def count(self) -> int:
        """Tokens with this code in this record."""
        return len(self.positions)


def code_facts(record: TokenRecord, level: int, code: int, token: int | None = None, neighbours: int = 8) -> CodeFacts:
    """All facts about `code` on `level`; with `token` (flat position) also those of that token and its own code.

    Raises RecordError for a level, code or token out of range.
    """
    if not 0 <= level < len(record.levels):
        raise RecordError(f"level {level} is outside 0..{len(record.levels) - 1}")
    chosen = record.levels[level]
    book = chosen.codebook
    nearest, distances = nearest_codes(book, code, neighbours)  # checks the code
    flat = chosen.indices.reshape(-1)  # (N,)
    positions = np.flatnonzero(flat == code)
    # Counts of the codes that occur: (used,), whatever the size of the codebook.
    occurring = np.unique(flat, return_counts=True)[1]
    rank = 1 + int(np.count_nonzero(occurring > len(positions))) if len(positions) else None
    vector = book.rows(np.asarray(code)).astype(np.float32)
    digits = tuple(int(d) for d in book.rule.digits(np.asarray(code))) if book.rule is not None else None
    levels = book.rule.levels if book.rule is not None else None
    return CodeFacts(
        level=level,
        code=code,
        codebook_size=book.codebook_size,
        metric=book.metric,
        tokens=flat.size,
        positions=positions,
        share=len(positions) / flat.size,
        rank=rank,
        used_codes=len(occurring),
        nearest=nearest,
        distances=distances,
        vector=vector,
        norm=float(np.linalg.norm(vector)),
        digits=digits,
        digit_levels=levels,
        bits="".join(map(str, digits)) if levels is not None and set(levels) == {2} else None,
        training=training_words(book, code),
        at_token=None if token is None else token_facts(chosen, token),
    )


def token_facts(level: TokenLevel, token: int) -> TokenFacts:
    """The facts of one token at flat position `token`. Raises RecordError if it is out of range."""
    if not 0 <= token < level.layout.num_tokens:
        raise RecordError(f"token {token} is outside 0..{level.layout.num_tokens - 1}")
    z_e, code = level.z_e[token], int(level.indices.reshape(-1)[token])
    codes, distances = nearest_to(level.codebook, z_e, 1, leave_out=code)
    return TokenFacts(
        token=token,
        z_e=z_e,
        distance=distance_to(level.codebook, z_e, code),
        second_code=int(codes[0]) if len(codes) else None,
        second_distance=float(distances[0]) if len(codes) else None,
        margin=float(latent_margins(z_e[None], np.array([code]), level.codebook)[0]),
    )
