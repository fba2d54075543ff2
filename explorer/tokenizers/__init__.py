"""Tokenizers: the checkpoints that ship, and (one file an adapter) those of others.

`list_tokenizers` reads only config files; `load_tokenizer` reads weights on first use, one copy for all visitors.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from explorer.config import settings
from explorer.errors import CheckpointError, UnknownIdError
from explorer.registry import unknown_id_message

if TYPE_CHECKING:  # torch is imported only when weights are
    from explorer.tokenizers.base import Tokenizer, TokenizerSpec

TOKENIZERS_KEPT = 16
ORDER = ("vq-ema-reseed", "vq-ema", "vq-collapsed", "vq-cosine", "kmeans", "rvq-4", "pq-4")  # then by id

_loaded: OrderedDict[tuple[Path, str], Tokenizer] = OrderedDict()
_lock = Lock()


def list_tokenizers(checkpoints: Path | None = None) -> list[TokenizerSpec]:
    """The specs of all checkpoints found, the default first. One that cannot be read is left out and logged."""
    from explorer.tokenizers.specs import read_config, spec_of

    specs = []
    root = checkpoints or settings().checkpoints
    for folder in sorted(path.parent for path in root.glob("*/config.json")):
        try:
            specs.append(spec_of(read_config(folder)))
        except CheckpointError as error:
            logging.getLogger(__name__).warning("%s", error)
    rank = {name: i for i, name in enumerate(ORDER)}
    return sorted(specs, key=lambda spec: (rank.get(spec.id, len(ORDER)), spec.id))


def load_tokenizer(tokenizer_id: str, device: str | None = None, checkpoints: Path | None = None) -> Tokenizer:
    """The tokenizer of that id, loaded once and shared; the least recently used ones are let go.

    Raises UnknownIdError with the valid ids, CheckpointError if its files are not what they should be.
    """
    from explorer.tokenizers.native import NativeTokenizer  # imports torch: about a second, paid on first use

    valid = [spec.id for spec in list_tokenizers(checkpoints)]
    if tokenizer_id not in valid:
        raise UnknownIdError(unknown_id_message("tokenizer", tokenizer_id, valid))
    folder = (checkpoints or settings().checkpoints) / tokenizer_id
    key = (folder, device or settings().device)
    with _lock:
        if key not in _loaded:
            _loaded[key] = NativeTokenizer(*key)
        _loaded.move_to_end(key)
        while len(_loaded) > TOKENIZERS_KEPT:
            _loaded.popitem(last=False)
        return _loaded[key]
