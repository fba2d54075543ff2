"""`python -m explorer open`: what a checkpoint tells of its codebooks, whatever wrote it, and a draft of an adapter."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from explorer.analysis.opening.draft import draft
from explorer.analysis.opening.file import OpenFile, open_file
from explorer.analysis.opening.life_words import table_of_lives, timeline_facts, timeline_lines
from explorer.analysis.opening.timeline import read_timeline
from explorer.analysis.opening.words import facts, name_of, rule_line, summary, table_lines, wanting
from explorer.figures.reports.opening import opened_report, timeline_report
from explorer.foundation.errors import SettingsError
from explorer.foundation.files import write_atomically


def run(options: argparse.Namespace) -> int:
    """Print what was found, and write what is asked. Raises CheckpointError, SettingsError."""
    _refuse_addresses(options.files)
    files = [file.expanduser() for file in options.files]
    if options.timeline:
        return _timeline(files, options)
    if len(files) > 1:
        raise SettingsError("Several files are opened together with --timeline, as checkpoints of one run.")
    if options.csv is not None:
        raise SettingsError("--csv writes a row a checkpoint, and goes with --timeline.")
    found = open_file(files[0])
    text = draft(found, files[0].resolve())
    if options.adapter_out is not None:
        _write(options.adapter_out, text)
    if options.report is not None:
        write_atomically(options.report, opened_report(found).encode())
    if options.json:
        print(json.dumps(facts(found, text), indent=2))
        return 0
    for line in lines(found):
        print(line)
    if options.adapter_out is not None:
        print(f"\nA drafted adapter is in {options.adapter_out}: put your model's class in, then start with --adapter.")
    elif found.problem:
        print("\n--draft my_adapter.py writes an adapter to start from; --report file.html draws its codes.")
    return 0


def _refuse_addresses(files: list[Path]) -> None:
    """Addresses are not files; why they are not fetched is said, and what to do. Raises SettingsError."""
    for file in files:
        if found := re.match(r"([a-z][a-z0-9+.-]+):/+", str(file)):  # a Path has one slash of the two
            raise SettingsError(
                f"{found[1]}:// is an address, and open reads only files on this machine: a .pt or .ckpt is a pickle, "
                "and none is fetched from an address that anyone may name, though its code would not be run. Fetch it "
                "by your own means and open the file; or bring a whole repository of the Hub: --hub OWNER/NAME."
            )


def lines(found: OpenFile) -> list[str]:
    """What a person reads."""
    head = found.problem or f"{found.header.path.name} is {found.format}: --checkpoint loads it."
    said = [head, *found.header.notes, "", summary(found), *map(rule_line, found.rules)]
    for table in found.tables:
        said += ["", name_of(table), *[f"  {line}" for line in table_lines(table)]]
    if more := wanting(found):
        said += ["", more]
    return said


def _timeline(files: list[Path], options: argparse.Namespace) -> int:
    """Checkpoints of one run, beside each other."""
    if options.adapter_out is not None:
        raise SettingsError("--draft writes an adapter of one file; leave --timeline out.")
    found = read_timeline(files)
    if options.csv is not None:
        write_atomically(options.csv, table_of_lives(found.lives).encode())
    if options.report is not None:
        write_atomically(options.report, timeline_report(found).encode())
    if options.json:
        print(json.dumps(timeline_facts(found), indent=2))
        return 0
    for line in timeline_lines(found):
        print(line)
    return 0


def _write(path: Path, text: str) -> None:
    if path.suffix != ".py":
        raise SettingsError(f"--draft writes a Python file; {path.name!r} does not end in .py.")
    if path.exists():
        raise SettingsError(f"{path} is there already, and is left as it is. Name another file.")
    write_atomically(path, text.encode())
