"""One level of plain indices, counted block by block: usage, halves, growth, single media, repeats.

Letters of the shapes: K codebook_size, n tokens of a block, m media in it.
"""

from __future__ import annotations

import numpy as np

from explorer.audit.accumulator import perplexity
from explorer.audit.counting import Growth
from explorer.audit.in_media import InMedia
from explorer.audit.indices.blocks import Block
from explorer.audit.indices.language import LanguageStream
from explorer.audit.indices.parts import no_codes
from explorer.audit.indices.words import wrong_index
from explorer.foundation.errors import RecordError
from explorer.joints.audit_parts import BATCHES, LevelAudit


class LevelCounter:
    """Counts of one level. every: of the media, each how-manieth is kept as a row of `batches`."""

    def __init__(self, name: str, codebook_size: int, every: int) -> None:
        self._name, self._size = name, codebook_size
        self._halves = np.zeros((2, codebook_size), np.int64)
        self._seen = np.zeros(codebook_size, bool)
        self._growth, self._rows = Growth(codebook_size), _Rows(codebook_size, every)
        self._repeats, self._in_media = _Repeats(), InMedia(codebook_size)
        self._language = LanguageStream(codebook_size)
        self._last: np.ndarray | None = None  # counts so far of the last medium, which may go on in the next block
        self.media, self.padding, self.tokens = 0, 0, 0  # media that were begun

    def add(self, values: np.ndarray, mask: np.ndarray | None, block: Block, level: int) -> np.ndarray:
        """values (n,) of this level, mask (n,) False where there is padding -> codes (n,) int64, padding as 0.

        Raises RecordError, naming the place, for a value that is no code.
        """
        codes = self._checked(values, mask, block, level)
        lengths, kept = block.lengths, codes
        self._repeats.add(codes, lengths, block.opens, mask is None)
        self._language.add(codes, mask, block, self.media if block.opens else self.media - 1)
        if mask is not None:
            ends = np.cumsum(lengths)
            lengths = np.diff(np.concatenate([[0], np.cumsum(mask)[ends - 1]]))
            kept = codes[mask]
            self.padding += len(codes) - len(kept)
        first = self.media if block.opens else self.media - 1  # number of the medium in which the block begins
        self.media = first + len(lengths)
        self._count_halves(kept, lengths, first)
        first_seen = _first_seen(kept, self._seen)
        self._growth.add(len(kept), kept[first_seen], first_seen)
        self._seen[kept[first_seen]] = True
        self._rows.add(kept, lengths, first, block.opens)
        self._add_media(kept, lengths, block.opens)
        self.tokens += len(kept)
        return codes

    def _add_media(self, codes: np.ndarray, lengths: np.ndarray, opens: bool) -> None:
        """All media but the last, which is kept open."""
        if opens:
            self._close()
        ends = np.cumsum(lengths)
        if self._last is not None:  # goes on
            self._last += np.bincount(codes[: lengths[0]], minlength=self._size)
            if len(lengths) == 1:
                return
            self._close()
            codes, lengths, ends = codes[lengths[0] :], lengths[1:], ends[1:] - ends[0]
        start = ends[-1] - lengths[-1]
        self._in_media.add_many(codes[:start], lengths[:-1])
        self._last = np.bincount(codes[start:], minlength=self._size)

    def _close(self) -> None:
        if self._last is not None:
            used = np.flatnonzero(self._last)
            self._in_media.add(used, self._last[used])
            self._last = None

    def _count_halves(self, codes: np.ndarray, lengths: np.ndarray, first: int) -> None:
        """Codes of whole media of one length lie in rows, which is fast; others are told apart one by one."""
        if len(lengths) == 1 or np.any(lengths != lengths[0]):
            odd = np.repeat((first + np.arange(len(lengths))) % 2, lengths)
            self._halves += np.bincount(codes + odd * self._size, minlength=2 * self._size).reshape(2, -1)
            return
        media = codes.reshape(len(lengths), -1)
        for start in (0, 1):
            self._halves[(first + start) % 2] += np.bincount(media[start::2].reshape(-1), minlength=self._size)

    def _checked(self, values: np.ndarray, mask: np.ndarray | None, block: Block, level: int) -> np.ndarray:
        bad = no_codes(values, mask, self._size)
        if bad is not None and bad.any():
            i = int(np.flatnonzero(bad)[0])
            name, place = block.place(level, i)
            there = values if mask is None else values[mask]
            seen = np.concatenate([np.flatnonzero(self._seen), np.unique(there)])
            raise RecordError(wrong_index(values[i], place, name, self._size, seen, int(np.count_nonzero(values < 0))))
        if mask is not None:
            values = np.where(mask, values, 0)
        return values.astype(np.int64, copy=False)

    @property
    def repeated(self) -> float | None:
        """Share of tokens that equal the same place of the medium before; None where media differ in length."""
        return self._repeats.share

    def result(self) -> LevelAudit:
        self._close()
        return LevelAudit(
            name=self._name,
            codebook_size=self._size,
            counts=self._halves.sum(0),
            halves=self._halves,
            growth=self._growth.rows(),
            batches=self._rows.rows(),
            media=self._in_media.media,
            occurs=self._in_media.occurs(),
            stretches=self._in_media.stretches(),
            language=self._language.result(),
        )


class _Rows:
    """Tokens, codes used and perplexity of single media, evenly spaced: each `every`-th, and each second of those
    whenever there are more than BATCHES."""

    def __init__(self, codebook_size: int, every: int) -> None:
        self._codes, self._every = codebook_size, every
        self._open: tuple[int, np.ndarray] | None = None  # a medium that may go on in the next block, and its counts
        self._found: list[tuple[int, int, int, float]] = []  # each behind its number

    def add(self, codes: np.ndarray, lengths: np.ndarray, first: int, opens: bool) -> None:
        """Codes of the media from number `first` on; opens: that one begins here."""
        if opens:
            self._close()
        ends = np.cumsum(lengths)
        i = -first % self._every
        while i < len(lengths):
            some = codes[ends[i] - lengths[i] : ends[i]]
            if i == 0 and self._open is not None:
                self._open = (first, self._open[1] + np.bincount(some, minlength=self._codes))
            elif i == len(lengths) - 1:
                self._open = (first + i, np.bincount(some, minlength=self._codes))
            else:
                self._note(first + i, np.unique(some, return_counts=True)[1])
            if i < len(lengths) - 1:
                self._close()
            i += 1
            i += -(first + i) % self._every  # which may be more than it was

    def _note(self, number: int, counts: np.ndarray) -> None:
        if len(counts):
            self._found.append((number, int(counts.sum()), len(counts), perplexity(counts)))
        if len(self._found) > BATCHES:
            self._every *= 2
            self._thin()

    def _thin(self) -> None:
        self._found = [row for row in self._found if row[0] % self._every == 0]

    def _close(self) -> None:
        if self._open is not None:
            number, counts = self._open
            self._open = None
            self._note(number, counts[counts > 0])

    def rows(self) -> np.ndarray:
        self._close()
        self._thin()
        return np.array([row[1:] for row in self._found], np.float64).reshape(-1, 3)


class _Repeats:
    """How many tokens equal the token at the same place of the medium before."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._equal = self._pairs = 0
        self._fits = True

    def add(self, codes: np.ndarray, lengths: np.ndarray, opens: bool, whole: bool) -> None:
        """Whole media of one length without padding; anything else ends the count."""
        if not self._fits:
            return
        length = int(lengths[0])
        known = self._before is None or len(self._before) == length
        self._fits = opens and whole and known and bool(np.all(lengths == length))
        if not self._fits:
            return
        media = codes.reshape(-1, length)
        if self._before is not None:
            media = np.concatenate([self._before[None], media])
        self._equal += int(np.count_nonzero(media[1:] == media[:-1]))
        self._pairs += (len(media) - 1) * length
        self._before = media[-1].copy()

    @property
    def share(self) -> float | None:
        return self._equal / self._pairs if self._fits and self._pairs else None


def _first_seen(codes: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Places in `codes`, ascending, of the first occurrence of each code that is not yet `seen`."""
    seen, found, at, step = seen.copy(), [np.empty(0, np.int64)], 0, 2**14
    while at < len(codes) and not seen.all():  # most are seen early: the rest is then not looked at
        some = codes[at : at + step]
        new = np.flatnonzero(~seen[some])
        first = np.full(len(seen), -1, np.int64)
        first[some[new[::-1]]] = new[::-1]  # the last one written is the first one there
        found.append(np.sort(first[first >= 0]) + at)
        seen[some[new]] = True
        at, step = at + step, 4 * step
    return np.concatenate(found)
