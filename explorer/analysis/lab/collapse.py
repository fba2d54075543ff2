"""The two collapses told apart: of tokens, where few codes are used, and of embeddings, where codes are used and their
vectors hardly differ.

Both kinds are those of Zhao et al. 2024 (Representation collapsing problems in vector quantization, arXiv 2411.16550):
a codebook or its latents that come together in few values.
"""

from __future__ import annotations

import numpy as np

from explorer.analysis.lab.distances import FEW
from explorer.analysis.lab.finding import Finding
from explorer.analysis.lab.reading import RunReading
from explorer.analysis.lab.thresholds import DEAD_BAD, SETTLED
from explorer.analysis.maps.geometry import spectrum
from explorer.foundation.words import count_of
from explorer.joints.frame import LIVE, FrameLevel

USED = 0.5  # perplexity as a share of what the codes in use can reach: from there on, codes are used
NEARLY_EQUAL = 0.2  # spread of the chosen codes as a share of that of their latents
MANY_AXES, FLAT = 4, 0.5  # of so many dimensions on, codes with less than this share of the latents' are flat


def spread_of_codes(run: RunReading) -> float:
    """Root mean squared distance of the codes that the latents shown chose to their mean, in spreads of the latents."""
    chosen = run.level.vectors[run.level.indices].astype(np.float64)
    return float(np.sqrt(np.square(chosen - chosen.mean(0)).sum(1).mean()) / max(1e-9, run.spread))


def dimensions_of(run: RunReading) -> tuple[float, float]:
    """Effective dimension of the latents shown, and of the codes in use."""
    return run.computed(_dimensions, run.level)


def _dimensions(level: FrameLevel) -> tuple[float, float]:
    return _dimension(level.z_e), _dimension(level.vectors[level.state == LIVE])


def _dimension(rows: np.ndarray) -> float:
    """Of the rows (n, d) that are finite; 0 where there are none."""
    rows = rows[np.isfinite(rows).all(1)]
    return spectrum(rows).effective_dimension if len(rows) else 0.0


def told_apart(run: RunReading) -> str:
    """Of a run most of whose codes are dead: that this is the collapse of tokens, and how the others lie."""
    latents, codes = dimensions_of(run)
    return (
        f" This is token collapse: few codes are used. The vectors of those in use spread {spread_of_codes(run):.0%} "
        f"as far as the latents, in {codes:.1f} effective dimensions, the latents in {latents:.1f}."
    )


def embedding_collapse(run: RunReading) -> Finding | None:
    """Codes that are used alike, and whose vectors are nearly equal, or lie in far fewer dimensions than latents."""
    if run.level.metric == "implicit" or run.now.step < SETTLED or run.dead >= DEAD_BAD / run.ease or run.live < FEW:
        return None
    if run.perplexity < run.ease * USED * min(run.ceiling, run.live):
        return None
    near, (latents, codes) = spread_of_codes(run), dimensions_of(run)
    flat = run.level.vectors.shape[1] >= MANY_AXES and codes < FLAT / run.ease * latents
    if near >= NEARLY_EQUAL / run.ease and not flat:
        return None
    text = (
        f"Codes are used, at perplexity {run.perplexity:.1f} of at most {run.ceiling} {run.counted}, so no tokens have "
        f"collapsed; but the vectors of {count_of(run.live, 'code')}{run.where} spread {near:.0%} as far as the "
        f"latents that chose them, in {codes:.1f} effective dimensions; the latents have {latents:.1f}."
    )
    what = "codes are used, but nearly equal" if near < NEARLY_EQUAL / run.ease else "codes are used, but flat"
    return Finding("bad", f"Embedding collapse: {what}", text, run.advise("nearly_equal"), "plane")
