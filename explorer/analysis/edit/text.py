"""Tokens as text that can be copied into a prompt and pasted back: plain numbers, or tags such as `<img_123>`.

The number written is offset + code, and with `separate_levels` offset + level x K + code, so that every level has
numbers of its own in the vocabulary of a language model.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.analysis.codes.order import Order, token_order
from explorer.foundation.errors import RecordError, SettingsError

OFFSET_MOST = 2**40
_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,30}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}")
_GAPS = " \t\r\n,;[](){}"  # so that a list of Python or JSON can be pasted as it is


class TokenTextError(RecordError):
    """Pasted text that is no tokens. start, end: the characters at fault, for the field to mark."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.start, self.end = start, end


@dataclass(frozen=True)
class TextForm:
    """style: "numbers" or "tags". order: see `tokenorder`. by: all tokens of a level, or all levels of a position.

    tag: the word in `<img_123>`. offset: added to every code. separate_levels: see the module's first lines.
    part: what a level is called in messages (`naming.part_noun`).
    """

    style: Literal["numbers", "tags"] = "numbers"
    order: Order = "raster"
    by: Literal["level", "position"] = "level"
    offset: int = 0
    separate_levels: bool = False
    tag: str = "img"
    part: Literal["level", "group"] = "level"

    def __post_init__(self) -> None:
        if self.style not in ("numbers", "tags") or self.by not in ("level", "position"):
            raise SettingsError(
                f"tokens are written as numbers or tags, by level or position, not {self.style}, {self.by}"
            )
        if not 0 <= self.offset <= OFFSET_MOST:
            raise SettingsError(f"the offset must be from 0 to {OFFSET_MOST:,}, not {self.offset}")
        if not _TAG_NAME.fullmatch(self.tag):
            raise SettingsError(f"a tag begins with a letter, then letters, digits, - and _; not {self.tag[:40]!r}")
        token_order((1,), self.order)

    def lowest(self, level: int, sizes: Sequence[int]) -> int:
        """The number of code 0 of a level. sizes: codebook size of each level."""
        return self.offset + (sum(sizes[:level]) if self.separate_levels else 0)


def token_text(indices: Sequence[np.ndarray], sizes: Sequence[int], form: TextForm | None = None) -> str:
    """The tokens as text. indices: one integer array a level, in its layout's shape; sizes: codes of each level.

    In raster order by level each row of a grid is a line and an empty line parts the levels; in other orders each
    level is a line. By position everything is one line. Raises RecordError for what does not fit together.
    """
    form = form or TextForm()
    shapes = [np.shape(level) for level in indices]
    _check(shapes, sizes, form)
    for number, (level, size) in enumerate(zip(indices, sizes, strict=True)):
        if not np.issubdtype(np.asarray(level).dtype, np.integer) or np.min(level) < 0 or np.max(level) >= size:
            raise RecordError(f"level {number + 1} must hold codes from 0 to {size - 1}")
    levels = [
        np.asarray(level, np.int64).reshape(-1)[token_order(np.shape(level), form.order)] + form.lowest(number, sizes)
        for number, level in enumerate(indices)
    ]
    if form.by == "position":
        return _line(np.stack(levels, axis=1).reshape(-1), form)
    if form.order != "raster":
        return "\n".join(_line(level, form) for level in levels)
    rows = [level.reshape(-1, shape[-1]) for level, shape in zip(levels, shapes, strict=True)]
    return "\n\n".join("\n".join(_line(row, form) for row in level) for level in rows)


def parse_tokens(
    text: str, shapes: Sequence[tuple[int, ...]], sizes: Sequence[int], form: TextForm | None = None
) -> tuple[np.ndarray, ...]:
    """The reverse of `token_text`: one int64 array of its shape a level. Lines do not count, only the order does.

    Between tokens there may be white space and commas, with numbers also brackets. Raises TokenTextError that says
    which token is wrong and where it stands: no number, too few or too many, a code out of range.
    """
    form = form or TextForm()
    _check(shapes, sizes, form)
    found = list(_tokens(text, form))
    counts = [math.prod(shape) for shape in shapes]
    if len(found) != sum(counts):
        raise _wrong_count(text, found, shapes, sum(counts), form.part)
    numbers = [number for number, _, _ in found]
    levels = []
    for level, (shape, size) in enumerate(zip(shapes, sizes, strict=True)):
        places = slice(level, None, len(shapes)) if form.by == "position" else _span(counts, level)
        lowest, order = form.lowest(level, sizes), token_order(shape, form.order)
        for at, number in enumerate(numbers[places]):
            if not lowest <= number < lowest + size:
                token = range(len(found))[places][at]
                part = f"{form.part} {level + 1}, " if len(shapes) > 1 else ""
                raise _out_of_range(found[token], token, part, shape, order[at], (lowest, size))
        flat = np.empty(len(order), np.int64)
        flat[order] = np.array(numbers[places], np.int64) - lowest
        levels.append(flat.reshape(shape))
    return tuple(levels)


def _check(shapes: Sequence[tuple[int, ...]], sizes: Sequence[int], form: TextForm) -> None:
    if not shapes or len(shapes) != len(sizes) or min(sizes) < 1:
        raise RecordError(f"{len(shapes)} levels need as many codebooks of at least one code, got sizes {list(sizes)}")
    if form.by == "position" and len(set(map(tuple, shapes))) > 1:
        said = form.part
        raise RecordError(f"{said.capitalize()}s of different shapes have no common positions; write {said} by {said}.")


def _line(numbers: np.ndarray, form: TextForm) -> str:
    if form.style == "tags":
        return "".join(f"<{form.tag}_{number}>" for number in numbers)
    return " ".join(map(str, numbers))


def _tokens(text: str, form: TextForm) -> Iterator[tuple[int, int, int]]:
    """(number, first character, one after the last) of each token."""
    tag = re.compile(rf"<{re.escape(form.tag)}_([0-9]{{1,20}})>")
    piece = re.compile(r"<[^<>\s]*>|[^<>\s,;]+|[<>]" if form.style == "tags" else rf"[^{re.escape(_GAPS)}]+")
    for count, match in enumerate(piece.finditer(text), 1):
        word = match[0]
        number = tag.fullmatch(word) if form.style == "tags" else _NUMBER.fullmatch(word)
        if number is None:
            raise _no_token(word, count, match.span(), form)
        yield int(number[1] if form.style == "tags" else word), *match.span()


def _no_token(word: str, count: int, span: tuple[int, int], form: TextForm) -> TokenTextError:
    shown = word if len(word) <= 24 else f"{word[:23]}…"
    wanted = f"a tag such as <{form.tag}_{form.offset}>" if form.style == "tags" else "a whole number"
    hint = ""
    if form.style == "numbers" and re.match(r"<\w+_[0-9]", word):
        hint = " It looks like a tag: read the text as tags."
    if form.style == "tags" and _NUMBER.fullmatch(word):
        hint = " It looks like a plain number: read the text as numbers."
    return TokenTextError(f"Token {count:,} (character {span[0] + 1:,}), {shown!r}, is not {wanted}.{hint}", *span)


def _wrong_count(text: str, found: Sequence[tuple], shapes: Sequence, wanted: int, part: str) -> TokenTextError:
    many, shape = len(shapes), " x ".join(map(str, shapes[0]))
    alike = len(set(map(tuple, shapes))) == 1
    words = (f"{many} {part}s of {shape}" if alike else f"{many} {part}s") if many > 1 else shape
    if len(found) < wanted:
        said = f"{wanted - len(found):,} missing at the end" if found else "there are none"
        span = (len(text.rstrip()), len(text))
    else:
        said = f"{len(found) - wanted:,} too many, from token {wanted + 1:,} on"
        span = (found[wanted][1], found[-1][2])
    return TokenTextError(f"The text has {len(found):,} tokens, but {wanted:,} are needed ({words}): {said}.", *span)


def _out_of_range(found, token: int, part: str, shape, position, allowed: tuple[int, int]) -> TokenTextError:
    """part: "level 2, ", "" where there is only one. allowed: (lowest, codes)."""
    number, start, end = found
    index = np.unravel_index(int(position), shape)
    names = {1: ("position",), 2: ("row", "column"), 3: ("frame", "row", "column")}[len(shape)]
    place = ", ".join(f"{name} {int(at) + 1}" for name, at in zip(names, index, strict=True))
    lowest, size = allowed
    return TokenTextError(
        f"Token {token + 1:,} ({part}{place}) is {number}, but must be from {lowest} to {lowest + size - 1}.",
        start,
        end,
    )


def _span(counts: Sequence[int], level: int) -> slice:
    start = sum(counts[:level])
    return slice(start, start + counts[level])
