"""`python -m explorer list`: the tokenizers that are here, as a table, as JSON, or as the table of the README."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import fields

from explorer import tokenizers
from explorer.joints.tokenizer import TokenizerSpec


def run(options: argparse.Namespace) -> int:
    """Print every tokenizer of `tokenizers.list_tokenizers()`, or with --known the public ones that people name."""
    if options.known:
        from explorer.cli.planning import known_json, known_table  # the formats of others, which the rest never reads

        print(known_json() if options.json else known_table())
        return 0
    specs = tokenizers.list_tokenizers()
    if options.json:
        print(json.dumps([plain(spec) for spec in specs], indent=2))
    elif options.markdown:
        print(markdown(specs))
    elif specs:
        print(table(specs))
    else:
        print("No tokenizers are here yet. Make one with: python -m explorer train NAME")
    for reason in tokenizers.broken_tokenizers().values():
        print(f"left out: {reason}", file=sys.stderr)
    return 0


def plain(spec: TokenizerSpec) -> dict[str, object]:
    """All fields of a spec as JSON takes them. (`asdict` would fail on a read-only `measured`.)"""
    return {part.name: getattr(spec, part.name) for part in fields(spec)} | {"measured": dict(spec.measured)}


def table(specs: Sequence[TokenizerSpec]) -> str:
    """One line a tokenizer: id, codes at each position, what a token stands for, title."""
    head = ("id", "codes", "a token", "title")
    rows = [
        head,
        *((spec.id, spec.vocabulary, of_a_token(spec), spec.title) for spec in specs),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def of_a_token(spec: TokenizerSpec) -> str:
    """What one token of the finest level stands for, such as "8 x 8 pixels" or "320 samples"."""
    side = f"{spec.downsampling} x {spec.downsampling} pixels"
    if spec.layout == "set1d":
        return "no place"
    if spec.modality == "audio":
        return f"{spec.downsampling:,} samples"
    return f"{spec.time_step} x {side}" if spec.modality == "video" else side


def markdown(specs: Sequence[TokenizerSpec]) -> str:
    """The table of the README: what each checkpoint measured on held-out pictures, from its config."""
    head = "| id | tokenizer | codes | bits a pixel | PSNR, dB | SSIM | usage, share of K | tokens counted |"
    rows = [head, "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for spec in specs:
        bits = spec.num_quantizers * math.log2(spec.codebook_size) / spec.downsampling**2
        usage = ", ".join(figure(spec, f"usage_{q}", ".1%") for q in range(1, spec.num_quantizers + 1))
        cells = (
            *(f"`{spec.id}`", spec.title, spec.vocabulary, f"{bits:.3f}"),
            *(figure(spec, "psnr_db", ".2f"), figure(spec, "ssim", ".3f"), usage, figure(spec, "tokens", ",")),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def figure(spec: TokenizerSpec, name: str, form: str) -> str:
    """A measured value in a format, or "not measured"."""
    return format(spec.measured[name], form) if name in spec.measured else "not measured"
