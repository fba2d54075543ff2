"""Numbers that people and files spell as text, in plain digits.

Python's int() and float() read more than anybody means: "1_0" is 10 to them, digits of every script count, and float()
also takes "nan", "inf" and, as infinity, "1e400".
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def is_plain(text: str) -> bool:
    """Whether what int() and float() make of a text is what stands there: ASCII alone, and no underscore."""
    return text.isascii() and "_" not in text


def read_whole(text: str) -> int:
    """ "12", "-1" or "+7", also between blanks. Raises ValueError, in plain words, for anything else."""
    try:
        if is_plain(text):
            return int(text)
    except ValueError:
        pass
    raise ValueError(f"{text[:40]!r} is no whole number in plain digits, such as 12")


def read_number(text: str) -> float:
    """ "12", "-0.5" or "1e-3", also between blanks; finite. Raises ValueError, in plain words, for anything else."""
    try:
        if is_plain(text) and math.isfinite(number := float(text)):
            return number
    except ValueError:
        pass
    raise ValueError(f"{text[:40]!r} is no number in plain digits, such as 0.5")


def read_number_or_nan(text: str) -> float:
    """The same, or NaN for "nan", which stands for what is missing."""
    return math.nan if text.strip().lower() == "nan" else read_number(text)


def _as_option(read: Callable[[str], T]) -> Callable[[str], T]:
    """A reader as the type of an option: of an ArgumentTypeError argparse prints the words, and of others none."""

    def option(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return option


whole_option = _as_option(read_whole)
number_option = _as_option(read_number)
number_or_nan_option = _as_option(read_number_or_nan)


def wholes_option(text: str) -> list[int]:
    """ "1024", or several, one a level: "1024,512"."""
    return [whole_option(part) for part in text.split(",")]
