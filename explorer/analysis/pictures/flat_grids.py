"""Tokens of any layout laid on flat grids, and a tokenizer that decodes them to pictures: what an editor draws on.

Sounds become spectrograms with one row of tokens, clips mosaics of frames, series lanes of lines (`depiction`), and
tokens without a place a wrapped grid beside the picture. Codes and decodes stay the tokenizer's own; only where a token
is drawn is chosen here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.pictures.depiction import clip_picture, depict
from explorer.analysis.pictures.series_pictures import code_tiles
from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook, TokenLayout, TokenRecord
from explorer.joints.tokenizer import Tokenizer
from explorer.media.clips.mosaic import mosaic, mosaic_order, mosaic_shape
from explorer.media.rows.drawing import item_tile, items_pixels, ranges_of, scale_of, series_pixels
from explorer.media.sounds.spectrogram import sound_picture, spectrogram_db, width_of


@dataclass(frozen=True)
class FlatGrids:
    """layouts: of each level. grids: (rows, columns) of each on the screen. orders: the flat positions of the layout in
    the order of the screen, None where both are the same.
    """

    layouts: tuple[TokenLayout, ...]
    grids: tuple[tuple[int, int], ...]
    orders: tuple[np.ndarray | None, ...]
    modality: str = "image"

    @property
    def plain(self) -> bool:
        """Whether the tokens lie on grids of a picture already."""
        return self.modality == "image" and all(layout.kind == "grid2d" for layout in self.layouts)

    @property
    def placed(self) -> bool:
        """Whether every token has a place in the medium."""
        return all(layout.kind in ("grid2d", "sequence", "grid3d") for layout in self.layouts)

    def lay(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Arrays of the layouts' shapes -> of the grids' shapes."""
        return [
            (array.reshape(-1) if order is None else array.reshape(-1)[order]).reshape(grid)
            for array, grid, order in zip(arrays, self.grids, self.orders, strict=True)
        ]

    def restore(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The reverse of `lay`. Raises RecordError for arrays of other shapes."""
        if [np.shape(array) for array in arrays] != list(self.grids):
            raise RecordError(f"laid tokens need the shapes {list(self.grids)}, got {[np.shape(a) for a in arrays]}")
        restored = []
        for array, layout, order in zip(arrays, self.layouts, self.orders, strict=True):
            flat = np.asarray(array).reshape(-1)
            if order is not None:
                flat = flat[np.argsort(order)]
            restored.append(flat.reshape(layout.shape))
        return restored


def lay_flat(record: TokenRecord) -> FlatGrids:
    """How the tokens of a record lie on the screen. Raises RecordError for layouts that are not drawn (graphs)."""
    layouts = tuple(level.layout for level in record.levels)
    pairs = [_grid(layout) for layout in layouts]
    return FlatGrids(layouts, tuple(grid for grid, _ in pairs), tuple(order for _, order in pairs), record.modality)


def _grid(layout: TokenLayout) -> tuple[tuple[int, int], np.ndarray | None]:
    if layout.kind == "grid2d":
        return layout.shape, None  # type: ignore[return-value]
    if layout.kind == "sequence":
        return (1, layout.shape[0]), None
    if layout.kind == "set1d":
        return mosaic_shape(layout.num_tokens), None
    if layout.kind == "grid3d":
        rows, columns = mosaic_shape(layout.shape[0])
        return (rows * layout.shape[1], columns * layout.shape[2]), mosaic_order(layout.shape)  # type: ignore[arg-type]
    raise RecordError(f"tokens of layout {layout.kind} are not drawn on a grid")


class FlatTokenizer(Tokenizer):
    """`tokenizer` for media like that of `record`: takes indices as `Laid.lay` makes them and decodes to pictures.

    A sound's pictures share the scale of the record's own spectrogram, so that changes of loudness are seen.
    """

    def __init__(self, tokenizer: Tokenizer, record: TokenRecord) -> None:
        self._tokenizer, self._laid = tokenizer, lay_flat(record)
        self.spec, self.device = tokenizer.spec, tokenizer.device
        self._rate, self._steps = record.sample_rate_hz, record.levels[0].layout
        if record.modality == "audio":
            self._width = width_of(max(level.layout.num_tokens for level in record.levels))
            db = spectrogram_db(record.media, float(record.sample_rate_hz or 1), self._width)
            self._loudest_db = float(db.max())
        if record.modality == "series":
            self._depicted = depict(record).media.shape[1]
            self._ranges = ranges_of(record.media, record.reconstruction)
        if record.modality == "vectors":
            self._scale = scale_of(record.media, record.reconstruction)

    def codebooks(self) -> tuple[Codebook, ...]:
        return self._tokenizer.codebooks()

    def tokenize(self, media: np.ndarray) -> TokenRecord:
        return self._tokenizer.tokenize(media)

    def medium(self, indices: Sequence[np.ndarray], kept: Sequence[np.ndarray]) -> np.ndarray:
        """Laid indices and masks -> the medium itself: sound (samples, C), a clip, or a picture."""
        restored, masks = self._laid.restore(indices), self._laid.restore(kept)
        if all(mask.all() for mask in masks):
            return self._tokenizer.detokenize(restored)
        return self._tokenizer.decode_kept(restored, masks)

    def detokenize(self, indices: Sequence[np.ndarray]) -> np.ndarray:
        return self._picture(self._tokenizer.detokenize(self._laid.restore(indices)))

    def decode_kept(self, indices: Sequence[np.ndarray], kept: Sequence[np.ndarray]) -> np.ndarray:
        return self._picture(self.medium(indices, kept))

    def decode_levels(self, record: TokenRecord, levels: Sequence[int]) -> np.ndarray:
        return self._picture(self._tokenizer.decode_levels(record, levels))

    def decode_alone(self, level: int, codes: Sequence[int], tokens: int = 3) -> np.ndarray:
        """(len(codes), h, w, 3): each code as the tokenizer decodes it alone, drawn."""
        decoded = self._tokenizer.decode_alone(level, codes, tokens)
        if self.spec.modality == "audio":
            width = 16 * max(1, decoded.shape[1] // self.spec.downsampling)
            return np.stack([sound_picture(one, float(self._rate or 1), width, self._loudest_db) for one in decoded])
        if self.spec.modality == "series":
            return np.stack(code_tiles(decoded))
        if self.spec.modality == "vectors":
            return np.stack([item_tile(one[0], scale_of(decoded)) for one in decoded])
        return np.stack([mosaic(one) for one in decoded]) if decoded.ndim == 5 else decoded

    def decode_fields(self, level: int, fields: np.ndarray) -> np.ndarray:
        raise RecordError(f"{self.spec.id} has no fields of rows and columns; decode codes alone instead")

    def _picture(self, medium: np.ndarray) -> np.ndarray:
        """A decoded medium -> (H, W, 3) float32 in [0, 1]."""
        if self.spec.modality == "audio":
            return sound_picture(medium, float(self._rate or 1), self._width, self._loudest_db)
        if self.spec.modality == "video":
            return clip_picture(medium, self._steps)
        if self.spec.modality == "series":
            return series_pixels(medium, self._ranges, self._depicted)
        if self.spec.modality == "vectors":
            return items_pixels(medium, self._scale)
        return medium
