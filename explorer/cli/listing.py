"""`python -m explorer list`: the tokenizers that are here, as a table, as JSON, or as the table of the README."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import fields

from explorer import tokenizers
from explorer.joints.columns import columns_meta
from explorer.joints.tokenizer import TokenizerSpec

_PICTURES = ("bits a pixel", ("psnr_db", "PSNR, dB", ".2f"), ("ssim", "SSIM", ".3f"))
MEASURES = {  # what the README says of tokenizers of each modality: rate, and two measures with their formats
    "image": _PICTURES,
    "audio": ("kbit/s", ("si_sdr_db", "SI-SDR, dB", ".2f"), ("log_mel_db", "log-mel distance, dB", ".2f")),
    "video": _PICTURES,
}


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
    plainly = {"measured": dict(spec.measured), "columns": columns_meta(spec.columns)}
    return {part.name: getattr(spec, part.name) for part in fields(spec)} | plainly


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
    if spec.modality == "graph":
        return "a node"
    if spec.modality == "vectors":
        return "1 item"
    if spec.modality == "series":
        rows = spec.media_multiple
        return f"1 of {rows} frequencies" if spec.downsampling < rows else f"{rows} rows of a column"
    return f"{spec.time_step} x {side}" if spec.modality == "video" else side


def markdown(specs: Sequence[TokenizerSpec]) -> str:
    """The tables of the README, one a modality: what each checkpoint measured on held-out media, from its config."""
    parts = []
    for modality, (rate, first, second) in MEASURES.items():
        of_it = [spec for spec in specs if spec.modality == modality]
        head = f"| id | tokenizer | codes | {rate} | {first[1]} | {second[1]} | usage, share of K | tokens counted |"
        rows = [head, "| --- | --- | --- | --- | --- | --- | --- | --- |"]
        for spec in of_it:
            usage = ", ".join(figure(spec, f"usage_{q}", ".1%") for q in range(1, spec.num_quantizers + 1))
            figures = (figure(spec, name, form) for name, _, form in (first, second))
            cells = (f"`{spec.id}`", spec.title, spec.vocabulary, bits_of(spec), *figures, usage)
            rows.append(f"| {' | '.join(cells)} | {tokens_of(spec)} |")
        parts += ["\n".join(rows)] if of_it else []
    for modality, write in (("series", series_markdown), ("vectors", items_markdown), ("graph", graph_markdown)):
        of_it = [spec for spec in specs if spec.modality == modality]
        parts += [write(of_it)] if of_it else []
    return "\n\n".join(parts)


def bits_of(spec: TokenizerSpec) -> str:
    """Bits of all levels: a pixel of pictures and clips, thousands a second of sound; "not known" without a rate."""
    bits = spec.num_quantizers * math.log2(spec.codebook_size)
    if spec.modality == "audio":
        return f"{bits * spec.sample_rate_hz / spec.downsampling / 1000:.2f}" if spec.sample_rate_hz else "not known"
    if "tokens_1" in spec.measured or spec.layout == "set1d":  # what was counted on the pictures of the card
        of, each = spec.measured, math.log2(spec.codebook_size)
        if not {"tokens", "pictures", "side_px"} <= of.keys():
            return "not known"
        tokens = sum(of.get(f"tokens_{q}", of["tokens"]) for q in range(1, spec.num_quantizers + 1))
        return f"{tokens * each / of['pictures'] / of['side_px'] ** 2:.3f}"
    return f"{bits / spec.downsampling**2 / spec.time_step:.3f}"


def tokens_of(spec: TokenizerSpec) -> str:
    """The tokens that usage was counted on, of each level where grids differ."""
    grids = [name for name in (f"tokens_{q}" for q in range(1, spec.num_quantizers + 1)) if name in spec.measured]
    return " + ".join(figure(spec, name, ",") for name in grids or ("tokens",))


def items_markdown(specs: Sequence[TokenizerSpec]) -> str:
    """Of items: what their semantic ids tell apart, and what is kept."""
    head = "| id | items tokenizer | codes | bits an item | share an id | variance kept | usage, share of K | items |"
    rows = [head, "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for spec in specs:
        usage = ", ".join(figure(spec, f"usage_{q}", ".1%") for q in range(1, spec.num_quantizers + 1))
        cells = (
            *(f"`{spec.id}`", spec.title, spec.vocabulary),
            *(f"{spec.num_quantizers * math.log2(spec.codebook_size):.0f}", figure(spec, "collision_rate", ".1%")),
            *(figure(spec, "explained", ".1%"), usage, figure(spec, "tokens", ",")),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def series_markdown(specs: Sequence[TokenizerSpec]) -> str:
    """Of series: errors in the units of their columns, and what is sent."""
    head = "| id | series tokenizer | codes | a token | bits a value | RMS error | usage, share of K | tokens counted |"
    rows = [head, "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for spec in specs:
        bits = spec.num_quantizers * math.log2(spec.codebook_size) / spec.downsampling
        sent = spec.measured.get("bits_a_value")
        units = [name.removeprefix("rmse_") for name in spec.measured if name.startswith("rmse_")]
        usage = ", ".join(figure(spec, f"usage_{q}", ".1%") for q in range(1, spec.num_quantizers + 1))
        cells = (
            *(f"`{spec.id}`", spec.title, spec.vocabulary, of_a_token(spec)),
            f"{bits:.2f}" if sent is None else f"{sent:.2f} merged, {bits:.2f} before",
            ", ".join(f"{figure(spec, f'rmse_{unit}', '.3g')} {unit}" for unit in units) or "not measured",
            *(usage, figure(spec, "tokens", ",")),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def graph_markdown(specs: Sequence[TokenizerSpec]) -> str:
    """Of graphs: which nodes tokens tell apart, on the graphs of the card."""
    head = "| id | graph tokenizer | measured on | nodes | words | share their tuple | beside an anchor |"
    rows = [head, "| --- | --- | --- | --- | --- | --- | --- |"]
    forms = {"nodes": ",", "words": ",", "sharing": ".1%", "within_one": ".1%"}
    for spec in specs:
        graphs = [name.removeprefix("nodes_") for name in spec.measured if name.startswith("nodes_")]
        each = (
            "; ".join(figure(spec, f"{name}_{graph}", form) for graph in graphs) or "not measured"
            for name, form in forms.items()
        )
        rows.append(f"| {' | '.join([f'`{spec.id}`', spec.title, '; '.join(graphs) or 'nothing', *each])} |")
    return "\n".join(rows)


def figure(spec: TokenizerSpec, name: str, form: str) -> str:
    """A measured value in a format, or "not measured"."""
    return format(spec.measured[name], form) if name in spec.measured else "not measured"
