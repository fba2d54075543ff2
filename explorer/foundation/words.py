"""Counts in words, so that a number and its noun always agree."""

from __future__ import annotations


def counted(count: int, noun: str, several: str = "") -> str:
    """ "1 code", "1,024 codes", "0 codes". several: the plural, where it is not the noun with an s."""
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"


def is_are(count: int) -> str:
    """ "is" of one, "are" of all other counts."""
    return "is" if count == 1 else "are"
