"""UserCodec: what `attach` and `adapt` make, with the range of its pixels and the line of the user's file."""

from __future__ import annotations

from explorer.foundation.errors import AdapterError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.tokenizers.codec import Codec


class UserCodec(Codec):
    """made_at: (file, line) of the call that made it. tried: whether it was tried already, see user/trial.py."""

    half_precision = False
    made_at: tuple[str, int] = ("", 0)
    tried = False
    _low = 0.0
    _span = 1.0

    @property
    def pixel_range(self) -> tuple[float, float]:
        """Lowest and highest value of the pixels that the user's code takes and gives."""
        return self._low, self._low + self._span

    def set_range(self, low: float, high: float) -> None:
        """Another range of the pixels. Raises AdapterError."""
        self._low, self._span = range_of((low, high), self.spec)


def range_of(pixel_range: tuple[float, float], spec: TokenizerSpec) -> tuple[float, float]:
    """Lowest value and span of the pixels that the user's functions take; sound is left as it is."""
    low, high = (float(end) for end in pixel_range)
    if not low < high:
        raise AdapterError(f"pixel_range {pixel_range!r} must be (lowest, highest), such as (-1, 1).")
    return (0.0, 1.0) if spec.modality == "audio" else (low, high - low)
