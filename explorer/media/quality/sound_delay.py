"""How late a decoded sound comes: declared by its codec, or estimated by cross-correlation. Sounds are (S, C).

Some decoders put their sound a fixed number of samples early or late. That is no loss, yet a shift of half a
millisecond costs a sample-by-sample measure ten decibels and more. So figures are taken of the decode moved back, and
the raw ones stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of

BOUND_S = 0.05  # no delay beyond it is looked for
ENOUGH_DB = 20.0  # two lags that fit better than this are taken to fit alike: the sound repeats itself
ALIKE_DB = 1.0  # lags whose SI-SDR is within it of the best fit as well
LEAST_DB, LEAST_SHARED_DB = -10.0, -3.0  # a best fit below, alone or shared by several lags, may be chance
_TRANSFORMED = 2**16  # samples at a time: bounds the memory of a long sound

Basis = Literal["none", "declared", "estimated", "not told"]


@dataclass(frozen=True)
class Delay:
    """samples: of the codec's own rate; above 0 the decode comes late, below 0 early.

    basis: "declared" by the codec, "estimated" from the sound, "not told" where the sound does not tell (0 is taken
    then), "none" where none was looked for. others: lags that fit as well, as in a sound that repeats itself; of these
    the one nearest to 0 is taken.
    """

    samples: int = 0
    sample_rate_hz: float = 1.0
    basis: Basis = "none"
    others: int = 0

    @property
    def ms(self) -> float:
        """In milliseconds."""
        return 1000 * self.samples / self.sample_rate_hz

    @property
    def text(self) -> str:
        """For the screen: "8 samples early (0.33 ms), declared"."""
        if self.basis == "none":
            return "none"
        if self.basis == "not told":
            return "not told by this sound; taken as 0"
        some = f"; {self.others:,} other shifts fit as well" if self.others else ""
        if self.samples == 0:
            return f"none, {self.basis}{some}"
        side = "late" if self.samples > 0 else "early"
        count = abs(self.samples)
        return f"{count_of(count, 'sample')} {side} ({abs(self.ms):.2f} ms), {self.basis}{some}"


NO_DELAY = Delay()


def find_delay(sound: np.ndarray, decoded: np.ndarray, sample_rate_hz: float, declared: int | None = None) -> Delay:
    """The declared delay in samples where there is one that fits the sound, else the estimated."""
    if declared is not None and abs(declared) < len(sound):
        return Delay(declared, sample_rate_hz, "declared")
    return estimate_delay(sound, decoded, sample_rate_hz)


def estimate_delay(sound: np.ndarray, decoded: np.ndarray, sample_rate_hz: float, bound_s: float = BOUND_S) -> Delay:
    """The lag within `bound_s` (and half the sound) at which the two are most alike, over the whole sound.

    The normalized cross-correlation r at a lag is the SI-SDR of the decode moved back by it: 10 log10(r^2 / (1 - r^2)).
    Only its peaks are lags. A sound that repeats itself has a peak at each period: of all peaks that fit as well as the
    best (within ALIKE_DB of it, or of ENOUGH_DB) the one nearest to 0 is taken, so that no period of the pitch is a
    delay. Not told: silence, no peak, a best fit that is too poor, or one that does not help both halves of the energy.

    Raises RecordError for sounds of different shapes.
    """
    first, second = _centred(sound, decoded)
    untold = Delay(0, sample_rate_hz, "not told")
    bound = min(int(bound_s * sample_rate_hz), len(first) // 2)
    fits = lag_fits_db(first, second, bound)
    peaks = _peaks(fits)
    best = fits[peaks].max() if len(peaks) else -np.inf
    alike = peaks[fits[peaks] >= min(best, ENOUGH_DB) - ALIKE_DB] - bound
    if best < (LEAST_DB if len(alike) < 2 else LEAST_SHARED_DB):
        return untold
    lag = int(min(alike, key=lambda one: (abs(one), one)))
    if lag and not _helps_both_halves(first, second, lag):
        return untold
    return Delay(lag, sample_rate_hz, "estimated", len(alike) - 1)


def moved_back(decoded: np.ndarray, samples: int) -> np.ndarray:
    """The decode (S, C) earlier by `samples` (later, if below 0), with silence where nothing is: the same length."""
    moved = np.zeros_like(decoded)
    if abs(samples) < len(decoded):
        moved[overlap(len(decoded), samples)] = decoded[overlap(len(decoded), -samples)]
    return moved


def overlap(length: int, samples: int) -> slice:
    """Where a sound of that length, moved back by `samples`, still has what was decoded."""
    return slice(max(0, -samples), length - max(0, samples))


def lag_fits_db(first: np.ndarray, second: np.ndarray, bound: int) -> np.ndarray:
    """SI-SDR in dB at each lag -bound..bound, over the samples that both have there: (2 bound + 1,).

    -inf where the correlation is not above 0, or one of the two is silent. At a lag above 0 the second is late.
    """
    products = _correlation(first, second, bound)
    energies = [_energies(one, bound) for one in (first, second)]
    scale = energies[0][::-1] * energies[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = np.where((products > 0) & (scale > 0), np.minimum(products**2 / scale, 1), 0)
        return 10 * np.log10(squares / np.maximum(1 - squares, 1e-15))


def _centred(sound: np.ndarray, decoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64, each channel less its mean: a constant offset is alike at every lag."""
    if np.shape(sound) != np.shape(decoded) or np.ndim(sound) != 2 or 0 in np.shape(sound):
        raise RecordError(
            f"sounds to align need one shape (samples, channels), got {np.shape(sound)} and {np.shape(decoded)}"
        )
    first, second = (np.asarray(one, np.float64) for one in (sound, decoded))
    return first - first.mean(0), second - second.mean(0)


def _correlation(first: np.ndarray, second: np.ndarray, bound: int) -> np.ndarray:
    """sum over n and channels of first[n] second[n + lag], for the lags -bound..bound: by FFT, a block at a time."""
    size = _TRANSFORMED
    while size < min(8 * bound, 2 * len(first)):  # what lies beside a block is transformed again with the next
        size *= 2
    step = size - 2 * bound
    padded = np.pad(second.T, ((0, 0), (bound, bound)))  # (C, S + 2 bound)
    total = np.zeros(size // 2 + 1, complex)
    for start in range(0, len(first), step):
        block, around = first[start : start + step].T, padded[:, start : start + size]
        total += (np.conj(np.fft.rfft(block, size)) * np.fft.rfft(around, size)).sum(0)
    return np.fft.irfft(total, size)[: 2 * bound + 1]


def _energies(signal: np.ndarray, bound: int) -> np.ndarray:
    """Energy of what is left of a signal at the lags -bound..bound: without its end below 0, its start above."""
    power = np.square(signal).sum(1)  # (S,)
    ends = np.cumsum(power[::-1][:bound])[::-1]
    starts = np.cumsum(power[:bound])
    return np.maximum(power.sum() - np.concatenate([ends, [0.0], starts]), 0)


def _peaks(fits: np.ndarray) -> np.ndarray:
    """Where neither neighbour is higher; the two ends are none."""
    inner = fits[1:-1]
    return np.flatnonzero((inner >= fits[:-2]) & (inner >= fits[2:]) & np.isfinite(inner)) + 1


def _helps_both_halves(first: np.ndarray, second: np.ndarray, lag: int) -> bool:
    """Whether moving back by the lag makes either half of the sound's energy fit better; one that is too short for the
    lag, or silent, has no say."""
    energy = np.cumsum(np.square(first).sum(1))
    middle = int(np.searchsorted(energy, energy[-1] / 2)) + 1
    gains = []
    for half in (slice(0, middle), slice(middle, None)):
        x, y = first[half], second[half]
        if len(x) <= abs(lag):
            continue
        moved, still = (_squared_correlation(x[overlap(len(x), n)], y[overlap(len(x), -n)]) for n in (lag, 0))
        if moved is not None and still is not None:
            gains.append(moved - still)
    return bool(gains) and min(gains) > 0


def _squared_correlation(x: np.ndarray, y: np.ndarray) -> float | None:
    scale = float(np.square(x).sum() * np.square(y).sum())
    return float((x * y).sum()) ** 2 / scale if scale > 0 else None
