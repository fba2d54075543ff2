"""What all shards of a dump hold together, told from what each says of itself, and without keeping any of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from explorer.audit.batches import Together
from explorer.audit.notes import Notes
from explorer.dumps.writing.codes import Codes
from explorer.dumps.writing.manifest import Shard
from explorer.joints.audit import MediaNote


@dataclass
class Tally:
    """Counts of the shards that were added, in their order. first_skipped: (name, why)."""

    shards: int = 0
    media: int = 0
    skipped: int = 0
    tokens: int = 0
    together: Together = field(default_factory=Together)
    notes: Notes = field(default_factory=Notes)
    files: list[tuple[str, int]] = field(default_factory=list)  # (name, number of its shard)
    shapes: tuple[tuple[int, ...], ...] = ()  # of the levels of the first medium
    first_skipped: tuple[str, str] = ("", "")

    def add(self, shard: Shard) -> None:
        meta = shard.meta
        if not self.skipped and meta["skipped"]:
            name, why = meta["skipped"][0]
            self.first_skipped = name, why
        if not self.media and meta["media"]:
            self.shapes = tuple(tuple(shape) for shape in meta["media"][0]["shapes"])
        self.shards += 1
        self.media += len(meta["media"])
        self.skipped += len(meta["skipped"])
        self.tokens += meta["tokens"]
        self.together += Together(*meta["together"])
        self.notes.join(Notes([MediaNote(**one) for one in meta["notes"]]))
        self.files += [(name, shard.number) for name in shard.files]

    def as_meta(self, codes: Codes) -> dict[str, Any]:
        """What the manifest says at the end."""
        return {
            "axes": codes.axes(self.shapes),
            "counts": {"media": self.media, "skipped": self.skipped, "tokens": self.tokens},
            "together": asdict(self.together),
            "notes": [asdict(one) for one in self.notes.listed()],
            "shards": [{"file": name, "shard": number} for name, number in self.files],
        }
