"""In which precision a codec runs: float32 that is float32 everywhere, and on CUDA float16 where that is enough.

cuDNN takes convolutions and recurrent layers of float32 in TF32 unless it is told otherwise, whose fraction has the 10
bits of float16's: what is asked for in float32, since half precision would choose other codes, would be half again. And
float16 ends at 65,504: a network whose weights or activations go beyond is run in float32.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn

from explorer.tokenizers.codec import Codec

LARGEST = torch.finfo(torch.float16).max
OVERFLOWED = (
    "Half precision ends at 65,504, and this network went beyond it at some media: these were computed in float32, "
    "with weights that had been rounded to half precision."
)
RUN = ("latents", "quantize", "embed", "decode")  # methods that compute


class WholeFloat32:
    """Within it convolutions and recurrent layers of float32 are float32 on CUDA, too.

    torch has one switch for the whole process: it is off while anybody is within, and as it was once the last one left.
    Whoever else computes meanwhile has more digits than were asked for, never fewer. Where somebody chose by layer
    (`torch.backends.cudnn.conv.fp32_precision`), that choice holds.
    """

    _lock = Lock()
    _within = 0
    _before: bool | None = None

    def __enter__(self) -> None:
        kind = WholeFloat32
        with kind._lock:
            if not kind._within:
                with suppress(RuntimeError):  # chosen by layer: there is no one answer
                    kind._before = torch.backends.cudnn.allow_tf32
                if kind._before:
                    torch.backends.cudnn.allow_tf32 = False
            kind._within += 1

    def __exit__(self, *_: object) -> None:
        kind = WholeFloat32
        with kind._lock:
            kind._within -= 1
            if not kind._within:
                if kind._before:
                    torch.backends.cudnn.allow_tf32 = True
                kind._before = None


def place(codec: Codec, device: torch.device) -> torch.dtype:
    """Bring the codec to its device, for evaluation, in the precision that it and its media have there."""
    codec.eval().requires_grad_(False).to(device)
    if device.type != "cuda":
        return torch.float32
    if codec.half_precision and fits_half(codec):
        return halve(codec)
    for name in RUN:
        setattr(codec, name, _whole(getattr(codec, name)))
    return torch.float32


def _whole(run: Callable[..., Any]) -> Callable[..., Any]:
    def within(*args: Any) -> Any:
        with WholeFloat32():
            return run(*args)

    return within


def fits_half(codec: Codec) -> bool:
    """Whether no weight that would be halved lies beyond float16; codes that are not finite lie beyond nothing."""
    largest = [tensor.abs().nan_to_num(posinf=0).amax() for _, _, tensor in _halved(codec) if tensor.numel()]
    return not largest or bool(torch.stack(largest).amax() <= LARGEST)


def _halved(codec: Codec) -> list[tuple[dict[str, Any], str, Tensor]]:
    """Where each tensor lies that half precision changes: all of float32 outside of `codec.searched`."""
    found = []
    for path, module in codec.named_modules():
        if any(f"{path}.".startswith(f"{name}.") for name in codec.searched):
            continue
        for tensors in (module._parameters, module._buffers):
            found += [(tensors, name, t) for name, t in tensors.items() if t is not None and t.dtype == torch.float32]
    return found


def halve(codec: Codec) -> torch.dtype:
    """Make its networks float16; a medium that float16 is too small for is computed in float32."""
    for tensors, name, tensor in _halved(codec):
        half = tensor.half()
        tensors[name] = nn.Parameter(half, requires_grad=False) if isinstance(tensor, nn.Parameter) else half
    guard = _Guard(codec)
    codec.latents, codec.decode = guard.latents, guard.decode
    codec.quantize, codec.embed = _whole(codec.quantize), _whole(codec.embed)
    return torch.float16


class _Guard:
    """`latents` and `decode` of a halved codec, and of its copy in float32 for media whose numbers were not finite.

    Each medium of a batch is looked at alone, so that what becomes of it hangs on no other: not on those beside it, nor
    on those before.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec, self._runs, self._wide = codec, (codec.latents, codec.decode), None  # type: Codec, tuple, Any

    def latents(self, media: Tensor) -> Tensor:
        return self._made(0, media)

    def decode(self, *embedded: Any) -> Tensor:
        return self._made(1, *embedded)

    def _made(self, which: int, *given: Any) -> Tensor:
        with WholeFloat32():
            made = self._runs[which](*given)
        # Of an infinity the norms behind it make NaN; what a sigmoid makes of it is what it makes of 65,504.
        lost = ~made.isfinite().flatten(1).all(1)  # (B,)
        if not bool(lost.any()):
            return made
        if self._wide is None:
            self._wide = self._widened()
        with WholeFloat32():
            again = self._wide[which](*_rows(given, lost))
        made = made.float()
        made[lost] = again
        return made

    def _widened(self) -> tuple[Callable[..., Tensor], ...]:
        """The copy's. Others may be running the halved one: it stays as it is."""
        own = [name for name in RUN if name in self._codec.__dict__]
        memo = {id(self._codec.__dict__[name]): None for name in own}  # what runs the halved one is not copied
        wide = copy.deepcopy(self._codec, memo).float()
        for name in own:
            del wide.__dict__[name]
        self._codec.notes = tuple(dict.fromkeys((*self._codec.notes, OVERFLOWED)))
        return wide.latents, wide.decode


def _rows(given: Any, lost: Tensor) -> Any:
    """Of everything with one row a medium those of the lost ones, in float32."""
    if isinstance(given, (list, tuple)):
        return type(given)(_rows(one, lost) for one in given)
    return given[lost].float() if isinstance(given, Tensor) else given
