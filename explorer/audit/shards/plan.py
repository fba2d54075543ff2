"""Which files a shard counts, and what its file is called."""

from __future__ import annotations

import re
from dataclasses import dataclass

from explorer.audit.batches import block_length
from explorer.audit.standing import Span
from explorer.foundation.errors import SettingsError
from explorer.joints.record import Modality

MOST_SHARDS = 100_000


@dataclass(frozen=True)
class Shard:
    """Shard `number`, from 1, of `of`."""

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of <= MOST_SHARDS:
            raise SettingsError(f"A shard is i/n with i from 1 to n, such as 3/8; not {self.number}/{self.of}.")

    @property
    def file(self) -> str:
        """The name of its file: also the state of a run that was stopped."""
        return f"shard-{self.number}-of-{self.of}.npz"

    def span(self, planned: int, modality: Modality) -> Span:
        """The files that it counts, of `planned`: whole blocks that follow each other, none where there are too few."""
        block = block_length(planned, modality)
        blocks = -(-planned // block)
        first, stop = (min(part * blocks // self.of * block, planned) for part in (self.number - 1, self.number))
        return Span(first, stop, (self.number, self.of))


def shard_named(text: str) -> Shard:
    """ "3/8" -> shard 3 of 8. Raises SettingsError for anything else."""
    found = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*", text)
    if found is None:
        raise SettingsError(f"A shard is i/n with i from 1 to n, such as 3/8; not {text[:40]!r}.")
    return Shard(int(found[1]), int(found[2]))
