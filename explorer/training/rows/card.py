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


def items_card_text(config: Mapping) -> str:
    """card.md of semantic ids from a checkpoint's config."""
    training, measured, levels = config["training"], config["measured"], range(1, config["num_quantizers"] + 1)
    shared = f"{measured['collision_rate']:.2%}"
    return f"""# {config["title"]}

{config["summary"]}

| | |
| --- | --- |
| id | `{config["id"]}` |
| quantizer | {config["quantizer"]["id"]}, K = {config["codebook_size"]:,} x {len(levels)} |
| latent | D = {config["codebook_dim"]} |
| settings | `{json.dumps(config["quantizer"]["config"])}` |
| encoder and decoder | one hidden layer of {config["architecture"]["hidden"]}, {config["parameters"]:,} parameters |
| data | {training["data"]} ({training["items"]:,} items) |
| licence | {config["licence"]} |
| steps | {training["steps"]:,} of {training["batch"]:,} items |
| seed | {training["seed"]} |
| hardware | {training["hardware"]}, {training["seconds"]:,.0f} s |

Of {measured["items"]:,} held-out items ({training["held_out"]}) the decode keeps {measured["explained"]:.1%} of the
variance. Over all {measured["tokens"]:,} items together:

| items that share their id | distinct ids | items of the fullest id | usage, share of K | perplexity |
| --- | --- | --- | --- | --- |
| {shared} | {measured["distinct_ids"]:,} | {measured["largest_id"]:,} | {_levels(measured, levels)} |

Made by `python -m explorer train {config["id"]}`.
"""


def _levels(measured: Mapping, levels: range) -> str:
    return f"{_several(measured, 'usage', levels, '.1%')} | {_several(measured, 'perplexity', levels, '.0f')}"
