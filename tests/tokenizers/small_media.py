"""Small models of random weights for sounds and clips, their configs, and media for them."""

import numpy as np
import torch
from small_zoo import GAUSSIAN, TABLE

from explorer.tokenizers.native.checkpoint import save_checkpoint
from explorer.tokenizers.native.codec import load_native
from explorer.tokenizers.native.model import TokenizerModel

SOUND = {"channels": [4, 8, 8], "blocks": [1, 2, 1], "strides": [8, 5, 2]}
SHORT = {"channels": [4, 8], "blocks": [2, 1], "strides": [4, 5]}
CLIP = {"channels": [4, 8, 8], "blocks": [1, 1, 1]}
SMALL_MEDIA = {
    "sound-rvq": ("audio", "rvq", TABLE | GAUSSIAN | {"num_quantizers": 3}, SOUND),
    "sound-vq": ("audio", "vq", TABLE, SOUND),
    "sound-fsq": ("audio", "fsq", {"levels": [4, 3, 3]}, SHORT),
    "clip-vq": ("video", "vq", TABLE, CLIP),
    "clip-fsq": ("video", "fsq", {"levels": [4, 3, 3]}, CLIP),
    "clip-lfq": ("video", "lfq", {"bits": 5}, CLIP),
}


def media_model(name, seed=0):
    """A model whose latents, mixing along time and residual branches are not trivial, and its config.json."""
    modality, quantizer_id, settings, architecture = SMALL_MEDIA[name]
    torch.manual_seed(seed)
    model = TokenizerModel(quantizer_id, settings, architecture, modality)
    for key, parameter in model.named_parameters():
        if not key.startswith("quantizer.") and parameter.ndim > 2:  # also the branches that start at zero
            torch.nn.init.normal_(parameter, std=1 / parameter[0].numel() ** 0.5)
    quantizer = model.quantizer
    config = {
        "format": 1,
        "id": name,
        "title": f"Small {name}",
        "summary": "Random weights for a test.",
        "modality": modality,
        "quantizer": {"id": quantizer_id, "config": settings},
        "architecture": architecture,
        "codebook_size": quantizer.codebook_size,
        "codebook_dim": quantizer.codebooks()[0].codebook_dim,
        "num_quantizers": quantizer.num_quantizers,
        "combination": quantizer.combination,
        "downsampling": int(np.prod(architecture["strides"])) if modality == "audio" else 8,
        "parameters": sum(p.numel() for p in model.parameters()),
        "licence": "MIT",
        "measured": {},
    }
    config |= {"sample_rate_hz": 16000} if modality == "audio" else {"time_step": 4}
    return model, config


def media_checkpoint(name, root, seed=0):
    """The folder of a small checkpoint under `root`, named as its id."""
    save_checkpoint(root / name, *media_model(name, seed))
    return root / name


def media_tokenizer(name, root):
    """Its tokenizer, on the CPU."""
    return load_native(media_checkpoint(name, root), "cpu")


def noise(samples, seed=0):
    """(samples, 1) float32 with a deviation of 0.1."""
    return (0.1 * np.random.default_rng(seed).normal(size=(samples, 1))).astype(np.float32)


def frames(count, side=16, seed=0):
    """(count, side, side, 3) float32 in [0, 1]."""
    return np.random.default_rng(seed).random((count, side, side, 3)).astype(np.float32)
