"""Numbers of a run in words."""

from __future__ import annotations

MOST = 10.0  # shares above this are not written out: what they are shares of has all but gone

HALVES = "fitted on half of the latents, measured on the rest"  # the figure of k-means that a run is held against


def of_variance(share: float, digits: int = 1) -> str:
    """An error as a share of the latents' variance; where these have run together, how often it holds that."""
    if share > MOST:
        return f"more than {MOST:.0f} times the latents' variance, as these hardly differ any more"
    return f"{share:.{digits}%} of the latents' variance"


def short(number: float) -> str:
    """1,000,000 as "1.0 M"."""
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number:,.0f}"
