"""Fill a codec's modules from a file: built on the meta device, each tensor read once, nothing left random."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from explorer.foundation.errors import CheckpointError
from explorer.joints.table_faults import can_be_shown, not_finite, table_fault
from explorer.loading.reading import iterate_tensors
from explorer.loading.tables import is_table
from explorer.public.format import Format, Progress, silent
from explorer.public.header import Header, TensorInfo
from explorer.tokenizers.codec import Codec

NAMED = 4  # keys named in a message; the rest are counted
RANDOM = {"normal_", "uniform_", "trunc_normal_", "kaiming_normal_", "kaiming_uniform_", "xavier_uniform_"}


class NoRandomWeights(TorchFunctionMode):
    """Modules are made without random weights: on the meta device torch would load its compiler for them (2 s)."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") in RANDOM:
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def fill(format: Format, header: Header, progress: Progress = silent) -> Codec:
    """The codec with its weights, each tensor read once into its place; nothing may stay random.

    Raises CheckpointError for missing, unknown or misshapen tensors; Cancelled.
    """
    codec = empty(format, header)
    places = check(codec, format, header)
    total, done = sum(header.tensors[key].count for key in places) or 1, 0
    diverged: dict[str, int] = {}
    for key, tensor in iterate_tensors(header, list(places)):
        progress(done / total, f"reading {key}")
        if lost := put(codec, places[key], tensor, key):
            diverged[key] = lost
        done += tensor.numel()
    finish(codec)
    if diverged:
        check_codes(codec, diverged)
    return codec


def empty(format: Format, header: Header) -> Codec:
    """The codec on the meta device. Raises CheckpointError where a header asks for what no network can be."""
    try:
        with torch.device("meta"), NoRandomWeights():
            return format.build(header)
    # What torch, and formats, say of impossible sizes.
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise CheckpointError(f"This looks like {format.title}, but no network can be made of it: {reason}") from error


def check(codec: nn.Module, format: Format, header: Header) -> dict[str, str]:
    """File's key -> module's name for all that will be read. Raises CheckpointError before a weight is read."""
    wanted = codec.state_dict(keep_vars=True)  # name -> meta tensor; non-persistent buffers are the codec's own
    places = format.places(header)
    found = set(places.values())
    missing = [name for name in wanted if name not in found]
    unknown = [key for key, name in places.items() if name not in wanted]
    if missing or unknown:
        raise CheckpointError(
            f"This looks like {format.title}, but its tensors do not fit: missing {_listed(missing)}; "
            f"not expected {_listed(unknown)}."
        )
    for key, name in places.items():
        have, want = header.tensors[key].shape, tuple(wanted[name].shape)
        if have != want:
            raise CheckpointError(f"This looks like {format.title}, but {key} has shape {have}; {want} was expected.")
        if wanted[name].is_floating_point() and "float" not in (dtype := header.tensors[key].dtype):
            raise CheckpointError(f"This looks like {format.title}, but {key} holds {dtype}; floats were expected.")
    return places


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return (", ".join(names[:NAMED]) or "nothing") + more


def put(codec: Codec, name: str, tensor: Tensor, key: str) -> int:
    """Let `tensor` be the parameter or buffer of that name: assigned, not copied. Floats become float32.

    Returns how many codes of a table are not finite, 0 of all else. Raises CheckpointError for other weights that are
    not.
    """
    lost = 0
    if tensor.is_floating_point():
        tensor = tensor.float()  # first: 8-bit floats cannot be summed, and a float64 may be infinite as a float32
        # A sum is not finite if a number is not, and takes a tenth of the time; it may also overflow, so look closer.
        if not math.isfinite(float(tensor.sum())) and not bool(tensor.isfinite().all()):
            if not (codec.skips_lost_codes and _is_codebook(key, tensor) and can_be_shown(tensor.numpy())):
                raise CheckpointError(_diverged(key, tensor))
            lost = not_finite(tensor.numpy())
    owner_name, _, leaf = name.rpartition(".")
    owner = codec.get_submodule(owner_name)
    if leaf in owner._parameters:
        setattr(owner, leaf, nn.Parameter(tensor, requires_grad=False))  # so that recurrent layers see it, too
    else:
        owner._buffers[leaf] = tensor
    return lost


def _is_codebook(key: str, tensor: Tensor) -> bool:
    return tensor.ndim == 2 and is_table(key, TensorInfo(tuple(tensor.shape)))


def check_codes(codec: Codec, diverged: Mapping[str, int]) -> None:
    """Raise CheckpointError unless each table that diverged shows as a codebook, with a code left in each.

    diverged: how many codes of each table are not finite, by its key. A table may be one codebook, or several, or all.
    """
    books = [(book.codes_not_finite, book.codebook_size) for book in codec.codebooks()]
    shown = {*(lost for lost, _ in books), sum(lost for lost, _ in books)}
    hidden = [key for key, lost in diverged.items() if lost not in shown]
    if hidden or any(lost == size for lost, size in books):
        raise CheckpointError(f"{_listed(hidden or list(diverged))}: NaN or infinite weights: the run diverged.")


def _diverged(key: str, tensor: Tensor) -> str:
    """What is said of weights that are not finite: of a table, how many of its codes."""
    if _is_codebook(key, tensor):
        return f"{key}: {table_fault(tensor.numpy())}, so nothing can be tokenized with it."
    return f"{key} holds NaN or infinite weights: the run diverged."


def finish(codec: nn.Module) -> None:
    """Buffers that no file holds are made by `codec.ready()`, if it has one; then nothing may be left on meta."""
    ready = getattr(codec, "ready", None)
    if ready is not None:
        ready()
    left = [name for name, t in (*codec.named_parameters(), *codec.named_buffers()) if t.is_meta]
    if left:
        raise CheckpointError(f"No weights were found for {_listed(left)}.")
