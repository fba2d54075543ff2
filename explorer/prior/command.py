"""Make a prior again: tokens of photographs, a training, and what a held-out token takes, in one folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from explorer.foundation.device import device_label, pick_device
from explorer.foundation.errors import MediaError, SettingsError
from explorer.foundation.files import check_folder
from explorer.joints.tokenizer import Tokenizer
from explorer.prior.checkpoint import eight_bit, write_prior
from explorer.prior.data import tokens_of, views, whole
from explorer.prior.ngrams import bigram_bits, pairs_above, pairs_left, unigram_bits
from explorer.prior.shelf import folder_of
from explorer.prior.train import PriorRecipe, token_bits, train
from explorer.tokenizers import load_tokenizer
from explorer.training.data import load_pictures, picture_files, sample_pictures

LICENCE = "weights: MIT; trained on the sample pictures of scikit-image and scikit-learn (see the sample list)"
OWN = "pictures inside the installed packages"
DIGITS = 4
Describe = Callable[[np.ndarray, int], Mapping[str, float]]


@dataclass(frozen=True)
class PriorOrder:
    """data, held_out: folders of pictures; None for the app's own, and for every fifth of the data. The notes name them
    on the card. out: folder of checkpoints, None for the app's."""

    tokenizer: str
    data: tuple[Path, ...] | None = None
    held_out: tuple[Path, ...] | None = None
    data_note: str | None = None
    held_out_note: str | None = None
    licence: str | None = None
    device: str = "auto"
    out: Path | None = None


def make_prior(order: PriorOrder, recipe: PriorRecipe, describe: Describe, say: Callable[[str], None]) -> Path:
    """Train and write; the folder. describe: held-out tokens (P, rows, columns) and K -> what else is measured.

    Raises MediaError and SettingsError for what cannot be learnt from, ExplorerError where the training diverges.
    """
    began, device = time.monotonic(), pick_device(order.device)
    folder = folder_of(order.tokenizer, order.out)
    check_folder(folder)
    tokenizer = load_tokenizer(order.tokenizer, "cpu" if device.type == "cpu" else order.device)
    _check(tokenizer, recipe)
    pictures, held_pictures, named, held_named = _gather(order, recipe)
    say(f"{order.tokenizer}: {len(pictures)} pictures, {len(held_pictures)} held out, {device_label(device)}")
    held_out = tokens_of(whole(held_pictures, recipe.side_px), tokenizer)
    tokens = tokens_of(views(pictures, recipe.rounds, recipe.side_px, recipe.seed), tokenizer, _told(say))
    book = tokenizer.codebooks()[0]
    trained = train(recipe, (book.codebook_size, book.vectors), tokens, held_out, device, say)
    shipped = eight_bit(trained.model.cpu())
    measured = measure(tokens, held_out, book.codebook_size) | {
        "prior": float(token_bits(shipped, held_out).mean()),
        "prior_in_training": trained.curve[-1][2],
        **describe(held_out, book.codebook_size),
    }
    training = asdict(recipe) | {
        "data": named,
        "pictures": len(pictures),
        "tokens": int(tokens.size),
        "held_out": held_named,
        "hardware": device_label(device),
        "seconds": round(time.monotonic() - began, 1),
    }
    facts = {
        "tokenizer": order.tokenizer,
        "side_px": recipe.side_px,
        "licence": order.licence or (LICENCE if order.data is None else "not stated"),
        "training": training,
        "measured": {name: round(value, DIGITS) for name, value in measured.items()},
        "counts": np.bincount(tokens.ravel(), minlength=book.codebook_size).tolist(),
        "curve": [[step, round(a, DIGITS), round(b, DIGITS)] for step, a, b in trained.curve],
    }
    write_prior(folder, shipped, facts)
    return folder


def measure(tokens: np.ndarray, held_out: np.ndarray, codebook_size: int) -> dict[str, float]:
    """Bits of held-out tokens where less is known than by a prior, and how many tokens each is over."""
    return {
        "pictures": len(held_out),
        "tokens": held_out.size,
        "unigram": unigram_bits(tokens, held_out, codebook_size),
        "left": bigram_bits(tokens, held_out, codebook_size, pairs_left),
        "tokens_left": len(pairs_left(held_out)[0]),
        "above": bigram_bits(tokens, held_out, codebook_size, pairs_above),
        "tokens_above": len(pairs_above(held_out)[0]),
    }


def _check(tokenizer: Tokenizer, recipe: PriorRecipe) -> None:
    spec = tokenizer.spec
    if spec.modality != "image" or spec.layout != "grid2d" or spec.num_quantizers != 1 or spec.fixed_size:
        raise SettingsError(f"{spec.id!r} is no tokenizer of pictures with one token a place of a grid")
    if recipe.side_px % spec.media_multiple:
        raise SettingsError(f"{spec.id!r} takes sides that are multiples of {spec.media_multiple} px")


def _gather(order: PriorOrder, recipe: PriorRecipe) -> tuple[list[np.ndarray], list[np.ndarray], str, str]:
    """Pictures to learn from and to measure on, and how the card names both."""
    if order.data is None:
        pictures, named = sample_pictures(recipe.side_px), OWN
    else:
        pictures, named = _read(order.data, recipe), order.data_note or _names(order.data)
    if order.held_out is not None:
        return pictures, _read(order.held_out, recipe), named, order.held_out_note or _names(order.held_out)
    if len(pictures) < 2:
        raise MediaError("one picture is too few to learn from and to measure on; add pictures, or give --held-out")
    return [one for i, one in enumerate(pictures) if i % 5], pictures[::5], named, "every fifth of the same pictures"


def _read(folders: tuple[Path, ...], recipe: PriorRecipe) -> list[np.ndarray]:
    return load_pictures([path for folder in folders for path in picture_files(folder)], recipe.side_px)[0]


def _names(folders: tuple[Path, ...]) -> str:
    return ", ".join(folder.resolve().name for folder in folders)


def _told(say: Callable[[str], None], every: int = 2000) -> Callable[[int], None]:
    """Says how many squares are encoded, now and then."""
    return lambda count: say(f"{count:,} squares encoded") if count % every < 16 and count >= every else None
