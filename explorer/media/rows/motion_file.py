"""The motion that ships as assets/motion/walk.csv: `python -m explorer.media.rows.motion_file` writes it again."""

from __future__ import annotations

from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.files import make_folder, write_atomically
from explorer.media.rows.synthetic import walk
from explorer.media.rows.writing import csv_bytes

PROVENANCE = (
    "# Joint angles of a body that walks and then runs, 4 s at 30 Hz: made by formula, no recording of anybody.\n"
    "# MIT, as this project. Written by: python -m explorer.media.rows.motion_file\n"
)


def motion_path() -> Path:
    """Where the file lies."""
    return settings().assets / "motion" / "walk.csv"


def motion_bytes() -> bytes:
    """What it holds: two lines on where it is from, a line of names, and the rows with their time."""
    series = walk()
    return PROVENANCE.encode() + csv_bytes(series.values, series.columns, series.rate_hz)


if __name__ == "__main__":
    make_folder(motion_path().parent)
    write_atomically(motion_path(), motion_bytes())
    print(motion_path())
