"""Hard content: crops of the sample pictures on which tokenizers break first.

Text and faces go first (people notice them most), then texture finer than a token, and flat gradients that show
bands. Sides are multiples of 8 and, where the sample allows, long enough for MS-SSIM (161 pixels).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from explorer.foundation.errors import UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.media.pictures.image import LoadedImage
from explorer.media.samples import Sample, sample_picture


@dataclass(frozen=True)
class HardContent:
    """look: what to look at. box: (top, left, height, width) in pixels of the sample `sample_id`."""

    id: str
    title: str
    look: str
    sample_id: str
    box: tuple[int, int, int, int]

    @property
    def sample(self) -> Sample:
        """The sample picture, with its source and licence."""
        return sample_picture(self.sample_id)

    def load(self) -> LoadedImage:
        """The crop. Raises MediaError if the package that holds the sample is not installed."""
        whole = self.sample.load()
        top, left, height, width = self.box
        pixels = np.ascontiguousarray(whole.pixels[top : top + height, left : left + width])
        note = (
            f"{self.title}: {width} x {height} pixels of the sample {self.sample_id!r}, from row {top}, column {left}."
        )
        return LoadedImage(pixels, (*whole.notes, note))


_ALL = (
    HardContent("text", "Printed text", "Letters: can the words still be read?", "page", (0, 0, 184, 376)),
    HardContent("handwriting", "Handwriting", "Thin strokes and their joints.", "text", (0, 0, 168, 448)),
    HardContent(
        "face", "Face", "Eyes and mouth: people see the smallest error there.", "astronaut", (0, 128, 192, 192)
    ),
    HardContent("texture", "Fine texture", "Blades of grass: kept, or smeared to grey?", "grass", (0, 0, 256, 256)),
    HardContent("pattern", "Regular pattern", "Roofs and railings finer than a token.", "china", (104, 128, 256, 256)),
    HardContent(
        "gradients", "Flat gradients", "Bands and seams of patches in even colour.", "colorwheel", (56, 56, 256, 256)
    ),
)

PRESETS: Mapping[str, HardContent] = MappingProxyType({one.id: one for one in _ALL})


def preset(preset_id: str) -> HardContent:
    """The hard content of that id. Raises UnknownIdError with the valid ids."""
    if preset_id not in PRESETS:
        raise UnknownIdError(unknown_id_message("preset of hard content", preset_id, list(PRESETS)))
    return PRESETS[preset_id]
