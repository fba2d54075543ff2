"""One level of plain indices, counted block by block: usage, halves, growth, single media, repeats.

Letters of the shapes: K codebook_size, n tokens of a block, m media in it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer.audit.counting import Growth, State, part
from explorer.audit.in_media import InMedia
from explorer.audit.indices.blocks import Block
from explorer.audit.indices.language import LanguageStream
from explorer.audit.indices.media_rows import MediaRows
from explorer.audit.indices.words import no_codes, wrong_index
from explorer.foundation.errors import RecordError
from explorer.joints.audit_parts import LevelAudit


class LevelCounter:
    """Counts of one level. every: of the media, each how-manieth is kept as a row of `batches`. by_file: numbers of
    media are those of `numbers_of`."""

    def __init__(self, name: str, codebook_size: int, every: int, by_file: bool) -> None:
        self._name, self._size = name, codebook_size
        self._halves = np.zeros((2, codebook_size), np.int64)
        self._seen = np.zeros(codebook_size, bool)
        self._growth, self._rows = Growth(codebook_size), MediaRows(codebook_size, every)
        self._repeats, self._in_media = _Repeats(), InMedia(codebook_size, far_apart=by_file)
        self._language = LanguageStream(codebook_size)
        # Number and counts so far of the last medium, which may go on in the next block.
        self._last: tuple[int, np.ndarray] | None = None
        self.media, self.padding, self.tokens = 0, 0, 0  # media that were begun

    def add(self, values: np.ndarray, mask: np.ndarray | None, block: Block, level: int) -> np.ndarray:
        """values (n,) of this level, mask (n,) False where there is padding -> codes (n,) int64, padding as 0.

        Raises RecordError, naming the place, for a value that is no code.
        """
        codes = self._checked(values, mask, block, level)
        if block.lead:
            self._language.lead(codes, mask, block)
            return codes
        lengths, kept = block.lengths, codes
        self._repeats.add(codes, lengths, block.opens, mask is None)
        self._language.add(codes, mask, block)
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
        self._rows.add(kept, lengths, block.numbers, block.opens)
        self._add_media(kept, lengths, block.numbers, block.opens)
        self.tokens += len(kept)
        return codes

    def _add_media(self, codes: np.ndarray, lengths: np.ndarray, numbers: np.ndarray, opens: bool) -> None:
        """All media but the last, which is kept open."""
        if opens:
            self._close()
        ends = np.cumsum(lengths)
        if self._last is not None:  # goes on
            self._last[1][:] += np.bincount(codes[: lengths[0]], minlength=self._size)
            if len(lengths) == 1:
                return
            self._close()
            codes, lengths, numbers, ends = codes[lengths[0] :], lengths[1:], numbers[1:], ends[1:] - ends[0]
        start = ends[-1] - lengths[-1]
        self._in_media.add_many(codes[:start], lengths[:-1], numbers[:-1])
        self._last = int(numbers[-1]), np.bincount(codes[start:], minlength=self._size)

    def _close(self) -> None:
        if self._last is not None:
            number, counts = self._last
            used = np.flatnonzero(counts)
            self._in_media.add(used, counts[used], number)
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
            told = np.unique(there)  # of this block alone, so that every shard says the same
            raise RecordError(wrong_index(values[i], place, name, self._size, told, int(np.count_nonzero(there < 0))))
        if mask is not None:
            values = np.where(mask, values, 0)
        return values.astype(np.int64, copy=False)

    @property
    def repeated(self) -> float | None:
        """Share of tokens that equal the same place of the medium before; None where media differ in length."""
        return self._repeats.share

    def join(self, after: LevelCounter) -> None:
        """As if the media of `after` had followed; both are at the end of a medium."""
        self._close()
        after._close()
        self._halves += after._halves[:: -1 if self.media % 2 else 1]
        self._seen |= after._seen
        for name in ("_growth", "_rows", "_repeats", "_in_media", "_language"):
            getattr(self, name).join(getattr(after, name))
        self.media, self.padding = self.media + after.media, self.padding + after.padding
        self.tokens += after.tokens

    def state(self) -> State:
        """At the end of a medium."""
        self._close()
        found: State = {"halves": self._halves, "now": np.array([self.media, self.padding, self.tokens])}
        for name in ("growth", "rows", "repeats", "in_media", "language"):
            of = getattr(self, f"_{name}").state()
            found |= {f"{name.replace('_', '')}_{key}": array for key, array in of.items()}
        return found

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._halves, self._last = state["halves"].copy(), None
        self._seen = self._halves.any(axis=0)
        self.media, self.padding, self.tokens = (int(value) for value in state["now"])
        for name in ("growth", "rows", "repeats", "in_media", "language"):
            getattr(self, f"_{name}").restore(part(state, name.replace("_", "")))

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


class _Repeats:
    """How many tokens equal the token at the same place of the medium before."""

    def __init__(self) -> None:
        self._first: np.ndarray | None = None  # codes of the first medium, and of the last so far
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
        else:
            self._first = media[0].copy()
        self._equal += int(np.count_nonzero(media[1:] == media[:-1]))
        self._pairs += (len(media) - 1) * length
        self._before = media[-1].copy()

    def join(self, after: _Repeats) -> None:
        """As if its media had followed."""
        self._fits = self._fits and after._fits
        if not self._fits or after._before is None:
            return
        if self._before is None:
            self._first = after._first
        elif len(self._before) != len(after._first):
            self._fits = False
            return
        else:
            self._equal += int(np.count_nonzero(self._before == after._first))
            self._pairs += len(self._before)
        self._equal, self._pairs = self._equal + after._equal, self._pairs + after._pairs
        self._before = after._before

    def state(self) -> State:
        none = not self._fits or self._before is None
        media = np.empty((0, 0), np.int64) if none else np.stack([self._first, self._before])
        return {"now": np.array([self._equal, self._pairs, self._fits]), "media": media}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._equal, self._pairs, fits = (int(value) for value in state["now"])
        self._fits = bool(fits)
        self._first, self._before = state["media"] if len(state["media"]) else (None, None)

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
