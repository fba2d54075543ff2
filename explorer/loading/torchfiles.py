"""Files of torch.save, new (zip) and old, whole modules and TorchScript archives: their headers, read inertly.

Formats: https://github.com/pytorch/pytorch/blob/main/torch/serialization.py (zip and legacy) and
torch/csrc/jit/docs/serialization.md (TorchScript).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError
from explorer.loading.archives import Archive
from explorer.loading.pickle_names import (
    BUILDERS,
    ITEM_BYTES,
    Storage,
    check_names,
    list_names,
    shells,
    storage_key,
    storage_of,
)
from explorer.loading.pickles import BoundedStream, Global, describe_value, read_pickle
from explorer.loading.places import place_tensors
from explorer.loading.statedict import BEST, StateTensors, choose, collect
from explorer.public.header import Header, TensorInfo

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_VERSION = 1001
CONSTANTS = "constants"


def read_zip(path: Path, limits: Limits) -> Header:
    """The header of a zip of torch.save or torch.jit.save. Raises CheckpointError."""
    with path.open("rb") as file:
        archive = Archive(path, file, limits)
        names: dict[str, Global] = {}
        root = read_pickle(archive.pickle("data.pkl"), limits, BUILDERS, storage_of, names)
        check_names(names.values(), path)
        found = collect(root, limits)
        starts, swapped = archive.starts("data/"), archive.big_end_first
        _check_held(found, archive.sizes("data/"), path)
        groups = {name: place_tensors(group, starts, path, swapped) for name, group in found.groups.items()}
        if archive.scripted and "constants.pkl" in archive.names:
            constants = read_pickle(archive.pickle("constants.pkl"), limits, BUILDERS, storage_of, names)
            check_names(names.values(), path)
            constants = collect(constants, limits)
            _check_held(constants, archive.sizes("constants/"), path)
            where = archive.starts("constants/")
            parts = [place_tensors(group, where, path, swapped) for group in constants.groups.values()]
            merged = {key: info for part in parts for key, info in part.items()}
            if merged:
                groups[CONSTANTS] = merged
        return _header(path, "torchscript" if archive.scripted else "torch", groups, found, names)


def read_legacy(path: Path, limits: Limits) -> Header:
    """The header of a file that torch.save wrote before 1.6, or with the old format asked for."""
    with path.open("rb") as file:
        names: dict[str, Global] = {}
        stream, storages = BoundedStream(file, limits.pickle_bytes), {}

        def remember(identity: object) -> object:
            stored = storage_of(identity)
            if isinstance(stored, Storage):
                storages[stored.key] = stored
            return stored

        first = read_pickle(stream, limits, BUILDERS, remember, names)
        if first != LEGACY_MAGIC:
            raise _no_torch_file(path, first, names, limits)
        version = read_pickle(stream, limits, BUILDERS, remember, names)
        if version != LEGACY_VERSION:
            raise CheckpointError(
                f"{path.name} is of torch's old format {describe_value(version)}; only 1001 can be read."
            )
        machine = read_pickle(stream, limits, BUILDERS, remember, names)
        root = read_pickle(stream, limits, BUILDERS, remember, names)
        check_names(names.values(), path)
        order = read_pickle(stream, limits, BUILDERS, remember, names)
        swapped = isinstance(machine, dict) and machine.get("little_endian") is False
        starts = _legacy_starts(path, file, order, storages, swapped)
    found = collect(root, limits)
    groups = {name: place_tensors(group, starts, path, swapped) for name, group in found.groups.items()}
    return _header(path, "torch-legacy", groups, found, names)


def _legacy_starts(
    path: Path, file: BinaryIO, order: object, storages: Mapping[str, Storage], swapped: bool
) -> dict[str, int]:
    """Storage -> byte of its first number: each stands behind its own length, in the order of the list."""
    if not isinstance(order, (list, tuple)):
        raise CheckpointError(f"{path.name} is damaged: it does not list its storages.")
    at, size, starts = file.tell(), path.stat().st_size, {}
    for key in map(storage_key, order):
        if key not in storages:
            raise CheckpointError(f"{path.name} is damaged: it holds storage {key[:40]!r}, which nothing uses.")
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            raise CheckpointError(f"{path.name} ends early: storage {key[:40]!r} is missing.")
        (numel,) = struct.unpack(">q" if swapped else "<q", head)
        item = ITEM_BYTES[storages[key].dtype]
        if numel != storages[key].numel or at + 8 + numel * item > size:
            raise CheckpointError(
                f"{path.name} ends early or is damaged: storage {key[:40]!r} lacks some of its {storages[key].numel:,}."
            )
        starts[key], at = at + 8, at + 8 + numel * item
    return starts


def _check_held(found: StateTensors, sizes: Mapping[str, int], path: Path) -> None:
    """What the pickle says of a storage must lie in the archive."""
    for group in found.groups.values():
        for key, tensor in group.items():
            have, want = sizes.get(tensor.storage.key), tensor.storage.numel * ITEM_BYTES[tensor.storage.dtype]
            if have is None or have < want:
                raise CheckpointError(f"{path.name} is damaged: {key} needs {want:,} bytes, {have or 0:,} are there.")


def _no_torch_file(path: Path, value: object, names: Mapping[str, Global], limits: Limits) -> CheckpointError:
    """Why a pickle that torch.save did not write is of no use."""
    try:
        check_names(names.values(), path)
    except CheckpointError as error:
        return error
    return CheckpointError(
        f"{path.name} is a pickle that torch.save did not write, so its numbers cannot be read without running it. "
        "Save the weights with torch.save(model.state_dict(), ...) or as safetensors."
    )


def _header(
    path: Path,
    container: str,
    groups: dict[str, dict[str, TensorInfo]],
    found: StateTensors,
    names: Mapping[str, Global],
) -> Header:
    notes = []
    if not groups:
        named = found.scalars.get("pretrained")  # AudioCraft's files may name a model instead of holding it
        of = (
            f"; it only names {named[:80]!r} of the Hub, which can be loaded by that name"
            if isinstance(named, str)
            else ""
        )
        raise CheckpointError(f"{path.name} holds no tensors of a model{of}.")
    wrapper = choose({name: g for name, g in groups.items() if name != CONSTANTS} or groups)
    if wrapper.split("/")[0] in BEST:
        notes.append(f"The weights that training found to be the best are used ({wrapper!r}).")
    others = {name: group for name, group in groups.items() if name != wrapper}
    if empty := shells(names.values()):
        notes.append(f"Left as empty shells and never run: {list_names(empty)}.")
    if container == "torchscript":
        notes.append("This is a TorchScript archive: its tensors were read, its code was not opened.")
    if found.left:
        parts = ", ".join(f"{name} ({count:,} tensors)" for name, count in list(found.left.items())[:6])
        notes.append(f"Left unread: {parts}.")
    return Header(path, container, groups[wrapper], wrapper, others, {}, found.scalars, tuple(notes))
