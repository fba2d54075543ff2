"""Folders of small media, and what a dump holds in plain numpy."""

import hashlib
from pathlib import Path

import numpy as np

from tests.audit.small_audit import PATCH, GreyTokenizer, save_picture

SIZES = [(64, 96), (96, 64), (64, 64)]
BROKEN = 70  # number of the file that is no picture


class DecodingGrey(GreyTokenizer):
    """`GreyTokenizer`, which counts only, with a decoder: each patch is the sum of its two codes."""

    def detokenize(self, indices):
        books = self.codebooks()
        grey = sum(book.vectors[level, 0] for book, level in zip(books, indices, strict=True))
        return np.repeat(grey.repeat(PATCH, 0).repeat(PATCH, 1)[..., None], 3, axis=2).astype(np.float32)


def picture_folder(root: Path, many: int = 150) -> list[Path]:
    """Pictures of three sizes in turn, one of which is damaged; their paths in order."""
    paths = []
    for number in range(many):
        size = SIZES[number % 3]
        paths.append(save_picture(root / f"{number:03}.png", size[0] // 2, size[1] // 2, seed=number))
    if many > BROKEN:
        paths[BROKEN].write_text("no picture")
    return paths


def bytes_of(folder: Path) -> dict[str, str]:
    """Name -> SHA-256 of every file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
