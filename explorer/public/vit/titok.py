"""TiTok: a picture as a short set of tokens without places.

Yu et al. 2024, "An Image is Worth 32 Tokens for Reconstruction and Generation" (arXiv 2406.07550);
bytedance/1d-tokenizer. Latent tokens look at all patches while encoding; mask tokens look at all latent tokens while
decoding. Two-stage models (L-32, B-64, S-128) predict scores of a MaskGIT-VQGAN's codes and paint with its decoder; the
later ones predict pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, pixel_shuffle

from explorer.joints.record import Codebook, TokenLayout
from explorer.public.convvq.plan import Trunk
from explorer.public.convvq.trunk import Decoder as Painter
from explorer.public.vit.blocks import Block
from explorer.tokenizers.codec import Codec, CodecLevel, flat, lookup, published_nearest


@dataclass(frozen=True)
class Side:
    """The transformer of the encoder or of the decoder."""

    width: int
    layers: int
    inside: int


@dataclass(frozen=True)
class TiTokConfig:
    """tokens: latent tokens. grid: patches a side. painter: of two-stage models; proxies, proxy_dim: its codebook."""

    encoder: Side
    decoder: Side
    tokens: int
    codebook_size: int
    codebook_dim: int
    patch: int
    grid: int
    cosine: bool
    painter: Trunk | None = None
    proxies: int = 0
    proxy_dim: int = 0


def _frame(module: nn.Module, side: Side, config: TiTokConfig) -> None:
    """What both sides have: positions of a class token and of patches, positions of latent tokens, norms, blocks."""
    module.class_embedding = nn.Parameter(torch.empty(1, side.width))
    module.positional_embedding = nn.Parameter(torch.empty(config.grid**2 + 1, side.width))
    module.latent_token_positional_embedding = nn.Parameter(torch.empty(config.tokens, side.width))
    module.ln_pre, module.ln_post = nn.LayerNorm(side.width), nn.LayerNorm(side.width)
    module.transformer = nn.Sequential(*(Block(side.width, side.inside) for _ in range(side.layers)))


class Encoder(nn.Module):
    """pixels (B, 3, H, W) in [0, 1] and latent tokens (N, C) -> latents (B, D, N)."""

    def __init__(self, config: TiTokConfig) -> None:
        super().__init__()
        _frame(self, config.encoder, config)
        self.patch_embed = nn.Conv2d(3, config.encoder.width, config.patch, config.patch)
        self.conv_out = nn.Conv2d(config.encoder.width, config.codebook_dim, 1)
        self.two_stage = config.painter is not None

    def forward(self, pixels: Tensor, latent_tokens: Tensor) -> Tensor:
        patches = flat(self.patch_embed(pixels))  # (B, P, C)
        batch = len(patches)
        x = torch.cat([self.class_embedding.expand(batch, -1, -1), patches], 1) + self.positional_embedding
        latents = (latent_tokens + self.latent_token_positional_embedding).expand(batch, -1, -1)
        x = self.ln_pre(torch.cat([x, latents], 1))
        x = self.ln_post(self.transformer(x)[:, 1 + patches.shape[1] :])  # (B, N, C)
        # The two-stage models were trained with tokens and channels read in the wrong order; so it must stay.
        channels_first = x.reshape(batch, x.shape[2], x.shape[1]) if self.two_stage else x.transpose(1, 2)
        return self.conv_out(channels_first[..., None])[..., 0].reshape(batch, -1, x.shape[1])


class Decoder(nn.Module):
    """embedded tokens (B, D, N) -> scores of the painter's codes (B, K', grid, grid), or pixels (B, 3, H, W)."""

    def __init__(self, config: TiTokConfig) -> None:
        super().__init__()
        width = config.decoder.width
        _frame(self, config.decoder, config)
        self.decoder_embed = nn.Linear(config.codebook_dim, width)
        self.mask_token = nn.Parameter(torch.empty(1, 1, width))
        self.grid, self.patch = config.grid, config.patch
        if config.painter is not None:
            self.ffn = nn.Sequential(nn.Conv2d(width, 2 * width, 1), nn.Tanh(), nn.Conv2d(2 * width, config.proxies, 1))
            self.conv_out = nn.Identity()
        else:
            self.ffn = nn.Sequential(nn.Conv2d(width, 3 * config.patch**2, 1))
            self.conv_out = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, embedded: Tensor) -> Tensor:
        tokens = self.decoder_embed(embedded.transpose(1, 2)) + self.latent_token_positional_embedding
        batch, patches = len(tokens), self.grid**2
        masks = torch.cat([self.class_embedding[None], self.mask_token.expand(-1, patches, -1)], 1)
        masks = (masks + self.positional_embedding).expand(batch, -1, -1)
        x = self.transformer(self.ln_pre(torch.cat([masks, tokens], 1)))
        x = self.ln_post(x[:, 1 : 1 + patches]).transpose(1, 2).unflatten(2, (self.grid, self.grid))
        x = self.ffn(x)
        if isinstance(self.conv_out, nn.Identity):
            return x
        # Channels are (row, column, colour) of the patch; pixel_shuffle wants the colour first.
        x = x.unflatten(1, (self.patch**2, 3)).transpose(1, 2).flatten(1, 2)
        return self.conv_out(pixel_shuffle(x, self.patch))


class TiTokCodec(Codec):
    """Pictures of one size; `tokens` codes that have no places."""

    searched = ("quantize_table",)

    def __init__(self, config: TiTokConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_tokens = nn.Parameter(torch.empty(config.tokens, config.encoder.width))
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.quantize_table = nn.Embedding(config.codebook_size, config.codebook_dim)
        self.painter_table = nn.Embedding(config.proxies, config.proxy_dim) if config.painter else None
        self.painter = Painter(config.painter) if config.painter else None

    def latents(self, media: Tensor) -> Tensor:
        return self.encoder(media, self.latent_tokens)

    def _table(self) -> Tensor:
        """The codes in the space of the search; in float32 also where the networks are not, or tokens would move."""
        table = self.quantize_table.weight.float()
        return normalize(table, dim=-1) if self.config.cosine else table

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        z_e, table = flat(latents).float(), self._table()
        z_e = normalize(z_e, dim=-1) if self.config.cosine else z_e
        indices = published_nearest(z_e, table)
        return [CodecLevel(indices, z_e, table[indices])]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return lookup(self._table(), indices, kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        decoded = self.decoder(embedded[0].to(self.latent_tokens.dtype))
        if self.painter is None:
            return decoded
        shares = decoded.softmax(1).movedim(1, -1)  # (B, grid, grid, K')
        return self.painter((shares @ self.painter_table.weight).movedim(-1, 1))

    def codebooks(self) -> tuple[Codebook, ...]:
        vectors = self._table().cpu().numpy()
        return (Codebook(*vectors.shape, "cosine" if self.config.cosine else "euclidean", vectors=vectors),)

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        return (TokenLayout("set1d", (self.config.tokens,)),)
