"""SeriesTokenizer: a SeriesCodec behind the Tokenizer interface."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from explorer.foundation.errors import MediaError, RecordError
from explorer.foundation.words import count_of
from explorer.joints.record import TokenLevel
from explorer.joints.tokenizer import Pieces
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.codec import CodecLevel
from explorer.tokenizers.rows.codecs import FastCodec, SeriesCodec

CUT_OFF = "cut off at the largest integer that this tokenizer has"


class SeriesTokenizer(AdaptedTokenizer):
    """Takes and gives series (T, D) float32, with every column scaled to about [-1, 1] (`media.rows.series`)."""

    _codec: SeriesCodec

    def pieces(self, level: TokenLevel) -> Pieces | None:
        return self._codec.pieces(level) if isinstance(self._codec, FastCodec) else None

    def decode_alone(self, level: int, codes: Sequence[int], tokens: int = 3) -> np.ndarray:
        """(len(codes), rows, ways): a column each for the ways in which the code can stand in a stretch; see Tokenizer.

        tokens: taken no notice of, since a stretch of a series decodes alike wherever it stands.
        """
        self._check_levels([level])
        ways = range(self._codec.ways())
        fields = [[self._codec.stretch(int(code), way) for way in ways] for code in codes]
        if not fields:
            return np.empty((0, self.spec.media_multiple, len(ways)), np.float32)
        return self.decode_fields(level, np.array(fields))

    def _array(self, media: Tensor, extent: tuple[int, ...]) -> np.ndarray:
        array = media.float().movedim(1, -1).cpu().numpy()  # (B, T, D)
        if array.shape[1:] != extent[::-1]:
            raise RecordError(f"{self.spec.id} decoded to {array.shape[1:]}, expected {extent[::-1]}")
        return np.ascontiguousarray(array)

    def _checked_media(self, media: np.ndarray) -> np.ndarray:
        shape, multiple = np.shape(media), self.spec.media_multiple
        if len(shape) != 2 or 0 in shape:
            raise MediaError(f"{self.spec.id} needs a series of shape (rows, columns), got {shape}")
        if shape[0] % multiple:
            raise MediaError(f"{self.spec.id} needs rows that are a multiple of {multiple}, got {shape[0]}")
        media = np.ascontiguousarray(media, np.float32)
        if not np.isfinite(media).all():
            raise MediaError(f"{self.spec.id} needs finite values; the series holds NaN or infinity")
        return media

    def _notes(self, stages: Sequence[CodecLevel]) -> tuple[str, ...]:
        notes = super()._notes(stages)
        if not isinstance(self._codec, FastCodec):
            return notes
        beyond = int((stages[0].z_e.abs() > self._codec.rounding.limit + 0.5).sum())
        tokens = count_of(stages[0].z_e.numel(), "coefficient")
        return (*notes, f"{beyond:,} of {tokens} {CUT_OFF}, {self._codec.rounding.limit}.") if beyond else notes
