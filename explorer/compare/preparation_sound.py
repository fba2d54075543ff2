"""A sound made ready to be compared: each codec hears it at its own rate, and is judged at the reference's.

What a codec decodes early or late is moved back first, by whole samples of its own rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.compare.preparation import Judgement, Preparation
from explorer.compare.reference_sound import SoundCodec
from explorer.foundation.errors import MediaError
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.fitting import Fitting
from explorer.media.medium import fit_medium
from explorer.media.quality.fidelity import WorstPatch
from explorer.media.quality.sound_delay import Delay, estimate_delay, find_delay, moved_back
from explorer.media.quality.sound_fidelity import SoundQuality, aligned_quality, sound_quality
from explorer.media.sounds.audio import LoadedAudio, fit_audio, mix_to_mono
from explorer.media.sounds.spectrogram import MEL_BANDS, WIDTH_PX, sound_pixels, spectrogram_db

TALL = 2  # pixels a band
SOME_MS = 0.5  # less is rounding of rates
WORST_S = 0.25  # length of the stretch that is called the worst
FILTER_REACH = 10  # samples of the lower of two rates, over which resampling smears an edge


class PreparedSound(Preparation):
    """reference: (S, C) at its own rate, as long as every tokenizer reaches; in one channel if one of them has one."""

    def __init__(self, sound: LoadedAudio, specs: Sequence[TokenizerSpec], fitting: Fitting) -> None:
        notes = list(sound.notes)
        mono = [spec.title for spec in specs if spec.channels == 1]
        if sound.samples.shape[1] > 1 and mono:
            said: list[str] = []
            sound = replace(sound, samples=mix_to_mono(sound.samples, said))
            notes += [f"Mixed to one channel for all, since {mono[0]} has one.", *said[1:]]
        self._inputs = {spec.id: fit_medium(replace(sound, notes=()), spec, fitting) for spec in specs}
        self.rate_hz = sound.sample_rate_hz
        reached = [len(one.samples) / one.sample_rate_hz for one in self._inputs.values()]
        length = min(len(sound.samples), int(min(reached) * self.rate_hz))
        if length < 1:
            raise MediaError("The sound is too short to be compared.")
        self.reference = np.ascontiguousarray(sound.samples[:length])
        left_out = len(sound.samples) - length
        if left_out:
            notes.append(
                f"Judged over the first {length / self.rate_hz:.3f} s, which all reach "
                f"({1000 * left_out / self.rate_hz:.0f} ms left out)."
            )
        surplus = {
            spec.title: 1000 * (seconds - len(sound.samples) / self.rate_hz)
            for spec, seconds in zip(specs, reached, strict=True)
        }
        filled = [f"{title} {ms:,.1f} ms" for title, ms in surplus.items() if ms > SOME_MS]
        if filled:
            notes.append(f"Its end is filled with silence up to whole tokens ({', '.join(filled)}), judged without it.")
        rates = sorted({one.sample_rate_hz for one in self._inputs.values()} - {self.rate_hz})
        if rates:
            listed = ", ".join(f"{rate:,}" for rate in rates)
            notes.append(
                f"Codecs of {listed} Hz hear it resampled; their sound is resampled back to the {self.rate_hz:,} Hz of "
                "the reference, so what lies above half their own rate counts as lost."
            )
        self.notes = tuple(notes)
        self.extent = 1000 * length / self.rate_hz
        self.facts = {
            "seconds": length / self.rate_hz,
            "sample_rate_hz": self.rate_hz,
            "channels": sound.samples.shape[1],
        }
        db = spectrogram_db(self.reference, self.rate_hz, WIDTH_PX)
        self._loudest_db = float(db.max())
        self.picture = np.repeat(sound_pixels(db, self._loudest_db), TALL, axis=0)

    def given(self, spec: TokenizerSpec) -> np.ndarray:
        return self._inputs[spec.id].samples

    def covered(self, spec: TokenizerSpec) -> float:
        one = self._inputs[spec.id]
        return 1000 * len(one.samples) / one.sample_rate_hz

    def delay(self, spec: TokenizerSpec, decoded: np.ndarray) -> Delay:
        return find_delay(self.given(spec), decoded, float(spec.sample_rate_hz or 1), spec.delay_samples)

    def judged(self, spec: TokenizerSpec, decoded: np.ndarray, delay: Delay, record: TokenRecord) -> Judgement:
        raw = self._resampled(spec, decoded)
        if not delay.samples:
            return Judgement(raw, raw, slice(None), delay)
        lost = self._lost(spec, delay)
        part = slice(lost, None) if delay.samples < 0 else slice(None, max(0, len(raw) - lost))
        aligned = np.zeros_like(raw)
        aligned[part] = self._resampled(spec, moved_back(decoded, delay.samples))[part]
        return Judgement(aligned, raw, part, delay)

    def _resampled(self, spec: TokenizerSpec, decoded: np.ndarray) -> np.ndarray:
        channels = self.reference.shape[1]
        back = fit_audio(LoadedAudio(np.float32(decoded), spec.sample_rate_hz or 1), self.rate_hz, channels, 1, 1)
        return same_length(back.samples, len(self.reference))

    def _lost(self, spec: TokenizerSpec, delay: Delay) -> int:
        """Samples of the reference at one end that a decode moved back does not have."""
        own_hz = spec.sample_rate_hz or self.rate_hz
        smeared = FILTER_REACH / min(own_hz, self.rate_hz) if own_hz != self.rate_hz else 0
        lost = math.ceil((abs(delay.samples) / own_hz + smeared) * self.rate_hz)
        return min(lost, len(self.reference) - 1)

    def quality(self, judged: Judgement) -> SoundQuality:
        raw = judged.decoded if judged.raw is None else judged.raw
        return aligned_quality(self.reference, raw, judged.decoded, judged.part, self.rate_hz, judged.delay)

    def fidelity(self, decoded: np.ndarray) -> SoundQuality:
        """Moved back by the delay that is estimated, as those of tokenizers are."""
        return sound_quality(
            self.reference, decoded, self.rate_hz, estimate_delay(self.reference, decoded, self.rate_hz)
        )

    def worst(self, judged: Judgement, patch_px: int) -> WorstPatch:
        """The stretch of WORST_S with the largest mean squared error."""
        squares, part = np.zeros(len(self.reference)), judged.part
        squares[part] = np.square(self.reference[part].astype(np.float64) - judged.decoded[part]).mean(1)  # (S,)
        length = min(len(squares), max(1, round(WORST_S * self.rate_hz)))
        sums = np.concatenate([[0.0], squares.cumsum()])
        start = int((sums[length:] - sums[:-length]).argmax())
        width = self.picture.shape[1]
        left = start * width // len(squares)
        wide = max(1, round(length * width / len(squares)))
        mse = float(squares[start : start + length].mean())
        return WorstPatch((0, min(left, width - wide), MEL_BANDS * TALL, wide), mse)

    def drawn(self, judged: Judgement) -> np.ndarray:
        pixels = sound_pixels(spectrogram_db(judged.decoded, self.rate_hz, self.picture.shape[1]), self._loudest_db)
        return np.repeat(pixels, TALL, axis=0)

    def codec(self, name: str) -> SoundCodec:
        return SoundCodec(name, self.reference, self.rate_hz)


def same_length(samples: np.ndarray, length: int) -> np.ndarray:
    """The end cut off, or silence added: resampling there and back may be a sample or two out."""
    missing = length - len(samples)
    return np.pad(samples, ((0, missing), (0, 0))) if missing > 0 else samples[:length]
