"""The state of every code over a data set: live, dead, not yet seen, near-duplicate or over-used.

A code without a token is dead if most of those will stay without one (see `unused.py`) and training did not use it, as
far as is known, or if it is not finite; else not seen yet. A code in use is over-used from OVER fair
shares on, a fair share being N/K, and a near-duplicate if another code in use lies within NEAR of what keeps codes
apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.codes.duplicates import NEAR, near_duplicates
from explorer.analysis.maps.clouds import resolution
from explorer.analysis.maps.geometry import in_metric, latent_distances
from explorer.foundation.words import count_of
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.unused import UnusedCodes, unused_codes, used_in_training
from explorer.joints.measures.usage import rank_order, usage_of_counts
from explorer.joints.record import Codebook
from explorer.joints.table_faults import finite_codes

LIVE, DEAD, UNSEEN, NEAR_DUPLICATE, OVER_USED = range(5)
NAMES = ("live", "dead", "unseen", "near-duplicate", "over-used")
OVER = 10  # fair shares
WIDE, MOST_WIDE = 20, 16_384  # dimensions from which on no more codes than that are compared: it would take minutes


@dataclass(frozen=True)
class CodeStates:
    """state (K,) uint8. over_used_from: the least count of an over-used code. threshold: distance within which two
    codes in use are near-duplicates, None without a codebook or latents. words: both, with what they are of."""

    state: np.ndarray
    over_used_from: int
    threshold: float | None
    words: str

    def count(self, state: int) -> int:
        """How many codes are in that state."""
        return int(np.count_nonzero(self.state == state))


def typical_distance(level: LevelAudit, codebook: Codebook | None) -> float | None:
    """Median distance of the sampled latents to their codes, in the codebook's metric; None without finite ones."""
    if codebook is None or level.latents is None or not len(level.latents):
        return None
    with np.errstate(invalid="ignore"):
        distances = latent_distances(codebook, level.latents, level.latent_codes)
    finite = distances[np.isfinite(distances)]
    return float(np.median(finite)) if len(finite) else None


def apart(level: LevelAudit, codebook: Codebook | None) -> tuple[float | None, str]:
    """(what keeps codes apart, what that is in words): the distance of latents to their codes (median), or how far
    apart the codes in use would lie if they filled their own extent evenly, if that is less; None without latents.

    The first alone grows with the error: a codebook much smaller than its latents would be one heap of duplicates.
    """
    typical = typical_distance(level, codebook)
    if typical is None:
        return None, ""
    words = f"the median distance {typical:.3g} of {len(level.latents):,} {level.given}s to their codes"
    if codebook.vectors is None:
        return typical, words
    used = (level.counts > 0) & np.isfinite(codebook.vectors).all(axis=1)
    between = resolution(in_metric(codebook.vectors[used], codebook.metric)) if used.any() else 0.0
    if between >= typical or between == 0:
        return typical, words
    many = count_of(int(used.sum()), "code")
    return between, f"{between:.3g}, how far apart the {many} in use would lie if they filled their room evenly"


def over_used_from(tokens: int, codebook_size: int) -> int:
    """The least count that is OVER fair shares, or nine tenths of all tokens where K is too small for that."""
    return max(2, int(np.ceil(tokens * min(OVER / codebook_size, 0.9))))


def _looked_at(counts: np.ndarray, codebook: Codebook) -> tuple[np.ndarray, str]:
    """(codes in use among which near-duplicates are looked for (n,), words on those left out, "" if none are)."""
    rows = np.flatnonzero((counts > 0) & np.isfinite(codebook.vectors).all(axis=1))
    if codebook.codebook_dim <= WIDE or len(rows) <= MOST_WIDE:
        return rows, ""
    chosen = np.sort(rows[rank_order(counts[rows])[:MOST_WIDE]])
    return chosen, f" Looked for among the {MOST_WIDE:,} most used of {len(rows):,} codes in use."


def code_states(level: LevelAudit, codebook: Codebook | None, unused: UnusedCodes | None = None) -> CodeStates:
    """The state of each code of a level. A lattice's codes are never near-duplicates. unused: `unused_codes` of both,
    if that is known already. Raises RecordError if no token was counted."""
    unused = unused or unused_codes(level, codebook)
    usage = usage_of_counts(level.counts)
    state = np.zeros(level.codebook_size, np.uint8)
    least = over_used_from(usage.tokens, usage.codebook_size)
    said = f"Over-used: {least:,} tokens or more of {usage.tokens:,} ({OVER} times a fair share N/K)."
    scale, what = apart(level, codebook)
    threshold = None if scale is None else NEAR * scale
    if threshold is None:
        said += " Near-duplicates cannot be told without code vectors and latents."
    elif codebook.rule is not None:
        said += " Codes of a lattice are a whole step apart, so none is a near-duplicate."
    else:
        rows, left_out = _looked_at(level.counts, codebook)
        near = near_duplicates(in_metric(codebook.rows(rows), codebook.metric), threshold).near
        state[rows[near]] = NEAR_DUPLICATE
        said += f" Near-duplicate: another code in use within {threshold:.3g}, which is {NEAR:.0%} of {what}.{left_out}"
    state[level.counts >= least] = OVER_USED
    state[level.counts == 0] = DEAD if unused.each_likely_dead else UNSEEN
    if unused.each_likely_dead and (trained := used_in_training(level, codebook)).any():
        state[trained] = UNSEEN
        said += " Codes without a token that training used are unseen here, and not dead."
    if codebook is not None and (lost := (level.counts == 0) & ~finite_codes(codebook)).any():
        state[lost] = DEAD
        said += f" Dead: {count_of(int(lost.sum()), 'code')} not finite among them, to which no latent is nearest."
    return CodeStates(state, least, threshold, said)
