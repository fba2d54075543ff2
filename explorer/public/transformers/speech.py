"""What speech models hear: Kaldi's log-mel frames, and sound brought from 24 to 16 kHz.

Frames of 25 ms each 10 ms as kaldi-asr.org computes them (feat/feature-window, feat/mel-computations), 80 bands.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import conv1d, pad

RATE_HZ = 16_000
FRAME, STEP, FFT = 400, 160, 512  # samples
BANDS, LOWEST_HZ, HIGHEST_HZ = 80, 20.0, 8000.0
FULL_SCALE = 2**15  # Kaldi counts in 16-bit samples
PREEMPHASIS = 0.97
SMALLEST = 1.1920928955078125e-07  # float32's epsilon: what Kaldi puts under a logarithm
REACH, BETA = 30, 5.0  # of the filter between rates: taps on each side, and the shape of its Kaiser window


def paired_mel_frames(sound: Tensor) -> Tensor:
    """sound (B, S) in about [-1, 1] at 16 kHz -> (B, T, 160): two frames of 80 bands each.

    Each band has mean 0 and variance 1 over the sound. A frame without a second one is left out.
    """
    frames = mel_frames(sound)  # (B, F, 80)
    frames = (frames - frames.mean(1, keepdim=True)) / (frames.var(1, keepdim=True) + 1e-7).sqrt()
    pairs = frames.shape[1] // 2
    return frames[:, : 2 * pairs].reshape(len(frames), pairs, 2 * BANDS)


def mel_frames(sound: Tensor) -> Tensor:
    """sound (B, S) -> (B, F, 80) log energies; frames lie within the sound."""
    frames = (sound * FULL_SCALE).unfold(1, FRAME, STEP)  # (B, F, 400)
    frames = frames - frames.mean(2, keepdim=True)
    before = torch.cat([frames[..., :1], frames[..., :-1]], dim=2)
    frames = (frames - PREEMPHASIS * before) * _window().to(frames)
    power = torch.fft.rfft(frames, FFT).abs().square()[..., : FFT // 2]  # (B, F, 256)
    return (power @ _bands().to(power)).clamp_min(SMALLEST).log()


@cache
def _window() -> Tensor:
    """Povey's window: Hann's to the power 0.85."""
    return torch.hann_window(FRAME, periodic=False, dtype=torch.float64).pow(0.85)


@cache
def _bands() -> Tensor:
    """(256, 80): triangles over the mel scale, evenly spaced and equally wide on it."""

    def mel(hertz: Tensor) -> Tensor:
        return 1127.0 * torch.log1p(hertz / 700.0)

    low, high = mel(torch.tensor([LOWEST_HZ, HIGHEST_HZ], dtype=torch.float64))
    width = (high - low) / (BANDS + 1)
    left = low + width * torch.arange(BANDS, dtype=torch.float64)  # (80,)
    at = mel(torch.arange(FFT // 2, dtype=torch.float64) * RATE_HZ / FFT)[:, None]  # (256, 1)
    return torch.minimum((at - left) / width, (left + 2 * width - at) / width).clamp_min(0)


def two_thirds(sound: Tensor) -> Tensor:
    """sound (B, 1, S), S a multiple of 3, -> (B, 1, 2 S / 3): from 24 to 16 kHz, through a low-pass filter."""
    batch, _, samples = sound.shape
    spread = torch.stack([sound, torch.zeros_like(sound)], dim=3).reshape(batch, 1, 2 * samples)  # a zero after each
    return conv1d(pad(spread, (REACH, REACH)), _low_pass().to(sound), stride=3)[..., : 2 * samples // 3]


@cache
def _low_pass() -> Tensor:
    """(1, 1, 61) sinc at a third of the doubled rate's half, under a Kaiser window; its sum makes up for the zeros."""
    at = torch.arange(-REACH, REACH + 1, dtype=torch.float64) / 3
    window = torch.kaiser_window(2 * REACH + 1, periodic=False, beta=BETA, dtype=torch.float64)
    taps = torch.sin(math.pi * at) / (math.pi * at)
    taps[REACH] = 1.0
    taps = taps * window
    return (2 * taps / taps.sum())[None, None]
