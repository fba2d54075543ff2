"""Histograms: bins over values, on a logarithmic axis where they are far apart, and bars that say what they count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.figures.traces import bars

if TYPE_CHECKING:
    import plotly.graph_objects as go

BINS = 48
WIDE = 30  # times from the 2nd to the 98th percentile, beyond which the axis is logarithmic
DECADES = 6  # that a logarithmic axis shows at most; what is smaller shares its first bar
TICKS = 8


@dataclass(frozen=True)
class Bins:
    """edges: ends of the bins, ascending. log: whether the axis is logarithmic, and shows log10 of the values."""

    edges: np.ndarray
    log: bool

    @property
    def many(self) -> int:
        return len(self.edges) - 1

    @property
    def place(self) -> np.ndarray:
        """The ends on the axis."""
        return np.log10(self.edges) if self.log else self.edges

    def of(self, values: np.ndarray) -> np.ndarray:
        """The bin of each finite value, from 0; what lies outside is in the first or the last."""
        return np.clip(np.searchsorted(self.edges, values, side="right") - 1, 0, self.many - 1)

    def under(self, values: np.ndarray) -> int:
        """How many finite values lie below the first bin, which counts them."""
        return int(np.count_nonzero(values[np.isfinite(values)] < self.edges[0]))

    def ticks(self) -> dict[str, object]:
        """Of the axis: powers of ten, or 1, 2 and 5 times them, written as the numbers they are."""
        if not self.log:
            return {}
        place = self.place
        whole = np.arange(np.floor(place[0]), np.ceil(place[-1]) + 1)
        steps = (1,) if len(whole) > 4 else (1, 2, 5)
        whole = whole[:: -(-len(whole) // TICKS)]
        at = np.array([power + np.log10(step) for power in whole for step in steps])
        at = at[(at >= place[0]) & (at <= place[-1])]
        return {"tickvals": at, "ticktext": [f"{10**one:.3g}" for one in at]}


def bins_over(values: np.ndarray) -> Bins:
    """BINS bins over all values (n,), finite, n >= 1; on a logarithmic axis over the DECADES below the largest."""
    low, high = np.percentile(values, [2, 98])
    log = bool(low > 0 and high > WIDE * low)
    high = float(values.max())
    low = max(float(values[values > 0].min()), high / 10**DECADES) if log else float(values.min())
    if high - low <= 1e-9 * max(abs(high), 1e-30):  # all alike: one bar in the middle
        room = max(abs(high), 1e-6) / 10
        low, high = low - room, high + room
    return Bins(np.geomspace(low, high, BINS + 1) if log else np.linspace(low, high, BINS + 1), log)


def counted_bars(bins: Bins, values: np.ndarray, what: str, colour: str, **more: Any) -> go.Bar:
    """How many of `values` (n,) fall into each bin, of n; those that are not finite are in none. more: as of `bars`."""
    counts = np.bincount(bins.of(values[np.isfinite(values)]), minlength=bins.many)
    rows = zip(counts, bins.edges[:-1], bins.edges[1:], strict=True)
    texts = [f"{low:.4g} to {high:.4g}<br>{n:,} of {len(values):,} {what}" for n, low, high in rows]
    if bins.under(values):
        texts[0] = f"up to {bins.edges[1]:.4g}<br>{counts[0]:,} of {len(values):,} {what}"
    middle, wide = (bins.place[1:] + bins.place[:-1]) / 2, np.diff(bins.place)
    return bars(middle, counts, colour, what, width=wide, hovertext=texts, **more)
