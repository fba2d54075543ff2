"""Counts in words, so that a number and its noun always agree."""

from __future__ import annotations

import re

MINUS = "\N{MINUS SIGN}"
_TIMES = re.compile(r"(?<=\d) x (?=\d)")


def count_of(count: int, noun: str, several: str = "") -> str:
    """ "1 code", "1,024 codes", "0 codes". several: the plural, where it is not the noun with an s."""
    return f"{count:,} {plural(count, noun, several)}"


def verb(count: int, base: str) -> str:
    """A verb as of so many: "holds" of one, "hold" of all other counts."""
    return f"{base}s" if count == 1 else base


def plural(count: int, noun: str, several: str = "") -> str:
    """The noun without its number: "level" of one, "levels" of all other counts. several: as of `count_of`."""
    return noun if count == 1 else several or f"{noun}s"


def is_are(count: int) -> str:
    """ "is" of one, "are" of all other counts."""
    return "is" if count == 1 else "are"


def typeset(text: str) -> str:
    """A sentence as a page sets it: "256 x 168" as "256 × 168" on one line; as `views/kit/wire/format.js`."""
    return _TIMES.sub("\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}", text)


def ordinal(number: int) -> str:
    """ "1st", "2nd", "3rd", "4th", "11th", "21st"."""
    last = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{last}"
