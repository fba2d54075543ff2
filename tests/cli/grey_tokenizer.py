"""A small tokenizer that can be checked by hand, the command line asked in this process, and what it says."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from explorer.__main__ import main
from explorer.joints.record import Codebook, TokenLayout, TokenLevel, TokenRecord
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec

PATCH = 8


GREYS = np.linspace(0, 1, 16, dtype=np.float32)[:, None]  # (K, D) = (16, 1)


class GreyTokenizer(Tokenizer):
    """Each 8 x 8 patch becomes the nearest of 16 greys."""

    spec = TokenizerSpec(
        "grey", "Sixteen greys", "For tests", "image", "vq", 16, 1, 1, "single", PATCH, 0, "MIT",
        MappingProxyType({"psnr_db": 12.5}),
    )  # fmt: skip
    device = "cpu"

    def tokenize(self, media):
        rows, columns = media.shape[0] // PATCH, media.shape[1] // PATCH
        z_e = media.reshape(rows, PATCH, columns, PATCH, 3).mean(axis=(1, 3, 4)).reshape(-1, 1).astype(np.float32)
        indices = np.abs(z_e - GREYS[:, 0]).argmin(axis=1)
        layout = TokenLayout("grid2d", (rows, columns), media.shape[:2])
        level = TokenLevel(indices.reshape(rows, columns), z_e, GREYS[indices], *self.codebooks(), layout)
        decoded = self.detokenize([level.indices])
        return TokenRecord(media, "grey", (level,), decoded, {"encode": 0.0}, notes=("Sight in grey.",))

    def detokenize(self, indices):
        (grid,) = indices
        return np.repeat(GREYS[grid].repeat(PATCH, axis=0).repeat(PATCH, axis=1), 3, axis=2)

    def codebooks(self):
        return (Codebook(16, 1, "euclidean", GREYS),)

    def decode_levels(self, record, levels):
        return record.reconstruction

    def decode_alone(self, level, codes, tokens=3):
        return np.repeat(GREYS[list(codes)].reshape(-1, 1, 1, 1), 3, axis=3).repeat(PATCH, axis=1).repeat(PATCH, axis=2)

    def decode_fields(self, level, fields):
        return np.stack([self.detokenize([field]) for field in fields])


def run(*arguments) -> int:
    return main([str(argument) for argument in arguments])


def one_line(capsys) -> str:
    """What went to stderr, which must be one line and no trace; nothing may have gone to stdout."""
    out, error = capsys.readouterr()
    assert out == "" and error.startswith("explorer: ") and error.count("\n") == 1 and "Traceback" not in error
    return error
