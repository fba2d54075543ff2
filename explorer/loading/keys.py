"""Keys of tensors without the words that training leaves in them, such as `module.` and `_orig_mod.`.

DataParallel, torch.compile and their kin put a module around the model, or around a part of it, whose name is then in
the middle of every key. Without them the same weights have the same keys.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from explorer.foundation.errors import CheckpointError
from explorer.public.header import Header, TensorInfo

# Names that only a wrapper has, wherever they stand in a key.
RESERVED = {
    "_orig_mod": "torch.compile",
    "_fsdp_wrapped_module": "FSDP",
    "_checkpoint_wrapped_module": "activation checkpointing",
    "_forward_module": "Lightning",
}
PARALLEL = "module"  # of DataParallel; anybody may name a part so, too
COUNTER = "n_averaged"  # what torch's AveragedModel keeps beside its `module`
DOTLESS = "model_ema."  # averages of Lightning's models: names without their dots
# Parts of a tokenizer: a file that has some of them within `module.` and some without is torn in two.
PARTS = ("encoder", "decoder", "quantize", "quantizer", "codebook", "quant_conv", "post_quant_conv")


def plain_keys(header: Header) -> Header:
    """The header with plain keys, in all of its sets, and one note if any were changed.

    Raises CheckpointError where only some of the keys have a wrapper's word, or where two keys become one.
    """
    found = {name: plain(group) for name, group in header.others.items()}
    tensors, words = plain(header.tensors)
    said = sorted({word for _, gone in found.values() for word in gone} | set(words))
    if not said:
        return header
    notes = (*header.notes, _note(said))
    return replace(header, tensors=tensors, others={name: group for name, (group, _) in found.items()}, notes=notes)


def plain(tensors: Mapping[str, TensorInfo]) -> tuple[dict[str, TensorInfo], set[str]]:
    """(plain key -> tensor, the words that were taken out of the keys). Raises CheckpointError as `plain_keys`."""
    gone = {word for word in RESERVED for key in tensors if _holds(key, word)}
    named = {key: _without_reserved(key, gone) for key in tensors} if gone else {key: key for key in tensors}
    if any(PARALLEL in name.split(".")[:-1] for name in named.values()):
        named, dropped = _without_parallel(named)
        gone |= {PARALLEL} if dropped else set()
    _check_apart(named)
    return {name: tensors[key] for key, name in named.items()}, gone


def _holds(key: str, word: str) -> bool:
    return word in key and (word in key.split(".") or key.startswith(DOTLESS))


def _without_reserved(key: str, gone: Iterable[str]) -> str:
    if key.startswith(DOTLESS):
        for word in gone:
            key = key.replace(word, "")
        return key
    return ".".join(part for part in key.split(".") if part not in gone)


def _without_parallel(named: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """Key -> name without each `module` through which all go that lie there, and whether there was one."""
    children: dict[str, set[str]] = defaultdict(set)  # path -> what lies there
    for name in named.values():
        parts = name.split(".")
        for depth, part in enumerate(parts):
            if part != COUNTER:
                children[".".join(parts[:depth])].add(part)
    around = {path for path, inside in children.items() if inside == {PARALLEL}}
    for path, inside in children.items():
        if PARALLEL in inside and path not in around:
            _check_whole(path, named.values(), children)
    found = {}
    for key, name in named.items():
        parts = name.split(".")
        kept = [part for i, part in enumerate(parts[:-1]) if part != PARALLEL or ".".join(parts[:i]) not in around]
        if parts[-1] != COUNTER or ".".join(parts[:-1]) not in around:
            found[key] = ".".join([*kept, parts[-1]])
    return found, bool(around)


def _check_whole(path: str, names: Iterable[str], children: Mapping[str, set[str]]) -> None:
    """Raise CheckpointError if the parts of one model lie partly within `module` and partly beside it."""
    within = children[f"{path}.{PARALLEL}".lstrip(".")]
    beside = children[path] - {PARALLEL}
    torn = bool(within & beside) or (any(p in within for p in PARTS) and any(p in beside for p in PARTS))
    if not torn:
        return
    start, before = f"{path}.{PARALLEL}.".lstrip("."), f"{path}." if path else ""
    here = sorted(name for name in names if name.startswith(before))
    first = [name for name in here if name.startswith(start)]
    other = [name for name in here if not name.startswith(start)]
    raise CheckpointError(
        f"Of {len(here):,} keys {len(first):,} begin with {start!r}, such as {first[0]!r}, and {len(other):,} do not, "
        f"such as {other[0]!r}. They are of two ways of saving, so it is not clear what belongs together: save the "
        "model again, whole, with model.state_dict()."
    )


def _check_apart(named: Mapping[str, str]) -> None:
    """Raise CheckpointError if two keys have become one."""
    seen: dict[str, str] = {}
    for key, name in named.items():
        if name in seen:
            raise CheckpointError(
                f"{seen[name]!r} and {key!r} are one tensor but for what training leaves in keys, so it is not clear "
                "which one counts: save the model again, whole, with model.state_dict()."
            )
        seen[name] = key


def _note(gone: Iterable[str]) -> str:
    words = [f"{word + '.'!r} (of {RESERVED.get(word, 'DataParallel')})" for word in gone]
    listed = " and ".join([", ".join(words[:-1])] * (len(words) > 1) + words[-1:])
    return f"The keys were read without {listed}."
