"""What was done to the media of an audit before they were counted: their notes, alike ones together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from explorer.joints.audit import MediaNote

MOST_KINDS = 40  # of notes that are listed, those that came first
KEPT_KINDS = 4096  # counted, since which come first is not known to a part of an audit
_NUMBER = re.compile(r"\d[\d,.]*")


class Notes:
    """Collects the notes of one medium after another."""

    def __init__(self, begun: Sequence[MediaNote] = ()) -> None:
        self._kinds = {_NUMBER.sub("#", one.words): one for one in begun}

    def add(self, medium: str, notes: Sequence[str]) -> None:
        for words in dict.fromkeys(notes):
            self._take(MediaNote(words, 1, medium))

    def _take(self, note: MediaNote) -> None:
        kind = _NUMBER.sub("#", note.words)
        known = self._kinds.get(kind)
        if known is not None:
            alike = known.alike and note.alike and known.words == note.words
            self._kinds[kind] = replace(known, media=known.media + note.media, alike=alike)
        elif len(self._kinds) < KEPT_KINDS:
            self._kinds[kind] = note

    def join(self, after: Notes) -> None:
        """Take in the notes of media that follow."""
        for note in after.kept():
            self._take(note)

    def kept(self) -> tuple[MediaNote, ...]:
        """In the order in which they came; of these another `Notes` goes on."""
        return tuple(self._kinds.values())

    def listed(self) -> tuple[MediaNote, ...]:
        """The commonest first."""
        return tuple(sorted(self.kept()[:MOST_KINDS], key=lambda one: -one.media))
