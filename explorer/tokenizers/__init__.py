"""Tokenizers: the checkpoints that ship, and (one file an adapter) those of others.

`list_tokenizers` reads only config files; `load_tokenizer` reads weights on first use, one copy for all visitors. What
was loaded is let go, the least recently used first, when there are many or their weights pass the memory budget; specs
stay listed, and what was let go is loaded again on use.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from explorer.config import settings
from explorer.errors import Cancelled, CheckpointError, UnknownIdError
from explorer.registry import Registry, unknown_id_message

if TYPE_CHECKING:  # torch is imported only when weights are
    from explorer.tokenizers.base import Tokenizer, TokenizerSpec

# Loaded on first use: torch costs about a second, and what only lists tokenizers never pays it.
ADAPTERS: Registry[type] = Registry("adapter", {"native": "explorer.tokenizers.native:NativeTokenizer"})
TOKENIZERS_KEPT = 16
ORDER = ("vq-ema-reseed", "vq-ema", "vq-collapsed", "vq-cosine", "kmeans", "rvq-4", "pq-4")  # then by id

# Tokenizers of others that were brought while the server runs: id -> (spec, how to make it). Specs are small, so they
# stay when the weights are let go. Bounded, the oldest leave first, but those of an adapter file stay.
BROUGHT_KEPT = 64
_brought: OrderedDict[str, tuple[TokenizerSpec, Callable[[str], Tokenizer]]] = OrderedDict()

# Futures, so that the lock is held for a moment only: one visitor's load never keeps another from what is there.
_loaded: OrderedDict[tuple[Path, str], Future[Tokenizer]] = OrderedDict()
_lock = Lock()


def list_tokenizers(checkpoints: Path | None = None) -> list[TokenizerSpec]:
    """The specs of all checkpoints found, the default first, then of those of others that were brought.

    `broken_tokenizers` says which were left out.
    """
    rank = {name: i for i, name in enumerate(ORDER)}
    specs = _scan(checkpoints or settings().checkpoints)[0]
    return sorted(specs, key=lambda spec: (rank.get(spec.id, len(ORDER)), spec.id)) + brought_tokenizers()


def bring(spec: TokenizerSpec, make: Callable[[str], Tokenizer]) -> None:
    """Let `spec.id` name a tokenizer of others from now on; `make(device)` loads its weights when it is first used."""
    with _lock:
        _brought[spec.id] = (spec, make)
        _brought.move_to_end(spec.id)
        others = [name for name, (one, _) in _brought.items() if one.source != "user"]  # a user's own always stay
        for name in others[: max(0, len(others) - BROUGHT_KEPT)]:
            del _brought[name]


def brought_tokenizers() -> list[TokenizerSpec]:
    """The specs of all that were brought, the newest last."""
    with _lock:
        return [spec for spec, _ in _brought.values()]


def forget(tokenizer_id: str) -> None:
    """Take back a tokenizer that was brought, and let go of its weights."""
    with _lock:
        _brought.pop(tokenizer_id, None)
        for key in [key for key in _loaded if key[0].name == tokenizer_id]:
            del _loaded[key]


def is_loaded(tokenizer_id: str, device: str | None = None) -> bool:
    """Whether its weights are in memory, or being read into it."""
    with _lock:
        return any(key[0].name == tokenizer_id and key[1] == (device or settings().device) for key in _loaded)


def loaded_bytes() -> int:
    """What the weights of all loaded tokenizers take in memory."""
    with _lock:
        return sum(_size(future) for future in _loaded.values())


def _size(future: Future[Tokenizer]) -> int:
    """Bytes of the weights behind a future; 0 while they are being read."""
    if not future.done() or future.exception() is not None:
        return 0
    spec = getattr(future.result(), "spec", None)
    return spec.memory_bytes or 4 * spec.parameters if spec else 0


def _make_room(key: tuple[Path, str], needed_bytes: int) -> None:
    """Let the least recently used go until the others and `needed_bytes` for `key` are within the budget."""
    from explorer.loading.memory import budget

    with _lock:
        sizes = {other: _size(future) for other, future in _loaded.items() if other != key}
        over = sum(sizes.values()) + needed_bytes - budget(settings().limits)
        for other, size in sizes.items():
            if over > 0 and size:
                del _loaded[other]
                over -= size


def broken_tokenizers(checkpoints: Path | None = None) -> dict[str, str]:
    """Checkpoint folders whose config cannot be used, and why, in one line each."""
    return _scan(checkpoints or settings().checkpoints)[1]


def _scan(root: Path) -> tuple[list[TokenizerSpec], dict[str, str]]:
    """Every folder under `root` that does not start with a dot is meant to be a checkpoint."""
    from explorer.tokenizers.specs import read_config, spec_of

    specs, broken = [], {}
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        try:
            specs.append(spec_of(read_config(folder)))
        except CheckpointError as error:
            broken[folder.name] = str(error)
    return specs, broken


def load_tokenizer(tokenizer_id: str, device: str | None = None, checkpoints: Path | None = None) -> Tokenizer:
    """The tokenizer of that id, loaded once and shared; the least recently used ones are let go.

    Raises UnknownIdError with the valid ids, CheckpointError if its files are not what they should be.
    """
    root = checkpoints or settings().checkpoints
    valid = [spec.id for spec in list_tokenizers(root)]
    if tokenizer_id not in valid:
        reason = broken_tokenizers(root).get(tokenizer_id)
        raise (
            CheckpointError(reason) if reason else UnknownIdError(unknown_id_message("tokenizer", tokenizer_id, valid))
        )
    key = (root / tokenizer_id, device or settings().device)
    with _lock:
        future = _loaded.get(key)
        first = future is None
        if first:
            future = _loaded[key] = Future()
        _loaded.move_to_end(key)
        while len(_loaded) > TOKENIZERS_KEPT:
            _loaded.popitem(last=False)
    if first:
        try:
            brought = _brought.get(tokenizer_id)
            _make_room(key, brought[0].memory_bytes if brought else 0)
            future.set_result(brought[1](key[1]) if brought else ADAPTERS.load("native")(*key))
            _make_room(key, _size(future))
        except BaseException as error:
            with _lock:
                if _loaded.get(key) is future:
                    del _loaded[key]  # a mended checkpoint can be tried again
            future.set_exception(error)
    try:
        return future.result()
    except Cancelled:
        if first:
            raise
        return load_tokenizer(tokenizer_id, device, checkpoints)  # it was another visitor who stopped the one load
