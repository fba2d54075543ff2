"""Odd files beside what another program makes of them: one row a file, as a table of markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

REFUSED = "refused"
HEAD = ("kind", "file", "reference", "the app", "largest difference", "allowed", "said")


@dataclass(frozen=True)
class Row:
    """kind, name: of the file. reference, ours: what the other program and the app made of it, in words.

    same_length: as many samples or frames, of the same size. difference: the largest, None if nothing can be compared.
    tolerance: what is allowed without a word; unit: of both. said: notes, or the refusal. expected: a regular
    expression for what must be said, "" if nothing may be.
    """

    kind: str
    name: str
    reference: str
    ours: str
    same_length: bool
    difference: float | None
    tolerance: float
    unit: str
    said: tuple[str, ...]
    expected: str

    @property
    def equal(self) -> bool:
        return self.same_length and self.difference is not None and self.difference <= self.tolerance


def markdown(rows: Sequence[Row]) -> str:
    lines = ["| " + " | ".join(HEAD) + " |", "| " + " | ".join("---" for _ in HEAD) + " |"]
    for row in rows:
        difference = "-" if row.difference is None else f"{row.difference:.2g} {row.unit}"
        said = "<br>".join(row.said).replace("|", "\\|") or "nothing"
        cells = (row.kind, row.name, row.reference, row.ours, difference, f"{row.tolerance:.2g} {row.unit}", said)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
