"""CONTROLS: what the lab lets a visitor choose, in the order of the page: data, model and what several quantizers take
here, the life of the codebook in `controls_codebook.py`, and what one quantizer alone has in its own file. Which
quantizers a control acts on is theirs to say (`LabSpec.takes`). No torch, no gradio."""

from __future__ import annotations

from explorer.lab.control import MODELS, with_own, with_takers
from explorer.lab.controls_codebook import CODEBOOK_CONTROLS
from explorer.quantizers.lab_spec import Control, Options, choice, slider
from explorer.quantizers.lab_specs import lab_specs, own_controls

DATASETS: Options = (
    ("ring", "Ring of 8 Gaussians"),
    ("mixture", "Mixture of Gaussians"),
    ("moons", "Two moons"),
    ("spiral", "Spiral"),
    ("rings", "Rings"),
    ("drift", "Drifting mixture"),
    ("drawn", "Points you draw"),
    ("digits", "Digits, 8 x 8 px"),
    ("digits28", "Digits, drawn at 28 x 28 px"),
    ("patches", "Photo patches"),
)
QUANTIZERS: Options = tuple((name, spec.label) for name, spec in lab_specs().items())

SHARED: tuple[Control, ...] = (
    choice("dataset", "Data", "Data", "What the latents are made from.", DATASETS, restarts=True),
    slider(
        "drift",
        "Drift",
        "Data",
        "How fast the clusters turn.",
        0,
        20,
        unit="turns in 1,000 steps",
        when={"dataset": ("drift",)},
    ),
    choice(
        "patch_px",
        "Patch side",
        "Data",
        "Side of the square patches cut from the sample photographs.",
        ((16, "16 px"), (32, "32 px"), (64, "64 px")),
        restarts=True,
        when={"dataset": ("patches",)},
    ),
    slider("batch_size", "Batch size", "Data", "Items a step.", 1, 8192, step=1, log=True, unit="items"),
    slider(
        "seed", "Seed", "Data", "The same seed and settings give the same run.", 0, 2**31 - 1, step=1, restarts=True
    ),
    choice(
        "model",
        "Model",
        "Model",
        "What is trained around the quantizer.",
        (("none", "None: quantize the data"), ("mlp", "MLP encoder and decoder"), ("conv", "Convolutional VQ-VAE")),
        restarts=True,
    ),
    slider(
        "dim",
        "Latent dimension D",
        "Model",
        "Dimensions of a latent and of a code.",
        1,
        256,
        step=1,
        log=True,
        restarts=True,
        when={"model": MODELS},
    ),
    choice(
        "reconstruction",
        "Reconstruction loss",
        "Model",
        "Mean squared (l2) or mean absolute (l1) error of the output.",
        (("l2", "l2"), ("l1", "l1")),
        when={"model": MODELS},
    ),
    slider(
        "lr", "Learning rate", "Model", "Of encoder and decoder (Adam).", 1e-6, 1.0, log=True, when={"model": MODELS}
    ),
    slider(
        "warm_up",
        "Warm-up",
        "Model",
        "Steps in which the decoder gets the latents themselves; codes start after them, on trained features.",
        0,
        20_000,
        step=1,
        unit="steps",
        restarts=True,
        when={"model": MODELS},
    ),
    choice("quantizer", "Quantizer", "Quantizer", "How a latent becomes an integer.", QUANTIZERS, restarts=True),
    slider(
        "codebook_size",
        "Codebook size K",
        "Quantizer",
        "Codes of each level.",
        1,
        4096,
        step=1,
        log=True,
        unit="codes",
        restarts=True,
    ),
    slider(
        "num_quantizers",
        "Levels or groups Q",
        "Quantizer",
        "Residual stages, groups of dimensions, or heads.",
        1,
        8,
        step=1,
        restarts=True,
    ),
    choice(
        "metric",
        "Metric",
        "Quantizer",
        "Cosine compares directions: latents and codes are normalized.",
        (("euclidean", "Euclidean"), ("cosine", "Cosine")),
        restarts=True,
    ),
    choice(
        "update",
        "Codebook update",
        "Quantizer",
        "EMA: to the mean of its latents. Soft EM: each latent counts for all codes. Codebook loss: by the gradient.",
        (("ema", "EMA"), ("soft_em", "Soft EM"), ("gradient", "Codebook loss")),
    ),
    slider(
        "em_temperature",
        "EM temperature",
        "Quantizer",
        "tau of softmax(-|z - e|^2 / tau), by which a latent counts for each code; near 0 it is the EMA.",
        0.0001,
        100,
        log=True,
        when={"update": ("soft_em",)},
    ),
    slider("decay", "EMA decay", "Quantizer", "gamma: how much of the old statistics a step keeps.", 0, 0.9999),
    slider(
        "epsilon",
        "Laplace smoothing",
        "Quantizer",
        "Added to each EMA count, so that none is zero.",
        1e-12,
        1.0,
        log=True,
    ),
    slider(
        "codebook_lr",
        "Codebook learning rate",
        "Quantizer",
        "Of the codes (Adam), apart from the encoder's.",
        1e-8,
        1.0,
        log=True,
    ),
    slider("beta", "Commitment beta", "Quantizer", "Weight of the pull of latents to their codes.", 0, 100),
    choice(
        "gradient",
        "Gradient estimator",
        "Quantizer",
        "How the gradient passes the argmin.",
        (("ste", "Straight-through"), ("rotation", "Rotation trick")),
    ),
    slider("entropy_weight", "Entropy weight", "Quantizer", "Of H(p) per latent minus diversity x H(mean p).", 0, 10),
    slider(
        "diversity", "Diversity", "Quantizer", "Weight of the entropy of the mean; negative is the sign error.", -10, 10
    ),
    slider(
        "inverse_temperature", "Inverse temperature", "Quantizer", "Sharpness of the soft bits.", 0.1, 1000, log=True
    ),
    *CODEBOOK_CONTROLS,
)
CONTROLS = with_takers(with_own(SHARED, own_controls()))
# Settings with which a run begins anew; others act on one that goes on.
RESTARTING = frozenset(control.name for control in CONTROLS if control.restarts) | {"points"}
