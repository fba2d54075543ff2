"""Edits as short text for the address bar, made of letters, digits and - . _ ~ only, which a link leaves as they are.

One word an operation, "~" between them. A word is the letter of the operation and its parts with "." between: numbers,
boxes as top-left-height-width, positions as runs such as 3-7_12 (3 to 7, and 12).

    p.LEVEL.CODE.RUNS  f.LEVEL.CODE.BOX  c.FROM.RUNS  r.LEVEL.OLD.NEW  s.FIRST.SECOND  h.BOX.SEED  z.BOX  a.BOX
    d.LEVELS.BOX  t.SOURCE.BOX.ROW.COLUMN
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from explorer.analysis.edit.edits import (
    Average,
    CopyToken,
    DropLevels,
    FillBox,
    Operation,
    Paint,
    ReplaceCode,
    Shuffle,
    Swap,
    Transplant,
    Zero,
)
from explorer.foundation.errors import SettingsError

LINK_CHARACTERS = 1_500  # servers and chat programs cut longer addresses
TEXT_CHARACTERS, RUN_POSITIONS = 200_000, 1_000_000  # of what is read: a short text must not become a huge edit
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

# letter -> (class, kind of each field in order)
_WORDS: dict[str, tuple[type[Operation], tuple[str, ...]]] = {
    "p": (Paint, ("number", "number", "runs")),
    "f": (FillBox, ("number", "number", "box")),
    "c": (CopyToken, ("number", "runs")),
    "r": (ReplaceCode, ("number", "number", "number")),
    "s": (Swap, ("number", "number")),
    "h": (Shuffle, ("box", "number")),
    "z": (Zero, ("box",)),
    "a": (Average, ("box",)),
    "d": (DropLevels, ("runs", "box")),
    "t": (Transplant, ("name", "box", "number", "number")),
}


def edits_text(operations: Sequence[Operation]) -> str:
    """The operations as text, "" for none. Raises SettingsError for the name of a source that a link cannot hold."""
    letters = {kind: letter for letter, (kind, _) in _WORDS.items()}
    words = []
    for one in operations:
        letter = letters[type(one)]
        values = [getattr(one, name) for name in type(one).__dataclass_fields__]
        parts = [_WRITE[kind](value) for kind, value in zip(_WORDS[letter][1], values, strict=True)]
        words.append(".".join([letter, *parts]))
    return "~".join(words)


def link_text(operations: Sequence[Operation]) -> str | None:
    """`edits_text` if it is short enough for a link, else None."""
    text = edits_text(operations)
    return text if len(text) <= LINK_CHARACTERS else None


def edits_from_text(text: str) -> tuple[Operation, ...]:
    """The reverse of `edits_text`. Raises SettingsError that names the word that is wrong.

    Whether codes and positions are there is known only when the operations are applied.
    """
    if len(text) > TEXT_CHARACTERS:
        raise SettingsError(f"The edits have {len(text):,} characters; at most {TEXT_CHARACTERS:,} are read.")
    return tuple(_operation(word, number) for number, word in enumerate(text.split("~"), 1)) if text else ()


def _operation(word: str, number: int) -> Operation:
    letter, *parts = word.split(".")
    kind, fields = _WORDS.get(letter, (None, ()))
    shown = word if len(word) <= 40 else f"{word[:39]}…"
    if kind is None or len(parts) != len(fields):
        raise SettingsError(f"Edit {number} of the link, {shown!r}, is none that is known.")
    try:
        return kind(*(_READ[field](part) for field, part in zip(fields, parts, strict=True)))
    except ValueError as error:
        raise SettingsError(f"Edit {number} of the link, {shown!r}, cannot be read: {error}.") from error


def _runs_text(positions: Sequence[int]) -> str:
    """In the order given, neighbours that count up by one as a run; "-" for none."""
    runs: list[list[int]] = []
    for position in positions:
        if runs and position == runs[-1][1] + 1:
            runs[-1][1] = position
        else:
            runs.append([position, position])
    return "_".join(str(a) if a == b else f"{a}-{b}" for a, b in runs) or "-"


def _runs(text: str) -> tuple[int, ...]:
    if text == "-":
        return ()
    ends = [[_number(part) for part in run.split("-")] for run in text.split("_")]
    if any(len(run) > 2 or run[-1] < run[0] for run in ends):
        raise ValueError("a run is one number, or a first and a last one")
    if sum(run[-1] - run[0] + 1 for run in ends) > RUN_POSITIONS:
        raise ValueError(f"more than {RUN_POSITIONS:,} positions")
    return tuple(position for run in ends for position in range(run[0], run[-1] + 1))


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,15}", text):
        raise ValueError(f"{text[:20]!r} is no whole number of 0 or more")
    return int(text)


def _box(text: str) -> tuple[int, ...]:
    sides = tuple(_number(part) for part in text.split("-"))
    if len(sides) != 4:
        raise ValueError("a box is top-left-height-width")
    return sides


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise SettingsError(f"the name of a source has letters, digits, - and _ only, not {text[:40]!r}")
    return text


_WRITE: dict[str, Callable] = {
    "number": str,
    "runs": _runs_text,
    "box": lambda box: "-".join(map(str, box)),
    "name": _name,
}
_READ: dict[str, Callable] = {"number": _number, "runs": _runs, "box": _box, "name": _name}
