"""The card of a prior: what it reads, what it learnt from, and what a held-out token takes, all from the run itself."""

from __future__ import annotations

import math
from collections.abc import Mapping

# What is known before a token -> of which tokens it was measured.
KNOWN = {
    "nothing: log2 K": "most",
    "how often each code is used": "unigram",
    "the token on the left": "left",
    "the token above": "above",
    "all tokens before it, by this prior": "prior",
}


def card_text(config: Mapping) -> str:
    """card.md from a prior's config."""
    shape, training, measured = config["architecture"], config["training"], config["measured"]
    size, places = shape["codebook_size"], shape["rows"] * shape["columns"]
    told = {"most": math.log2(size), **measured}
    counted = {"left": "tokens_left", "above": "tokens_above"}
    rows = "\n".join(
        f"| {known} | {told[name]:.3f} | {told[counted.get(name, 'tokens')]:,.0f} |"
        for known, name in KNOWN.items()
        if name in told
    )
    return f"""# A small language model of `{config["tokenizer"]}`

The probability of each token of a picture, given all tokens before it, row by row.

| | |
| --- | --- |
| reads | tokens of `{config["tokenizer"]}`: K = {size:,}, {shape["rows"]} x {shape["columns"]} of them, pictures of \
{config["side_px"]} x {config["side_px"]} pixels |
| network | causal transformer, {shape["blocks"]} blocks of width {shape["width"]}, \
{config["parameters"]:,} parameters, written in eight bits |
| data | {training["data"]} ({training["pictures"]:,} pictures, {training["rounds"]} squares of each: \
{training["tokens"]:,} tokens) |
| licence | {config["licence"]} |
| steps | {training["steps"]:,} of {training["batch"]} squares of {places} tokens |
| seed | {training["seed"]} |
| hardware | {training["hardware"]}, {training["seconds"]:,.0f} s |

Bits a token on {measured["pictures"]:,.0f} held-out pictures ({training["held_out"]}), each scaled until it covers
{config["side_px"]} x {config["side_px"]} pixels and cropped at the centre:

| what is known before the token | bits | tokens counted |
| --- | --- | --- |
{rows}

Made by `python -m explorer prior {config["tokenizer"]}`; the loss over training is in `config.json`.
"""
