"""What the numbers of a run are called, and in which unit: one place for curves, files and words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """label: as people read it. unit: of the number, "" for a loss. kind: "loss" or "measure"."""

    label: str
    unit: str
    kind: str


DIMENSION = "dimensions: (sum of the variances)\N{SUPERSCRIPT TWO} / sum of their squares, along the principal axes"
_MEASURES = {
    "quantization_error": Measure("Quantization error", "mean squared distance of a latent to its code", "measure"),
    "latent_norm": Measure("Latent norm", "mean length of z_e in the batch", "measure"),
    "code_norm": Measure("Code norm", "mean length of all K codes", "measure"),
    "missed": Measure(
        "Missed by the output", "squared error in training as a share of the inputs' variance", "measure"
    ),
    "code_speed": Measure("Code speed", "mean distance moved by all K codes in a step", "measure"),
    "drift": Measure(
        "Encoder drift", "root mean square way of the latents of a fixed batch in a step, in their spreads", "measure"
    ),
    "latent_dimension": Measure("Latents", DIMENSION, "measure"),
    "gradient_z_e": Measure("Gradient at z_e", "sum over the batch of its length at each latent", "measure"),
    "gradient_z_q": Measure("Gradient at z_q", "sum over the batch of its length at each latent", "measure"),
    "reseeds": Measure("Reseeds so far", "codes that got new vectors since the start, each time counted", "measure"),
    "commitment_weight": Measure(
        "Weight of the quantizer's loss", "gradient of the training loss at it; 0: it was left out", "measure"
    ),
    "commitment_reaches": Measure(
        "Commitment reaches the encoder", "1: it has a weight and a way back to z_e, 0: it has not", "measure"
    ),
}
_BY_LEVEL = {
    "perplexity_all": ("Perplexity of all steps", "codes, over all tokens since the record before"),
    "tokens": ("Tokens", "tokens since the record before"),
    "unseen": ("Unseen", "share of K codes"),
    "reseeded": ("Reseeded", "codes that got new vectors since the record before, each time counted"),
    "latents_not_finite": ("Latents not finite", "latents of one step with NaN or infinity"),
    "codes_not_finite": ("Codes not finite", "codes with NaN or infinity"),
    "perplexity": ("Perplexity", "codes, over one batch"),
    "active": ("At work", "codes, over one batch"),
    "dead": ("Dead", "share of K codes"),
    "lag": ("Lag", "mean distance of codes in use to the mean of the latents they last won, in spreads of the latents"),
    "code_dimension": ("Codes in use", DIMENSION),
}


def describe(name: str, levels: int = 1) -> Measure:
    """The measure behind a name of a curve: those of a level end in its number, all others are loss terms."""
    if name in _MEASURES:
        return _MEASURES[name]
    stem, _, number = name.rpartition("_")
    if stem in _BY_LEVEL and number.isdigit():
        label, unit = _BY_LEVEL[stem]
        return Measure(label if levels == 1 else f"{label}, level {int(number) + 1}", unit, "measure")
    return Measure(name.replace("_", " ").capitalize(), "", "loss")
