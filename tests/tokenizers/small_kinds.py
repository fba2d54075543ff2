"""Small models of random weights: two grids of tokens, and tokens without places."""

import numpy as np
import torch
from small_zoo import TABLE

from explorer.tokenizers.native.checkpoint import save_checkpoint
from explorer.tokenizers.native.codec import load_native
from explorer.tokenizers.native.model import build_model

SIDE, TOKENS = 32, 6
KINDS = {
    "two-grids": {"kind": "two-grids", "channels": [4, 8, 8, 8], "blocks": [1, 1, 1, 1]},
    "latent-tokens": {
        "kind": "latent-tokens",
        **{"channels": [32], "blocks": [2], "side": SIDE, "patch": 8, "tokens": TOKENS},
    },
}


def kind_model(kind, seed=0):
    """A model whose latents and residual branches are not trivial, and its config.json."""
    torch.manual_seed(seed)
    settings, architecture = TABLE | {"options": {"initialization": {"name": "gaussian", "scale": 0.5}}}, KINDS[kind]
    model = build_model("vq", settings, architecture)
    for key, parameter in model.named_parameters():
        if not key.startswith("quantizer.") and parameter.ndim > 1:  # also the branches that start at zero
            torch.nn.init.normal_(parameter, std=1 / parameter[0].numel() ** 0.5)
    grids = kind == "two-grids"
    config = {
        "format": 1,
        "id": kind,
        "title": f"Small {kind}",
        "summary": "Random weights for a test.",
        "quantizer": {"id": "vq", "config": settings},
        "architecture": architecture,
        "codebook_size": 32,
        "codebook_dim": 8,
        "num_quantizers": 2 if grids else 1,
        "combination": "concatenate" if grids else "single",
        "downsampling": 4 if grids else 8,
        "parameters": sum(p.numel() for p in model.parameters()),
        "licence": "MIT",
        "measured": {},
    }
    return model, config


def kind_checkpoint(kind, root, seed=0):
    """The folder of a small checkpoint under `root`, named as its kind."""
    save_checkpoint(root / kind, *kind_model(kind, seed))
    return root / kind


def kind_tokenizer(kind, root):
    """Its tokenizer, on the CPU."""
    return load_native(kind_checkpoint(kind, root), "cpu")


def noise(height, width, seed=0):
    """(height, width, 3) float32 in [0, 1]."""
    return np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
