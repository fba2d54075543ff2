"""Items as vectors: their words hashed, their numbers ranked, into FEATURES numbers each.

Feature hashing (Weinberger et al. 2009, Feature hashing for large scale multitask learning): every word and every three
letters of a text add +1 or -1 at a place that their hash names, so that texts that share them lie near each other. No
model and no list of words is needed, and the same text gives the same vector on any machine.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np

NAME_PLACES, WORD_PLACES, NUMBER_PLACES = 16, 12, 4
FEATURES = NAME_PLACES + WORD_PLACES + NUMBER_PLACES
WORD_WEIGHT, LETTERS = 3.0, 3  # of a whole word against three letters of it
_WORD = re.compile(r"[^\W\d_]+")


def item_features(names: Sequence[str], words: Sequence[str] | None, numbers: np.ndarray) -> np.ndarray:
    """(N, FEATURES) float64, about -1 to 1. names: of the items. words: a second text of each, such as its makers.

    numbers: (N, n) of which the first NUMBER_PLACES count, each by its rank from -1 to 1; NaN is the middle.
    """
    parts = [hash_texts(names, NAME_PLACES)]
    parts.append(hash_texts(words, WORD_PLACES) if words is not None else np.zeros((len(names), WORD_PLACES)))
    ranked = np.zeros((len(names), NUMBER_PLACES))
    for place in range(min(NUMBER_PLACES, numbers.shape[1])):
        ranked[:, place] = _ranks(numbers[:, place])
    return np.concatenate([*parts, ranked], axis=1)


def hash_texts(texts: Sequence[str], places: int) -> np.ndarray:
    """(N, places): the hashed words of each text, of length 1; a text without letters is 0."""
    found = np.zeros((len(texts), places))
    known: dict[str, list[tuple[int, float]]] = {}
    for row, text in enumerate(texts):
        for word in _WORD.findall(text.casefold()):
            for place, value in known.setdefault(word, _pieces(word, places)):
                found[row, place] += value
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return found / np.where(length > 0, length, 1)


def _pieces(word: str, places: int) -> list[tuple[int, float]]:
    padded = f" {word} "
    letters = [padded[at : at + LETTERS] for at in range(len(padded) - LETTERS + 1)]
    return [_place(f"w:{word}", places, WORD_WEIGHT), *(_place(f"l:{one}", places, 1.0) for one in letters)]


def _place(text: str, places: int, weight: float) -> tuple[int, float]:
    number = zlib.crc32(text.encode("utf-8"))
    return (number >> 1) % places, weight if number & 1 else -weight


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks of values from -1 to 1, equal ones alike; those that are missing, and all where there is one, are 0."""
    there = np.isfinite(values)
    out = np.zeros(len(values))
    distinct, which = np.unique(values[there], return_inverse=True)
    if len(distinct) > 1:
        counts = np.bincount(which)
        middle = np.cumsum(counts) - (counts + 1) / 2  # the mean rank of each value, from 0
        out[there] = 2 * middle[which] / (there.sum() - 1) - 1
    return out
