"""SNAC: residual quantization of sound at several rates, coarse levels first.

Siuzdak et al. 2024, "SNAC: Multi-Scale Neural Audio Codec" (arXiv 2410.14411); github.com/hubertsiuzdak/snac.
A level of stride s averages the residual over s frames, so that its tokens are s times longer than the finest ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool1d, embedding, normalize, scaled_dot_product_attention

from explorer.joints.record import Codebook, TokenLayout
from explorer.public.sound.layers import Snake, fold, nearest_row, with_weight_norm
from explorer.public.sound.snac_format import SnacConfig
from explorer.tokenizers.codec import Codec, CodecLevel

HEAD = 64  # channels of one head of attention
NOISE_SEED = 0
NOISE_NOTE = (
    "The decoder adds noise that it shapes itself. The original draws it anew at every call; here it comes from one "
    "fixed seed, so that the same tokens always sound the same."
)


class SnacCodec(Codec):
    """Sound of one channel. z_e and z_q are of length 1, as the search sees them; the decoder gets the raw codes."""

    half_precision = False  # residuals grow small: float16 would choose other codes

    def __init__(self, config: SnacConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder, self.decoder = _Encoder(config), _Decoder(config)
        self.quantizer = nn.Module()
        self.quantizer.quantizers = nn.ModuleList(_Level(config, stride) for stride in config.strides)
        self.notes = (NOISE_NOTE,) if config.noise else ()

    def ready(self) -> None:
        fold(self)

    def latents(self, media: Tensor) -> Tensor:
        return self.encoder.block(media)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        residual, stages = latents, []  # (B, C, T)
        for level in self.quantizer.quantizers:
            z_e = normalize(level.project(residual), dim=2)  # (B, T / stride, D)
            table = normalize(level.codebook.weight)
            indices = nearest_row(z_e, table)
            stages.append(CodecLevel(indices, z_e, embedding(indices, table)))
            residual = residual - level.embed(indices, None)
        return stages

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return self.quantizer.quantizers[level].embed(indices, kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.decoder(sum(embedded), torch.Generator().manual_seed(NOISE_SEED))

    def codebooks(self) -> tuple[Codebook, ...]:
        tables = [normalize(level.codebook.weight.float()) for level in self.quantizer.quantizers]
        return tuple(Codebook(*table.shape, "cosine", table.cpu().numpy()) for table in tables)

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        frames = extent[0] // self.config.hop
        return tuple(TokenLayout("sequence", (frames // stride,), extent) for stride in self.config.strides)

    def extent(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        """Of the finest level's tokens, up to the next length that every level and window divides."""
        samples = shapes[-1][0] * self.config.hop * self.config.strides[-1]
        return (-(-samples // self.config.multiple) * self.config.multiple,)


class _Level(nn.Module):
    """Factorized codes: the search goes through `in_proj` to few dimensions, the codes come back through `out_proj`."""

    def __init__(self, config: SnacConfig, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.in_proj = with_weight_norm(nn.Conv1d(config.latent_channels, config.codebook_dim, 1))
        self.out_proj = with_weight_norm(nn.Conv1d(config.codebook_dim, config.latent_channels, 1))
        self.codebook = nn.Embedding(config.codebook_size, config.codebook_dim)

    def project(self, residual: Tensor) -> Tensor:
        """(B, C, T) -> (B, T / stride, D)."""
        averaged = avg_pool1d(residual, self.stride, self.stride) if self.stride > 1 else residual
        return self.in_proj(averaged).transpose(1, 2)

    def embed(self, indices: Tensor, kept: Tensor | None) -> Tensor:
        """(B, T / stride) -> (B, C, T); zero, without even the bias, where a token is not kept."""
        given = self.out_proj(self.codebook(indices).transpose(1, 2))
        if kept is not None:
            given = given.where(kept[:, None], 0)
        return given.repeat_interleave(self.stride, dim=2)


class _Encoder(nn.Module):
    def __init__(self, config: SnacConfig) -> None:
        super().__init__()
        width = config.encoder_width
        blocks: list[nn.Module] = [_conv(1, width, 7)]
        for rate in config.encoder_rates:
            groups = width if config.depthwise else 1
            units = [_Residual(width, dilation, groups) for dilation in (1, 3, 9)]
            down = with_weight_norm(nn.Conv1d(width, 2 * width, 2 * rate, rate, padding=math.ceil(rate / 2)))
            blocks.append(_Chain(*units, Snake(width), down))
            width *= 2
        if config.window:
            blocks.append(_WindowAttention(width, config.window))
        blocks.append(_conv(width, width, 7, width if config.depthwise else 1))
        self.block = nn.Sequential(*blocks)


class _Decoder(nn.Module):
    def __init__(self, config: SnacConfig) -> None:
        super().__init__()
        inner, width = config.latent_channels, config.decoder_width
        if config.depthwise:
            blocks: list[nn.Module] = [_conv(inner, inner, 7, inner), _conv(inner, width, 1)]
        else:
            blocks = [_conv(inner, width, 7)]
        if config.window:
            blocks.append(_WindowAttention(width, config.window))
        for rate in config.decoder_rates:
            blocks.append(_Up(width, width // 2, rate, config))
            width //= 2
        blocks += [Snake(width), _conv(width, 1, 7), nn.Tanh()]
        self.model = nn.ModuleList(blocks)

    def forward(self, x: Tensor, noise: torch.Generator) -> Tensor:
        for block in self.model:
            x = block(x, noise) if isinstance(block, _Up) else block(x)
        return x


class _Chain(nn.Module):
    """Layers one after another, under the name `block` that files have for them."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


class _Residual(_Chain):
    def __init__(self, width: int, dilation: int, groups: int) -> None:
        wide = with_weight_norm(nn.Conv1d(width, width, 7, dilation=dilation, padding=3 * dilation, groups=groups))
        super().__init__(Snake(width), wide, Snake(width), _conv(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


class _Up(_Chain):
    """A transposed convolution, noise if there is any, and three residual units."""

    def __init__(self, inner: int, outer: int, rate: int, config: SnacConfig) -> None:
        up = nn.ConvTranspose1d(inner, outer, 2 * rate, rate, math.ceil(rate / 2), output_padding=rate % 2)
        noise = [_Noise(outer)] if config.noise else []
        units = [_Residual(outer, dilation, outer if config.depthwise else 1) for dilation in (1, 3, 9)]
        super().__init__(Snake(inner), with_weight_norm(up), *noise, *units)

    def forward(self, x: Tensor, noise: torch.Generator) -> Tensor:
        for layer in self.block:
            x = layer(x, noise) if isinstance(layer, _Noise) else layer(x)
        return x


class _Noise(nn.Module):
    """x + W x times white noise, the same for all channels and for all sounds of a batch."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = with_weight_norm(nn.Conv1d(width, width, 1, bias=False))

    def forward(self, x: Tensor, noise: torch.Generator) -> Tensor:
        return x + torch.randn((1, 1, x.shape[2]), generator=noise).to(x) * self.linear(x)


class _WindowAttention(nn.Module):
    """Attention within windows that do not overlap, with rotary positions (Su et al. 2021, arXiv 2104.09864)."""

    def __init__(self, width: int, window: int) -> None:
        super().__init__()
        self.window, self.heads = window, width // HEAD
        self.norm = nn.LayerNorm(width)
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.to_out = nn.Linear(width, width, bias=False)
        self.rel_pos = nn.Module()
        self.rel_pos.register_buffer("inv_freq", torch.zeros(HEAD // 2))

    def forward(self, x: Tensor) -> Tensor:
        batch, width, frames = x.shape
        q, k, v = (
            part.view(batch, frames // self.window, self.window, self.heads, HEAD).transpose(2, 3)
            for part in self.to_qkv(self.norm(x.transpose(1, 2))).chunk(3, dim=-1)
        )  # (B, windows, heads, window, HEAD)
        places = torch.arange(self.window, device=x.device).to(self.rel_pos.inv_freq)
        angles = torch.outer(places, self.rel_pos.inv_freq).repeat(1, 2)  # (window, HEAD)
        mixed = scaled_dot_product_attention(_turned(q, angles), _turned(k, angles), v)
        return self.to_out(mixed.transpose(2, 3).reshape(batch, frames, width)).transpose(1, 2) + x


def _turned(x: Tensor, angles: Tensor) -> Tensor:
    """Pairs (i, i + HEAD / 2) of the last axis, turned by their angles."""
    first, second = x.chunk(2, dim=-1)
    return x * angles.cos() + torch.cat((-second, first), dim=-1) * angles.sin()


def _conv(inner: int, outer: int, kernel: int, groups: int = 1) -> nn.Module:
    return with_weight_norm(nn.Conv1d(inner, outer, kernel, padding=kernel // 2, groups=groups))
