"""`python -m explorer open`: what a checkpoint tells of its codebooks, whatever wrote it, and a draft of an adapter."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from explorer.analysis.opening.draft import draft
from explorer.analysis.opening.file import OpenFile, open_file
from explorer.analysis.opening.words import facts, name_of, summary, table_lines
from explorer.foundation.errors import SettingsError
from explorer.foundation.files import write_atomically


def run(options: argparse.Namespace) -> int:
    """Print what was found, and write the draft if asked. Raises CheckpointError, SettingsError."""
    file = options.file.expanduser()
    found = open_file(file)
    text = draft(found, file.resolve())
    if options.adapter_out is not None:
        _write(options.adapter_out, text)
    if options.json:
        print(json.dumps(facts(found, text), indent=2))
        return 0
    for line in lines(found):
        print(line)
    if options.adapter_out is not None:
        print(f"\nA drafted adapter is in {options.adapter_out}: put your model's class in, then start with --adapter.")
    elif found.problem:
        print("\n--draft my_adapter.py writes an adapter to start from.")
    return 0


def lines(found: OpenFile) -> list[str]:
    """What a person reads."""
    head = found.problem or f"{found.header.path.name} is {found.format}: --checkpoint loads it."
    said = [head, *found.header.notes, "", summary(found)]
    for table in found.tables:
        said += ["", name_of(table), *[f"  {line}" for line in table_lines(table)]]
    return said


def _write(path: Path, text: str) -> None:
    if path.suffix != ".py":
        raise SettingsError(f"--draft writes a Python file; {path.name!r} does not end in .py.")
    if path.exists():
        raise SettingsError(f"{path} is there already, and is left as it is. Name another file.")
    write_atomically(path, text.encode())
