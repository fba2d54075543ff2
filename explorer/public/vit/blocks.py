"""The pre-norm transformer block of CLIP's code, which TiTok and BSQ-ViT share, under the names of their files.

Radford et al. 2021 (arXiv 2103.00020), as open_clip keeps it: `ln_1`, `attn.in_proj_weight`, `attn.out_proj`, `ln_2`,
`mlp.c_fc`, `mlp.c_proj`.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention

HEAD_WIDTH = 64  # of every published size: 512, 768 and 1024 channels have 8, 12 and 16 heads


class SelfAttention(nn.Module):
    """softmax(q k' / sqrt(64)) v over all tokens: (B, L, C) -> (B, L, C)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.out_proj(attend(linear(x, self.in_proj_weight, self.in_proj_bias), self.heads))


def attend(qkv: Tensor, heads: int) -> Tensor:
    """Self-attention of queries, keys and values side by side: (B, L, 3C) -> (B, L, C)."""
    q, k, v = qkv.unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)  # each (B, heads, L, C / heads)
    return scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class Block(nn.Module):
    """x + attention(ln(x)), then x + mlp(ln(x)). inside: channels of the hidden layer, GELU."""

    def __init__(self, width: int, inside: int) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = SelfAttention(width)
        self.mlp = nn.Sequential(
            OrderedDict(c_fc=nn.Linear(width, inside), gelu=nn.GELU(), c_proj=nn.Linear(inside, width))
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))
