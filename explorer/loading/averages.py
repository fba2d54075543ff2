"""Averaged and raw weights: where a file holds both, which is used, and how the other is chosen.

Training often keeps a running average (EMA) of the weights, which mostly decodes better. Files hold it as a dict beside
the weights (`{"model": ..., "ema": ...}`), or under keys of its own within their dict (`model_ema.*`, `ema_model.*`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from explorer.foundation.errors import CheckpointError
from explorer.public.header import Header, TensorInfo, Weights

AVERAGE = re.compile(r"(^|[/_.])(ema|averaged?|avg|swa|shadow)([/_.\d]|$)", re.IGNORECASE)  # in a dict's name
DOTLESS = "model_ema."  # of Lightning's models: the same names without their dots
INSIDE = ("model_ema.", "ema_model.", "averaged_model.", "ema.")  # what their keys begin with, and then as they are
LEAST = 0.5  # of the model's tensors that an average must have, else it is one of something else
OTHER: Mapping[Weights, Weights] = {"averaged": "raw", "raw": "averaged"}


@dataclass(frozen=True)
class Average:
    """tensors: key of the model -> its average. name: where they lie, as a person would say it. own: all keys of the
    model's own dict that are of averages. within: whether they lie within the model's own dict."""

    tensors: Mapping[str, TensorInfo]
    name: str
    own: frozenset[str] = frozenset()
    within: bool = False


def with_average(header: Header, keys: Collection[str], averaged_first: bool = False, wanted: str = "") -> Header:
    """The header with the chosen of its two sets of weights in front; as it is where there is one.

    keys: those that the format reads. averaged_first: whether the format's original takes an average that lies in a
    dict of its own; one within the model's own dict always comes first. wanted: "averaged", "raw", or "" for neither.
    Raises CheckpointError if the wanted ones are not there.
    """
    average = find_average(header, keys)
    if average is None:
        return _alone(header, wanted)
    raw = {key: info for key, info in header.tensors.items() if key not in average.own}
    sets: dict[Weights, Mapping[str, TensorInfo]] = {"averaged": raw | dict(average.tensors), "raw": raw}
    first: Weights = "averaged" if averaged_first or average.within else "raw"
    chosen: Weights = _checked(wanted) or first
    without = sorted(set(keys) - average.own - set(average.tensors))
    notes = (_note(header, average, chosen),)
    if chosen == "averaged" and without:
        more = f" and {len(without) - 1:,} more" if len(without) > 1 else ""
        notes += (f"{without[0]}{more}: no average is kept, so what the raw weights have is used.",)
    return replace(
        header, tensors=sets[chosen], weights=chosen, beside=OTHER[chosen], first=first, notes=(*header.notes, *notes)
    )


def _alone(header: Header, wanted: str) -> Header:
    """The header, whose one set of weights must be the wanted one if that can be told."""
    kind = "averaged" if AVERAGE.search(header.wrapper) else "raw"
    if (wanted := _checked(wanted)) and wanted != kind:
        named = f" ({header.wrapper!r})" if header.wrapper else ""
        raise CheckpointError(
            f"{header.path.name} holds one set of weights{named}; no {wanted} ones lie beside it. Choose nothing, or "
            f"{kind!r}."
        )
    return header


def _checked(wanted: str) -> Weights | None:
    if wanted not in ("", "averaged", "raw"):
        raise CheckpointError(f"Weights are 'averaged' or 'raw', not {wanted[:40]!r}.")
    return wanted or None  # type: ignore[return-value]


def find_average(header: Header, keys: Collection[str]) -> Average | None:
    """The average of the tensors of those keys, if the file holds one of most of them."""
    within = _within(header, [key for key in keys if "float" in header.tensors[key].dtype])
    floats = [key for key in keys if "float" in header.tensors[key].dtype and key not in within.own]
    found = [within]
    for name, group in header.others.items():
        if AVERAGE.search(name):
            alike = {key: group[key] for key in floats if _same(header, key, group)}
            found.append(Average(alike, repr(name)))
    best = max(found, key=lambda average: len(average.tensors))
    return best if floats and len(best.tensors) >= LEAST * len(floats) else None


def _within(header: Header, keys: Collection[str]) -> Average:
    """The average that lies in the model's own dict."""
    twins: dict[str, TensorInfo] = {}
    starts = set()
    for key in keys:
        for twin, start in _twins(key):
            if twin != key and _same(header, key, header.tensors, twin):
                twins[key] = header.tensors[twin]
                starts.add(start)
                break
    own = frozenset(key for key in header.tensors if key.startswith(tuple(starts))) if starts else frozenset()
    return Average(twins, " and ".join(f"{start}*" for start in sorted(starts)), own, True)


def _twins(key: str) -> list[tuple[str, str]]:
    """Keys under which an average of `key` may lie, each with what it begins with: the model may itself be a part."""
    parts, found = key.split("."), []
    for depth in range(len(parts)):
        before = ".".join(parts[:depth]) + "." * (depth > 0)
        rest = parts[depth:]
        for outside in dict.fromkeys((before, "")):
            found.append((f"{outside}{DOTLESS}{''.join(rest)}", f"{outside}{DOTLESS}"))
            found += [(f"{outside}{inside}{'.'.join(rest)}", f"{outside}{inside}") for inside in INSIDE]
    return found


def _same(header: Header, key: str, group: Mapping[str, TensorInfo], twin: str = "") -> bool:
    """Whether the tensor of `twin` (default: `key`) in `group` could stand in for that of `key`."""
    other = group.get(twin or key)
    return other is not None and other.shape == header.tensors[key].shape and "float" in other.dtype


def _note(header: Header, average: Average, chosen: Weights) -> str:
    raw = repr(header.wrapper) if header.wrapper else "the file's own"
    return f"Averaged weights ({average.name}) and raw ones ({raw}) are in this file; the {chosen} ones are used."
