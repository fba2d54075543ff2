"""What is said of plain indices: a value that is no code, what looks odd, and how arrays of levels were read.

Whole numbers that passed through a float of few bits are rounded to its spacing: bfloat16 has 8 significant bits, so
above 256 only even numbers are left, above 512 multiples of 4; float16 has 11 (IEEE 754-2019, table 3.5).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.audit.indices.axes import Axes, by_words
from explorer.foundation.words import count_of, is_are
from explorer.joints.audit_parts import LevelAudit

FLOATS = {"bfloat16": 8, "float16": 11}  # significant bits
VALUES_NEEDED = 16  # different values above 2^bits: even ones alone are then no chance (2^-16)


def rounded_by(values: np.ndarray) -> str | None:
    """The float type whose spacing all values (n,) keep, with enough of them to tell; else None."""
    values = np.unique(values[(values >= 0) & (values < 2**53)]).astype(np.int64)  # without NaN
    for name, bits in FLOATS.items():
        large = values[values > 2**bits]
        if len(large) >= VALUES_NEEDED:
            spacing = 2 ** (np.floor(np.log2(large)).astype(np.int64) - bits + 1)
            if np.all(large % spacing == 0):
                return name
    return None


def rounding_words(name: str) -> str:
    first = 2 ** FLOATS[name]
    return (
        f"Above {first:,} every value is even and above {2 * first:,} a multiple of 4, as after {name}: neighbouring "
        "codes were merged there. Keep indices as whole numbers all the way."
    )


def wrong_index(value: np.generic, place: int, name: str, size: int, seen: np.ndarray, negative: int) -> str:
    """Why a value is no code. seen: all values near it but padding; negative: how many are below 0."""
    told = f"Index {value:,} at place {place:,} of {name!r} (counted from 0)"
    if not np.isfinite(value) or value != np.floor(value):
        return (
            f"{name!r} holds {value.dtype} numbers that are not whole ones: {value:g} at place {place:,}. If they are "
            "latents, quantize them first; if NaN stands for padding, name nan as such "
            "(command line: --ignore nan)."
        )
    if value < 0:
        others = f", as {is_are(negative - 1)} {count_of(negative - 1, 'value')} near it" if negative > 1 else ""
        return (
            f"{told} is negative{others}. Codes are numbered from 0; if it stands for "
            f"padding or a mask, name it as padding (command line: --ignore {value:g})."
        )
    whole = int(seen[np.isfinite(seen)].max())
    said = f"{told} is outside 0..{size - 1:,}. The codebook has {count_of(whole + 1, 'code')} or more"
    if (kind := rounded_by(seen)) is not None:
        return f"{told} is outside 0..{size - 1:,}. {rounding_words(kind)}"
    if whole == size and not np.any(seen == 0):
        return f"{said}; since no code is 0, the file may count from 1: then subtract 1."
    return (
        f"{said}; if {int(value):,} stands for padding or a mask, name it as padding (command line: --ignore "
        f"{int(value)})."
    )


def notes_on(
    levels: Sequence[LevelAudit], question: str, padding: int, padding_words: str, repeated: Sequence[float | None]
) -> list[str]:
    """What a person should know of these indices, one sentence each."""
    notes = [question] if question else []
    tokens = sum(level.tokens for level in levels)
    if padding:
        notes.append(f"{padding:,} of {tokens + padding:,} values are padding ({padding_words}) and were left out.")
    for level in levels:
        if (kind := rounded_by(np.flatnonzero(level.counts))) is not None:
            notes.append(f"{level.name + ': ' if level.name else ''}{rounding_words(kind)}")
    if len(levels) > 1 and (ranges := own_ranges(levels)):
        notes.append(
            f"Each level stays in {ranges:,} numbers of its own, as codes with an offset do: each level may be a "
            f"codebook of {ranges:,} codes."
        )
    known = [share for share in repeated if share is not None]
    if known:
        listed = ", ".join(f"{share:.1%}" for share in known)
        notes.append(f"{listed} of tokens equal the token at the same place of the medium before.")
    return notes


def own_ranges(levels: Sequence[LevelAudit]) -> int:
    """The width w if level l uses codes of l w to (l + 1) w only, for w = K / L; else 0."""
    size, number = levels[0].codebook_size, len(levels)
    width = size // number
    if width * number != size or any(level.codebook_size != size for level in levels):
        return 0
    used = [np.flatnonzero(level.counts) for level in levels]
    return width * all(len(u) and u[0] >= i * width and u[-1] < (i + 1) * width for i, u in enumerate(used))


def words_of_levels(arrays: Sequence[tuple[int, ...]], axes: Axes, media: int | None) -> str:
    """How an .npz of one array a level was read. arrays: their shapes."""
    if len(set(arrays)) > 1:
        return f"Read as {len(arrays)} levels of shapes of their own, one array each."
    if media is None:
        return f"Read as {by_words(axes.tokens)} tokens on {len(arrays)} levels, one array each, media unknown."
    read = f"{count_of(media, 'medium', 'media')} of {by_words(axes.tokens)} tokens on {len(arrays)} levels"
    return f"Read as {read}, one array each."


def no_codes(values: np.ndarray, mask: np.ndarray | None, size: int) -> np.ndarray | None:
    """True where a value is no code and no padding; None where all are codes."""
    whole = values.dtype.kind != "f" or bool(np.all((values == np.floor(values)) | (False if mask is None else ~mask)))
    there = values if mask is None else values[mask]
    if not len(there) or (whole and there.min() >= 0 and there.max() < size):
        return None
    bad = (values < 0) | (values >= size) | (values != np.floor(values) if values.dtype.kind == "f" else False)
    return bad if mask is None else bad & mask
