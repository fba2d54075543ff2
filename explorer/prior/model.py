"""A causal transformer over the tokens of a picture, read row by row: the probability of each token given those before.

As in VQ-VAE (van den Oord et al. 2017, arXiv 1711.00937, section 3.3), where the model is a PixelCNN, and in VQGAN
(Esser et al. 2021, arXiv 2012.09841, section 3.2), where it is a transformer: p(s) = prod over i of p(s_i | s_<i).
The transformer is that of Vaswani et al. 2017 (arXiv 1706.03762) with the norms first, small: each place is told the
token on its left and the one above, attention prefers places by how many rows and columns they are away (as the
relative biases of Shaw et al. 2018, arXiv 1803.02155), and the table of codes is read at both ends (Press and Wolf
2017, arXiv 1608.05859).

Letters of the shapes: B pictures, L places, N = rows x columns, K codes, C width, H heads, d channels of a head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, linear, scaled_dot_product_attention

from explorer.foundation.errors import SettingsError

HEAD = 32  # channels of a head of attention
WIDER = 4  # how much wider the hidden layer of a block is
START = 0.02  # deviation of the table of codes at first
CODES_AT_MOST, PLACES_AT_MOST, WIDTH_AT_MOST, BLOCKS_AT_MOST = 2**18, 4096, 4096, 64


@dataclass(frozen=True)
class PriorConfig:
    """codebook_size: K. rows, columns: of the grid of tokens. width, blocks: of the transformer."""

    codebook_size: int
    rows: int = 16
    columns: int = 16
    width: int = 128
    blocks: int = 3

    def __post_init__(self) -> None:
        least = min(self.codebook_size, self.rows, self.columns, self.width, self.blocks)
        if least < 1 or self.width % HEAD:
            raise SettingsError(f"a prior of width {self.width} cannot be made: a multiple of {HEAD} is needed")
        sizes = (self.codebook_size, self.rows * self.columns, self.width, self.blocks)
        limits = (CODES_AT_MOST, PLACES_AT_MOST, WIDTH_AT_MOST, BLOCKS_AT_MOST)
        if any(size > limit for size, limit in zip(sizes, limits, strict=True)):
            raise SettingsError(f"a prior of {sizes} codes, places, channels and blocks; at most {limits} are allowed")

    @property
    def places(self) -> int:
        """N."""
        return self.rows * self.columns


class Cache:
    """Keys and values (B, H, L, d) of every block, of the `length` places that were read already."""

    def __init__(self, blocks: int) -> None:
        self.kept: list[tuple[Tensor, Tensor] | None] = [None] * blocks

    @property
    def length(self) -> int:
        return 0 if self.kept[0] is None else self.kept[0][0].shape[2]

    def extend(self, block: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add those of new places; all so far."""
        before = self.kept[block]
        if before is not None:
            keys, values = torch.cat([before[0], keys], 2), torch.cat([before[1], values], 2)
        self.kept[block] = keys, values
        return keys, values


class CausalBlock(nn.Module):
    """x + attention(ln(x)), then x + mlp(ln(x)); what each branch adds starts small."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        width = config.width
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, WIDER * width), nn.Linear(WIDER * width, width)
        self.away = nn.Parameter(torch.zeros(width // HEAD, config.rows, 2 * config.columns - 1))  # (H, rows, columns)
        for last in (self.mix, self.narrow):
            nn.init.normal_(last.weight, std=START / config.blocks**0.5)
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor, offsets: Tensor, cache: Cache | None = None, number: int = 0) -> Tensor:
        """x (B, L, C) -> the same. offsets (L, L of keys): place in `away` of each pair, -1 where a key comes later."""
        q, k, v = self.qkv(self.before(x)).unflatten(-1, (3, -1, HEAD)).permute(2, 0, 3, 1, 4)  # (B, H, L, d)
        if cache is not None:
            k, v = cache.extend(number, k, v)
        bias = self.away.flatten(1)[:, offsets.clamp(min=0)].masked_fill(offsets < 0, -torch.inf)  # (H, L, L of keys)
        seen = scaled_dot_product_attention(q, k, v, attn_mask=bias[None].to(q.dtype))
        x = x + self.mix(seen.transpose(1, 2).flatten(2))
        return x + self.narrow(gelu(self.widen(self.between(x))))


class Prior(nn.Module):
    """p(token | tokens before it) of a picture of rows x columns tokens."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.config, width = config, config.width
        self.codes = nn.Parameter(START * torch.randn(config.codebook_size, width))  # (K, C), read at both ends
        self.outside = nn.Parameter(START * torch.randn(2, width))  # left of the first token; above the first row
        self.above = nn.Linear(width, width, bias=False)
        self.row = nn.Parameter(START * torch.randn(config.rows, width))
        self.column = nn.Parameter(START * torch.randn(config.columns, width))
        self.blocks = nn.ModuleList(CausalBlock(config) for _ in range(config.blocks))
        self.last = nn.LayerNorm(width)
        self.often = nn.Parameter(torch.zeros(config.codebook_size))
        self.register_buffer("offsets", pair_offsets(config.rows, config.columns), persistent=False)  # (N, N)

    @torch.no_grad()
    def begin_with(self, vectors: Tensor) -> None:
        """Codes that are near each other in the tokenizer, vectors (K, D), begin near each other here."""
        scaled = (vectors - vectors.mean(0)) / vectors.std(0).clamp(min=1e-6)
        across = torch.randn(vectors.shape[1], self.config.width) / vectors.shape[1] ** 0.5
        self.codes.copy_(START * (scaled @ across + self.codes / START) / 2**0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, N) -> logits (B, N, K): those at place i see tokens before i alone."""
        return self._logits(self._read(tokens, 0, tokens.shape[1], None))

    def next(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        """Tokens so far (B, i), i < N -> logits (B, K) of token i. With a cache only what is new is computed."""
        first = 0 if cache is None else cache.length
        return self._logits(self._read(tokens, first, tokens.shape[1] + 1, cache)[:, -1])

    def _read(self, tokens: Tensor, first: int, end: int, cache: Cache | None) -> Tensor:
        """Places first to end - 1 through the blocks: (B, end - first, C)."""
        x = self._placed(tokens, first, end)
        offsets = self.offsets[first:end, :end] if cache is not None else self.offsets[first:end, first:end]
        for number, block in enumerate(self.blocks):
            x = block(x, offsets, cache, number)
        return self.last(x)

    def _placed(self, tokens: Tensor, first: int, end: int) -> Tensor:
        """What stands at each place before any attention: the token on the left, the one above, row and column."""
        columns, batch = self.config.columns, len(tokens)
        left, top = self.outside.to(self.codes.dtype)
        known = nn.functional.embedding(tokens[:, : end - 1], self.codes)  # (B, end - 1, C)
        lefts = torch.cat([left.expand(batch, 1, -1), known], 1)[:, first:end]
        aboves = torch.cat([top.expand(batch, columns, -1), known], 1)[:, first:end]
        place = torch.arange(first, end, device=tokens.device)
        return lefts + self.above(aboves) + self.row[place // columns] + self.column[place % columns]

    def _logits(self, x: Tensor) -> Tensor:
        return linear(x, self.codes, self.often)


def pair_offsets(rows: int, columns: int) -> Tensor:
    """(N, N) int64: for place i and place j before it, or i itself, where `away` keeps how they lie; -1 for later j."""
    place = torch.arange(rows * columns)
    down = place[:, None] // columns - place // columns
    right = place[:, None] % columns - place % columns + columns - 1
    return torch.where(place[:, None] >= place, down * (2 * columns - 1) + right, -1)
