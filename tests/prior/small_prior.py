"""A small prior with weights that are not at rest, so that every path through it has something to say."""

import torch

from explorer.prior.model import Prior, PriorConfig

CONFIG = PriorConfig(codebook_size=23, rows=4, columns=5, width=64, blocks=2)


def small_prior(seed: int = 0) -> Prior:
    """Random weights of about the size that training leaves, biases and offsets too."""
    torch.manual_seed(seed)
    model = Prior(CONFIG)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    return model.eval()
