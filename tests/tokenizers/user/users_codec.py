"""A user's own codec of pictures: the nearest of sixteen colours, and the paint."""

import numpy as np
import torch
from torch import nn

from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

TABLE = torch.randn(16, 3, generator=torch.Generator().manual_seed(0)) * 0.3 + 0.5  # colours


def nearest_colour(media):
    """(B, 3, H, W) -> codes (B, H / 4, W / 4) and the mean colours (B, 3, H / 4, W / 4)."""
    z = nn.functional.avg_pool2d(media, 4)
    return (z[:, None] - TABLE[:, :, None, None]).square().sum(2).argmin(1), z


def paint(codes):
    """(B, h, w) -> (B, 3, 4 h, 4 w)."""
    return TABLE[codes].movedim(-1, 1).repeat_interleave(4, 2).repeat_interleave(4, 3)


def ready(codec):
    return AdaptedTokenizer(codec, codec.spec, "cpu")


PICTURE = np.random.default_rng(0).random((24, 32, 3), np.float32)
