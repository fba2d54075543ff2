"""What of a dump was left out, and why."""

from __future__ import annotations

from explorer.foundation.words import count_of

LISTED = 1000  # of what is left out, by name; all are counted
TOLD = 3  # of them, in a note


class Refusals:
    """In the order of the dump."""

    def __init__(self) -> None:
        self.count = 0
        self.listed: list[tuple[str, str]] = []

    def add(self, name: str, why: str) -> None:
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append((name, why))

    def join(self, after: Refusals) -> None:
        """As if these had followed."""
        self.count += after.count
        self.listed = (self.listed + after.listed)[:LISTED]

    def words(self, of: int, noun: str) -> str:
        """A note: "2 of 10,000 files were left out: ..."; of: those that were counted."""
        told = " ".join(why for _, why in self.listed[:TOLD])
        more = " ..." if len(self.listed) > TOLD else ""
        was = "was" if self.count == 1 else "were"
        return f"{self.count:,} of {count_of(of + self.count, noun)} {was} left out: {told}{more}"
