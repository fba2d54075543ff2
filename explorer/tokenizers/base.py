"""Tokenizer: what every adapter offers. Torch may live inside; numpy goes in and comes out.

media -> `tokenize` -> TokenRecord; indices -> `detokenize` -> media. The remaining methods decode chosen codes,
so that a page can show what a level or a single code means.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from explorer.errors import RecordError
from explorer.record import Codebook, Combination, TokenLevel, TokenRecord


@dataclass(frozen=True)
class TokenizerSpec:
    """What is known of a tokenizer before its weights are read (from `config.json` of its checkpoint).

    quantizer: id in the quantizer registry. downsampling: pixels (or samples) per token along each side.
    measured: figures of the card as written by the command that trained it, e.g. {"psnr_db": 24.1, "tokens": 102400}.
    """

    id: str
    title: str
    summary: str
    modality: Literal["image", "audio", "video", "graph", "vectors"]
    quantizer: str
    codebook_size: int
    codebook_dim: int
    num_quantizers: int
    combination: Combination
    downsampling: int
    parameters: int
    licence: str
    measured: Mapping[str, float] = field(default_factory=dict)

    @property
    def vocabulary(self) -> str:
        """The codes of one position in words, such as "1,024" or "4 x 1,024"."""
        size = f"{self.codebook_size:,}"
        return size if self.num_quantizers == 1 else f"{self.num_quantizers} x {size}"


class Tokenizer(ABC):
    """A loaded tokenizer. Instances are shared between visitors, so methods keep no state."""

    spec: TokenizerSpec
    device: str
    token_reach: int | None = None  # how many tokens away a token still changes pixels; None: everywhere, or unknown

    @abstractmethod
    def tokenize(self, media: np.ndarray) -> TokenRecord:
        """Encode, quantize and decode.

        media: (H, W, 3) float32 in [0, 1], sides multiples of `spec.downsampling` (`media.image.fit` makes them so).
        Raises MediaError for other shapes.
        """

    def encode(self, media: Sequence[np.ndarray]) -> list[tuple[TokenLevel, ...]]:
        """The levels of each medium, without decoding: what counting over a data set needs.

        media: of one shape, each as for `tokenize`. An adapter that can encode several at once, or leave out its
        decoder, overrides this; the indices are those of `tokenize`, but for near ties that a batch rounds apart.
        """
        return [self.tokenize(medium).levels for medium in media]

    @abstractmethod
    def detokenize(self, indices: Sequence[np.ndarray]) -> np.ndarray:
        """Decode indices, one array (rows, columns) per level, to (H, W, 3) float32 in [0, 1].

        Raises RecordError for a wrong number of levels, a wrong shape, or codes out of range.
        """

    def decode_kept(self, indices: Sequence[np.ndarray], kept: Sequence[np.ndarray]) -> np.ndarray:
        """Decode indices with levels left out at single positions: (H, W, 3) float32 in [0, 1].

        kept: one boolean array a level, of the shape of its indices; False leaves the level out there, as in
        `decode_levels`. An adapter that can do so overrides this. Raises RecordError as `detokenize`, for masks of
        another shape, and where the tokenizer needs every token.
        """
        if [np.shape(mask) for mask in kept] != [np.shape(level) for level in indices]:
            raise RecordError("the masks of what is kept need the shapes of the indices")
        if not all(np.all(mask) for mask in kept):
            raise RecordError(f"{self.spec.id} needs every token; none can be left out")
        return self.detokenize(indices)

    def decode_window(
        self, indices: Sequence[np.ndarray], kept: Sequence[np.ndarray], box: tuple[int, int, int, int]
    ) -> np.ndarray:
        """The pixels of a box of tokens, as the whole decode has them: (height x `downsampling`, ..., 3) float32.

        box: (top, left, height, width) in tokens, within the grid. Where `token_reach` is known only the tokens that
        reach into the box are decoded, which is exact to rounding: what lies beyond never comes into these pixels.
        indices, kept and errors as of `decode_kept`.
        """
        top, left, height, width = box
        rows, columns = np.shape(indices[0])
        reach = max(rows, columns) if self.token_reach is None else self.token_reach
        near = (
            slice(max(top - reach, 0), min(top + height + reach, rows)),
            slice(max(left - reach, 0), min(left + width + reach, columns)),
        )
        decoded = self.decode_kept([level[near] for level in indices], [mask[near] for mask in kept])
        factor = self.spec.downsampling
        first_row, first_column = (top - near[0].start) * factor, (left - near[1].start) * factor
        return decoded[first_row : first_row + height * factor, first_column : first_column + width * factor]

    @abstractmethod
    def codebooks(self) -> tuple[Codebook, ...]:
        """One codebook per level, with training counts where the checkpoint has them."""

    @abstractmethod
    def decode_levels(self, record: TokenRecord, levels: Sequence[int]) -> np.ndarray:
        """Decode a record from some of its levels only (solo, mute, cumulative): media's shape.

        A level left out gives nothing to a sum, and the mean of its codes to a concatenation.
        """

    @abstractmethod
    def decode_alone(self, level: int, codes: Sequence[int], tokens: int = 3) -> np.ndarray:
        """Each code as a constant field of tokens x tokens, decoded: (len(codes), patch, patch, 3) of its middle.

        The patch is `downsampling` pixels a side. Other levels are left out as in `decode_levels`.
        """

    @abstractmethod
    def decode_fields(self, level: int, fields: np.ndarray) -> np.ndarray:
        """Fields of codes of one level, decoded: (n, rows, columns) integers -> (n, H, W, 3) float32 in [0, 1].

        H is rows x `downsampling`. Other levels are left out as in `decode_levels`. Raises RecordError for a level or
        codes out of range, or another shape.
        """
