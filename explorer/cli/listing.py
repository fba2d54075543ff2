"""`python -m explorer list`: the tokenizers that are here, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import fields

from explorer import tokenizers
from explorer.tokenizers.base import TokenizerSpec


def run(options: argparse.Namespace) -> int:
    """Print every tokenizer of `tokenizers.list_tokenizers()`."""
    specs = tokenizers.list_tokenizers()
    if options.json:
        print(json.dumps([plain(spec) for spec in specs], indent=2))
    elif specs:
        print(table(specs))
    else:
        print("No tokenizers are here yet. Make one with: python -m explorer train NAME")
    return 0


def plain(spec: TokenizerSpec) -> dict[str, object]:
    """All fields of a spec as JSON takes them. (`asdict` would fail on a read-only `measured`.)"""
    return {part.name: getattr(spec, part.name) for part in fields(spec)} | {"measured": dict(spec.measured)}


def table(specs: Sequence[TokenizerSpec]) -> str:
    """One line a tokenizer: id, codes at each position, pixels a token along a side, title."""
    head = ("id", "codes", "pixels a token", "title")
    rows = [
        head,
        *((spec.id, spec.vocabulary, f"{spec.downsampling} x {spec.downsampling}", spec.title) for spec in specs),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)
