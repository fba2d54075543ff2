"""Figures of sounds against formulas written out sample by sample, scipy's spectrogram, and cases worked by hand."""

import math

import numpy as np
import pytest
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from explorer.foundation.errors import RecordError
from explorer.media.quality.sound_fidelity import MEL_BANDS, log_mel_distance_db, si_sdr_db, snr_db, sound_quality
from explorer.media.sounds.spectrogram import mel_filters

RATE = 8000


def pair(samples=4000, channels=2):
    rng = np.random.default_rng(0)
    t = np.arange(samples)[:, None] / RATE
    sound = 0.3 * np.sin(2 * np.pi * np.array([330.0, 550.0])[:channels] * t)
    return sound.astype(np.float32), (0.7 * sound + rng.normal(scale=0.05, size=sound.shape)).astype(np.float32)


def test_noise_a_tenth_as_large_is_20_db():
    sound = np.tile([[1.0], [-1.0]], (50, 1))
    assert snr_db(sound, 1.1 * sound) == pytest.approx(20)
    assert si_sdr_db(sound, 1.1 * sound) > 250  # only louder: no distortion but rounding
    across = np.tile([[1.0], [1.0], [-1.0], [-1.0]], (25, 1))  # at right angles to it
    assert si_sdr_db(sound, 3 * (sound + 0.1 * across)) == pytest.approx(20)


def test_both_ratios_written_out_sample_by_sample():
    sound, decoded = pair(300)
    x, y = sound.astype(float).ravel(), decoded.astype(float).ravel()
    noise = math.fsum((a - b) ** 2 for a, b in zip(x, y, strict=True))
    assert snr_db(sound, decoded) == pytest.approx(10 * math.log10(math.fsum(a * a for a in x) / noise))
    scale = math.fsum(a * b for a, b in zip(x, y, strict=True)) / math.fsum(a * a for a in x)
    target = math.fsum((scale * a) ** 2 for a in x)
    rest = math.fsum((b - scale * a) ** 2 for a, b in zip(x, y, strict=True))
    assert si_sdr_db(sound, decoded) == pytest.approx(10 * math.log10(target / rest))
    assert si_sdr_db(sound, 5 * decoded) == pytest.approx(si_sdr_db(sound, decoded), abs=1e-5)


def test_the_log_mel_distance_is_that_of_scipys_spectrogram():
    sound, decoded = pair()
    window, bands = 368, []
    for one in (sound, decoded):
        transform = ShortTimeFFT(hann(window, sym=True), window // 4, RATE)
        frames = [one[:, c].astype(float) for c in range(2)]
        power = [np.abs(transform.stft(f, p0=0, p1=4000 // 92 + 2)) ** 2 for f in frames]  # frames centred on 0, 92, ..
        bands.append(np.stack([mel_filters(MEL_BANDS, window, RATE) @ p for p in power]))
    floor = bands[0].max() * 1e-8
    a, b = (10 * np.log10(np.maximum(p, floor)) for p in bands)
    assert a.shape == (2, MEL_BANDS, 45)
    assert log_mel_distance_db(sound, decoded, RATE) == pytest.approx(np.abs(a - b).mean())
    assert log_mel_distance_db(sound, 0.1 * sound, RATE) <= 20  # 20 dB where neither is below the floor


def test_a_quieter_copy_differs_by_its_level_alone():
    rng = np.random.default_rng(1)
    noise = rng.normal(scale=0.2, size=(8000, 1))  # loud in every band: nothing reaches the floor
    assert log_mel_distance_db(noise, 0.5 * noise, RATE) == pytest.approx(20 * math.log10(2), abs=1e-6)


def test_identical_silent_and_unrelated_sounds():
    sound, _ = pair()
    same = sound_quality(sound, sound, RATE)
    assert (same.snr_db, same.log_mel_db, same.max_error) == (math.inf, 0, 0)
    silence = np.zeros_like(sound)
    assert (snr_db(sound, silence), si_sdr_db(sound, silence)) == (0, None)
    assert (snr_db(silence, silence), si_sdr_db(silence, sound)) == (None, None)
    assert snr_db(silence, sound) == -math.inf
    assert sound_quality(silence, silence, RATE).log_mel_db == 0


def test_a_single_sample_is_any_other_at_some_volume_so_it_has_no_si_sdr():
    one, other = np.array([[0.5]]), np.array([[-0.1]])
    assert si_sdr_db(one, other) is None and snr_db(one, other) == pytest.approx(10 * np.log10(0.25 / 0.36))


def test_other_shapes_are_refused_with_both():
    with pytest.raises(RecordError, match=r"\(10, 1\) and \(11, 1\)"):
        snr_db(np.zeros((10, 1)), np.zeros((11, 1)))
    with pytest.raises(RecordError, match="samples, channels"):
        sound_quality(np.zeros(10), np.zeros(10), RATE)
