"""Audit: what was counted over a whole data set, as frozen arrays; the third joint (see `joints/record.py`).

numpy only, so that every page can read it. The letters of the shapes, and the classes of its parts, are in
`audit_parts.py`; its files are written and read in `files/audits.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from explorer.foundation.words import count_of
from explorer.joints.audit_parts import JointAudit, LevelAudit, Trial, require

UNITS = {
    "image": ("picture", ""),
    "audio": ("sound", "s"),
    "video": ("clip", "frames"),
    "series": ("series", "rows"),
    "vectors": ("table", "items"),
}


@dataclass(frozen=True)
class MediaNote:
    """words: the note of the medium `first`. media: how many have one that differs at most in its numbers. alike:
    whether the numbers are the same, too."""

    words: str
    media: int
    first: str
    alike: bool = True

    def told(self, of: int) -> str:
        """With its denominator, the media that were counted: "12 of 40 media: Resampled from 44,100 to 24,000 Hz."."""
        which = "" if self.alike else f" (the numbers are those of {self.first})"
        return f"{self.media:,} of {count_of(of, 'medium', 'media')}: {self.words}{which}"


@dataclass(frozen=True)
class Audit:
    """An audit, whole or partial.

    layout: kind of the layout, or "unknown" for plain indices. media: names in order of their number. skipped: (name,
    why). planned: media found; fewer than that in media and skipped together: a partial audit. seconds: wall time.
    settings: seed, longest side and whatever else is needed to make it again. amount: of what was counted, in pictures,
    seconds of sound or frames of clips, as `modality` says; 0 where nobody knows it. notes: what was done to media
    before they were counted, alike ones together. trial: what was tried on a few media; None where nothing was, as of
    plain indices and in older audits.
    """

    title: str
    tokenizer_id: str | None
    layout: str
    media: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    levels: tuple[LevelAudit, ...]
    joint: JointAudit | None
    planned: int
    seconds: float
    device: str = "cpu"
    settings: Mapping[str, object] = field(default_factory=dict)
    modality: str = "image"
    amount: float = 0.0
    notes: tuple[MediaNote, ...] = ()
    trial: Trial | None = None

    def __post_init__(self) -> None:
        require(len(self.levels) > 0, "an audit needs at least one level")
        done = len(self.media) + len(self.skipped)
        require(done <= self.planned, f"{done} media are done, but only {self.planned} were planned")
        for level in self.levels:
            if level.exemplars is not None and level.exemplars.medium.size:
                highest = int(level.exemplars.medium.max())
                require(highest < len(self.media), f"an exemplar is of medium {highest} of {len(self.media)}")

    @property
    def complete(self) -> bool:
        """Whether every medium that was found is counted or listed as skipped."""
        return len(self.media) + len(self.skipped) == self.planned

    @property
    def tokens(self) -> int:
        """Positions counted on the first level; the others have as many where `even`."""
        return self.levels[0].tokens

    @property
    def even(self) -> bool:
        """Whether all levels have as many tokens; not where they have rates or scales of their own."""
        return len({level.tokens for level in self.levels}) == 1

    @property
    def num_media(self) -> int | None:
        """Media counted; of plain indices as they were read, None where nobody knows."""
        if self.tokenizer_id is None and "reading" in self.settings:
            known = self.settings.get("media")
            return int(known) if isinstance(known, int) else None
        return len(self.media)

    @property
    def amount_words(self) -> str:
        """What the tokens are of: "20 pictures", "3 sounds (12.8 s)", "2 clips (18 frames)"; "5 media" of indices.

        Of indices in one row: "media that are not told apart"."""
        count = self.num_media
        if count is None:
            return "media that are not told apart"
        if self.tokenizer_id is None:
            return count_of(count, "medium", "media")
        noun, unit = UNITS.get(self.modality, UNITS["image"])
        amount = f" ({self.amount:,.{self.modality == 'audio':d}f} {unit})" if unit and self.amount else ""
        return f"{count_of(count, noun, 'series' if noun == 'series' else '')}{amount}"
