"""A perceptual distance without learned weights: local energies of oriented waves, as a picture's texture is seen.

Each colour axis is filtered by pairs of Gabor waves a quarter of a period apart (Daugman 1985), in ORIENTATIONS at
every octave; the energy of a pair, |even + i odd|, says how strong a wave is there and not where its crests lie
(Adelson and Bergen 1985). So grain in place of grain costs little, while a flat patch in its place costs much, which a
squared error has the other way round. Differences are divided by the energy of the original, since contrast is seen in
proportion (divisive normalization, as in Laparra et al. 2016). It stands where VQGAN has LPIPS, whose weights do not
ship here; no paper has it in this form.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d

ORIENTATIONS = 4
OCTAVES = 3
SIZE = 7  # pixels a side of a filter
PERIOD = 4.0  # pixels of a wave
SIGMA = 1.6  # pixels of its window
POOL = 4  # pixels a side over which energies are averaged
FLOOR = 0.05  # added to the energy by which is divided, for pictures in [-1, 1]
OPPONENT = ((1 / 3, 1 / 3, 1 / 3), (0.5, -0.5, 0.0), (0.25, 0.25, -0.5))  # grey, red-green, yellow-blue


def gabor_pairs() -> Tensor:
    """Even and odd waves of each orientation (2 ORIENTATIONS, 1, SIZE, SIZE): no mean, absolute values sum to 1."""
    places = torch.arange(SIZE, dtype=torch.float64) - SIZE // 2
    y, x = torch.meshgrid(places, places, indexing="ij")
    window = torch.exp(-(x**2 + y**2) / (2 * SIGMA**2))
    filters = []
    for turn in range(ORIENTATIONS):
        angle = math.pi * turn / ORIENTATIONS
        phase = 2 * math.pi / PERIOD * (x * math.cos(angle) + y * math.sin(angle))
        for wave in (torch.cos(phase), torch.sin(phase)):
            centred = window * (wave - (window * wave).sum() / window.sum())
            filters.append(centred / centred.abs().sum())
    return torch.stack(filters)[:, None].float()


class EnergyDistance(nn.Module):
    """(B, 3, H, W) twice, in [-1, 1] -> a number: 0 for equal pictures. Sides of at least 40 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pairs", gabor_pairs())
        self.register_buffer("axes", torch.tensor(OPPONENT)[:, :, None, None])

    def energies(self, pictures: Tensor) -> list[Tensor]:
        """Averaged energies of each octave, the finest first: (B or 3 B, ORIENTATIONS, h, w).

        The finest is of grey alone, since colour is seen at half the sharpness or less.
        """
        planes = conv2d(pictures, self.axes)  # (B, 3, H, W)
        found = []
        for octave in range(OCTAVES):
            seen = planes if octave else planes[:, :1]
            even, odd = conv2d(seen.flatten(0, 1)[:, None], self.pairs).unflatten(1, (ORIENTATIONS, 2)).unbind(2)
            planes = avg_pool2d(planes, 2)
            found.append(avg_pool2d((even**2 + odd**2 + 1e-8).sqrt(), POOL, stride=POOL // 2))
        return found

    def forward(self, decoded: Tensor, original: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = self.energies(original)
        terms = [
            ((made - want).abs() / (want + FLOOR)).mean()
            for made, want in zip(self.energies(decoded), wanted, strict=True)
        ]
        return sum(terms) / len(terms)
