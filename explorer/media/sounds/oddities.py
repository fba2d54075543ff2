"""What is odd about the samples of a sound before anything is done to them, in plain words; nothing is changed here."""

from __future__ import annotations

import numpy as np

LAST_BIT = 2**-15  # of 16 bits, in which sounds are played
FLAT = 3  # samples of one value, side by side, that a clipped wave has at its tops
STEEP = 8 * LAST_BIT  # rise before a clipped top; a slow wave that only touches full scale is flat without it
CLIPPED_SHARE, LOW_SHARE, TOP = 1e-4, 0.01, 0.98  # below TOP coarse steps are flat, too, so more is asked
OFFSET, OFFSET_SHARE = 0.01, 0.1  # of full scale, and of the loudness: what is said to be a constant below the sound
OFFSET_S = 0.25  # a shorter sound may end within its first wave


def oddity_notes(samples: np.ndarray, sample_rate_hz: int) -> list[str]:
    """samples (S, C) -> sentences on silence, flat tops and a constant below the sound; none for most sounds."""
    peak = float(np.abs(samples).max())
    if peak == 0:
        return ["Silent: every sample is 0. What is decoded is a tokenizer's idea of silence; ratios are undefined."]
    if peak <= LAST_BIT:
        return [f"Nearly silent: no sample is above {peak:.1e}, one step of 16 bits or less."]
    notes = []
    share = max(_flat_share(channel, peak) for channel in samples.T)
    if share >= (CLIPPED_SHARE if peak >= TOP else LOW_SHARE):
        notes.append(
            f"Clipped: {100 * share:.2g}% of the samples lie flat at {peak:.3g} of full scale; what was cut off there "
            "is not in the file."
        )
    if len(samples) >= OFFSET_S * sample_rate_hz:
        offsets = samples.mean(0, dtype=np.float64)
        offset = float(offsets[np.abs(offsets).argmax()])
        loudness = float(np.sqrt(np.square(samples, dtype=np.float64).mean()))
        if abs(offset) >= max(OFFSET, OFFSET_SHARE * loudness):
            notes.append(f"A constant of {offset:.3g} lies below the sound (DC): it is tokenized with it.")
    return notes


def _flat_share(channel: np.ndarray, peak: float) -> float:
    """The share of samples (S,) within runs of FLAT or more at the peak, whose neighbours outside lie STEEP below."""
    level = np.abs(channel)
    at_top = level >= peak - 2 * LAST_BIT
    if at_top.sum() < FLAT:
        return 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], at_top, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]  # each run is starts..stops - 1
    inside = (starts > 0) & (stops < len(level)) & (stops - starts >= FLAT)
    starts, stops = starts[inside], stops[inside]
    steep = (level[starts - 1] < peak - STEEP) & (level[stops] < peak - STEEP)
    return float((stops - starts)[steep].sum()) / len(level)
