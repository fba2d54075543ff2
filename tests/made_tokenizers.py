"""Tokenizers of numpy that can be checked by hand: greys for patches, alone or as a sum of two levels."""

from __future__ import annotations

import numpy as np

from explorer.compare.media import CompareMedia
from explorer.foundation.errors import MediaError, RecordError
from explorer.joints.record import Codebook, TokenLayout, TokenLevel, TokenRecord
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.pictures.image import LoadedImage


def spec_of(name, size, levels=1, patch=8, **changes):
    facts = dict(
        id=name, title=f"{size} greys", summary="For tests", modality="image", quantizer="vq", codebook_size=size,
        codebook_dim=1, num_quantizers=levels, combination="sum" if levels > 1 else "single", downsampling=patch,
        parameters=size, licence="MIT",
    )  # fmt: skip
    return TokenizerSpec(**(facts | changes))


class Greys(Tokenizer):
    """Each patch becomes the nearest of `size` even greys; with more levels each one refines what the last left."""

    device = "cpu"

    def __init__(self, name, size, levels=1, patch=8, refuse=None, **changes):
        self.spec, self.refuse, self.runs = spec_of(name, size, levels, patch, **changes), refuse, 0
        first = np.linspace(0, 1, size, dtype=np.float32)[:, None]
        step = 1 / max(1, size - 1)
        rest = np.linspace(-step / 2, step / 2, size, dtype=np.float32)[:, None]
        self._books = [first, *[rest] * (levels - 1)]

    def codebooks(self):
        return tuple(Codebook(self.spec.codebook_size, 1, "euclidean", book) for book in self._books)

    def tokenize(self, media):
        if self.refuse is not None:
            self.refuse(media)
        self.runs += 1
        patch = self.spec.downsampling
        rows, columns = media.shape[0] // patch, media.shape[1] // patch
        if media.shape[:2] != (rows * patch, columns * patch):
            raise MediaError("sides are no multiples")
        left = media.reshape(rows, patch, columns, patch, 3).mean(axis=(1, 3, 4)).reshape(-1, 1).astype(np.float32)
        layout, levels = TokenLayout("grid2d", (rows, columns), media.shape[:2]), []
        for book, codebook in zip(self._books, self.codebooks(), strict=True):
            indices = np.abs(left - book[:, 0]).argmin(axis=1)
            levels.append(TokenLevel(indices.reshape(rows, columns), left, book[indices], codebook, layout))
            left = left - book[indices]
        decoded = self.detokenize([level.indices for level in levels])
        seconds = {"encode": 1e-3 * self.runs, "quantize": 0.5e-3, "decode": 2e-3 * self.runs}
        return TokenRecord(media, self.spec.id, tuple(levels), decoded, seconds, self.spec.combination)

    def detokenize(self, indices):
        patch = self.spec.downsampling
        field = sum(book[grid] for book, grid in zip(self._books, indices, strict=False))
        return np.repeat(field.repeat(patch, axis=0).repeat(patch, axis=1), 3, axis=2).astype(np.float32)

    def decode_levels(self, record, levels):
        books = [(self._books[q], record.levels[q].indices) for q in levels]
        patch = self.spec.downsampling
        field = sum(book[grid] for book, grid in books)
        return np.repeat(field.repeat(patch, axis=0).repeat(patch, axis=1), 3, axis=2).astype(np.float32)

    def decode_alone(self, level, codes, tokens=3):
        return self.decode_fields(level, np.asarray(codes).reshape(-1, 1, 1))

    def decode_fields(self, level, fields):
        return np.stack([self.detokenize([field]) for field in fields])


def picture(height=48, width=64, seed=0):
    """Smooth colour and noise: LoadedImage."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 13)], axis=-1) * 0.3 + 0.5
    return LoadedImage(np.clip(waves + rng.normal(scale=0.05, size=waves.shape), 0, 1).astype(np.float32))


def media_of(images):
    """name -> LoadedImage, or an error to raise."""

    def read(number):
        one = list(images.values())[number]
        if isinstance(one, Exception):
            raise one
        return one

    return CompareMedia("made pictures", tuple(images), read)


def never(_media):
    raise RecordError("It never works.")
