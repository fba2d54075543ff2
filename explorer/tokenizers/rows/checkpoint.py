"""Checkpoints of tokenizers of rows: <id>/model.safetensors + config.json + card.md, written and read.

model.safetensors holds, of FAST, `merges` (M, 2) int32 and `counts` (K,) float32 of its training; of windows, the
state of the quantizer; of items, that of the whole model. Only safetensors is read, and every shape is checked before
it is (`native/checkpoint.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from explorer.foundation.config import Limits, settings
from explorer.foundation.errors import CheckpointError, ExplorerError
from explorer.foundation.files import make_folder, write_atomically
from explorer.quantizers.build import build_quantizer
from explorer.quantizers.fast import CosineRounding
from explorer.quantizers.fast_merges import Merges
from explorer.tokenizers.native.checkpoint import WEIGHTS, is_needed, read_tensors
from explorer.tokenizers.native.specs import CONFIG, read_config, spec_of
from explorer.tokenizers.rows.codecs import FastCodec, SeriesCodec, WindowCodec
from explorer.tokenizers.rows.items import ItemsCodec, ItemsTokenizer, item_model
from explorer.tokenizers.rows.tokenizer import SeriesTokenizer

MOST_MERGES, MOST_NUMBERS = 2**16, 2**22


def load_rows(folder: Path, device: str = "auto") -> SeriesTokenizer | ItemsTokenizer:
    """The tokenizer of a checkpoint, on `device` ("auto", "cpu", "cuda", "mps"). Raises CheckpointError."""
    config = read_config(folder)
    spec, codec, where = spec_of(config), load_codec(folder), f"{CONFIG} of checkpoint {folder.name!r}"
    books = codec.codebooks()
    true = {
        "codebook_size": books[0].codebook_size,
        "num_quantizers": len(books),
        "codebook_dim": books[0].codebook_dim,
    }
    for key, found in true.items():
        if config[key] != found:
            raise CheckpointError(f"{where} says {key} {config[key]}, its tables have {found}")
    return (
        ItemsTokenizer(codec, spec, device) if isinstance(codec, ItemsCodec) else SeriesTokenizer(codec, spec, device)
    )


def load_codec(folder: Path, limits: Limits | None = None) -> SeriesCodec | ItemsCodec:
    """The codec of a checkpoint, with its tables. Raises CheckpointError."""
    limit = (limits or settings().limits).checkpoint_bytes
    config = read_config(folder)
    try:
        made = {"fast": _fast, "windows": _windows, "items": _items}[config["architecture"]["kind"]](
            folder, config, limit
        )
    except CheckpointError:
        raise
    except (KeyError, TypeError, ValueError, RuntimeError, ArithmeticError, ExplorerError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"{CONFIG} of checkpoint {folder.name!r} describes no tokenizer: {reason}") from error
    return made.eval()


def _fast(folder: Path, config: Mapping, limit: int) -> FastCodec:
    options = config["quantizer"]["config"]
    rounding = CosineRounding(int(options["chunk"]), float(options["scale"]), int(options["limit"]))
    size, many = rounding.rule.codebook_size, int(options["merges"])
    if not 0 <= many <= MOST_MERGES:
        raise CheckpointError(
            f"{CONFIG} of checkpoint {folder.name!r} has {many} merges, at most {MOST_MERGES} are read"
        )
    expected = {"merges": torch.zeros(many, 2, dtype=torch.int32), "counts": torch.zeros(size)}
    found = read_tensors(folder / WEIGHTS, expected, limit)
    pairs = found["merges"].numpy().astype(np.int64)
    if many and (pairs.min() < 0 or bool((pairs.max(1) >= size + np.arange(many)).any())):
        raise CheckpointError(f"a merge in {WEIGHTS} of checkpoint {folder.name!r} joins pieces that come after it")
    return FastCodec(rounding, Merges(size, pairs), found["counts"].numpy())


def _windows(folder: Path, config: Mapping, limit: int) -> WindowCodec:
    quantizer = build_quantizer(config["quantizer"]["id"], _checked(folder, config))
    tensors = read_tensors(folder / WEIGHTS, quantizer.state_dict(), limit)
    quantizer.load_state_dict(tensors, strict=False)
    return WindowCodec(quantizer.eval())


def _checked(folder: Path, config: Mapping) -> Mapping:
    """The options of a quantizer with a table. Raises CheckpointError for one that is too large."""
    options = config["quantizer"]["config"]
    if not float(options["codebook_size"]) * float(options["dim"]) * options.get("num_quantizers", 1) <= MOST_NUMBERS:
        raise CheckpointError(f"{CONFIG} of checkpoint {folder.name!r} asks for more than {MOST_NUMBERS:,} numbers")
    return options


def _items(folder: Path, config: Mapping, limit: int) -> ItemsCodec:
    model = item_model(config["architecture"], build_quantizer(config["quantizer"]["id"], _checked(folder, config)))
    model.load_state_dict(read_tensors(folder / WEIGHTS, model.state_dict(), limit), strict=False)
    return ItemsCodec(model.eval())


def save_rows(folder: Path, tensors: Mapping[str, Tensor], config_text: str) -> None:
    """Write the tables that tokenizing needs, and the config."""
    kept = {name: one.detach().cpu().contiguous() for name, one in tensors.items() if is_needed(name)}
    make_folder(folder)
    write_atomically(folder / WEIGHTS, save(kept))
    write_atomically(folder / CONFIG, config_text.encode())
