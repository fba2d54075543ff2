"""Every quantizer of the registry, small, with the settings that its tests build it with."""

from __future__ import annotations

import copy
from functools import cache

import torch

from explorer.quantizers import QUANTIZERS
from explorer.quantizers.base import Quantizer
from explorer.quantizers.initialization import DATA_DRIVEN, Initialization
from explorer.quantizers.regularizers import REGULARIZERS
from explorer.quantizers.reseeding import STRATEGIES, Reseeding
from explorer.quantizers.vq import CodebookOptions

K, D = 32, 8


SETTINGS = {
    "vq": {"dim": D, "codebook_size": K},
    "gradual": {"dim": D, "codebook_size": K, "first_codes": 16, "grow_steps": 2},
    "kmeans": {"dim": D, "codebook_size": K},
    "rvq": {"dim": D, "codebook_size": K, "num_quantizers": 3},
    "pq": {"dim": D, "codebook_size": K, "num_quantizers": 2},
    "multihead": {"dim": D, "codebook_size": K, "num_quantizers": 2},
    "fsq": {"levels": (5, 4, 3)},
    "lfq": {"bits": 5},
    "bsq": {"bits": 5},
    "simvq": {"dim": D, "codebook_size": K},
    "gumbel": {"dim": D, "codebook_size": K},
    "soft": {"dim": D, "codebook_size": K},
    "ibq": {"dim": D, "codebook_size": K},
    "affine": {"dim": D, "codebook_size": K},
    "cvq": {"dim": D, "codebook_size": K},
    "nsvq": {"dim": D, "codebook_size": K},
    "opq": {"dim": D, "codebook_size": K, "num_quantizers": 2},
    "additive": {"dim": D, "codebook_size": K, "num_quantizers": 3},
    "diveq": {"dim": D, "codebook_size": K},
}


EVERY_STEP = {"threshold": 0.9, "every": 1}  # so that three steps reseed


OTHER_SETTINGS = {
    "rvq, beam 4": {"beam": 4},
    "rvq, beam wider than K": {"beam": 40},
    "rvq, dropout": {"level_dropout": 0.7},
    "rvq, rotation": {"options": CodebookOptions(gradient="rotation")},
    "pq, gradient": {"options": CodebookOptions(update="gradient")},
    "multihead, sum": {"compose": "sum", "head_dim": 3},
    "multihead, cosine": {"options": CodebookOptions(metric="cosine")},
    "gradual, waiting": {"first_codes": 4, "grow_steps": 300},
    "gradual, at once": {"grow_steps": 0},
    "gradual, on latents": {"new_codes": "latent", "grow_steps": 2, "options": CodebookOptions(metric="cosine")},
    "gradual, gradient": {"grow_steps": 3, "options": CodebookOptions(update="gradient")},
    "gradual, k-means": {"grow_steps": 3, "options": CodebookOptions(initialization=Initialization("kmeans"))},
    "gradual, online, reseeded": {
        "grow_steps": 5,
        "options": CodebookOptions(initialization=Initialization("online"), reseeding=Reseeding("split", **EVERY_STEP)),
    },
    "kmeans, rotation": {"gradient": "rotation"},
    "vq, cosine": {"options": CodebookOptions(metric="cosine")},
    "vq, gradient": {"options": CodebookOptions(update="gradient")},
    "vq, soft EM": {"options": CodebookOptions(update="soft_em", em_temperature=0.5)},
    "rvq, soft EM": {"options": CodebookOptions(update="soft_em", em_temperature=0.5)},
    "vq, cosine, soft EM": {"options": CodebookOptions(metric="cosine", update="soft_em")},
    "vq, rotation": {"options": CodebookOptions(gradient="rotation")},
    "vq, cosine, gradient, rotation": {
        "options": CodebookOptions(metric="cosine", update="gradient", gradient="rotation")
    },
    "vq, regularized": {
        "options": CodebookOptions(update="gradient", regularizers=tuple((r, 0.1) for r in REGULARIZERS))
    },
    "soft, k-means start": {"initialization": Initialization("kmeans")},
    "opq, each step": {"rotate_every": 1},
    "opq, gradient, cosine": {"options": CodebookOptions(metric="cosine", update="gradient"), "rotate_every": 2},
    "additive, greedy": {"additive_beam": 1, "local_rounds": 0},
    "additive, rotation": {"gradient": "rotation", "num_quantizers": 1},
    "affine, running": {"affine": "running"},
    "affine, rotation": {"gradient": "rotation"},
    "cvq, random": {"anchor": "random"},
    "cvq, probrandom": {"anchor": "probrandom"},
    **{f"vq, {s}": {"options": CodebookOptions(reseeding=Reseeding(s, **EVERY_STEP))} for s in STRATEGIES[1:]},
    **{f"vq, {s} start": {"options": CodebookOptions(initialization=Initialization(s))} for s in DATA_DRIVEN},
}


SIZED = [name for name in SETTINGS if "codebook_size" in SETTINGS[name]]  # the others follow from a rule


def build(name: str) -> Quantizer:
    """name: of SETTINGS, or of OTHER_SETTINGS."""
    torch.manual_seed(0)
    kind = name.partition(",")[0]
    return QUANTIZERS.load(kind)(**SETTINGS[kind] | OTHER_SETTINGS.get(name, {}))


def latents(dim: int, count: int = 256, seed: int = 1) -> torch.Tensor:
    """A mixture of 16 Gaussians: (count, dim)."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(16, dim, generator=torch.Generator().manual_seed(5)) * 2
    which = torch.randint(16, (count,), generator=generator)
    return centres[which] + 0.2 * torch.randn(count, dim, generator=generator)


def newly_trained(name: str, steps: int = 3) -> Quantizer:
    quantizer = build(name).train()
    for step in range(steps):
        quantizer(latents(quantizer.dim, seed=step))
    return quantizer


@cache
def _trained_once(name: str, steps: int) -> tuple[Quantizer, torch.Tensor]:
    """With the state in which training left the random numbers."""
    return newly_trained(name, steps), torch.get_rng_state()


def trained(name: str, steps: int = 3) -> Quantizer:
    """A copy of the one that was trained so for the first test that asked."""
    quantizer, state = _trained_once(name, steps)
    torch.set_rng_state(state)
    return copy.deepcopy(quantizer)
