"""A model small enough to train in a test: two linear layers around a codebook of vector-quantize-pytorch."""

import torch
from torch import nn
from vector_quantize_pytorch import VectorQuantize

CODES, DIM, BATCH = 16, 4, 32


class SmallModel(nn.Module):
    """`forward(x)` -> (loss, reconstruction). `chosen`: the indices of every training forward, an independent log."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.encoder, self.decoder = nn.Linear(8, DIM), nn.Linear(DIM, 8)
        self.vq = VectorQuantize(dim=DIM, codebook_size=CODES, decay=0.9)
        self.chosen = []

    def forward(self, x):
        z_q, indices, commitment = self.vq(self.encoder(x)[None])
        if self.training:
            self.chosen.append(indices.detach().flatten().clone())
        out = self.decoder(z_q[0])
        return nn.functional.mse_loss(out, x) + commitment.sum(), out


def points(count):
    return torch.randn(count, 8, generator=torch.Generator().manual_seed(1))


def counts_of(chosen):
    return torch.bincount(torch.cat(chosen), minlength=CODES).tolist()
