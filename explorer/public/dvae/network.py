"""The networks of OpenAI's discrete VAE: residual bottlenecks, max pooling on the way in, doubling on the way out.

Ramesh et al. 2021, "Zero-Shot Text-to-Image Generation" (arXiv 2102.12092), appendix A; openai/DALL-E. The encoder
scores every code of the vocabulary by a 1x1 convolution, the decoder begins with one: its columns are the embeddings.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, max_pool2d, relu

GROUPS = 4
SCALES = (1, 2, 4, 8)  # widths of the groups, in hidden channels


@dataclass(frozen=True)
class DvaeConfig:
    """hidden: channels of the finest group. first: channels after the decoder's first convolution. blocks: a group."""

    vocabulary: int = 8192
    hidden: int = 256
    first: int = 128
    encoder_blocks: int = 2
    decoder_blocks: int = 2


class Convolution(nn.Module):
    """A convolution that keeps the extent; its parameters bear the names of the files, `w` and `b`."""

    def __init__(self, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.empty(outputs, inputs, side, side))
        self.b = nn.Parameter(torch.empty(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.w, self.b, padding=self.w.shape[-1] // 2)


class Block(nn.Module):
    """x + gain * four convolutions of relu; a quarter of the channels inside. `sides`: of their kernels."""

    def __init__(self, inputs: int, outputs: int, sides: tuple[int, int, int, int], gain: float) -> None:
        super().__init__()
        inside = outputs // 4
        widths = (inputs, inside, inside, inside, outputs)
        self.gain = gain
        self.id_path = Convolution(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.res_path = nn.Sequential(
            OrderedDict(
                (f"{part}_{i + 1}", nn.ReLU() if part == "relu" else Convolution(widths[i], widths[i + 1], sides[i]))
                for i in range(4)
                for part in ("relu", "conv")
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.id_path(x) + self.gain * self.res_path(x)


def _groups(widths: list[int], blocks: int, sides: tuple[int, int, int, int]) -> OrderedDict[str, nn.Module]:
    """Groups of blocks from each width to the next. The branches are damped by the square of how many there are."""
    gain = 1 / (GROUPS * blocks) ** 2
    return OrderedDict(
        (
            f"group_{g + 1}",
            nn.Sequential(
                OrderedDict(
                    (f"block_{i + 1}", Block(widths[g] if i == 0 else widths[g + 1], widths[g + 1], sides, gain))
                    for i in range(blocks)
                )
            ),
        )
        for g in range(GROUPS)
    )


class Encoder(nn.Module):
    """pixels (B, 3, H, W) in [0.1, 0.9] -> features (B, 8 hidden, H/8, W/8), from which `score` tells the codes."""

    def __init__(self, config: DvaeConfig) -> None:
        super().__init__()
        widths = [config.hidden, *(config.hidden * scale for scale in SCALES)]
        self.blocks = nn.ModuleDict(
            {
                "input": Convolution(3, config.hidden, 7),
                **_groups(widths, config.encoder_blocks, (3, 3, 3, 1)),
                "output": nn.ModuleDict({"conv": Convolution(widths[-1], config.vocabulary, 1)}),
            }
        )

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.blocks["input"](pixels)
        for g in range(GROUPS):
            x = self.blocks[f"group_{g + 1}"](x)
            x = max_pool2d(x, 2) if g < GROUPS - 1 else x
        return relu(x)

    def score(self, features: Tensor) -> Tensor:
        """Logits of all codes: (B, 8 hidden, h, w) -> (B, K, h, w), in float32 as the original has them everywhere."""
        last = self.blocks["output"]["conv"]
        return conv2d(features.float(), last.w.float(), last.b.float())


class Decoder(nn.Module):
    """embeddings (B, first, h, w), of which a missing token has none -> (B, 6, 8h, 8w): means, then scales, of pixels.

    `embeddings` is the first convolution without its bias, which all positions get.
    """

    def __init__(self, config: DvaeConfig) -> None:
        super().__init__()
        widths = [config.first, *(config.hidden * scale for scale in reversed(SCALES))]
        self.blocks = nn.ModuleDict(
            {
                "input": Convolution(config.vocabulary, config.first, 1),
                **_groups(widths, config.decoder_blocks, (1, 3, 3, 3)),
                "output": nn.ModuleDict({"conv": Convolution(config.hidden, 6, 1)}),
            }
        )

    @property
    def embeddings(self) -> Tensor:
        return self.blocks["input"].w[:, :, 0, 0].T  # (K, first)

    def forward(self, embedded: Tensor) -> Tensor:
        x = embedded + self.blocks["input"].b[:, None, None]
        for g in range(GROUPS):
            x = self.blocks[f"group_{g + 1}"](x)
            x = interpolate(x, scale_factor=2, mode="nearest") if g < GROUPS - 1 else x
        return self.blocks["output"]["conv"](relu(x))
