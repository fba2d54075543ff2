"""What an audit knows of one code: how often, where in the picture, beside which codes, and in which surroundings.

Every figure is of the tokens that the audit counted. Nothing is decoded here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.maps.geometry import in_metric
from explorer.foundation.errors import RecordError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import KINDS, SIDES, LevelAudit, Neighbours
from explorer.joints.record import Codebook

FIELD = 3  # a context is the code and one token on every side


@dataclass(frozen=True)
class Exemplar:
    """One token of the code: number of the medium in the audit, flat position, distance of its latent to the code."""

    medium: int
    token: int
    distance: float


@dataclass(frozen=True)
class Beside:
    """A code that stands on one side: in `count` pairs, `lift` times as often as if codes fell independently."""

    code: int
    count: int
    lift: float


@dataclass(frozen=True)
class Places:
    """Where a code occurs: shares (rows, 8) of its tokens, and `expected`, the shares of all tokens of the level.

    unevenness: half the sum of absolute differences of the two, the part of its tokens that would have to move.
    by_chance: what that part would be on average if as many tokens fell at random (as `expected`).
    """

    share: np.ndarray
    expected: np.ndarray
    unevenness: float
    by_chance: float


@dataclass(frozen=True)
class CodePage:
    """One code of one level over an audit of `tokens` tokens.

    rank: 1 for the most used code, codes used alike share one; None if it was never used. even_share: 1 / K.
    previous_used, next_used: by number, going round; None if no other code was used. error: mean squared distance of
    its latents to the code, None if unknown. exemplars: by kind; None where the audit has none (plain indices).
    places, beside: None where tokens have no known place.
    """

    code: int
    codebook_size: int
    tokens: int
    count: int
    used: int
    share: float
    even_share: float
    rank: int | None
    previous_used: int | None
    next_used: int | None
    error: float | None
    exemplars: dict[str, tuple[Exemplar, ...]] | None
    places: Places | None
    beside: dict[str, tuple[Beside, ...]] | None


def code_page(audit: Audit, level: int, code: int) -> CodePage:
    """All that the audit holds of `code` on `level`. Raises RecordError for a level or a code out of range."""
    chosen = level_of(audit, level)
    if not 0 <= code < chosen.codebook_size:
        raise RecordError(f"There is no code {code}: the codes are numbered from 0 to {chosen.codebook_size - 1:,}.")
    counts = chosen.counts
    count, tokens = int(counts[code]), chosen.tokens
    before, after = used_neighbours(counts, code)
    error = None if chosen.error is None or not math.isfinite(chosen.error[code]) else float(chosen.error[code])
    return CodePage(
        code=code,
        codebook_size=chosen.codebook_size,
        tokens=tokens,
        count=count,
        used=int(np.count_nonzero(counts)),
        share=count / max(tokens, 1),
        even_share=1 / chosen.codebook_size,
        rank=1 + int(np.count_nonzero(counts > count)) if count else None,
        previous_used=before,
        next_used=after,
        error=error,
        exemplars=exemplars_of(chosen, code),
        places=places_of(chosen, code),
        beside=beside_of(chosen, code, audit.layout),
    )


def level_of(audit: Audit, level: int) -> LevelAudit:
    """The level of that number, from 0. Raises RecordError if there is none."""
    if not 0 <= level < len(audit.levels):
        raise RecordError(f"level {level} is outside 0..{len(audit.levels) - 1}")
    return audit.levels[level]


def used_neighbours(counts: np.ndarray, code: int) -> tuple[int | None, int | None]:
    """The used codes before and after `code` by number, going round; None where no other code is used."""
    used = np.flatnonzero(counts)
    others = used[used != code]
    if not len(others):
        return None, None
    at = int(np.searchsorted(others, code))
    return int(others[at - 1]), int(others[at % len(others)])  # -1 goes round by itself


def exemplars_of(level: LevelAudit, code: int) -> dict[str, tuple[Exemplar, ...]] | None:
    """The exemplars of a code by kind, without the empty slots; None if the audit kept none of any code."""
    kept = level.exemplars
    if kept is None:
        return None
    return {
        kind: tuple(
            Exemplar(int(medium), int(token), float(distance))
            for medium, token, distance in zip(
                kept.medium[code, number], kept.token[code, number], kept.distance[code, number], strict=True
            )
            if medium >= 0
        )
        for number, kind in enumerate(KINDS)
    }


def places_of(level: LevelAudit, code: int) -> Places | None:
    """The position map of a code; None if there is none, or the code was not used."""
    if level.positions is None or not level.counts[code]:
        return None
    here = level.positions[code].astype(np.float64)  # (rows, 8)
    everywhere = level.positions.sum(axis=0, dtype=np.float64)
    if not here.sum():
        return None
    share, expected = here / here.sum(), everywhere / everywhere.sum()
    uneven = 0.5 * float(np.abs(share - expected).sum())
    return Places(
        share.astype(np.float32), expected.astype(np.float32), uneven, chance_unevenness(expected, here.sum())
    )


def chance_unevenness(expected: np.ndarray, tokens: float) -> float:
    """Mean of half the sum of |share - expected| when `tokens` tokens fall at random with the shares `expected`.

    Each cell is binomial, and its mean absolute deviation is known exactly (de Moivre 1730):
    E|X - np| = 2 (m + 1) C(n, m + 1) p^(m + 1) (1 - p)^(n - m), m = floor(np).
    """
    n, total = round(float(tokens)), 0.0
    for p in np.asarray(expected, np.float64).reshape(-1):
        if n < 1 or not 0 < p < 1:
            continue
        m = math.floor(n * p)
        log_ways = math.lgamma(n + 1) - math.lgamma(m + 2) - math.lgamma(n - m)
        total += 2 * (m + 1) * math.exp(log_ways + (m + 1) * math.log(p) + (n - m) * math.log1p(-p))
    return 0.5 * total / max(n, 1)


def beside_of(level: LevelAudit, code: int, layout: str) -> dict[str, tuple[Beside, ...]] | None:
    """What stands beside a code, by side, the commonest first; a sequence has only left and right."""
    kept = level.neighbours
    if kept is None:
        return None
    tokens = max(level.tokens, 1)
    sides = SIDES[:2] if layout == "sequence" else SIDES
    found = {}
    for number, side in enumerate(sides):
        row = []
        for other, count in zip(kept.code[code, number], kept.count[code, number], strict=True):
            if other >= 0:
                alone = kept.pairs * (float(level.counts[code]) / tokens) * (float(level.counts[other]) / tokens)
                row.append(Beside(int(other), int(count), float(count) / alone if alone else math.inf))
        found[side] = tuple(row)
    return found


def duplicates_of(counts: np.ndarray, codebook: Codebook | None, code: int, threshold: float | None) -> list[int]:
    """The codes in use within `threshold` of `code` by the codebook's metric, nearest first; none of a lattice.

    counts: (K,). As the state near-duplicate has it: empty if the code itself is not in use, or there is no threshold.
    """
    if codebook is None or codebook.vectors is None or threshold is None or not counts[code]:
        return []
    used = np.flatnonzero(counts)
    here = in_metric(codebook.vectors[code][None], codebook.metric)
    distances = np.linalg.norm(in_metric(codebook.vectors[used], codebook.metric) - here, axis=1)
    near = np.flatnonzero((distances <= threshold) & (used != code))
    return [int(other) for other in used[near[np.argsort(distances[near], kind="stable")]]]


def neighbourhoods(neighbours: Neighbours | None, code: int, most: int = 3) -> list[np.ndarray]:
    """Up to `most` surroundings of a code made of its commonest neighbours: (3, 3) int64 each, the code in the middle.

    The first has the commonest code on each side, the second the second commonest, and so on; the sides were counted
    one by one, so a whole surrounding may never have occurred. A corner is the commonest code to the left (right) of
    the one above (below), or that one itself if nothing was counted there.
    """
    if neighbours is None:
        return []
    found = []
    for place in range(min(most, neighbours.code.shape[2])):
        sides = [_at(neighbours, code, side, place) for side in range(4)]
        if all(side is None for side in sides):
            break
        left, right, above, below = (code if side is None else side for side in sides)
        field = np.array([[above, above, above], [left, code, right], [below, below, below]], np.int64)
        for row, middle in ((0, above), (2, below)):
            for column, side in ((0, 0), (2, 1)):
                corner = _at(neighbours, middle, side, 0)
                field[row, column] = middle if corner is None else corner
        found.append(field)
    return found


def _at(neighbours: Neighbours, code: int, side: int, place: int) -> int | None:
    other = int(neighbours.code[code, side, place])
    return None if other < 0 else other


def state_words(state: int, page: CodePage, duplicates: Sequence[int] = (), over_used_from: float | None = None) -> str:
    """What the state of a code says, with its denominator: 0 live, 1 dead, 2 unseen, 3 near-duplicate, 4 over-used."""
    counted = f"{page.tokens:,} tokens counted, K = {page.codebook_size:,}"
    if state == 1:
        return f"Likely dead: not one of {counted}, and most codes without one stay so over more media of this kind."
    if state == 2:
        return f"Not seen yet: {counted}, which is too few, or of too few media, to call a code dead."
    if state == 3:
        others = ", ".join(str(other) for other in list(duplicates)[:4])
        return f"Near-duplicate of code {others}." if others else "Near-duplicate of another code."
    if state == 4:
        limit = "" if over_used_from is None else f" Over-used begins at {over_used_from:,.0f} tokens."
        times = page.share / page.even_share
        return f"Over-used: {times:,.1f} times its even share of 1/{page.codebook_size:,}.{limit}"
    return f"In use: {page.share / page.even_share:,.2f} times its even share of 1/{page.codebook_size:,}."
