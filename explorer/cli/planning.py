"""`python -m explorer plan`: what a file or a Hub repository is, before any of its weights is read."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from explorer.loading.planning import Plan, parse_source, plan
from explorer.public.catalogue import KnownTokenizer, known_tokenizers
from explorer.tokenizers.memory import gib

FROM = (
    "Some licences and data are from memory: with --json, `facts` says where each is from. `plan` shows the licence "
    "that the Hub states."
)


def run(options: argparse.Namespace) -> int:
    """Print the plan. Raises CheckpointError for what cannot be loaded, in words."""
    found = plan(parse_source(options.source), options.weights)
    if options.json:
        print(json.dumps(facts(found), indent=2))
        return 0
    for name, value in facts(found).items():
        if value not in (None, "", []):
            lines = value if isinstance(value, list) else [value]
            for number, line in enumerate(lines):
                print(f"{name.replace('_', ' ') if number == 0 else '':18}{line}")
    return 0


def facts(found: Plan) -> dict[str, object]:
    """All that a plan says, as JSON takes it."""
    spec = found.spec
    return {
        "source": found.source.words,
        "id": found.id,
        "format": found.format_title,
        "modality": found.modality,
        "codes": spec.vocabulary if spec else None,
        "quantizer": spec.quantizer if spec else None,
        "parameters": f"{found.parameters:,}" if found.parameters else "not known yet",
        "memory": gib(found.memory_bytes) if found.memory_bytes else "not known yet",
        "weights": found.weights_words,
        "licence": found.licence,
        "revision": found.revision,
        "to_fetch": f"{found.download_bytes / 1e6:,.1f} MB" if found.download_bytes else "nothing",
        "files": [file.name for file in found.files],
        "summary": spec.summary if spec else "",
        "notes": list(found.notes),
    }


def words(found: Plan) -> str:
    """A plan in one line."""
    size = f"{found.parameters / 1e6:,.1f} M parameters" if found.parameters else "size not known yet"
    fetch = f", {found.download_bytes / 1e6:,.0f} MB to fetch" if found.download_bytes else ""
    return f"{found.source.words}: {found.format_title}, {size}, licence: {found.licence}{fetch}"


def known_table(known: Sequence[KnownTokenizer] | None = None) -> str:
    """One line a known tokenizer: what to type, what it is, its licence, its size and its data."""
    head = ("--hub", "title", "licence", "parameters", "memory", "trained on")
    rows = [head]
    for one in known if known is not None else known_tokenizers():
        size = f"{one.parameters / 1e6:,.1f} M" if one.parameters else "not known"
        memory = gib(one.memory_bytes) if one.memory_bytes else "not known"
        source = one.source or f"(by hand: {one.home})"
        rows.append((source, f"{one.title} [{one.modality}]", one.licence, size, memory, one.trained_on))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join((*lines, FROM))


def known_json() -> str:
    """All that the list says, as JSON."""
    fields = ("id", "title", "format", "modality", "source", "home", "licence", "trained_on", "parameters")
    more = ("memory_bytes", "facts", "published", "published_on")
    return json.dumps([{name: getattr(one, name) for name in (*fields, *more)} for one in known_tokenizers()], indent=2)
