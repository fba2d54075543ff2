"""What is wrong with a table of codes that shows at first sight, without any data: NaN, zeros, one and the same vector.

Numpy alone: said where a table is read, and asked before a map of it is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.foundation.words import is_are
from explorer.joints.record import Codebook

DIVERGES = 0.5  # of the latents are not finite: no single medium does that
DIVERGED = "the run diverged."  # how the sentence about codes that are not finite ends


def table_fault(vectors: np.ndarray) -> str:
    """One sentence without its full stop about `vectors` (K, D); "" if nothing is wrong at first sight."""
    count = len(vectors)
    if lost := lost_words(vectors):
        return lost
    if not one_point(vectors):
        return ""
    if not np.any(vectors[0]):
        return "every token is code 0: the table is all zeros, as before k-means or training ever filled it"
    return f"every token is code 0: all {count:,} codes are one and the same vector"


def codebook_faults(codebooks: Sequence[Codebook], noun: str = "level") -> tuple[str, ...]:
    """The sentences about the tables of a tokenizer, one for all that have the same fault. noun: for one of several."""
    found: dict[str, list[int]] = {}
    for number, book in enumerate(codebooks):
        if book.vectors is not None and (fault := table_fault(book.vectors)):
            found.setdefault(fault, []).append(number + 1)
    if len(codebooks) == 1:
        return tuple(f"{fault[0].upper()}{fault[1:]}." for fault in found)
    return tuple(f"{_numbered(noun, numbers, len(codebooks))}: {fault}." for fault, numbers in found.items())


def lost_codes(codebooks: Sequence[Codebook], noun: str = "level") -> tuple[str, ...]:
    """A sentence for each codebook that holds codes which are not finite. noun: for one of several."""
    found = []
    for number, book in enumerate(codebooks, 1):
        if book.codes_not_finite and book.vectors is not None:
            words = lost_words(book.vectors, f" of {noun} {number}" if len(codebooks) > 1 else "")
            found.append(f"{words}, and no latent is nearest to {'it' if book.codes_not_finite == 1 else 'them'}.")
    return tuple(found)


def lost_words(vectors: np.ndarray, of: str = "", where: str = "") -> str:
    """ "12 of 256 codes are NaN: the run diverged", of `vectors` (K, D); "" if all are finite. of, where: what stands
    behind the codes, such as " of level 2", or behind what they are, such as " on level 2"."""
    lost = not_finite(vectors)
    if not lost:
        return ""
    return f"{lost:,} of {len(vectors):,} codes{of} {is_are(lost)} {kind_of(vectors)}{where}: {DIVERGED[:-1]}"


def can_be_shown(vectors: np.ndarray) -> bool:
    """Whether a code of `vectors` (K, D) is finite: no latent is given the others."""
    return bool(np.isfinite(vectors).all(axis=1).any())


def finite_codes(codebook: Codebook) -> np.ndarray:
    """Which codes hold finite numbers only: (K,) bool. Those of a rule always do."""
    if codebook.vectors is None:
        return np.ones(codebook.codebook_size, bool)
    return np.isfinite(codebook.vectors).all(axis=1)


def bad_codes_title(codebook: Codebook, where: str = "") -> str:
    """`lost_words` of a codebook, "" also for one of a rule."""
    return "" if codebook.vectors is None else lost_words(codebook.vectors, where=where)


def bad_latents_title(bad: int, tokens: int, where: str = "") -> str | None:
    """The same of latents, of which only numbers are known."""
    if not bad:
        return None
    cause = ": the encoder diverged" if bad >= DIVERGES * tokens else ""  # of fewer, a medium may be damaged
    return f"{bad:,} of {tokens:,} latents hold NaN or infinity{where}{cause}"


def trouble(codebooks: Sequence[Codebook], latents: Sequence[tuple[str, int, int]] = ()) -> str:
    """All of it in a line, "" if there is nothing. latents: (name of a level, bad ones, tokens), as of Accumulator."""
    several = len(codebooks) > 1
    said = [bad_codes_title(book, f" on level {n + 1}" if several else "") for n, book in enumerate(codebooks)]
    said += [bad_latents_title(bad, tokens, f" on {name}" if name else "") for name, bad, tokens in latents]
    return "; ".join(one for one in said if one)


def not_finite(vectors: np.ndarray) -> int:
    """How many of `vectors` (K, D) hold NaN or infinity."""
    # A sum is not finite if a number is not, and costs a fraction; it may also overflow, so look closer.
    with np.errstate(invalid="ignore", over="ignore"):
        if np.isfinite(np.sum(vectors, dtype=np.float64)):
            return 0
    return int((~np.isfinite(vectors)).any(axis=1).sum())


def one_point(vectors: np.ndarray) -> bool:
    """Whether all of several `vectors` (K, D) are equal, so that a map of them would be one point."""
    # Two that differ are mostly the first two.
    return len(vectors) > 1 and bool((vectors[1] == vectors[0]).all()) and bool((vectors == vectors[0]).all())


def kind_of(vectors: np.ndarray) -> str:
    """What the numbers of `vectors` that are not finite are, in a word or two."""
    nan, infinite = bool(np.isnan(vectors).any()), bool(np.isinf(vectors).any())
    return "NaN or infinite" if nan and infinite else "NaN" if nan else "infinite"


def _numbered(noun: str, numbers: Sequence[int], every: int) -> str:
    """ "Level 3", "Levels 1, 2 and 5", "All 8 levels"."""
    if len(numbers) == every:
        return f"All {every} {noun}s"
    if len(numbers) == 1:
        return f"{noun.capitalize()} {numbers[0]}"
    return f"{noun.capitalize()}s {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
