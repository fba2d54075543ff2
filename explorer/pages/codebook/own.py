"""The audits that a visitor made on a codebook page: theirs alone, and gone with the page."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from explorer.foundation.recent import Recent
from explorer.pages.shared.visitors import Visitor

OWN = "own-"  # begins their ids, see `Visitor.new_id`
OWN_KEPT = 4  # audits of one page; the oldest goes first


@dataclass(frozen=True)
class OwnAudit:
    """An audit that a visitor made. folder: its files. uploads: where the uploaded ones lie; source: the zip, the index
    file or the folder itself, None for the samples of the app. opened: it was made elsewhere, and its media are not
    here."""

    id: str
    title: str
    tokens: int
    tokenizer: str | None
    folder: Path
    source: Path | None
    uploads: Path
    opened: bool = False


class OwnAudits:
    """A part of a page. audits: by id, the newest last."""

    def __init__(self, visitor: Visitor) -> None:
        self._lock = visitor.lock
        self.audits: Recent[str, OwnAudit] = Recent(OWN_KEPT)

    def keep(self, own: OwnAudit) -> None:
        """Add an audit, in the place of an older state of the same run; the oldest of too many is deleted."""
        with self._lock:
            for older in [one.id for one in self.audits.values() if one.folder == own.folder]:
                del self.audits[older]
            over = self.audits.put(own.id, own)
            for folder in (folder for old in over.values() for folder in (old.folder, old.uploads)):
                shutil.rmtree(folder, ignore_errors=True)

    def has(self, folder: Path) -> bool:
        """Whether an audit in `folder` can still be opened."""
        with self._lock:
            return any(one.folder == folder for one in self.audits.values())

    def close(self) -> None:
        """Their files go with the folder of the page."""
        self.audits.clear()


def own_audits(visitor: Visitor | None) -> Recent[str, OwnAudit]:
    """The visitor's own audits by id, the newest last; none of nobody."""
    return Recent(0) if visitor is None else visitor.part(OwnAudits).audits
