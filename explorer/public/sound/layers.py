"""Parts that networks of sound share: weight normalization, the snake, and the nearest code of a residual."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.joints.record import Codebook
from explorer.tokenizers.codec import CodecLevel, far_where_lost

Convolution = nn.Conv1d | nn.ConvTranspose1d


def with_weight_norm(convolution: Convolution) -> Convolution:
    """The same with a weight of unit rows times lengths, `weight_v` and `weight_g`; `fold` makes the weight of them.

    Salimans and Kingma 2016, arXiv 1602.07868. torch's own wrapper builds a class for each layer, which takes longer
    than reading the layer.
    """
    shape = convolution.weight.shape
    convolution.weight_g = nn.Parameter(convolution.weight.new_empty(shape[0], 1, 1))
    convolution.weight_v = nn.Parameter(convolution.weight.new_empty(shape))
    del convolution.weight
    return convolution


@torch.no_grad()
def fold(network: nn.Module) -> None:
    """Replace normalized weights by their values, which are the same at every call once training has ended."""
    for module in network.modules():
        if hasattr(module, "weight_v"):
            weight = torch._weight_norm(module.weight_v, module.weight_g, 0)
            del module.weight_v, module.weight_g
            module.weight = nn.Parameter(weight)
    network.requires_grad_(False)


class Snake(nn.Module):
    """x + sin^2(a x) / a with a learned a for each channel. Ziyin et al. 2020, arXiv 2006.08195."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + (self.alpha + 1e-9).reciprocal() * torch.sin(self.alpha * x).square()


def nearest_row(latents: Tensor, table: Tensor) -> Tensor:
    """Index of the nearest row by Euclidean distance: (B, T, D), (K, D) -> (B, T) int64, the first of equals.

    |z|^2 - 2 z.c + |c|^2, added from left to right as EnCodec and its heirs do: another order rounds apart.
    """
    rows = latents.reshape(-1, latents.shape[-1])
    squares = table.square().sum(1)
    distances = rows.square().sum(1, keepdim=True) - 2 * rows @ table.T + squares
    return far_where_lost(distances, squares).argmin(1).reshape(latents.shape[:-1])


DECAY = 0.99  # of EnCodec's quantizer, which SpeechTokenizer and WavTokenizer took over


class AverageCodebook(nn.Module):
    """A table learned as a running average of latents. cluster_size: assignments seen lately, while training: a moving
    average of those of a step, by DECAY."""

    def __init__(self, codebook_size: int, dimension: int) -> None:
        super().__init__()
        self.register_buffer("embed", torch.zeros(codebook_size, dimension))
        self.register_buffer("cluster_size", torch.zeros(codebook_size))

    def described(self) -> Codebook:
        vectors, counts = self.embed.float().cpu().numpy(), self.cluster_size.float().cpu().numpy()
        return Codebook(*vectors.shape, "euclidean", vectors, counts=counts, counts_decay=DECAY)


def residual_stages(latents: Tensor, books: nn.ModuleList) -> list[CodecLevel]:
    """Residual quantization, level after level: (B, D, T) -> a stage for each table."""
    residual, stages = latents.transpose(1, 2), []  # (B, T, D)
    for book in books:
        indices = nearest_row(residual, book.embed)
        quantized = nn.functional.embedding(indices, book.embed)
        stages.append(CodecLevel(indices, residual, quantized))
        residual = residual - quantized
    return stages
