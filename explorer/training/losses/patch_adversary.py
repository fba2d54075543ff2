"""PatchGAN: whether each patch of a picture looks real. Isola et al. 2017 (arXiv 1611.07004), appendix 6.1.2."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

LEAK = 0.2


class PatchAdversary(nn.Sequential):
    """pixels (B, 3, H, W) in about [-1, 1] -> scores (B, 1, h, w), each of the patch that it sees.

    Convolutions of 4 x 4 and stride 2, one a width of `channels`, and one that scores. Without the batch normalization
    of the paper: batches here are small, and originals and decoded ones are seen apart.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        layers: list[nn.Module] = []
        before = 3
        for width in channels:
            layers += [nn.Conv2d(before, width, 4, stride=2, padding=1), nn.LeakyReLU(LEAK)]
            before = width
        super().__init__(*layers, nn.Conv2d(before, 1, 3, padding=1))
