"""Small models of random weights, one a quantizer, and a picture for them."""

import copy

import numpy as np
import torch

from explorer.tokenizers.native.model import TokenizerModel

CHANNELS, BLOCKS = (4, 8, 8), (1, 1, 1)
TABLE = {"dim": 8, "codebook_size": 32}
GAUSSIAN = {"options": {"initialization": {"name": "gaussian", "scale": 0.5}}}
SMALL = {
    "vq": TABLE | {"options": {"metric": "cosine"}},
    "gradual": TABLE,
    "kmeans": TABLE,
    "rvq": TABLE | GAUSSIAN | {"num_quantizers": 3},
    "pq": TABLE | GAUSSIAN | {"num_quantizers": 2},
    "multihead": TABLE | GAUSSIAN | {"num_quantizers": 2},
    "fsq": {"levels": [4, 3, 3]},
    "lfq": {"bits": 5},
    "bsq": {"bits": 5},
    "simvq": TABLE,
    "gumbel": TABLE,
    "soft": TABLE,
    "ibq": TABLE,
    "affine": TABLE,
    "cvq": TABLE,
    "nsvq": TABLE,
    "opq": TABLE | GAUSSIAN | {"num_quantizers": 2},
    "additive": TABLE | {"num_quantizers": 2},
    "diveq": TABLE,
}


def small_model(quantizer_id, config=None, seed=0):
    """A model of random weights whose latents and residual branches are not trivial, and its config.json."""
    torch.manual_seed(seed)
    settings = copy.deepcopy(config or SMALL[quantizer_id])
    model = TokenizerModel(quantizer_id, settings, {"channels": CHANNELS, "blocks": BLOCKS})
    for name, parameter in model.named_parameters():
        if not name.startswith("quantizer.") and parameter.ndim == 4:  # also the branches that start at zero
            torch.nn.init.normal_(parameter, std=1 / parameter[0].numel() ** 0.5)
    quantizer = model.quantizer
    if quantizer_id == "kmeans":
        quantizer.fit(torch.randn(256, quantizer.dim))
    config = {
        "format": 1,
        "id": quantizer_id,
        "title": f"Small {quantizer_id}",
        "summary": "Random weights for a test.",
        "quantizer": {"id": quantizer_id, "config": settings},
        "architecture": {"channels": list(CHANNELS), "blocks": list(BLOCKS)},
        "codebook_size": quantizer.codebook_size,
        "codebook_dim": quantizer.codebooks()[0].codebook_dim,
        "num_quantizers": quantizer.num_quantizers,
        "combination": quantizer.combination,
        "downsampling": 8,
        "parameters": sum(p.numel() for p in model.parameters()),
        "licence": "MIT",
        "measured": {"psnr_db": 10.0, "ssim": 0.5, "tokens": 100, "pictures": 1},
    }
    return model, config


def picture(height, width, seed=0):
    """Smooth colour and noise: (height, width, 3) float32 in [0, 1]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = np.stack([np.sin(x / 5), np.cos(y / 7), np.sin((x + y) / 11)], axis=-1)
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    return np.clip(0.5 + 0.35 * waves + 0.1 * noise, 0, 1).astype(np.float32)
