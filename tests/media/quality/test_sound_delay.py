"""Delays of decoded sounds: planted ones are found again, a period of the pitch is none, chance is told from them."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate, istft, lfilter, stft

from explorer.foundation.errors import RecordError
from explorer.media.quality.sound_delay import Delay, estimate_delay, find_delay, lag_fits_db, moved_back, overlap
from explorer.media.quality.sound_fidelity import si_sdr_db, sound_quality

RATE = 16_000
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def tone(hertz, seconds=2.0):
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)[:, None]


def vowel(hertz, seconds=2.0):
    """Pulses through three formants of an "a"."""
    sound = np.zeros(int(seconds * RATE))
    sound[np.flatnonzero(np.diff(np.floor(np.arange(len(sound)) * hertz / RATE)))] = 1
    for formant, width in ((700, 80), (1200, 90), (2500, 120)):
        r = np.exp(-np.pi * width / RATE)
        sound = lfilter([1 - r], [1, -2 * r * np.cos(2 * np.pi * formant / RATE), r * r], sound)
    return 0.3 * (sound / np.abs(sound).max())[:, None]


def clicks(period, seconds=2.0):
    sound = np.zeros((int(seconds * RATE), 1))
    sound[period // 2 :: period] = 0.5  # none in the few samples that moving back loses
    return sound


def noise(seconds=2.0, channels=1):
    return np.random.default_rng(0).normal(scale=0.1, size=(int(seconds * RATE), channels))


def coded(sound, db, seed=1):
    """With noise `db` below it, as a codec leaves it; None: as it was."""
    if db is None:
        return sound
    level = math.sqrt(np.square(sound).mean() / 10 ** (db / 10))
    return sound + np.random.default_rng(seed).normal(scale=level, size=sound.shape)


SOUNDS = {
    "tone": tone(440), "vowel": vowel(110), "higher vowel": vowel(210.7), "clicks": clicks(160), "noise": noise(),
    "stereo": noise(channels=2),
}  # fmt: skip


@pytest.mark.parametrize("db", [None, 20, 10, 0])
@pytest.mark.parametrize("name", SOUNDS)
def test_a_planted_delay_of_eight_samples_is_recovered_to_a_hundredth_of_a_decibel(name, db):
    sound = SOUNDS[name]
    decoded = coded(sound, db)
    for planted in (8, -8, 0):
        late = moved_back(decoded, -planted)
        found = estimate_delay(sound, late, RATE)
        assert found.samples == planted and found.basis == "estimated"
        figures = sound_quality(sound, late, RATE, found)
        part = overlap(len(sound), planted)
        undelayed = si_sdr_db(sound, decoded)
        if math.isfinite(undelayed) and undelayed < 200:
            # The 8 samples at one end are in the one and not in the other, and their noise is chance.
            assert figures.si_sdr_db == pytest.approx(si_sdr_db(sound[part], decoded[part]), abs=1e-9)
            assert figures.si_sdr_db == pytest.approx(undelayed, abs=0.01)
        else:
            assert figures.si_sdr_db > 200
        assert figures.delay == found
        assert figures.raw_si_sdr_db == (figures.si_sdr_db if planted == 0 else pytest.approx(si_sdr_db(sound, late)))


@pytest.mark.parametrize("db", [20, 10, 0])
@pytest.mark.parametrize(("name", "period"), [("tone", 36), ("vowel", 145), ("higher vowel", 76), ("clicks", 160)])
def test_a_period_of_the_pitch_is_no_delay(name, period, db):
    """A decode that is late by a whole period fits as well where it stands: only then is 0 right, and it is said."""
    sound = SOUNDS[name]
    late = moved_back(coded(sound, db), -period)
    still, moved = (lag_fits_db(sound, late, 800)[800 + lag] for lag in (0, period))
    found = estimate_delay(sound, late, RATE)
    if moved - still < 1:
        assert found.samples == 0 and found.others > 0 and "other shifts fit as well" in found.text
    else:  # the pitch is no whole number of samples, and so clean a decode tells
        assert found.samples == period
    assert estimate_delay(sound, coded(sound, db), RATE).samples == 0


def test_silence_and_what_has_nothing_in_common_tell_no_delay():
    silence, sound = np.zeros((RATE, 1)), noise(1.0)
    other = np.random.default_rng(9).normal(size=sound.shape)
    for pair in ((silence, silence), (silence, sound), (sound, silence), (sound, other), (sound, np.ones_like(sound))):
        found = estimate_delay(*pair, RATE)
        assert (found.samples, found.basis) == (0, "not told") and "taken as 0" in found.text


def test_a_vocoder_with_phases_of_its_own_has_no_delay():
    """The spectrogram is right and the waveform is not: whatever lag fits best, fits by chance."""
    chance, sound = np.random.default_rng(5), vowel(110) + 0.02 * noise()
    for _ in range(8):
        _, _, spectrum = stft(sound[:, 0], RATE, nperseg=512)
        decoded = istft(np.abs(spectrum) * np.exp(2j * np.pi * chance.random(spectrum.shape)), RATE, nperseg=512)[1]
        found = estimate_delay(sound, decoded[: len(sound), None], RATE)
        assert (found.samples, found.basis) == (0, "not told")


def test_a_delay_must_help_both_halves():
    """Seven tenths are late by 30 samples, the rest is not: most of the second half stands where it is."""
    sound = noise()
    decoded = np.concatenate([moved_back(sound, -30)[: 7 * len(sound) // 10], sound[7 * len(sound) // 10 :]])
    assert lag_fits_db(sound, decoded, 100).argmax() - 100 == 30
    assert estimate_delay(sound, decoded, RATE).basis == "not told"


def test_an_inverted_decode_is_not_moved_to_where_it_fits_by_chance():
    sound = vowel(110)
    found = estimate_delay(sound, -coded(sound, 15), RATE)
    moved = moved_back(-coded(sound, 15), found.samples)
    assert si_sdr_db(sound, moved) >= si_sdr_db(sound, -coded(sound, 15)) - 1e-9


def test_the_fit_at_a_lag_is_the_si_sdr_over_what_both_have():
    """Against the definition at every lag, and scipy's correlation."""
    chance = np.random.default_rng(3)
    sound = np.cumsum(chance.normal(size=(3000, 2)), axis=0)
    sound -= sound.mean(0)
    decoded = moved_back(sound, -5) + chance.normal(scale=2, size=sound.shape)
    fits = lag_fits_db(sound, decoded, 40)
    for lag in range(-40, 41):
        x, y = sound[overlap(3000, lag)], decoded[overlap(3000, -lag)]
        assert len(x) == 3000 - abs(lag)
        if (x * y).sum() > 0:
            assert fits[40 + lag] == pytest.approx(si_sdr_db(x, y), abs=1e-6)
        else:
            assert fits[40 + lag] == -math.inf
    whole = sum(correlate(decoded[:, c], sound[:, c], "full") for c in range(2))[3000 - 1 - 40 : 3000 + 40]
    assert np.argmax(whole) - 40 == np.argmax(fits) - 40 == 5


@pytest.mark.parametrize("length", [1, 2, 3, 50, 70_001, 140_000])
def test_sounds_of_any_length_are_taken_a_piece_at_a_time(length):
    sound = np.random.default_rng(4).normal(size=(length, 1))
    planted = 7 if length > 50 else 0
    found = estimate_delay(sound, moved_back(sound, -planted), RATE)
    assert found.samples == planted


def test_a_declared_delay_wins_unless_the_sound_is_shorter():
    sound = noise(0.5)
    assert find_delay(sound, sound, RATE, -8) == Delay(-8, RATE, "declared")
    assert find_delay(sound, sound, RATE, 0).text == "none, declared"
    assert find_delay(sound[:8], sound[:8], RATE, -8).samples == 0
    assert Delay(-8, RATE, "declared").text == "8 samples early (0.50 ms), declared"
    assert Delay(1, RATE, "estimated").text == "1 sample late (0.06 ms), estimated"


def test_moving_back_keeps_what_there_is():
    sound = np.arange(1.0, 6)[:, None]
    assert moved_back(sound, 2)[:, 0].tolist() == [3, 4, 5, 0, 0]
    assert moved_back(sound, -2)[:, 0].tolist() == [0, 0, 1, 2, 3]
    assert moved_back(sound, 9)[:, 0].tolist() == [0] * 5 and moved_back(sound, 0)[:, 0].tolist() == [1, 2, 3, 4, 5]


def test_other_shapes_are_refused():
    with pytest.raises(RecordError, match="one shape"):
        estimate_delay(np.zeros((10, 1)), np.zeros((11, 1)), RATE)


@pytest.mark.parametrize("db", [20, 0])
def test_real_sounds_give_planted_delays_back(db):
    """Speech, song, music, a bird, a whale and a trumpet, with noise 20 and 0 dB below."""
    paths = [*sorted((SHARED / "audio").glob("*.ogg")), *sorted((SHARED / "speech_digits").glob("*_0.flac"))[:6]]
    if not paths:
        pytest.skip("the recordings of ../shared/data are not here")
    for path in paths:
        sound, rate = soundfile.read(path, always_2d=True, dtype="float32", stop=2 * 44_100)
        for planted in (8, -8, 0, 37):
            found = estimate_delay(sound, moved_back(coded(sound, db), -planted), rate)
            told = found.basis != "not told"
            assert found.samples == (planted if told else 0), (path.name, planted, found)
            assert told or "humpback" in path.name  # too even a hum for noise as loud as it


def test_lyra_needs_no_moving():
    """SoundStream as published (../shared/data/real/lyra), run as it was made: 8.4 dB as it comes, and no delay."""
    folder = SHARED / "real" / "lyra"
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    if not folder.is_dir():
        pytest.skip("Lyra's files of ../shared/data are not here")
    sound, rate = soundfile.read(folder / "lyra_sample1_16kHz.wav", dtype="float32")
    encoder, quantizer, decoder = (
        litert.Interpreter(str(folder / f"{name}.tflite")) for name in ("soundstream_encoder", "quantizer", "lyragan")
    )
    encode, decode = (one.get_signature_runner(next(iter(one.get_signature_list()))) for one in (encoder, decoder))
    to_codes, to_features = (quantizer.get_signature_runner(name) for name in ("encode", "decode"))

    def only(outputs):
        return next(iter(outputs.values()))

    frames = []
    for start in range(0, len(sound) - 319, 320):
        features = only(encode(input_audio=sound[None, start : start + 320])).reshape(1, 1, 64)
        codes = only(to_codes(input_frames=features, num_quantizers=np.int32(46)))
        features = only(to_features(encoding_indices=codes)).reshape(1, 1, 64)
        frames.append(only(decode(input_audio=features)).ravel())
    decoded = np.concatenate(frames)[:, None]
    found = estimate_delay(sound[: len(decoded), None], decoded, rate)
    assert found.samples == 0 and found.basis == "estimated"
    assert si_sdr_db(sound[: len(decoded), None], decoded) == pytest.approx(8.4, abs=0.1)
