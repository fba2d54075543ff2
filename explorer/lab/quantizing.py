"""From the settings of the lab to a quantizer, and changes of settings onto one that is training."""

from __future__ import annotations

from typing import Any

from explorer.lab.control import SIGNS, TABLES
from explorer.lab.controls import REGULARIZERS
from explorer.lab.settings import LabSettings
from explorer.quantizers import QUANTIZERS
from explorer.quantizers.base import Quantizer
from explorer.quantizers.build import build_quantizer
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.reseeding import Reseeding
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer

KMEANS_STEPS = 10  # the least number of steps before k-means is fitted once


def build_lab_quantizer(s: LabSettings) -> Quantizer:
    """The quantizer of the settings. Raises SettingsError for what it does not take."""
    sizes: dict[str, Any] = {"dim": s.latent_dim, "codebook_size": s.codebook_size}
    if s.quantizer in TABLES:
        more: dict[str, Any] = {} if s.quantizer == "vq" else {"num_quantizers": s.num_quantizers}
        if s.quantizer == "rvq":
            more["beam"] = s.beam
        if s.quantizer == "multihead":
            more["head_dim"] = max(1, s.latent_dim // s.num_quantizers)
        return QUANTIZERS.load(s.quantizer)(**sizes, **more, options=options_of(s))
    if s.quantizer == "kmeans":
        steps = -(-2 * s.codebook_size // (s.batch_size * s.latents_an_item))
        config = sizes | {"fit_at": max(KMEANS_STEPS, steps), "beta": s.beta, "gradient": s.gradient}
    elif s.quantizer == "fsq":
        config = {"levels": (s.axis_levels,) * s.latent_dim}
    elif s.quantizer in SIGNS:
        config = {"bits": s.latent_dim, "beta": s.beta, "group_bits": min(12, s.latent_dim), **_entropy(s)}
    elif s.quantizer == "simvq":
        config = sizes | {"beta": s.beta, "gradient": s.gradient}
    else:
        config = sizes | {"sharpness": s.sharpness, "beta": s.beta, **_gumbel(s)}
        config["initialization"] = {"name": _start(s), "scale": s.init_scale, "offset": s.init_offset}
    return build_quantizer(s.quantizer, config | {"decay": s.decay})


def options_of(s: LabSettings) -> CodebookOptions:
    """How each codebook of the run lives."""
    return CodebookOptions(
        metric=s.metric,
        update=s.update,
        decay=s.decay,
        epsilon=s.epsilon,
        beta=s.beta,
        gradient=s.gradient,
        initialization=Initialization(s.initialization, s.init_scale, s.init_offset),
        reseeding=Reseeding(
            strategy=s.reseeding,
            dead_by=s.dead_by,
            threshold=s.threshold,
            patience=s.patience,
            every=s.every,
            noise=s.reseed_noise,
            top_fraction=s.top_fraction,
            reservoir_size=s.reservoir_size,
            fresh_statistics=s.fresh_statistics,
        ),
        regularizers=tuple((name, getattr(s, name)) for name in REGULARIZERS if getattr(s, name)),
    )


def apply_settings(quantizer: Quantizer, s: LabSettings) -> None:
    """Let new values act on a quantizer that is training; what needs a new run is not looked at."""
    for module in quantizer.modules():
        if isinstance(module, VectorQuantizer):
            module.options = options_of(s)
            module.counts.decay = s.decay
            module.use_reseeding()
            module.vectors.requires_grad_(s.update == "gradient")
            if s.update != "gradient":
                module.vectors.grad = None
    if s.quantizer in TABLES:
        return
    values: dict[str, Any] = {"beta": s.beta, "gradient": s.gradient} | _entropy(s) | _gumbel(s)
    for name, value in values.items():
        if hasattr(quantizer, name):
            setattr(quantizer, name, value)


def _entropy(s: LabSettings) -> dict[str, float]:
    return {
        "entropy_weight": s.entropy_weight,
        "diversity": s.diversity,
        "inverse_temperature": s.inverse_temperature,
    }


def _gumbel(s: LabSettings) -> dict[str, Any]:
    return {"temperature": s.temperature, "hard": s.hard, "kl_weight": s.kl_weight}


def _start(s: LabSettings) -> str:
    return s.initialization if s.initialization in ("gaussian", "uniform") else "gaussian"
