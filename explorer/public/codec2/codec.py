"""LibraryCodec: Codec2 700C or LPCNet as a Codec. Codes and sound are the library's own; its tables are read out.

Every field of a packet is a level. All levels lie in one space, so that they sum to all that a packet says: first the
numbers of the vectors, which several stages share, then one number for each scalar field. There 0 stands for what the
library is sent where a field is left out (an energy of 30 dB, no voice, a period of 100 samples).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.errors import CheckpointError
from explorer.joints.record import Codebook
from explorer.public.codec2.library import ask
from explorer.public.codec2.modes import Mode
from explorer.tokenizers.codec import Codec, CodecLevel

FULL_SCALE = 2**15


class LibraryCodec(Codec):
    """mode: which of the library's codecs."""

    half_precision = False

    def __init__(self, mode: Mode) -> None:
        super().__init__()
        self.mode, self.notes = mode, mode.notes
        self._books: tuple[np.ndarray, ...] = ()

    def ready(self) -> None:
        """Read the tables out of the library. Raises CheckpointError where it is absent, or has others."""
        mode = self.mode
        numbers = np.frombuffer(ask({"codec": mode.name, "does": "tables"}), np.float32)
        vectors = mode.stages * mode.codes[0] * mode.width
        if len(numbers) != vectors + mode.more_numbers:
            raise CheckpointError(f"libcodec2 gives {len(numbers):,} numbers of {mode.title}, not {vectors:,}.")
        tables = numbers[:vectors].reshape(mode.stages, mode.codes[0], mode.width)
        self._books = tuple(_placed(one, 0, mode.dim) for one in (*tables,)) + tuple(
            _placed(one[:, None], mode.width + at, mode.dim) for at, one in enumerate(mode.scalars(numbers[vectors:]))
        )

    def latents(self, media: Tensor) -> Tensor:
        """(B, 1, S) -> what the library measured, and the codes that it chose: (B, dim + fields, T)."""
        samples = (media[:, 0].cpu().numpy().astype(np.float64) * FULL_SCALE).round().clip(-FULL_SCALE, FULL_SCALE - 1)
        request = {"codec": self.mode.name, "does": "encode", "media": len(samples)}
        found = np.frombuffer(ask(request, samples.astype("<i2").tobytes()), np.float32)
        rows = found.reshape(len(samples), samples.shape[1] // self.mode.hop, -1)
        return torch.from_numpy(rows.copy()).to(media.device).transpose(1, 2)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        dim, mode = self.mode.dim, self.mode
        rows = latents.transpose(1, 2).float().cpu().numpy()
        measured, codes = mode.centred(rows[..., :dim]), rows[..., dim:].astype(np.int64)  # (B, T, D), (B, T, Q)
        shape = np.where(np.arange(dim) < mode.width, measured, 0)  # what the stages of vectors share
        found = []
        for level, book in enumerate(self._books):
            chosen = book[codes[..., level]]
            at = mode.width + level - mode.stages
            given = shape if level < mode.stages else np.where(np.arange(dim) == at, measured, 0)
            arrays = (codes[..., level], given.astype(np.float32), chosen)
            found.append(CodecLevel(*(torch.from_numpy(np.ascontiguousarray(a)).to(latents.device) for a in arrays)))
            shape = shape - chosen if level < mode.stages else shape
        return found

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        """The indices themselves, -1 where they are left out: the library decodes codes and no vectors. (B, 1, T)."""
        return (indices if kept is None else indices.where(kept, -1))[:, None]

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        codes = torch.cat(list(embedded), 1).transpose(1, 2).cpu().numpy().astype("<i4")  # (B, T, Q)
        request = {"codec": self.mode.name, "does": "decode", "media": len(codes)}
        samples = np.frombuffer(ask(request, codes.tobytes()), "<i2").astype(np.float32) / FULL_SCALE
        return torch.from_numpy(samples.reshape(len(codes), 1, -1)).to(embedded[0].device)

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(Codebook(*book.shape, "euclidean", book.copy()) for book in self._books)


def _placed(table: np.ndarray, first: int, dim: int) -> np.ndarray:
    """A table (K, d) within dim axes, from axis `first` on."""
    wide = np.zeros((len(table), dim), np.float32)
    wide[:, first : first + table.shape[1]] = table
    return wide
