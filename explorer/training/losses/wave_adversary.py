"""The adversary of sounds: it looks at spectrograms with phases, at several window lengths, and is matched in features.

The multi-scale STFT discriminator of EnCodec (Defossez et al. 2022, arXiv 2210.13438, section 3.4 and figure 2), made
small, and its relative feature matching (eq. 2), by which the decoder is to look alike to every layer of it. Two things
are not EnCodec's: the decoder lowers -D and not max(0, 1 - D), and that term is weighed as in VQGAN and not by its
balancer (eq. 5).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from explorer.tokenizers.native.sound import LOUDNESS
from explorer.training.losses.adversary import Adversary, AdversaryPlan, adaptive_weight
from explorer.training.ranks import average

WINDOWS = (1024, 512, 256)  # samples
DILATIONS = (1, 2, 4)  # in time, of the layers that halve the bins
LEAK = 0.2
OVERLAP = 4


class SpectrumAdversary(nn.Module):
    """samples (B, 1, S) -> the features of each layer, (B, C, frames, bins); the last are its scores, C = 1."""

    def __init__(self, window: int, channels: int) -> None:
        super().__init__()
        self.window = window
        self.register_buffer("taper", torch.hann_window(window), persistent=False)
        self.first = nn.Conv2d(2, channels, (3, 9), padding=(1, 4))
        self.inner = nn.ModuleList(
            nn.Conv2d(channels, channels, (3, 9), stride=(1, 2), dilation=(dilation, 1), padding=(dilation, 4))
            for dilation in DILATIONS
        )
        self.last = nn.Conv2d(channels, 1, (3, 3), padding=(1, 1))

    def forward(self, samples: Tensor) -> list[Tensor]:
        x = leaky_relu(self.first(self._spectrum(samples)), LEAK)
        features = [x]
        for layer in self.inner:
            x = leaky_relu(layer(x), LEAK)
            features.append(x)
        return [*features, self.last(x)]

    def _spectrum(self, samples: Tensor) -> Tensor:
        """(B, 1, S) -> real and imaginary parts (B, 2, frames, bins), of about 1 where a loud sound is."""
        with torch.autocast(samples.device.type, enabled=False):
            loud = LOUDNESS * samples[:, 0].float()
            bins = torch.stft(
                loud, self.window, self.window // OVERLAP, window=self.taper, normalized=True, pad_mode="constant",
                return_complex=True,
            )  # fmt: skip
        return torch.view_as_real(bins).permute(0, 3, 2, 1)


class WaveAdversary(nn.Module):
    """One `SpectrumAdversary` a window length: samples (B, 1, S) -> their features, window after window."""

    def __init__(self, channels: int, windows: Sequence[int] = WINDOWS) -> None:
        super().__init__()
        self.scales = nn.ModuleList(SpectrumAdversary(window, channels) for window in windows)

    def forward(self, samples: Tensor) -> list[list[Tensor]]:
        return [scale(samples) for scale in self.scales]


class SoundAdversary(Adversary):
    """As `Adversary`, its scores taken over all windows; what fools it also matches its features."""

    def __init__(
        self, network: WaveAdversary, plan: AdversaryPlan, feature_weight: float, device: torch.device
    ) -> None:
        super().__init__(network, plan, device)
        self.feature_weight = feature_weight

    def fool(
        self, step: int, decoded: Tensor, target: Tensor, compared: Tensor, last_layer: Tensor
    ) -> dict[str, Tensor]:
        if step < self.plan.start:
            return {}
        self.network.requires_grad_(False)
        made = self._features(decoded)
        with torch.no_grad():
            real = self._features(target)
        self.network.requires_grad_(True)
        fooling = -scores_of(made).mean()
        weight = self.plan.strength * average(adaptive_weight(compared, fooling, last_layer), self.ranks)
        return {"adversarial": weight * fooling, "features": self.feature_weight * feature_distance(real, made)}

    def _scores(self, media: Tensor) -> Tensor:
        return scores_of(self._features(media))

    def _features(self, media: Tensor) -> list[list[Tensor]]:
        with torch.autocast(media.device.type, torch.bfloat16, enabled=media.device.type != "mps"):
            return self.network(media)


def scores_of(features: Sequence[Sequence[Tensor]]) -> Tensor:
    """The scores of all windows side by side (B, N), about as many of each: where frames are more, bins are fewer."""
    return torch.cat([scale[-1].float().flatten(1) for scale in features], 1)


def feature_distance(real: Sequence[Sequence[Tensor]], made: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean absolute difference over the mean absolute feature of the original; mean over layers and windows.

    EnCodec, eq. 2, with a mean above as below, where the paper writes the sum of the differences.
    """
    found = []
    for one, other in zip(real, made, strict=True):
        for a, b in zip(one[:-1], other[:-1], strict=True):
            apart, size = (a.float() - b.float()).abs().mean(), a.float().abs().mean()
            found.append(apart / size.clamp(min=1e-6))
    return torch.stack(found).mean()
