"""How far two sounds are apart to the ear, as a loss: log-mel spectrograms at several window lengths.

As the reconstruction terms of SoundStream (Zeghidour et al. 2021, arXiv 2107.03312) and DAC (Kumar et al. 2023, arXiv
2306.06546); the L1 distance of logarithms alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from explorer.media.sounds.spectrogram import mel_filters

SCALES = ((2048, 80), (512, 40), (128, 12))  # samples of a window at 16 kHz, and its bands
FLOOR = 1e-6  # of power; a sine of full scale has about 0.1 in its band
OVERLAP = 4


class LogMel(nn.Module):
    """samples (B, S) -> one natural logarithm of mel power (B, bands, frames) a scale."""

    def __init__(self, sample_rate_hz: int, scales: Sequence[tuple[int, int]] = SCALES, floor: float = FLOOR) -> None:
        super().__init__()
        self.floor = floor
        self.windows = [window for window, _ in scales]
        for window, bands in scales:
            filters = mel_filters(bands, window, sample_rate_hz).astype(np.float32)
            taper = torch.hann_window(window)
            self.register_buffer(f"filters_{window}", torch.from_numpy(filters) / taper.sum().square())
            self.register_buffer(f"taper_{window}", taper)

    def forward(self, samples: Tensor) -> list[Tensor]:
        found = []
        for window in self.windows:
            taper, filters = getattr(self, f"taper_{window}"), getattr(self, f"filters_{window}")
            hop = window // OVERLAP
            bins = torch.stft(samples, window, hop, window=taper, pad_mode="constant", return_complex=True)
            power = torch.view_as_real(bins).square().sum(-1)  # (B, bins, frames)
            found.append((filters @ power + self.floor).log())
        return found

    def distance(self, one: Tensor, other: Tensor) -> Tensor:
        """Mean absolute difference of the logarithms, over bands and frames, then over scales."""
        pairs = zip(self(one), self(other), strict=True)
        return torch.stack([(a - b).abs().mean() for a, b in pairs]).mean()
