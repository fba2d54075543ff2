"""Which part of a GIF's screen its frames have drawn on: the rest is transparent in browsers, and Pillow fills it."""

from __future__ import annotations

import numpy as np
from PIL import Image

_TO_BACKGROUND, _TO_PREVIOUS = 2, 3  # disposal methods (GIF89a, section 23)


class Cover:
    """Of the frames that were sought so far. Of other formats all is drawn on."""

    def __init__(self) -> None:
        self._drawn: np.ndarray | None = None  # (H, W) bool
        self._before: np.ndarray | None = None  # as it was before the last frame
        self._box, self._disposal = (0, 0, 0, 0), 0

    def add(self, image: Image.Image) -> None:
        """The frame that was just sought and is not loaded yet; frames come in their order."""
        tiles = getattr(image, "tile", None)
        if image.format != "GIF" or not tiles:
            return
        drawn = np.zeros(image.size[::-1], bool) if self._drawn is None else self._left()
        if drawn.shape != image.size[::-1]:  # a frame that reaches beyond the screen makes it larger
            height, width = image.size[1] - drawn.shape[0], image.size[0] - drawn.shape[1]
            drawn = np.pad(drawn, ((0, max(0, height)), (0, max(0, width))))
        self._before = drawn.copy()
        self._box, self._disposal = tuple(tiles[0][1]), int(getattr(image, "disposal_method", 0))
        left, top, right, bottom = self._box
        drawn[top:bottom, left:right] = True
        self._drawn = drawn

    def _left(self) -> np.ndarray:
        """What is drawn on once the last frame is disposed of."""
        assert self._drawn is not None and self._before is not None
        if self._disposal == _TO_PREVIOUS:
            return self._before
        left = self._drawn.copy()
        if self._disposal == _TO_BACKGROUND:
            x0, y0, x1, y1 = self._box
            left[y0:y1, x0:x1] = False
        return left

    def laid(self, image: Image.Image) -> Image.Image:
        """The loaded frame, transparent where nothing was drawn; itself where all was."""
        if self._drawn is None or self._drawn.all() or self._drawn.shape != image.size[::-1]:
            return image
        whole = image.convert("RGBA")
        alpha = np.asarray(whole.getchannel("A")) * self._drawn.astype(np.uint8)
        whole.putalpha(Image.fromarray(alpha))
        whole.info = {name: value for name, value in image.info.items() if name != "transparency"}
        return whole
