"""Files that say in their names how many of them there are, such as train-00000-of-00003.parquet: are these all?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from explorer.foundation.words import count_of, is_are

NUMBERED = re.compile(r"(.*?)(\d{1,9})-of-(\d{1,9})(\D.*)?", re.DOTALL)


def numbering_words(names: Sequence[str]) -> tuple[str, ...]:
    """What sets of numbered files lack, or have too much of, as sentences; () where all are there, and for others.

    Sets are numbered from 0 or from 1: from 1 where no file has number 0 and one has the last.
    """
    sets: dict[tuple[str, int, str], dict[int, str]] = {}
    for name in names:
        if found := NUMBERED.fullmatch(name):
            sets.setdefault((found[1], int(found[3]), found[4] or ""), {})[int(found[2])] = name
    said = []
    for (_, of, _), files in sets.items():
        start = int(0 not in files and of in files)
        gone = of - sum(start <= number < start + of for number in files)
        more = sorted(number for number in files if not start <= number < start + of)
        first = files[min(files)]
        if gone:
            said.append(f"{gone:,} of {count_of(of, 'file')} of the set of {first!r} {is_are(gone)} missing.")
        if more:
            named = f"{files[more[0]]!r}" + (f" and {len(more) - 1:,} more" if len(more) > 1 else "")
            was = "was" if len(more) == 1 else "were"
            said.append(f"{named} {was} counted, though the set of {first!r} has {count_of(of, 'file')} by its names.")
    return tuple(said)
