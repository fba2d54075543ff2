"""How the gradient passes the quantizer: its length and direction on both sides, and beside the network without one.

The survey of discrete tokenization (2025), its third next check. Straight-through: Bengio et al. 2013 (arXiv
1308.3432); rotation trick: Fifty et al. 2024 (arXiv 2410.06424); Gumbel-softmax: Jang et al. 2016 (arXiv 1611.01144).
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from explorer.experiments.arms import Judge, Probe
from explorer.experiments.held_out import tensors_of
from explorer.experiments.options import Options
from explorer.experiments.pictures import ALIVE, BARE, Choice, Question, answer, codebook
from explorer.joints.experiment import Condition, Experiment
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.media import MediaSplit
from explorer.training.recipes import Recipe

MEDIA = 8  # held-out pictures whose gradients are taken
CHOICES = (
    Choice(
        Condition("ste", "Straight-through", "The gradient at the code is copied to the latent."),
        "vq",
        codebook(256, 8),
    ),
    Choice(
        Condition("rotation", "Rotation trick", "The gradient is turned as the latent is to reach its code."),
        "vq",
        codebook(256, 8, **ALIVE, gradient="rotation"),
    ),
    Choice(
        Condition("gumbel", "Gumbel-softmax", "The gradient goes through the weights of sampled codes."),
        "gumbel",
        {"dim": 8, "codebook_size": 256, "initialization": {"name": "gaussian", "scale": 0.5}, "kl_weight": 0.02},
        temperature=(1.0, 0.3),
    ),
    Choice(
        Condition("fsq", "FSQ (8, 8, 4)", "Straight-through past the rounding of three bounded axes."),
        "fsq",
        {"levels": [8, 8, 4]},
    ),
    BARE,
)


def gradients(model: TokenizerModel, media: list[Tensor], seed: int = 0) -> dict[str, float]:
    """Of the squared error of media (1, C, *extent): gradients at the latents z_e and at what the decoder gets, z_q.

    gradient_ratio: |g(z_e)| / |g(z_q)|, means of the lengths a token. gradient_cosine: between the two, mean over
    tokens. gradient_bias: cosine between g(z_e) and the gradient of the same network with z_e in the place of z_q.
    """
    quantizer = copy.deepcopy(model.quantizer).train()  # as in training, with nothing learnt from these media
    rows = []
    torch.manual_seed(seed)
    for one in media:
        target = model.network.to_network(one)
        z = model.encode(target).detach().float()
        through, at_code = _gradients(model, quantizer, z, target)
        (beside,) = torch.autograd.grad(_error(model, bare := z.clone().requires_grad_(), target), bare)
        rows.append(torch.stack([x.reshape(-1, x.shape[-1]) for x in (through, at_code, beside)]))
    through, at_code, beside = torch.cat(rows, 1)  # each (N, D)
    return {
        "gradient_ratio": float(through.norm(dim=-1).mean() / at_code.norm(dim=-1).mean()),
        "gradient_cosine": float(cosine_similarity(through, at_code, dim=-1).mean()),
        "gradient_bias": float(cosine_similarity(through, beside, dim=-1).mean()),
    }


def _gradients(model: TokenizerModel, quantizer: torch.nn.Module, z: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    z = z.clone().requires_grad_()
    z_q = quantizer(z).z_q
    return torch.autograd.grad(_error(model, z_q, target), (z, z_q))


def _error(model: TokenizerModel, z_q: Tensor, target: Tensor) -> Tensor:
    return (model.decode(z_q).float() - target).square().mean()


def probe_of(split: MediaSplit) -> Probe:
    """What is measured of each model: gradients on the first held-out pictures; none where nothing is quantized."""

    def probe(model: TokenizerModel, recipe: Recipe) -> dict[str, float]:
        if recipe.title == BARE.condition.title:
            return {}
        return gradients(model, tensors_of(split.held_out[:MEDIA], recipe))

    return probe


QUESTION = Question(
    "gradient-flow",
    "How the gradient passes the quantizer",
    "A quantizer has no gradient of its own. How long is what reaches the encoder instead, and where does it point?",
    CHOICES,
    ("gradients_of_runs", "usage_of_runs", "losses_of_runs"),
    probe=probe_of,
)


def run(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """See `pictures.answer`."""
    return answer(QUESTION, options, judge, progress)
