"""Cosmos DV: clips through Haar wavelets, causal convolutions factored into space and time, and a lattice.

Agarwal et al. 2025 (arXiv 2501.03575), section 5; NVIDIA/Cosmos-Tokenizer. Nothing looks at later frames; the first
frame has tokens of its own, so that a picture is a clip of one frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.functional import silu

from explorer.joints.record import Codebook
from explorer.public.cosmos.clip_layers import (
    CausalConv,
    ClipDownsample,
    ClipUpsample,
    FrameAttention,
    FrameNorm,
    TimeAttention,
    space_then_time,
    with_first,
)
from explorer.public.cosmos.fsq import Lattice
from explorer.public.cosmos.wavelet import CLIP_AXES, haar, unhaar
from explorer.tokenizers.codec import Codec, CodecLevel


@dataclass(frozen=True)
class ClipTrunk:
    """An encoder or decoder. widths, blocks, attention: of each level in the order of the file.

    resamples: (in space, in time) between a level and the next coarser one; as many as levels but one.
    """

    inputs: int
    outputs: int
    first: int
    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    attention: tuple[bool, ...]
    resamples: tuple[tuple[bool, bool], ...]


@dataclass(frozen=True)
class CosmosVideoConfig:
    """splits: times that wavelets halve all axes. levels: of the lattice."""

    encoder: ClipTrunk
    decoder: ClipTrunk
    splits: int
    levels: tuple[int, ...]


class ClipBlock(nn.Module):
    """x + conv(silu(norm(conv(silu(norm(x)))))), each convolution in space and then in time."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = FrameNorm(inputs), FrameNorm(outputs)
        self.conv1, self.conv2 = space_then_time(inputs, outputs), space_then_time(outputs, outputs)
        self.nin_shortcut = CausalConv(inputs, outputs, (1, 1, 1)) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(silu(self.norm2(self.conv1(silu(self.norm1(x))))))
        return self.nin_shortcut(x) + y


def _attention(channels: int) -> nn.Sequential:
    return nn.Sequential(FrameAttention(channels), TimeAttention(channels))


class ClipLevel(nn.Module):
    """Blocks of one resolution, each followed by attention if the level has it; then the resampling `name`."""

    def __init__(self, inputs: int, outputs: int, blocks: int, attention: bool) -> None:
        super().__init__()
        self.block = nn.ModuleList(ClipBlock(inputs if i == 0 else outputs, outputs) for i in range(blocks))
        self.attn = nn.ModuleList(_attention(outputs) for _ in range(blocks if attention else 0))

    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.block):
            x = block(x)
            if len(self.attn):
                x = self.attn[number](x)
        for name in ("downsample", "upsample"):
            if hasattr(self, name):
                x = getattr(self, name)(x)
        return x


class ClipEnds(nn.Module):
    """What both halves have: a first convolution, a middle, and a last convolution after a norm."""

    def __init__(self, trunk: ClipTrunk, middle: int, last: int) -> None:
        super().__init__()
        self.conv_in = space_then_time(trunk.inputs, trunk.first)
        self.mid = nn.ModuleDict(
            {
                "block_1": ClipBlock(middle, middle),
                "attn_1": _attention(middle),
                "block_2": ClipBlock(middle, middle),
            }
        )
        self.norm_out = FrameNorm(last)
        self.conv_out = space_then_time(last, trunk.outputs)

    def middle(self, x: Tensor) -> Tensor:
        for part in self.mid.values():
            x = part(x)
        return x

    def end(self, x: Tensor) -> Tensor:
        return self.conv_out(silu(self.norm_out(x)))


class ClipEncoder(ClipEnds):
    """bands (B, C, T, H, W) -> (B, z, t, h, w)."""

    def __init__(self, trunk: ClipTrunk) -> None:
        super().__init__(trunk, trunk.widths[-1], trunk.widths[-1])
        before = (trunk.first, *trunk.widths)
        levels = zip(before, trunk.widths, trunk.blocks, trunk.attention, strict=False)
        self.down = nn.ModuleList(ClipLevel(*level) for level in levels)
        for number, (space, time) in enumerate(trunk.resamples):
            self.down[number].downsample = ClipDownsample(trunk.widths[number], space, time)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
        return self.end(self.middle(x))


class ClipDecoder(ClipEnds):
    """(B, z, t, h, w) -> bands (B, C, T, H, W). Levels are numbered from the finest, the coarsest runs first."""

    def __init__(self, trunk: ClipTrunk) -> None:
        super().__init__(trunk, trunk.first, trunk.widths[0])
        before = (*trunk.widths[1:], trunk.first)
        levels = zip(before, trunk.widths, trunk.blocks, trunk.attention, strict=True)
        self.up = nn.ModuleList(ClipLevel(*level) for level in levels)
        for number, (space, time) in enumerate(trunk.resamples, 1):
            self.up[number].upsample = ClipUpsample(trunk.widths[number], space, time)

    def forward(self, x: Tensor) -> Tensor:
        x = self.middle(self.conv_in(x))
        for level in reversed(self.up):
            x = level(x)
        return self.end(x)


class CosmosVideo(Codec):
    """Clips of 1 + n `time_step` frames. Attention within frames reaches everywhere, and time reaches forward."""

    def __init__(self, config: CosmosVideoConfig) -> None:
        super().__init__()
        self.config, self.lattice = config, Lattice(config.levels)
        self.encoder, self.decoder = ClipEncoder(config.encoder), ClipDecoder(config.decoder)
        dim = len(config.levels)
        self.quant_conv = CausalConv(config.encoder.outputs, dim, (1, 1, 1))
        self.post_quant_conv = CausalConv(dim, config.decoder.inputs, (1, 1, 1))

    def latents(self, media: Tensor) -> Tensor:
        times = self.config.splits
        filled = with_first(media, 2**times - 1)  # so that the first frame fills a patch alone
        return self.quant_conv(self.encoder(haar(2 * filled - 1, CLIP_AXES, times)))

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        return [self.lattice.stage(latents)]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return self.lattice.embed(indices, kept, self.post_quant_conv.conv3d.weight.dtype)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        times = self.config.splits
        frames = unhaar(self.decoder(self.post_quant_conv(embedded[0])), CLIP_AXES, times)
        return (frames[:, :, 2**times - 1 :] + 1) / 2

    def codebooks(self) -> tuple[Codebook, ...]:
        return self.lattice.codebooks()
