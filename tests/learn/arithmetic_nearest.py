"""Rows of the arithmetic of nearest codes, against explorer/quantizers/nearest.py."""

from __future__ import annotations

import numpy as np
import torch

from explorer.quantizers.nearest import nearest_code
from explorer.quantizers.vq import VectorQuantizer
from tests.learn.arithmetic_row import Row, on_a_grid, spread


def nearest(metric):
    def answer(latents, codes, _):
        return nearest_code(torch.tensor(latents), torch.tensor(codes), metric).tolist()

    return answer


def error_of_vq(latents, codes, indices):
    vq = VectorQuantizer(2, len(codes)).eval()
    vq.vectors.data = torch.tensor(codes)
    out = vq(torch.tensor(latents))
    assert out.indices[..., 0].tolist() == indices
    return float((out.stages[0].z_e - out.stages[0].z_q).square().mean())


def latents_and_codes(draw, metric):
    return lambda chance: [draw(chance, 64, 2), draw(chance, 9, 2), metric]


def chosen(chance):
    latents, codes = spread(chance, 32, 2), spread(chance, 7, 2)
    away = ((np.array(latents)[:, None] - np.array(codes)[None]) ** 2).sum(-1)
    return [latents, codes, away.argmin(1).tolist()]


# Points of a coarse grid lie at the same distance from several codes: of equals the lower number wins in both.
ROWS = (
    Row("nearest", "nearest.js", "nearestCodes", latents_and_codes(spread, "euclidean"), nearest("euclidean")),
    Row("nearest, ties", "nearest.js", "nearestCodes", latents_and_codes(on_a_grid, "euclidean"), nearest("euclidean")),
    Row("nearest by angle", "nearest.js", "nearestCodes", latents_and_codes(spread, "cosine"), nearest("cosine")),
    Row("quantization error", "nearest.js", "meanSquaredError", chosen, error_of_vq),
)
