"""How usage grows with the tokens counted, and how far that may be carried on: to twice the tokens, no further.

Extrapolation: Chao 1984 (https://www.jstor.org/stable/4615964) for codes not met yet, carried on as in Colwell et al.
2012, eq. 9 (https://doi.org/10.1093/jpe/rtr044), whose authors advise against more than double the sample. Beside it
the series of Good and Toulmin 1956 (https://doi.org/10.1093/biomet/43.1-2.45), unbiased up to there. Tokens of one
picture are alike, so the unit of both is the medium (Chao 1987; Colwell et al. 2012, eq. 18), and the token only where
an audit kept no media or has few of them. The same estimate is tried where the answer is known: from one half to all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.independence import Independence, independence

FACTOR = 2.0  # times the tokens counted: the end of the estimate
POINTS = 24  # of the estimated curve
LEAST_TOKENS = 100  # fewer say nothing about codes not met
LEAST_MEDIA, LEAST_STRETCHES = 5, 8  # fewer media are counted by tokens; fewer stretches of media are no trial


@dataclass(frozen=True)
class Forecast:
    """Codes in use if counting went on: tokens (n,) and used (n,), from what was counted to `until` tokens.

    second: the same at the end by Good and Toulmin, `spread` its standard error, `within` one of them on either side,
    but no fewer than are used already and no more than there are. missed: codes by which the same
    estimate, made from one half of the media, was off at the whole (positive: it had promised too many); None if
    that could not be tried. words: all of it in a sentence or two.
    """

    tokens: np.ndarray
    used: np.ndarray
    until: int
    second: float
    spread: float
    within: tuple[float, float]
    missed: float | None
    words: str


def abundances(counts: np.ndarray) -> np.ndarray:
    """f[i]: how many codes have exactly i tokens, (largest count + 1,) int64, f[0] of codes without any."""
    return np.bincount(np.asarray(counts).astype(np.int64))


def unmet(counts: np.ndarray, units: int | None = None) -> float:
    """Chao's estimate of the codes that would be met in the end but were not yet; at most those with no token.

    A lower bound where codes differ in how likely they are: (N-1)/N f1^2 / (2 f2), or f1(f1-1)/2 without any f2.
    counts: (K,) tokens of each code, or media in which it occurs; then `units` is their number.
    """
    counts = np.asarray(counts)
    tokens, none = units or int(counts.sum()), int(np.count_nonzero(counts == 0))
    once, twice = int(np.count_nonzero(counts == 1)), int(np.count_nonzero(counts == 2))
    if tokens == 0:
        return float(none)
    share = (tokens - 1) / tokens
    found = share * once**2 / (2 * twice) if twice else share * once * (once - 1) / 2
    return float(min(found, none))


def carry_on(counts: np.ndarray, more: np.ndarray, units: int | None = None) -> np.ndarray:
    """Codes in use after `more` (n,) further tokens (or media, see `unmet`): (n,) float64, from those used now to K.

    Colwell et al. 2012, eq. 9 and 18: used + u (1 - (1 - f1 / (N u + f1))^more) with u = `unmet`.
    """
    counts = np.asarray(counts)
    tokens, used = int(counts.sum()), int(np.count_nonzero(counts))
    once, left = int(np.count_nonzero(counts == 1)), unmet(counts, units)
    if left == 0 or once == 0:
        return np.full(np.shape(more), float(used))
    stays = np.log1p(-once / ((units or tokens) * left + once))  # log of the chance that one more meets nothing new
    return used + left * -np.expm1(np.asarray(more, np.float64) * stays)


def good_toulmin(counts: np.ndarray, share: float) -> tuple[float, float]:
    """(codes in use after `share` x N further tokens, standard error): sum of (-1)^(i+1) share^i f_i.

    The error takes each f_i as Poisson. Raises SettingsError for a share outside 0..1, where the series runs wild.
    """
    if not 0 <= share <= 1:
        raise SettingsError(f"Good and Toulmin's series holds up to as many tokens again, not {share:g} times as many")
    f = abundances(counts).astype(np.float64)[1:]
    i = np.arange(1, len(f) + 1)
    power = share**i
    fresh = float((np.where(i % 2 == 1, 1, -1) * power * f).sum())
    used = int(np.count_nonzero(counts))
    return float(np.clip(used + fresh, used, len(counts))), float(np.sqrt((power**2 * f).sum()))


def forecast_of(level: LevelAudit, media: Independence | None = None) -> Forecast | None:
    """`forecast` of an audited level: by its media if they were kept and are enough, else by tokens. None, too, where
    media are copies of few, or their usage still changes: see `why_not`. media: what they are to each other, if that is
    known already."""
    if level.occurs is None or level.media < LEAST_MEDIA:
        return forecast(level.counts, level.halves)
    if why_not(level, media):
        return None
    missed = _missed_stretches(level.stretches)
    return _forecast(level.counts, level.occurs, level.media, missed)


def why_not(level: LevelAudit, media: Independence | None = None) -> str:
    """Why usage cannot be carried on, though enough was counted; "" where it can be. media: as of `forecast_of`."""
    media = media or independence(level)
    if media.opens:
        return f"{media.change()}. So how it would go on cannot be said."
    if media.copied:
        return (
            f"The {media.total:,} media are alike as {media.alike} would be, so how others would go on cannot be said."
        )
    return ""


def forecast(counts: np.ndarray, halves: np.ndarray | None = None) -> Forecast | None:
    """Usage up to FACTOR times the tokens; None where there is nothing to say: all codes used, or too few tokens.

    counts: (K,). halves: (2, K) counts of two halves of the media, for the trial on what is known. Raises RecordError.
    """
    counts = np.asarray(counts).astype(np.int64)
    if counts.ndim != 1 or (counts < 0).any():
        raise RecordError(f"counts must be one number of 0 or more for each code, got shape {counts.shape}")
    return _forecast(counts, counts, None, _missed(halves))


def _forecast(counts: np.ndarray, found: np.ndarray, media: int | None, missed: float | None) -> Forecast | None:
    """found (K,): tokens of each code, or of `media` media those in which it occurs."""
    tokens, used = int(counts.sum()), int(np.count_nonzero(counts))
    if tokens < LEAST_TOKENS or used == len(counts):
        return None
    at = np.unique(np.geomspace(tokens, FACTOR * tokens, POINTS).round().astype(np.int64))
    curve = carry_on(found, (at - tokens) * ((media or tokens) / tokens), media)
    second, spread = good_toulmin(found, FACTOR - 1)
    far = "" if media is None else f" ({FACTOR * media:,.0f} media)"
    within = max(float(used), second - spread), min(float(len(counts)), second + spread)
    unit = "over tokens as if drawn one by one, though those of one medium are alike" if media is None else "over media"
    words = (
        f"If counting went on to {at[-1]:,} tokens{far}, about {curve[-1]:,.0f} of {len(counts):,} codes would be used "
        f"(Chao's estimate {unit}, a lower bound on average; Good and Toulmin's says {_range(*within)}"
        f"{_disagreement(float(curve[-1]), within)}). Not carried "
        "further than twice the tokens, and only for data of the same kind."
    )
    return Forecast(at, curve, int(at[-1]), second, spread, within, missed, words + _trial(missed))


def _range(low: float, high: float) -> str:
    """ "182 to 195", or "182" where both ends read alike."""
    ends = f"{low:,.0f}", f"{high:,.0f}"
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def _disagreement(chao: float, within: tuple[float, float]) -> str:
    """A lower bound that lies above all of the other's range; one below it is no contradiction."""
    return ", so the two disagree" if round(chao) > round(within[1]) else ""


def _missed(halves: np.ndarray | None) -> float | None:
    """Estimate made from the larger half at the tokens of both, minus what both have used."""
    if halves is None:
        return None
    halves = np.asarray(halves)
    sums = halves.sum(axis=1)
    larger = halves[int(sums.argmax())]
    if sums.min() < LEAST_TOKENS:
        return None
    return float(carry_on(larger, np.array([sums.min()]))[0] - np.count_nonzero(halves.sum(axis=0)))


def _missed_stretches(stretches: np.ndarray | None) -> float | None:
    """The same by media: from every other one, or every other stretch of them (b, K), to all."""
    if stretches is None or len(stretches) < LEAST_STRETCHES:
        return None
    half, rest = stretches[::2] > 0, len(stretches) // 2
    foretold = carry_on(half.sum(axis=0), np.array([rest]), len(half))[0]
    return float(foretold - np.count_nonzero(stretches.sum(axis=0)))


def _trial(missed: float | None) -> str:
    if missed is None:
        return ""
    much = "too many" if missed > 0 else "too few"
    said = "right to a code" if abs(missed) < 0.5 else f"{abs(missed):,.0f} {much}"
    return f" Tried on what is known: from half of the media, the same estimate for all of them was {said}."
