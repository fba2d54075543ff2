"""`python -m explorer prior TOKENIZER`: make the small language model of a tokenizer's codes again."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.analysis.language.statistics import language_of


def run(options: argparse.Namespace) -> int:
    """Train it and write its folder."""
    import torch

    from explorer.prior.command import PriorOrder, make_prior
    from explorer.prior.train import PriorRecipe

    if options.threads:
        torch.set_num_threads(options.threads)
    order = PriorOrder(
        options.tokenizer,
        _folders(options.data),
        _folders(options.held_out),
        options.data_note,
        options.held_out_note,
        options.licence,
        options.device,
        options.out,
    )
    asked = {name: getattr(options, name) for name in ("steps", "rounds", "seed")}
    recipe = replace(PriorRecipe(), **{name: value for name, value in asked.items() if value is not None})
    folder = make_prior(order, recipe, describe, lambda line: print(line, flush=True))
    print(f"wrote {folder}", flush=True)
    return 0


def _folders(given: list[Path] | None) -> tuple[Path, ...] | None:
    return tuple(given) if given else None


def describe(tokens: np.ndarray, codebook_size: int) -> dict[str, float]:
    """Held-out tokens (P, rows, columns) as a language, in plain numbers."""
    found = language_of(list(tokens), codebook_size)
    told = {"entropy": found.unigram, "lzma": found.packed, "used": found.used, "exponent": found.ranks.exponent}
    for name in ("left", "above"):
        pairs = getattr(found, name)
        if pairs is not None:
            told[f"equal_{name}"] = pairs.equal
    return told
