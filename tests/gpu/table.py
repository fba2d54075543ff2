"""The one table: rows are kept as JSON and Markdown as soon as they are there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from explorer.foundation.files import make_folder, write_atomically

STATES = ("ok", "below", "failed", "skipped")
HEADS = ("part", "what", "measured", "asked for", "state")


@dataclass(frozen=True)
class Row:
    """part, what: which number; measured: with its unit; asked: what was asked of it, "" for nothing; state: one of
    STATES; below: it ran to its end, and what was asked is not reached."""

    part: str
    what: str
    measured: str
    asked: str = ""
    state: str = "ok"

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"a row is {', '.join(STATES)}, not {self.state!r}")


class Table:
    """Rows, kept in `folder`. heading: what they were measured on."""

    def __init__(self, folder: Path, heading: str) -> None:
        self.folder, self.heading, self.rows = folder, heading, []  # type: Path, str, list[Row]
        make_folder(folder)
        self._write()

    def add(self, rows: Iterable[Row]) -> None:
        self.rows += rows
        self._write()

    def _write(self) -> None:
        told = {"measured on": self.heading, "rows": [asdict(row) for row in self.rows]}
        write_atomically(self.folder / "table.json", json.dumps(told, indent=1).encode() + b"\n")
        write_atomically(self.folder / "table.md", self.markdown().encode())

    def markdown(self) -> str:
        """The table with its heading."""
        cells = [
            HEADS,
            tuple("---" for _ in HEADS),
            *((r.part, r.what, r.measured, r.asked, r.state) for r in self.rows),
        ]
        lines = ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in cells]
        return f"{self.heading}\n\n" + "\n".join(lines) + "\n"


def rate_of(count: float, seconds: float, unit: str) -> str:
    """Something a second, to three digits."""
    return f"{float(f'{count / max(seconds, 1e-12):.3g}'):,.10g} {unit}/s"
