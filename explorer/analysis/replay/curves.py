"""The curves of a recording: which of its numbers are drawn, and what they are called.

A recorder takes the perplexity twice: of one batch, as the lab does, and of all tokens since the record before, which
is the one that is told here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from explorer.analysis.replay.stores import RecordedCurves
from explorer.lab.measures import Measure, describe

OF_RECORDS = ("step", "latents_seen", "batch_size", "seconds", "time")  # what every record has, and is no curve
SINCE = "since the record before"
OF_LEVELS = {
    "perplexity": ("Perplexity", f"codes, over all tokens {SINCE}"),
    "perplexity_batch": ("Perplexity of a batch", "codes, over one batch"),
    "tokens": ("Tokens counted", f"tokens {SINCE}"),
    "unseen": ("Unseen", "share of K codes"),
    "reseeded": ("Reseeded", f"codes {SINCE}"),
    "latents_not_finite": ("Latents not finite", f"latents {SINCE}"),
    "codes_not_finite": ("Codes not finite", "codes"),
}
OF_RUN = {
    "commitment_weight": ("Commitment weight", "what the training loss has of the quantizer's own"),
    "commitment_reaches": ("Commitment reaches the encoder", "1: yes, 0: no"),
}
OF_CHECKPOINTS = {
    "perplexity": ("Perplexity", "codes, of the counts that training kept"),
    "code_dimension": ("Codes", "effective dimension: of all codes that were read"),
    "spread": ("Spread", "root mean squared distance of codes to their mean"),
    "norm": ("Norm", "median length of a code"),
    "moved": ("Moved", "root mean squared way of a code since the checkpoint before"),
    "jumped": ("Jumped", "codes that moved farther than to their nearest neighbour, since the checkpoint before"),
}
T = TypeVar("T")


def name_perplexities(numbers: Mapping[str, T]) -> dict[str, T]:
    """The same numbers, where "perplexity_<level>" is that of all tokens, if it was taken."""
    named = dict(numbers)
    for name in numbers:
        if (found := re.fullmatch(r"perplexity_all_(\d+)", name)) is not None:
            of_batch = f"perplexity_{found[1]}"
            if of_batch in numbers:
                named[f"perplexity_batch_{found[1]}"] = numbers[of_batch]
            named[of_batch] = named.pop(name)
    return named


def curves_of(recording: Any) -> RecordedCurves:
    """All numbers of all records that are losses or measures."""
    scalars = recording.scalars
    columns = {name: np.asarray(values) for name, values in scalars.items() if name not in OF_RECORDS}
    columns = {name: values for name, values in columns.items() if "_not_finite" not in name or np.nansum(values) > 0}
    if not recording.about.get("checkpoints"):
        columns["reseeds"] = _reseeds_so_far(recording)
    seen = np.asarray(scalars.get("latents_seen", np.empty(0)), dtype=np.float64)
    return RecordedCurves(np.asarray(scalars["step"]), name_perplexities(columns), seen, tuple(recording.loss_names))


def _reseeds_so_far(recording: Any) -> np.ndarray:
    """(r,) float64: how many there were up to each record."""
    tallies = np.asarray(recording.tallies).reshape(-1, 4)
    tallies = tallies[np.argsort(tallies[:, 0], kind="stable")]
    so_far = np.concatenate([[0], np.cumsum(tallies[:, 2])])
    return so_far[np.searchsorted(tallies[:, 0], recording.scalars["step"], side="right")].astype(np.float64)


def describe_column(name: str, levels: int, losses: tuple[str, ...]) -> Measure:
    """What a curve is called and its unit."""
    if name in losses:
        return Measure(name.replace("_", " ").capitalize(), "", "loss")
    stem, _, number = name.rpartition("_")
    if stem in OF_LEVELS and number.isdigit():
        label, unit = OF_LEVELS[stem]
        return Measure(label if levels == 1 else f"{label}, level {int(number) + 1}", unit, "measure")
    if name in OF_RUN:
        return Measure(*OF_RUN[name], "measure")
    known = describe(name, levels)
    return Measure(known.label, known.unit, "measure")


def describe_checkpoints(name: str, levels: int) -> Measure | None:
    """The same of what checkpoints have; None for what is called as in any recording."""
    stem, _, number = name.rpartition("_")
    if stem not in OF_CHECKPOINTS or not number.isdigit():
        return None
    label, unit = OF_CHECKPOINTS[stem]
    return Measure(label if levels == 1 else f"{label}, level {int(number) + 1}", unit, "measure")
