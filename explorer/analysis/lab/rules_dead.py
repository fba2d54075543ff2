"""Rules of the diagnosis of a run about dead codes: how many, how far from all latents, and how they came there."""

from __future__ import annotations

import numpy as np

from explorer.analysis.lab.advice import moved_by_ema
from explorer.analysis.lab.collapse import told_apart
from explorer.analysis.lab.dead_codes import ORIGIN, SHRUNK
from explorer.analysis.lab.finding import Finding
from explorer.analysis.lab.reading import RunReading
from explorer.analysis.lab.thresholds import DEAD_BAD, DEAD_WARN
from explorer.analysis.lab.words import short
from explorer.foundation.words import count_of, verb

FAR = 1.4  # codes are far when their nearest latent is this many spreads away
SLID = 0.05  # share of K that has to lie at the origin


def dead(run: RunReading) -> Finding | None:
    """Dead codes, with what was counted."""
    if run.dead < run.ease * DEAD_WARN:
        return None
    count, bits = run.level.dead, np.log2(max(1.0, run.perplexity))
    text = (
        f"{count} of {count_of(run.k, 'code')} dead{run.where} at step {run.now.step:,}: not chosen in {window_of(run)}"
        f"{_how_they_lie(run)}; perplexity {run.perplexity:.1f} of at most {run.ceiling} {run.counted}, so {bits:.1f} "
        f"of {np.log2(run.whole):.1f} bits are used."
    )
    if run.dead >= run.ease * DEAD_BAD:
        text += told_apart(run)
    advice = run.advise("dead_although_reseeded" if run.events.total else "dead")
    return Finding(
        "bad" if run.dead >= run.ease * DEAD_BAD else "warning",
        f"{count} of {count_of(run.k, 'code')} dead",
        text,
        advice,
        "heatmap",
    )


def window_of(run: RunReading) -> str:
    """The steps over which dead is told."""
    latents = run.latents_in_window
    return f"the last {count_of(run.dead_window, 'training step')}" + (
        f" ({short(latents)} latents)" if latents else ""
    )


def _how_they_lie(run: RunReading) -> str:
    """Of the dead codes: those that never left their place, and those that latents on screen choose all the same."""
    dead, said = run.dead_codes, ""
    if dead.stayed:
        said += f"; {dead.stayed:,} of them {verb(dead.stayed, 'lie')} where they started"
        said += f" ({dead.stayed_at_origin:,} at the origin)" if dead.stayed_at_origin else ""
    if dead.chosen_here:
        said += f"; latents on screen, which are not those of the training batches, choose {dead.chosen_here:,} of them"
    return said


def far(run: RunReading) -> Finding | None:
    """Dead codes that no latent is near."""
    dead = run.level.dead
    if run.level.metric != "euclidean" or dead < run.ease * 0.25 * run.k or run.dead_codes.slid > 0.5 * dead:
        return None
    away = run.dead_codes.away
    if away < run.ease * FAR:
        return None
    looked = run.dead_codes.looked_at
    median = "median" if looked == dead else f"median of {looked} of them"
    text = f"Dead codes ({dead} of {run.k}) lie {away:.1f} spreads of the latents from the nearest latent ({median})."
    return Finding("bad", "Codes far from all latents", text, run.advise("far"), "plane")


def slid(run: RunReading) -> Finding | None:
    """Dead codes that lie at the origin and did not before: where the EMA moves them, it has drawn them there."""
    count = run.dead_codes.slid
    if count < max(2, run.ease * SLID * run.k):
        return None
    text = (
        f"{count} of {run.k} codes are dead and lie within {ORIGIN:.1%} of a spread of the latents of the origin; "
        f"earlier in the run each was more than {SHRUNK:.0f} times as far from it. "
    )
    if run.settings is None or moved_by_ema(run.settings):
        text += (
            "While a code wins nothing, its sum and its count fade by the decay at each step; Laplace smoothing keeps "
            "the count that divides the sum from falling as far, so the vector shrinks to 0. "
        )
    text += "It wins latents again only if some pass by there."
    return Finding("warning", f"{count} dead codes have slid to the origin", text, run.advise("slid"), "plane")
