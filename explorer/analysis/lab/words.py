"""Numbers of a run in words."""

from __future__ import annotations

import numpy as np

from explorer.foundation.words import count_of, ordinal

MOST = 10.0  # shares above this are not written out: what they are shares of has all but gone

HALVES = "fitted on half of the latents, measured on the rest"  # the figure of k-means that a run is held against


def of_variance(share: float, digits: int = 1) -> str:
    """An error as a share of the latents' variance; where these have run together, how often it holds that."""
    if share > MOST:
        return f"more than {MOST:.0f} times the latents' variance, as these hardly differ any more"
    return f"{share:.{digits}%} of the latents' variance"


def over_steps(steps: np.ndarray, now: int, what: str = "mean") -> str:
    """Over which steps some rows of a curve are taken, which keeps every step at first and then ever fewer: "mean of
    the last 20 steps", "mean of every 4th of the last 80 steps". steps: (n,) of the rows, rising, up to step `now`;
    what: is made of them."""
    if len(steps) < 2:
        return f"at step {steps[0]:,}" if len(steps) else f"at step {now:,}"
    apart, span = int(steps[1] - steps[0]), len(steps) * int(steps[1] - steps[0])
    if (np.diff(steps) == apart).all() and now - steps[-1] < apart:
        return f"{what} of {f'every {ordinal(apart)} of ' if apart > 1 else ''}the last {count_of(span, 'step')}"
    return f"{what} of {count_of(len(steps), 'look')} from step {steps[0]:,} to {steps[-1]:,}"


def short(number: float) -> str:
    """1,000,000 as "1.0 M"."""
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number:,.0f}"
