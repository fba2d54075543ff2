"""Which axis of an array of indices is which: b media, q levels, anything else tokens; named by a person, or guessed.

A guess is always stated, and where the data cannot decide between levels and places, the other reading is offered: the
indices of several codebooks pooled into one count say nothing true of any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.dumps.arrays import DumpArray
from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.words import count_of

MEDIA, LEVELS = "b", "q"
LEVELS_AT_MOST = 64  # a longer axis is not taken for levels
OWN_CODES = 0.05  # of the tokens that share a code by chance: slices that share fewer have codes of their own
SHARED_AT_LEAST = 30  # tokens that share a code by chance, so that their absence says something
SAMPLED = 2**20  # indices looked at for a guess


@dataclass(frozen=True)
class Axes:
    """The reading of an array of one shape, without its axes of length 1.

    shape: of the array. names: one letter an axis. guessed: nobody named them. question: another reading that the data
    do not rule out, in words, or "".
    """

    shape: tuple[int, ...]
    names: tuple[str, ...]
    guessed: bool
    question: str = ""

    @property
    def media(self) -> int | None:
        """Length of the axis of media, None if there is none."""
        return self.shape[self.names.index(MEDIA)] if MEDIA in self.names else None

    @property
    def levels(self) -> int:
        return self.shape[self.names.index(LEVELS)] if LEVELS in self.names else 1

    @property
    def tokens(self) -> tuple[int, ...]:
        """Lengths of the axes of tokens of one medium."""
        return tuple(n for n, name in zip(self.shape, self.names, strict=True) if name not in (MEDIA, LEVELS))

    @property
    def runs(self) -> tuple[int, int, int]:
        """(outer, levels, inner): the array as runs of `inner` indices of one level each."""
        if LEVELS not in self.names:
            return 1, 1, int(np.prod(self.shape))
        place = self.names.index(LEVELS)
        return int(np.prod(self.shape[:place])), self.shape[place], int(np.prod(self.shape[place + 1 :]))


def named_axes(shape: tuple[int, ...], axes: str) -> Axes:
    """The reading that a person gave, "b,q,t" or "bqt". Raises SettingsError for one that does not fit the shape."""
    names = tuple(name.strip().lower() for name in (axes.split(",") if "," in axes else axes.replace(" ", "")))
    if not names or not all(len(name) == 1 and name.isalpha() for name in names):
        raise SettingsError(f"Name one letter an axis, such as b,q,t; not {axes[:40]!r}.")
    short = tuple(n for n in shape if n > 1) or (1,)
    if len(names) == len(shape):
        kept = [i for i, n in enumerate(shape) if n > 1 or names[i] in (MEDIA, LEVELS)]
        names, shape = tuple(names[i] for i in kept) or ("t",), tuple(shape[i] for i in kept) or (1,)
    elif len(names) == len(short):
        shape = short
    else:
        raise SettingsError(
            f"{axes!r} names {count_of(len(names), 'axis', 'axes')}, the array has {len(shape)}: {by_words(shape)}."
        )
    for name, word in ((MEDIA, "media"), (LEVELS, "levels")):
        if names.count(name) > 1:
            raise SettingsError(f"{axes!r} names {name} ({word}) {names.count(name)} times; one axis can be {word}.")
    if MEDIA in names and next(name for name in names if name != LEVELS) != MEDIA:
        raise SettingsError("Media (b) must come before the tokens: move that axis to the front, and save again.")
    return Axes(shape, names, guessed=False)


def plain_axes(shape: tuple[int, ...], media_first: bool = True) -> Axes:
    """Media first, if there are two axes or more, and tokens; or tokens alone."""
    short = tuple(n for n in shape if n > 1) or (1,)
    if not media_first:
        return Axes(short, tuple("thwxyz"[: len(short)]), guessed=True)
    return Axes(short, tuple("bthwxyz"[: len(short)]) if len(short) > 1 else ("t",), guessed=True)


def guessed_axes(shape: tuple[int, ...], sample: np.ndarray, listed: bool, medium: str = "") -> Axes:
    """The likely reading of an array. sample (n, ...) is its beginning, whole entries of its first axis.

    listed: the array is one of many files or lines, each of which may be one medium. medium: what a person said is
    one, "file" or "row", or "".
    """
    short = tuple(n for n in shape if n > 1) or (1,)
    sample = sample.reshape(-1, *short[1:])
    if len(short) == 1:
        return Axes(short, ("t",), guessed=True)
    medium_each = listed and medium != "row" and (len(short) == 2 or short[0] <= LEVELS_AT_MOST or medium == "file")
    candidates = [place for place in range(len(short)) if _may_be_levels(short, place, medium_each)]
    for place in candidates:
        if own_codes(sample, place):
            return Axes(short, _names(len(short), place, medium_each or len(short) == 2), guessed=True)
    media_first = not medium_each
    plain = ("b", *"thwxyz"[: len(short) - 1]) if media_first else tuple("thwxyz"[: len(short)])
    question = ""
    if candidates:
        place = candidates[0]
        other = ",".join(_names(len(short), place, not media_first or len(short) == 2))
        question = f"If the axis of {short[place]} is levels, name the axes {other} (command line: --axes {other})."
    elif medium_each and not medium and short[0] > LEVELS_AT_MOST:
        other = ",".join(("b", *"thwxyz"[: len(short) - 1]))
        question = f"If each of {short[0]:,} rows is a medium, name the axes {other} (command line: --axes {other})."
    return Axes(short, plain, guessed=True, question=question)


def _may_be_levels(shape: tuple[int, ...], place: int, medium_each: bool) -> bool:
    """Whether the axis has 2 to 64 entries beside an axis of tokens that is twice as long or longer."""
    first = 0 if medium_each or len(shape) == 2 else 1
    others = [n for i, n in enumerate(shape) if i >= first and i != place]
    return place >= first and 2 <= shape[place] <= LEVELS_AT_MOST and max(others, default=0) >= 2 * shape[place]


def _names(axes: int, levels: int, one_medium: bool) -> tuple[str, ...]:
    rest = iter("thwxyz" if one_medium else "bthwxyz")
    return tuple(LEVELS if place == levels else next(rest) for place in range(axes))


def own_codes(sample: np.ndarray, axis: int) -> bool:
    """Whether slices of the sample along `axis` have codes of their own, as levels whose codes are numbered on have.

    It counts tokens whose code occurs in another slice, too, beside the same count after shuffling; negative values and
    NaN are left out. Where even shuffled tokens hardly meet, nothing can be told, and the answer is no.
    """
    slices = np.moveaxis(sample, axis, 0).reshape(sample.shape[axis], -1)
    valid = np.isfinite(slices) & (slices >= 0)
    _, codes = np.unique(slices, return_inverse=True)
    codes, number = codes.reshape(-1)[valid.reshape(-1)], np.repeat(np.arange(len(slices)), valid.sum(1))
    by_chance = _shared(np.random.default_rng(0).permutation(codes), number)
    return by_chance >= SHARED_AT_LEAST and _shared(codes, number) < OWN_CODES * by_chance


def _shared(codes: np.ndarray, number: np.ndarray) -> int:
    """Tokens (n,) whose code occurs in more than one of the numbered slices."""
    if not len(codes):
        return 0
    pairs = np.unique(codes.astype(np.int64) * (int(number.max()) + 1) + number)
    slices_of = np.bincount(pairs // (int(number.max()) + 1), minlength=int(codes.max()) + 1)
    return int(np.count_nonzero(slices_of[codes] > 1))


def like(array: DumpArray, axes: Axes) -> Axes:
    """The same reading for another file. Raises RecordError if its axes are others."""
    short = tuple(n for n in array.shape if n > 1) or (1,)
    names = axes.names
    if len(short) < len(names):  # an axis of length 1 here, of more in the first file
        short = array.shape if len(array.shape) == len(names) else (1,) * (len(names) - len(short)) + short
    if len(short) != len(names):
        raise RecordError(f"{array.name!r} has the shape {array.shape}; the first has axes {','.join(names)}.")
    found = Axes(short, names, axes.guessed)
    if found.levels != axes.levels:
        raise RecordError(f"{array.name!r} has {count_of(found.levels, 'level')}; the first has {axes.levels}.")
    return found


def reading_words(axes: Axes, listed: str, count: int | None, even: bool, tokens: tuple[int, ...] | None = None) -> str:
    """What was read, as a sentence: "Read as 40 media of 75 tokens on 8 levels (axes b,q,t, guessed)."

    count: media; None where nobody knows. even: all media are of the shape of `axes`, or of `tokens`.
    """
    each = f"{by_words(tokens or axes.tokens)} tokens" if even else "different lengths"
    levels = f" on {axes.levels} levels" if axes.levels > 1 else " on one level"
    named = f"axes {','.join(axes.names)}{', guessed' if axes.guessed else ''}"
    if count is None:
        return f"Read as {by_words(axes.tokens)} tokens{levels} in one row, media unknown ({named})."
    own = f", each a {listed} of its own" if listed and axes.media is None else ""
    return f"Read as {count_of(count, 'medium', 'media')} of {each}{levels}{own} ({named})."


def by_words(shape: Sequence[int]) -> str:
    """The lengths of axes, as "8 x 16"."""
    return " x ".join(f"{n:,}" for n in shape) or "1"
