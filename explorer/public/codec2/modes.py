"""The two codecs of libcodec2 that are known here: their packets field by field, and what each number stands for.

700C: github.com/drowe67/codec2, `newamp1.c` (two stages of 9 bits over 20 mel-spaced bands with their mean removed, the
mean in dB by 4 bits, the pitch by 6 bits of its logarithm from 50 to 400 Hz, of which 0 says "no voice"). LPCNet:
github.com/drowe67/LPCNet, `lpcnet_quant.c`, the direct split of FreeDV 2020 (four stages of 11 bits over 18 bands in
dB, the period of the pitch by 6 bits, its gain by 2).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from explorer.public.codec2.program import BANDS, FIELDS_700C, FIELDS_LPCNET, HOP_700C, HOP_LPCNET, NEWAMP_WIDTH

VOCODER = (
    "A vocoder makes the waveform anew from spectrum and pitch, with phases of its own: SI-SDR says nothing of it, "
    "the log-mel distance does."
)


class Mode(ABC):
    """name: of `program.py`. codes: of each field. stages: how many fields are vectors of `width` numbers.

    more_numbers: of tables behind those of the vectors. delay_samples: of the decode, by the smallest log-mel distance
    over shifts on speech.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    rate_hz: ClassVar[int]
    hop: ClassVar[int]
    delay_samples: ClassVar[int]
    codes: ClassVar[tuple[int, ...]]
    stages: ClassVar[int]
    width: ClassVar[int]
    more_numbers: ClassVar[int] = 0
    notes: ClassVar[tuple[str, ...]] = (VOCODER,)

    @property
    def dim(self) -> int:
        """Axes of the space of all levels: those of the vectors, and one for each of the other fields."""
        return self.width + len(self.codes) - self.stages

    @abstractmethod
    def scalars(self, numbers: np.ndarray) -> tuple[np.ndarray, ...]:
        """The values (K,) of each field that is one number; numbers: what the library has of them."""

    @abstractmethod
    def centred(self, measured: np.ndarray) -> np.ndarray:
        """What the library measured (..., dim), in the units of the tables."""


class Mode700C(Mode):
    """Energy: dB above 30. Pitch: 0 without voice, else 1 + octaves above 50 Hz."""

    name, title, rate_hz, hop, delay_samples = "700C", "Codec2 700C", 8000, HOP_700C, 240
    codes, stages, width, more_numbers = tuple(1 << bits for bits in FIELDS_700C), 2, NEWAMP_WIDTH, 16
    summary = (
        "Speech at 8 kHz in 28 bits every 40 ms, 700 bit/s: levels 1 and 2 are the spectrum (512 codes each), level 3 "
        "the energy (16), level 4 the pitch (64, 0 for no voice)."
    )

    def scalars(self, numbers: np.ndarray) -> tuple[np.ndarray, ...]:
        pitch = np.arange(self.codes[3]) * 3 / self.codes[3]  # octaves: 50 to 400 Hz in 64 steps
        return numbers - 30, np.where(np.arange(self.codes[3]) > 0, 1 + pitch, 0)

    def centred(self, measured: np.ndarray) -> np.ndarray:
        hertz = measured[..., -1] * self.rate_hz / (2 * np.pi)
        octaves = 1 + np.log2(np.maximum(hertz, 1) / 50)
        last = np.stack([measured[..., -2] - 30, np.where(hertz > 0, octaves, 0)], -1)
        return np.concatenate([measured[..., :-2], last], -1)


class ModeLpcNet(Mode):
    """Pitch: samples of its period, less 100. Gain: of the pitch, less 0.25."""

    name, title, rate_hz, hop, delay_samples = "lpcnet", "LPCNet 1733", 16000, HOP_LPCNET, 880
    codes, stages, width = tuple(1 << bits for bits in FIELDS_LPCNET), 4, BANDS
    summary = (
        "Speech at 16 kHz in 52 bits every 30 ms, 1,733 bit/s: levels 1 to 4 are the spectrum (2,048 codes each), "
        "level 5 the period of the pitch (64), level 6 its gain (4, two of which are alike). A recurrent network "
        "makes the samples; its weights stay inside the library."
    )

    def scalars(self, numbers: np.ndarray) -> tuple[np.ndarray, ...]:
        periods = np.minimum((np.arange(self.codes[4]) << 2) + 32, 255) - 100.0
        return periods, np.array([0.25, 0.25, 0.65, 0.8]) - 0.25

    def centred(self, measured: np.ndarray) -> np.ndarray:
        return measured - np.array([0.0] * self.width + [100, 0.25])


MODES: dict[str, Mode] = {mode.name.lower(): mode for mode in (Mode700C(), ModeLpcNet())}
