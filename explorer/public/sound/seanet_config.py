"""The sizes of a SEANet, read from the names and shapes of its encoder's tensors. No torch."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from explorer.foundation.errors import CheckpointError
from explorer.foundation.words import count_of
from explorer.public.header import Header
from explorer.public.sound.normed_names import normed_shape

MOST = 2**20  # of any size: beyond it not even an empty network can be made
MOST_STEPS = 16


@dataclass(frozen=True)
class SeanetConfig:
    """ratios: in the order of the decoder. compress: how much narrower the inside of a residual unit is. weight_norm:
    whether weights are normalized, else the convolutions' outputs are. shortcut: whether a convolution goes around each
    residual unit."""

    channels: int
    dimension: int
    filters: int
    ratios: tuple[int, ...]
    kernel: int
    last_kernel: int
    residual_layers: int
    residual_kernel: int
    compress: int
    lstm_layers: int
    bidirectional: bool
    snake: bool
    weight_norm: bool = True
    shortcut: bool = True
    dilation_base: int = 2  # matters only with several residual units a ratio, which no public model has

    @property
    def hop(self) -> int:
        """Samples a token."""
        return math.prod(self.ratios)


def seanet_config(header: Header, encoder: str, title: str, unit: str = ".shortcut.conv.conv.bias") -> SeanetConfig:
    """The config of an encoder whose keys begin with `encoder`. Raises CheckpointError for what is not as expected.

    unit: what ends the key by which each residual unit is counted.
    """

    def numbered(ending: str) -> list[int]:
        pattern = re.compile(re.escape(f"{encoder}model.") + r"(\d{1,4})" + re.escape(ending))
        return sorted(int(match[1]) for key in header.tensors if (match := pattern.fullmatch(key)))

    def shape(name: str) -> tuple[int, int, int]:
        found = normed_shape(header, f"{encoder}model.{name}") or header.shape(f"{encoder}model.{name}.weight")
        if found is not None and (len(found) != 3 or 0 in found):
            raise CheckpointError(f"This looks like {title}, but {encoder}model.{name}.weight has shape {found}.")
        if found is None or max(found) > MOST:
            what = "missing" if found is None else f"of shape {found}"
            raise CheckpointError(f"This looks like {title}, but the weight of {encoder}model.{name} is {what}.")
        return found

    convolutions, residuals = numbered(".conv.conv.bias"), numbered(unit)
    steps = convolutions[1:-1]
    if len(steps) < 1 or not residuals or len(residuals) % len(steps):
        raise CheckpointError(
            f"This looks like {title}, but {encoder}model has {len(convolutions)} convolutions and {len(residuals)} "
            "residual units; as many units for each step down were expected."
        )
    if len(steps) > MOST_STEPS:
        raise CheckpointError(f"This looks like {title}, but its encoder goes down in {count_of(len(steps), 'step')}.")
    first, last = shape("0.conv.conv"), shape(f"{convolutions[-1]}.conv.conv")
    inside = shape(f"{residuals[0]}.block.1.conv.conv")
    recurrent = numbered(".lstm.weight_ih_l0")
    lstm = f"{encoder}model.{recurrent[0]}.lstm.weight_ih_l" if recurrent else None
    layers = sum(re.fullmatch(re.escape(lstm) + r"\d+", key) is not None for key in header.tensors) if lstm else 0
    return SeanetConfig(
        channels=first[1],
        dimension=last[0],
        filters=first[0],
        ratios=tuple(max(1, shape(f"{step}.conv.conv")[2] // 2) for step in reversed(steps)),
        kernel=first[2],
        last_kernel=last[2],
        residual_layers=len(residuals) // len(steps),
        residual_kernel=inside[2],
        compress=max(1, inside[1] // inside[0]),
        lstm_layers=layers,
        bidirectional=bool(lstm) and f"{lstm}0_reverse" in header.tensors,
        snake=f"{encoder}model.{residuals[0]}.block.0.alpha" in header.tensors,
        weight_norm=normed_shape(header, f"{encoder}model.0.conv.conv") is not None,
        shortcut=f"{encoder}model.{residuals[0]}.shortcut.conv.conv.bias" in header.tensors,
    )
