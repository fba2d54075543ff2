"""What was done to the media of an audit before they were counted: their notes, alike ones together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from explorer.joints.audit import MediaNote

MOST_KINDS = 40  # of notes that are kept; one more says how many there were besides
_NUMBER = re.compile(r"\d[\d,.]*")


class Notes:
    """Collects the notes of one medium after another."""

    def __init__(self, begun: Sequence[MediaNote] = ()) -> None:
        self._kinds = {_NUMBER.sub("#", one.words): one for one in begun}

    def add(self, medium: str, notes: Sequence[str]) -> None:
        for words in dict.fromkeys(notes):
            kind = _NUMBER.sub("#", words)
            known = self._kinds.get(kind)
            if known is not None:
                alike = known.alike and known.words == words
                self._kinds[kind] = replace(known, media=known.media + 1, alike=alike)
            elif len(self._kinds) < MOST_KINDS:
                self._kinds[kind] = MediaNote(words, 1, medium)

    def listed(self) -> tuple[MediaNote, ...]:
        """The commonest first."""
        return tuple(sorted(self._kinds.values(), key=lambda one: -one.media))
