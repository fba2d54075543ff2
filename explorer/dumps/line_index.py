"""Where the lines of a text begin, found by their ends alone: a part of it can be read without what stands before.

No value is read on the way, and what was looked through once is not looked through again.
"""

from __future__ import annotations

from bisect import bisect_right
from contextlib import closing
from typing import BinaryIO

from explorer.dumps.places import DumpFile

READ_BYTES = 2**20
LINE_CHARACTERS = 2**27  # longer lines are read as several


class LineIndex:
    r"""Lines are numbered from 0, and end with \n.

    plain: whether readers of text find the same lines: no \r stands alone, which they take for an end, and none is
    longer than they read at once. quoted: whether any quote was seen. Both of what was looked through so far.
    """

    def __init__(self, file: DumpFile) -> None:
        self._file = file
        self._numbers, self._starts = [0], [0]  # of some lines, in their order
        self._lines = self._done = 0  # ends of lines, and bytes, that were looked through
        self._ended, self._open_cr = False, False
        self.plain, self.quoted = True, False

    def count(self) -> int:
        """Lines with what stands behind the last end."""
        self._look(None)
        return self._lines + 1

    def cut(self, part: int, of: int) -> int:
        """The number of the first line that begins in or behind part `part`, from 0, of `of` parts of so many bytes."""
        with closing(self._file.open()) as opened:
            place = opened.seek(0, 2) * part // of
        if not place:
            return 0
        self._look(place)
        at = bisect_right(self._starts, place) - 1
        with closing(self._file.open()) as opened:
            opened.seek(self._starts[at])
            between = opened.read(max(0, place - 1 - self._starts[at]))
        return self._numbers[at] + between.count(b"\n") + (self._starts[at] < place)

    def find(self, line: int, quotes: bool = True) -> int | None:
        """The byte at which a line begins for readers of text; None where that is not sure. quotes: whether any may
        stand before it. Of a line behind the last it is the end."""
        start = self._start(line)
        return start if self.plain and (quotes or not self.quoted) else None

    def _start(self, line: int) -> int:
        while self._lines < line and not self._ended:
            self._look(self._done + READ_BYTES)
        at = bisect_right(self._numbers, line) - 1
        number, place = self._numbers[at], self._starts[at]
        with closing(self._file.open()) as opened:
            opened.seek(place)
            while number < line and (some := opened.readline()):
                number, place = number + 1, place + len(some)
        return place

    def _look(self, until: int | None) -> None:
        """Go on to a byte, or to the end."""
        if self._ended or (until is not None and self._done >= until):
            return
        with closing(self._file.open()) as opened:
            opened.seek(self._done)
            while (until is None or self._done < until) and (some := self._some(opened)):
                self._take(some)
            self._ended |= until is None

    def _some(self, opened: BinaryIO) -> bytes:
        some = opened.read(READ_BYTES)
        self._ended |= not some
        return some

    def _take(self, some: bytes) -> None:
        alone = some.count(b"\r") - some.count(b"\r\n") - some.endswith(b"\r")
        first, last = some.find(b"\n"), some.rfind(b"\n")
        longest = (first if first >= 0 else len(some)) + self._done - self._starts[-1]
        self.plain &= not alone and longest < LINE_CHARACTERS and not (self._open_cr and some[:1] != b"\n")
        self.quoted |= b'"' in some
        self._open_cr = some.endswith(b"\r")
        self._lines += some.count(b"\n")
        if last >= 0:
            self._numbers.append(self._lines)
            self._starts.append(self._done + last + 1)
        self._done += len(some)
