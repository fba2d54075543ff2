"""A quantizer that nobody knows here, whose steps the training loop tells by `Recorder.log`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from explorer.foundation.errors import RecordError
from explorer.joints.files.recording import RecordLevel
from explorer.recorder.attachments.attachment import Attachment, Listener, names_of_levels


class HandAttachment(Attachment):
    """Levels are those of the first call; codebooks may grow.

    step: that is told, and of which more may be, None between two; losses: what was told of it."""

    def __init__(self, codebook_size: int | Sequence[int] | None = None) -> None:
        super().__init__(nn.Identity())
        self._sizes = codebook_size
        self._to: Listener | None = None
        self._levels: list[RecordLevel] = []
        self._books: list[Tensor | None] = []
        self.step: int | None = None
        self.losses: dict[str, Any] = {}

    def levels(self) -> Sequence[RecordLevel]:
        return self._levels

    def vectors(self, level: int) -> Tensor | None:
        return self._books[level]

    def listen(self, to: Listener) -> None:
        self._to = to

    def take(
        self,
        indices: Tensor | Sequence[Tensor],
        z_e: Tensor | Sequence[Tensor] | None,
        codebook: Tensor | Sequence[Tensor] | None,
    ) -> list[tuple[Tensor, Tensor | None]]:
        """Read a call: (indices, latents (N, d) or None) of each level. Raises RecordError for what does not fit."""
        chosen = _listed(indices, "indices")
        latents = _listed(z_e, "z_e") or [None] * len(chosen)
        books = _listed(codebook, "codebook") or [None] * len(chosen)
        if not chosen:
            raise RecordError("log() was given no indices.")
        if not len(chosen) == len(latents) == len(books):
            counts = f"{len(chosen)} levels of indices, {len(latents)} of z_e and {len(books)} codebooks"
            raise RecordError(f"log() was given {counts}; it needs as many of each.")
        sizes = [self._sizes] * len(chosen) if self._sizes is None or isinstance(self._sizes, int) else self._sizes
        if len(sizes) != len(chosen):
            raise RecordError(f"log() was given {len(chosen)} levels of indices and {len(sizes)} sizes of codebooks.")
        pairs, levels = [], []
        for number, (index, z, book) in enumerate(zip(chosen, latents, books, strict=True)):
            if index.is_floating_point() or index.is_complex() or index.dtype == torch.bool:
                raise RecordError(f"log() was given indices of {index.dtype}; they are whole numbers.")
            if book is not None and book.ndim != 2:
                raise RecordError(f"log() was given a codebook of shape {tuple(book.shape)}; it needs (K, d).")
            if z is not None and z.ndim < 2:
                raise RecordError(f"log() was given z_e of shape {tuple(z.shape)}; it needs (..., d).")
            flat = None if z is None else z.detach().flatten(0, -2)
            if flat is not None and len(flat) != index.numel():
                raise RecordError(f"log() was given {index.numel()} indices and {len(flat)} latents.")
            if flat is not None and book is not None and flat.shape[1] != book.shape[1]:
                raise RecordError(
                    f"log() was given latents of {flat.shape[1]} dimensions and codes of {book.shape[1]}."
                )
            dim = book.shape[-1] if book is not None else 1 if flat is None else flat.shape[-1]
            size = len(book) if book is not None else sizes[number]
            if size is None:
                raise RecordError("log() needs the codebook, or codebook_size.")
            levels.append(RecordLevel("", int(size), int(dim), source="told by hand"))
            pairs.append((index, flat))
        names = names_of_levels(len(levels))
        self._levels = [
            RecordLevel(name, level.codebook_size, level.codebook_dim, source=level.source)
            for name, level in zip(names, levels, strict=True)
        ]
        self._books = [None if book is None else book.detach() for book in books]
        return pairs

    def tell(
        self,
        indices: Tensor | Sequence[Tensor],
        z_e: Tensor | Sequence[Tensor] | None,
        codebook: Tensor | Sequence[Tensor] | None,
    ) -> None:
        """Count a call; of too many codes to count, which was said, none."""
        if self._to is None:
            return
        for number, (index, z) in enumerate(self.take(indices, z_e, codebook)):
            level = self._levels[number]
            self._to.fit(number, level.codebook_size, level.codebook_dim)  # before tokens of codes that are new
            self._to.see(number, index, None if z is None else lambda z=z: z)

    def end_step(self) -> tuple[int | None, dict[str, Any]]:
        """The step and its losses; another one may begin."""
        ended = self.step, self.losses
        self.step, self.losses = None, {}
        return ended

    def hold(self) -> None:
        """Keep the codes as they were told: training moves what it told of before its step is over here."""
        self._books = [None if book is None else book.clone() for book in self._books]


def _listed(given: Any, name: str) -> list[Tensor]:
    """One tensor a level, of tensors or of arrays. Raises RecordError for anything else."""
    if given is None:
        return []
    listed = list(given) if isinstance(given, list | tuple) else [given]
    for one in listed:
        if not isinstance(one, Tensor | np.ndarray):
            raise RecordError(f"log() takes {name} as a tensor, or one a level, and was given {type(one).__name__}.")
    return [torch.as_tensor(one) for one in listed]
