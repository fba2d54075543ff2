"""The card of a tokenizer of rows: what it is, what it was fitted to, and what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping


def card_text(config: Mapping) -> str:
    """card.md from a checkpoint's config."""
    training, measured, architecture = config["training"], config["measured"], config["architecture"]
    levels = range(1, config["num_quantizers"] + 1)
    vocabulary = f"{config['codebook_size']:,}" + (f" x {len(levels)}" if len(levels) > 1 else "")
    stretch = f"{architecture['rows']} rows"
    token = (
        f"one frequency of one column in {stretch}" if architecture["kind"] == "fast" else f"{stretch} of one column"
    )
    usage = _several(measured, "usage", levels, ".1%")
    perplexity = _several(measured, "perplexity", levels, ".1f")
    steps = f"| steps | {training['steps']:,} of {training['batch']:,} windows, EMA |\n" if "steps" in training else ""
    return f"""# {config["title"]}

{config["summary"]}

| | |
| --- | --- |
| id | `{config["id"]}` |
| quantizer | {config["quantizer"]["id"]}, K = {vocabulary}, D = {config["codebook_dim"]} |
| settings | `{json.dumps(config["quantizer"]["config"])}` |
| a token | {token} |
| network | none |
| data | {training["data"]} ({training["series"]:,} series of {training["seconds_each"]:g} s) |
| licence | {config["licence"]} |
{steps}| seed | {training["seed"]} |
| hardware | {training["hardware"]}, {training["seconds"]:,.1f} s |

Measured on {measured["series"]:,} held-out series ({training["held_out"]}):

| unit | root mean square error | largest error |
| --- | --- | --- |
{_errors(measured)}

| usage, share of K | perplexity | tokens counted |
| --- | --- | --- |
| {usage} | {perplexity} | {measured["tokens"]:,} |
{_pieces(measured)}
Made by `python -m explorer train {config["id"]}`.
"""


def _errors(measured: Mapping) -> str:
    units = [name.removeprefix("max_") for name in measured if name.startswith("max_")]
    rows = [f"| {unit or 'none'} | {measured[f'rmse_{unit}']:.4g} | {measured[f'max_{unit}']:.4g} |" for unit in units]
    whole = f"| half the range that a column was fitted on | {measured['rmse']:.4f} | |"
    return "\n".join([*rows, whole])


def _several(measured: Mapping, name: str, levels: range, form: str) -> str:
    return ", ".join(format(measured[f"{name}_{level}"], form) for level in levels)


def _pieces(measured: Mapping) -> str:
    if "pieces_a_chunk" not in measured:
        return ""
    sent, integers = measured["pieces_a_chunk"], measured["integers_a_chunk"]
    return (
        f"\nMerged, {sent:.1f} pieces a chunk are sent instead of {integers:.0f} integers, which is what one bin a "
        f"value would take: {integers / sent:.1f} times fewer, {measured['bits_a_value']:.2f} bits a value.\n"
    )
