"""What is odd about a sound is said in a sentence, and what is not odd is not: files written by ffmpeg and soundfile.

Each goes the way of an upload: bytes, medium, a tokenizer of sounds.
"""

from __future__ import annotations

import io
import struct
import subprocess

import numpy as np
import pytest
import soundfile

from explorer.foundation.errors import MediaError
from explorer.media.medium import load_medium, tokenized
from explorer.media.quality.sound_fidelity import sound_quality
from explorer.media.sounds.oddities import oddity_notes
from explorer.tokenizers import load_tokenizer
from tests.media import ffmpeg_program
from tests.shipped import shipped_ids

RATE = 16_000
TIME_S = np.arange(RATE) / RATE
TONE = 0.5 * np.sin(2 * np.pi * 440 * TIME_S)
NOISE = np.random.default_rng(0).normal(size=(RATE, 8))


def wav(samples, rate=RATE, subtype="PCM_16"):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype=subtype)
    return buffer.getvalue()


def patched(**fields):
    """A WAV of the tone whose header says otherwise."""
    places = {"channels": ("<H", 22), "rate": ("<I", 24), "bytes_a_second": ("<I", 28), "bits": ("<H", 34)}
    data = bytearray(wav(TONE))
    for name, value in fields.items():
        form, at = places.get(name, ("<I", 40))
        struct.pack_into(form, data, at, value)
    return bytes(data)


@pytest.fixture(scope="module")
def tokenizer():
    if "sound-vq" not in shipped_ids():
        pytest.skip("no tokenizer of sound ships")
    return load_tokenizer("sound-vq")


SAID = {
    "silence": (wav(np.zeros(RATE)), "Silent: every sample is 0"),
    "the last bit": (wav(np.where(TIME_S < 0.5, 2**-15, 0)), "Nearly silent"),
    "clipping": (wav(np.clip(4 * TONE, -1, 1)), "Clipped: 66% of the samples lie flat at 1 of full scale"),
    "some clipping": (wav(np.clip(2.2 * TONE, -1, 1)), "Clipped: "),
    "DC": (wav(np.full(RATE, 0.5)), "A constant of 0.5 lies below the sound"),
    "a tone on DC": (wav(TONE - 0.25), "A constant of -0.25 lies below the sound"),
    "one sample": (wav(np.array([0.3])), "1 become 80 samples"),
    "8 channels": (wav(0.1 * NOISE), "8 channels averaged to one"),
    "192 kHz": (wav(np.repeat(TONE, 12), 192_000), "Resampled from 192,000 to 16,000 Hz"),
    "antiphase, floats": (wav(np.stack([TONE, -TONE], 1), subtype="FLOAT"), "their average is silence"),
    "antiphase, 16 bits": (wav(np.stack([TONE, -TONE], 1)), "their average is silence"),
    "nearly antiphase": (wav(np.stack([TONE, -0.99 * TONE], 1)), "nearly cancel each other"),
    "louder than full scale": (wav(4 * TONE, subtype="FLOAT"), "turned down to 1"),
    "says more than there is": (patched(data=10**9), "Cut short: the file has 32,044 of the 1,000,000,044 bytes"),
    "says less than there is": (patched(data=3_200), "bytes that it does not explain"),
    "bits that make no frame": (patched(bits=3), "1 channels of 3 bits do not make 2 bytes a sample"),
    "bytes a second of another rate": (patched(bytes_a_second=8_000), "are not 8,000 bytes a second"),
}


@pytest.mark.parametrize("name", SAID)
def test_it_is_said_and_tokenized(name, tokenizer):
    data, words = SAID[name]
    record = tokenized(load_medium(data, wanted="audio"), tokenizer, 256)
    assert any(words in note for note in record.notes), record.notes
    assert np.isfinite(record.reconstruction).all() and len(record.levels[0].indices) == len(record.media) // 80
    figures = sound_quality(record.media, record.reconstruction, RATE)
    assert np.isfinite(figures.log_mel_db)
    assert (figures.si_sdr_db is None) == (not record.media.any())


REFUSED = {
    "no samples": (wav(np.zeros(0)), "no samples"),
    "9 channels": (wav(np.zeros((100, 9))), "9 channels; 1 to 8"),
    "no channels": (patched(channels=0), "damaged or cut short"),
    "a rate of 0": (patched(rate=0), "damaged or cut short"),
    "a rate of 4 MHz": (patched(rate=4_000_000), "4,000,000 samples a second"),
    "not a number": (wav(np.full(100, np.nan), subtype="FLOAT"), "NaN"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words(name):
    data, words = REFUSED[name]
    with pytest.raises(MediaError, match=words):
        load_medium(data, wanted="audio")


ORDINARY = {
    "a tone": TONE,
    "a slow tone at full scale": np.sin(2 * np.pi * 20 * TIME_S),
    "noise": 0.2 * NOISE[:, 0],
    "noise that just reaches full scale": NOISE[:, 0] / np.abs(NOISE[:, 0]).max(),
    "a short click": np.where(TIME_S == 0.5, 1.0, 0.0),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_what_is_not_odd_is_not_said(name):
    assert load_medium(wav(ORDINARY[name] * (1 - 2**-15)), wanted="audio").notes == ()


def test_the_share_that_is_clipped_is_counted_by_hand():
    """Two tops of 4 and 3 samples that end steeply, one of 2, and one that is left slowly: 7 of 30."""
    wave = np.zeros(30)
    wave[2:6], wave[10:13], wave[16:18], wave[20:24], wave[24] = 1, -1, 1, 1, 1 - 2**-13
    (note,) = oddity_notes(wave[:, None].astype(np.float32), 1000)
    assert note.startswith(f"Clipped: {100 * 7 / 30:.2g}% of")


@pytest.mark.parametrize("suffix", ["flac", "mp3", "m4a", "opus", "ogg"])
def test_files_of_ffmpeg_of_two_channels_in_antiphase_are_said_to_be_silence(suffix, tmp_path, tokenizer):
    """Lossy coders leave a little of it, which is said as what it is."""
    ffmpeg_program.require()
    path = tmp_path / f"anti.{suffix}"
    sound = "aevalsrc=0.5*sin(880*PI*t)|-0.5*sin(880*PI*t):s=48000:d=1"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", sound, str(path)], check=True)
    record = tokenized(load_medium(path, wanted="audio"), tokenizer, 256)
    assert any("cancel each other" in note for note in record.notes), record.notes
