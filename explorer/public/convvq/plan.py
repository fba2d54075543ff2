"""Infer what a file of the convolutional family describes from the names and shapes of its tensors. No torch.

Only a few tensors are read for each number; the modules that are built from it are then compared with the file tensor
by tensor, so that a file that only resembles the family is refused with the name of what does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from explorer.foundation.errors import CheckpointError

Shapes = Mapping[str, tuple[int, ...]]
Part = Literal["block", "attention", "nothing"]
LEVELS, BLOCKS = 12, 64  # more than any tokenizer has; a file that claims more is not one


@dataclass(frozen=True)
class Trunk:
    """An encoder or a decoder. widths, blocks, attention: of each level, in the order of the file.

    reverse: whether the last level of the file runs first (taming's decoder). first: channels after the first
    convolution. unbiased: which convolutions have no bias, of "conv_in", "block", "resample", "conv_out".
    resample: "strided" (padded at the right and bottom), "symmetric", "pool"; "nearest", "depth" (depth to space), ""
    for nearest without a convolution. style: channels that condition each norm (spatial norm), 0 for plain norms.
    adaptive: channels that condition a norm before each level of the decoder, 0 for none.
    """

    side: Literal["encoder", "decoder"]
    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    attention: tuple[bool, ...]
    middle: tuple[Part, ...]
    first: int
    in_channels: int
    out_channels: int
    resample: str
    reverse: bool = False
    in_kernel: int = 3
    out_kernel: int = 3
    unbiased: frozenset[str] = frozenset()
    shortcut_kernel: int = 1
    shortcut_on_output: bool = False
    fused: bool = False  # attention's q, k, v in one convolution
    linear: bool = False  # attention's projections are matrices
    style: int = 0
    adaptive: int = 0
    groups: int = 32

    @property
    def scale(self) -> int:
        """Pixels of a latent along each side."""
        return 2 ** (len(self.widths) - 1)


def need(shapes: Shapes, name: str, axes: int) -> tuple[int, ...]:
    """The shape of a tensor that must be there. Raises CheckpointError."""
    if name not in shapes:
        raise CheckpointError(f"A convolutional VQ model needs the tensor {name}, which the file does not have.")
    if len(shapes[name]) != axes or 0 in shapes[name]:
        raise CheckpointError(f"{name} has shape {shapes[name]}; {axes} axes were expected.")
    return shapes[name]


def read_trunk(shapes: Shapes, side: Literal["encoder", "decoder"], groups: int = 32) -> Trunk:
    """The plan of one half. `shapes` by canonical names; Raises CheckpointError for what is not of the family."""
    mine = {name.removeprefix(f"{side}."): shape for name, shape in shapes.items() if name.startswith(f"{side}.")}
    where = "down" if side == "encoder" else "up"
    try:
        return _read(mine, side, where, groups)
    except CheckpointError as error:
        raise CheckpointError(f"In the {side}: {error}") from None


def _read(mine: Shapes, side: str, where: str, groups: int) -> Trunk:
    count = _length(mine, rf"{where}\.(\d+)\.", LEVELS)
    blocks = tuple(_length(mine, rf"{where}\.{level}\.block\.(\d+)\.", BLOCKS) for level in range(count))
    if count == 0 or 0 in blocks:
        raise CheckpointError(f"no residual blocks were found under {where}.*.block.")
    widths = tuple(
        need(mine, f"{where}.{level}.block.{last - 1}.conv2.weight", 4)[0] for level, last in enumerate(blocks)
    )
    first = need(mine, "conv_in.weight", 4)
    last = need(mine, "conv_out.weight", 4)
    for width in (*widths, first[0]):
        if width % groups:
            raise CheckpointError(f"a level has {width} channels; a multiple of {groups} was expected.")
    middle = tuple(_part(mine, f"mid.{i}.") for i in range(_length(mine, r"mid\.(\d+)\.", BLOCKS)))
    attention = tuple(any(name.startswith(f"{where}.{level}.attn.") for name in mine) for level in range(count))
    shortcut = next((name for name in mine if name.endswith("nin_shortcut.weight")), None)
    out, into, kernel = (mine[shortcut][0], mine[shortcut][1], mine[shortcut][-1]) if shortcut else (0, 0, 1)
    query = next((shape for name, shape in mine.items() if name.endswith(".q.weight")), ())
    style = next((shape[1] for name, shape in mine.items() if name.endswith("conv_y.weight")), 0)
    resample = _resample(mine, where)
    return Trunk(
        side=side,
        widths=widths,
        blocks=blocks,
        attention=attention,
        middle=middle,
        first=first[0],
        in_channels=first[1],
        out_channels=last[0],
        resample=resample,
        # The level without resampling runs last; taming numbers the decoder from its end.
        reverse=side == "decoder" and not any(name.startswith("up.0.upsample") for name in mine),
        in_kernel=first[-1],
        out_kernel=last[-1],
        unbiased=_unbiased(mine, where),
        shortcut_kernel=kernel,
        shortcut_on_output=bool(shortcut) and out == into,
        fused=any(name.endswith(".qkv.weight") for name in mine),
        linear=len(query) == 2,
        style=style,
        adaptive=need(mine, "adaptive.0.gamma.weight", 2)[1] if "adaptive.0.gamma.weight" in mine else 0,
        groups=groups,
    )


def _length(names: Shapes, pattern: str, most: int) -> int:
    """One more than the largest number that `pattern` finds at the beginning of a name."""
    found = {int(match[1]) for name in names if (match := re.match(pattern, name))}
    if found and max(found) >= most:
        raise CheckpointError(f"{max(found) + 1} parts match {pattern}; at most {most} were expected.")
    return max(found, default=-1) + 1


def _part(mine: Shapes, start: str) -> Part:
    if f"{start}conv1.weight" in mine:
        return "block"
    return "attention" if any(name.startswith(start) for name in mine) else "nothing"


def _resample(mine: Shapes, where: str) -> str:
    kinds = {
        "down": ((".downsample.conv.weight", "strided"), (".downsample.weight", "symmetric")),
        "up": ((".upsample.conv.weight", "nearest"), (".upsample.conv1.weight", "depth")),
    }[where]
    return next(
        (kind for ending, kind in kinds if any(name.endswith(ending) for name in mine)),
        "pool" if where == "down" else "",
    )


def _unbiased(mine: Shapes, where: str) -> frozenset[str]:
    endings = {"downsample.conv.weight", "downsample.weight", "upsample.conv.weight", "upsample.conv1.weight"}
    resampling = next((name for name in mine if any(name.endswith(f".{ending}") for ending in endings)), "")
    representatives = {
        "conv_in": "conv_in.weight",
        "block": f"{where}.0.block.0.conv1.weight",
        "resample": resampling,
        "conv_out": "conv_out.weight",
    }
    return frozenset(
        part for part, name in representatives.items() if name and name.removesuffix("weight") + "bias" not in mine
    )
