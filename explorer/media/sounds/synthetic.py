"""Sample sounds made here, by formula: nothing is recorded, so nothing has to ship and no licence applies.

Each shows another side of a codec: decaying harmonics, speech-like formants, sharp attacks, one pure tone through the
whole range, and noise that has no pitch at all. Every function returns the same samples every time.
"""

from __future__ import annotations

import numpy as np

from explorer.media.sounds.audio import LoadedAudio

RATE_HZ = 44_100
SPEECH_RATE_HZ = 24_000
PEAK = 0.8


def melody() -> LoadedAudio:
    """A plucked melody in stereo, 4 s: noise in a delay line that loses its treble as it goes round.

    Source: Karplus and Strong, Digital synthesis of plucked-string and drum timbres, 1983.
    """
    tune = ((0, 0), (2, 1), (4, 2), (7, 3), (4, 4), (9, 5), (7, 6), (12, 7))  # (semitones above A3, place)
    step, out = RATE_HZ // 2, np.zeros((4 * RATE_HZ, 2))
    for semitones, place in tune:
        note = _plucked(220 * 2 ** (semitones / 12), step + RATE_HZ // 4, seed=place)
        pan = 0.25 + 0.5 * (place % 2)  # notes come from left and right in turn
        start = place * step
        length = min(len(note), len(out) - start)
        out[start : start + length] += note[:length, None] * np.sqrt([1 - pan, pan])
    return _loaded(out, RATE_HZ)


def vowels() -> LoadedAudio:
    """A voice-like glide through five vowels, 3 s: harmonics of a wavering pitch, weighted by three moving formants.

    Formant frequencies: Peterson and Barney, Control methods used in a study of the vowels, 1952 (men's averages).
    """
    formants = np.array(  # Hz, of the vowels in "father", "bed", "see", "call", "food"
        [[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]], float
    )
    widths, seconds = np.array([80.0, 100.0, 140.0]), 3.0
    time = np.arange(int(seconds * SPEECH_RATE_HZ)) / SPEECH_RATE_HZ  # (S,)
    pitch = 120 * 2 ** (0.25 * np.sin(2 * np.pi * time / seconds) + 0.02 * np.sin(2 * np.pi * 5.5 * time))  # Hz
    place = np.linspace(0, len(formants) - 1, len(time))
    moving = np.stack([np.interp(place, range(len(formants)), formants[:, i]) for i in range(3)])  # (3, S)
    phase = 2 * np.pi * np.cumsum(pitch) / SPEECH_RATE_HZ
    out = np.zeros_like(time)
    for harmonic in range(1, int(5000 / pitch.min())):
        frequency = harmonic * pitch
        gain = sum(1 / (1 + ((frequency - moving[i]) / widths[i]) ** 2) / (1 + i) for i in range(3))
        out += np.where(frequency < 5000, gain / harmonic**0.5, 0) * np.sin(harmonic * phase)
    syllables = 0.55 - 0.45 * np.cos(2 * np.pi * time * len(formants) / seconds)  # each vowel swells and fades
    return _loaded((out * syllables)[:, None], SPEECH_RATE_HZ)


def drums() -> LoadedAudio:
    """Two bars of bass drum, snare and hat, 4 s: falling sine, noise with a tone, and noise without its bass."""
    rng, beat = np.random.default_rng(3), RATE_HZ // 4
    out = np.zeros(4 * RATE_HZ)
    bass = _decaying(0.25, 0.08) * np.sin(2 * np.pi * np.cumsum(45 + 120 * _decaying(0.25, 0.03)) / RATE_HZ)
    snare = _decaying(0.2, 0.05) * rng.uniform(-1, 1, int(0.2 * RATE_HZ))
    snare += 0.5 * _decaying(0.2, 0.04) * np.sin(2 * np.pi * 190 * np.arange(len(snare)) / RATE_HZ)
    hat = _decaying(0.06, 0.012) * np.diff(rng.uniform(-1, 1, int(0.06 * RATE_HZ) + 1))
    hits = ((bass, 1.0, (0, 5, 8, 10, 13)), (snare, 0.7, (4, 12, 15)), (hat, 0.35, range(0, 16, 1)))
    for sound, gain, places in hits:
        for place in places:
            room = out[place * beat :][: len(sound)]
            room += gain * sound[: len(room)]
    return _loaded(out[:, None], RATE_HZ)


def sweep() -> LoadedAudio:
    """One tone that rises from 40 Hz to 16 kHz in 3 s, an octave in 0.35 s: what is lost starts where it stops."""
    seconds, low, high = 3.0, 40.0, 16_000.0
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    octaves = np.log(high / low)
    phase = 2 * np.pi * low * seconds / octaves * (np.exp(time / seconds * octaves) - 1)
    ends = np.minimum(1, np.minimum(time, seconds - time) / 0.02)  # no click at either end
    return _loaded((np.sin(phase) * ends)[:, None], RATE_HZ)


def surf() -> LoadedAudio:
    """Two waves that break on a beach, 4 s: noise whose power falls with frequency, brighter while it is louder."""
    seconds, rng = 4.0, np.random.default_rng(11)
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    white = np.fft.rfft(rng.normal(size=len(time)))
    hertz = np.maximum(np.fft.rfftfreq(len(time), 1 / RATE_HZ), 60.0)
    low, high = (np.fft.irfft(white * (60 / hertz) ** slope, len(time)) for slope in (1.0, 0.4))
    swell = sum(np.exp(-(((time - at) / width) ** 2)) for at, width in ((1.1, 0.5), (2.9, 0.6)))  # (S,)
    out = (0.08 + 0.6 * swell) * low / low.std() + swell**3 * high / high.std()
    ends = np.minimum(1, np.minimum(time, seconds - time) / 0.05)
    return _loaded((out * ends)[:, None], RATE_HZ)


def _plucked(frequency_hz: float, length: int, seed: int) -> np.ndarray:
    from scipy.signal import lfilter  # lazy: scipy.signal costs a third of a second

    period = round(RATE_HZ / frequency_hz - 0.5)
    burst = np.zeros(length)
    burst[:period] = np.random.default_rng(seed).uniform(-1, 1, period)
    feedback = np.zeros(period + 2)  # y[n] = x[n] + 0.498 (y[n - p] + y[n - p - 1])
    feedback[0], feedback[period:] = 1, -0.498
    return lfilter([1.0], feedback, burst) * np.minimum(1, (length - np.arange(length)) / (0.02 * RATE_HZ))


def _decaying(seconds: float, constant_s: float) -> np.ndarray:
    return np.exp(-np.arange(int(seconds * RATE_HZ)) / (constant_s * RATE_HZ))


def _loaded(samples: np.ndarray, rate_hz: int) -> LoadedAudio:
    return LoadedAudio((samples * (PEAK / np.abs(samples).max())).astype(np.float32), rate_hz)
