"""The shelf: which tokenizers there are, and which of them are loaded; one copy for all visitors.

`list_tokenizers` reads only config files; `load_tokenizer` reads weights on first use, one copy for all visitors. What
was loaded is let go, the least recently used first, when the weights pass the memory budget; specs stay listed, and
what was let go is loaded again on use.

What a visitor brought from a file has an owner (`owners`): for others there is no such id, and it goes with its owner.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from explorer.foundation import stages
from explorer.foundation.config import settings
from explorer.foundation.errors import Cancelled, CheckpointError, UnknownIdError
from explorer.foundation.owners import EVERYBODY, owner
from explorer.foundation.registry import unknown_id_message
from explorer.tokenizers.memory import budget

if TYPE_CHECKING:  # torch is imported only when weights are
    from explorer.joints.tokenizer import Tokenizer, TokenizerSpec

MODALITIES = ("image", "audio", "video", "series", "vectors", "graph")  # then any other
ORDER = ("vq-ema-reseed", "vq-ema", "vq-collapsed", "vq-cosine", "kmeans", "rvq-4", "pq-4", "sound-rvq-8")  # then by id
WAIT_S = 0.2  # between two questions whether one that another visitor loads is still waited for

# Tokenizers of others that were brought while the server runs: (owner, id) -> (spec, how to make it). Specs are small,
# so they stay when the weights are let go. Bounded, the oldest leave first, but those of an adapter file stay.
BROUGHT_KEPT, OWN_KEPT = 64, 8  # of everybody's; of one visitor's own
_brought: OrderedDict[tuple[str, str], tuple[TokenizerSpec, Callable[[str], Tokenizer]]] = OrderedDict()

# Futures, so that the lock is held for a moment only: one visitor's load never keeps another from what is there.
_loaded: OrderedDict[tuple[str, Path, str], Future[Tokenizer]] = OrderedDict()  # (owner, folder, device)
_lock = Lock()


def list_tokenizers(checkpoints: Path | None = None) -> list[TokenizerSpec]:
    """The specs of all checkpoints found, those of pictures before those of other media and the default first,
    then of those of others that were brought for everybody, then of the visitor's own.

    `broken_tokenizers` says which were left out.
    """
    rank, kinds = ({name: i for i, name in enumerate(names)} for names in (ORDER, MODALITIES))

    def place(spec: TokenizerSpec) -> tuple[int, int, str]:
        return kinds.get(spec.modality, len(kinds)), rank.get(spec.id, len(rank)), spec.id

    return sorted(_scan(checkpoints or settings().checkpoints)[0], key=place) + brought_tokenizers()


def bring(spec: TokenizerSpec, make: Callable[[str], Tokenizer], of: str = EVERYBODY) -> None:
    """Let `spec.id` name a tokenizer of others from now on; `make(device)` loads its weights when it is first used.

    of: its owner, for whom alone it is there.
    """
    with _lock:
        _brought[of, spec.id] = (spec, make)
        _brought.move_to_end((of, spec.id))
        # A user's own, of an adapter file, always stay.
        others = [key for key, (one, _) in _brought.items() if key[0] == of and one.source != "user"]
        over = others[: max(0, len(others) - (BROUGHT_KEPT if of == EVERYBODY else OWN_KEPT))]
        for key in over:
            _take_back(*key)


def brought_tokenizers() -> list[TokenizerSpec]:
    """The specs of all that were brought for everybody, the newest last, then of the visitor's own."""
    with _lock:
        shared = {name: spec for (of, name), (spec, _) in _brought.items() if of == EVERYBODY}
        own = {name: spec for (of, name), (spec, _) in _brought.items() if of == owner() and name not in shared}
        return [*shared.values(), *own.values()]


def own_tokenizers(of: str) -> list[TokenizerSpec]:
    """The specs of one visitor's own, the newest last."""
    with _lock:
        return [spec for (owner_, _), (spec, _) in _brought.items() if owner_ == of != EVERYBODY]


def is_brought(tokenizer_id: str, of: str = EVERYBODY) -> bool:
    """Whether that owner has such a tokenizer of others."""
    with _lock:
        return (of, tokenizer_id) in _brought


def owner_of(tokenizer_id: str) -> str:
    """Whose a tokenizer is, for the visitor who asks: their own, or EVERYBODY's."""
    with _lock:
        return _owner_of(tokenizer_id)


def _owner_of(tokenizer_id: str) -> str:
    own = (EVERYBODY, tokenizer_id) not in _brought and (owner(), tokenizer_id) in _brought
    return owner() if own else EVERYBODY


def forget(tokenizer_id: str, of: str = EVERYBODY) -> None:
    """Take back a tokenizer that was brought, and let go of its weights."""
    with _lock:
        _take_back(of, tokenizer_id)


def _take_back(of: str, tokenizer_id: str) -> None:
    _brought.pop((of, tokenizer_id), None)
    for key in [key for key in _loaded if (key[0], key[1].name) == (of, tokenizer_id)]:
        del _loaded[key]


def owners() -> set[str]:
    """The visitors who have tokenizers of their own here."""
    with _lock:
        return {of for of, _ in _brought} - {EVERYBODY}


def let_go(of: str) -> None:
    """A visitor has left: take back what was theirs."""
    with _lock:
        for key in [key for key in _brought if key[0] == of]:
            _take_back(*key)


def is_loaded(tokenizer_id: str, device: str | None = None) -> bool:
    """Whether its weights are in memory, or being read into it."""
    with _lock:
        whose, where = _owner_of(tokenizer_id), device or settings().device
        return any((key[0], key[1].name, key[2]) == (whose, tokenizer_id, where) for key in _loaded)


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


def _make_room(key: tuple[str, Path, str], needed_bytes: int) -> None:
    """Let the least recently used go until the others and `needed_bytes` for `key` are within the budget."""
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
    from explorer.tokenizers.native.specs import read_config, spec_of

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
    with _lock:
        key = (_owner_of(tokenizer_id), root / tokenizer_id, device or settings().device)
        brought = _brought.get((key[0], tokenizer_id))
        future = _loaded.get(key)
        first = future is None
        if first:
            future = _loaded[key] = Future()
        _loaded.move_to_end(key)
    if first:
        _load(key, future, brought)
        return future.result()
    try:
        return _waited_for(future)
    except Cancelled:
        if not future.done():  # it is this visitor who waits no longer, not another who stopped the one load
            raise
        return load_tokenizer(tokenizer_id, device, checkpoints)


def _load(key: tuple[str, Path, str], future: Future[Tokenizer], brought: tuple | None) -> None:
    """Read the weights for all who wait for them; what goes wrong is theirs as well."""
    try:
        _make_room(key, brought[0].memory_bytes if brought else 0)
        future.set_result(brought[1](key[2]) if brought else _open(*key[1:]))
        _make_room(key, _size(future))
    except BaseException as error:
        with _lock:
            if _loaded.get(key) is future:
                del _loaded[key]  # a mended checkpoint can be tried again
        future.set_exception(error)


def _open(folder: Path, device: str) -> Tokenizer:
    """A checkpoint of the zoo."""
    from explorer.tokenizers.graph_specs import MODALITY as GRAPH
    from explorer.tokenizers.graphs.tokenizer import load_graphs
    from explorer.tokenizers.native.codec import load_native  # torch: about a second, which listing never pays
    from explorer.tokenizers.native.specs import read_config
    from explorer.tokenizers.row_specs import MODALITIES
    from explorer.tokenizers.rows.checkpoint import load_rows

    modality = read_config(folder).get("modality")
    load = load_graphs if modality == GRAPH else load_rows if modality in MODALITIES else load_native
    return load(folder, device)


def _waited_for(future: Future[Tokenizer]) -> Tokenizer:
    """What another loads. Raises Cancelled when the thread need wait no longer (`stages`)."""
    while True:
        try:
            return future.result(timeout=WAIT_S)
        except NotYet:
            stages.wait("waiting for its weights, which are being loaded")
