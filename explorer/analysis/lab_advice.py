"""What to try, of what the lab really offers: only a control that is there and acts on this run is ever advised.

Each ailment lists its remedies, the likeliest first, as the control to turn and the words; the first that acts is said.
"""

from __future__ import annotations

from collections.abc import Mapping

from explorer.lab.controls import CONTROLS
from explorer.lab.inert import acts
from explorer.lab.settings import LabSettings

Remedies = tuple[tuple[str, str], ...]
_BY_NAME = {control.name: control for control in CONTROLS}
_FEWER: Remedies = (
    ("codebook_size", "Choose fewer codes (K), or other data."),
    ("axis_levels", "Choose fewer values an axis: the codes follow from them."),
    ("dim", "Choose fewer latent dimensions: the codes follow from them."),
    ("dataset", "Choose other data, or another quantizer: the codes follow from the data's dimensions."),
)
_SPREAD: Remedies = (
    ("kl_weight", "Raise the KL weight, which spreads usage."),
    ("entropy_weight", "Raise the entropy weight, with a diversity above 0: it spreads usage."),
)
_EASE: Remedies = (
    ("soft_entropy", "Lower the weight of soft entropy, which forces usage."),
    ("kl_weight", "Lower the KL weight, which forces usage."),
    ("entropy_weight", "Lower the entropy weight, which forces usage."),
)

REMEDIES: Mapping[str, Remedies] = {
    "dead": (("reseeding", "No code was ever reseeded: choose a reseeding strategy."), *_SPREAD, *_FEWER),
    "dead_although_reseeded": (("every", "Let reseeding go on, or check oftener."), *_FEWER),
    "slid": (("reseeding", "Choose a reseeding strategy: it puts them on latents again."), *_FEWER),
    "far": (
        ("reseeding", "Reseed onto latents, or start on them (k-means)."),
        ("init_offset", "Start nearer to the latents: lower the offset or the scale."),
        *_FEWER,
    ),
    "churn": (
        ("threshold", "Set the threshold well under N/K, check less often, and give reseeded codes fresh statistics."),
        ("patience", "Raise the patience, check less often, and give reseeded codes fresh statistics."),
    ),
    "jump_back": (("fresh_statistics", "The EMA sum and count pull them back: give reseeded codes fresh statistics."),),
    "still": (
        ("codebook_lr", "Raise the codebook learning rate."),
        ("decay", "Lower the decay, so that codes follow."),
        ("lr", "Lower the learning rate of the encoder."),
    ),
    "run_away": (("beta", "Raise the commitment weight beta."), ("lr", "Lower the learning rate of the encoder.")),
    "lags": (
        ("decay", "Lower the decay: the mean is taken over fewer steps."),
        ("codebook_lr", "Raise the codebook learning rate."),
        ("drift", "Lower the drift of the data."),
    ),
    "frozen": (("beta", "Lower the commitment weight beta."), ("lr", "Raise the learning rate of the encoder.")),
    "alike": (
        ("reseed_noise", "Reseed with more noise, or let codes move."),
        ("codebook_lr", "Raise the codebook learning rate, so that they part."),
        ("repulsion", "Raise repulsion."),
        *_FEWER,
    ),
    "unfaithful": (*_EASE, ("lr", "Raise the learning rate of the encoder.")),
    "blunt": (
        ("initialization", "Start on the latents: choose k-means as initialization."),
        ("codebook_lr", "Raise the codebook learning rate."),
        ("beta", "Raise beta, so that the encoder brings its latents to the codes."),
        ("axis_levels", "Choose more values an axis."),
        ("dim", "Choose another number of latent dimensions, or another quantizer."),
        ("dataset", "Choose other data, or another quantizer."),
    ),
    "coarse": (
        ("codebook_size", "Choose more codes (K)."),
        ("axis_levels", "Choose more values an axis."),
        ("dim", "Choose more latent dimensions: each adds a bit."),
        ("dataset", "Choose other data, or another quantizer: the codes follow from the data's dimensions."),
    ),
}


def advise(ailment: str, settings: LabSettings | None) -> str:
    """The first remedy whose control acts on a run with these settings (None: the likeliest of all), or ""."""
    for name, words in REMEDIES[ailment]:
        if settings is None or (acts(_BY_NAME[name], settings) and not _spent(ailment, name, settings)):
            return words
    return ""


def _spent(ailment: str, name: str, settings: LabSettings) -> bool:
    """Whether the control is at its end already: nothing to lower, or nothing to choose."""
    if ailment == "unfaithful" and name != "lr":
        return getattr(settings, name) == 0
    return ailment == "blunt" and name == "initialization" and settings.initialization == "kmeans"
