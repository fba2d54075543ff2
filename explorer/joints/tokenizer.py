"""Tokenizer: what every adapter offers. Torch may live inside; numpy goes in and comes out.

media -> `tokenize` -> TokenRecord; indices -> `detokenize` -> media. The remaining methods decode chosen codes,
so that a page can show what a level or a single code means.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.columns import Column
from explorer.joints.record import Codebook, Combination, LayoutKind, Modality, TokenLayout, TokenLevel, TokenRecord


@dataclass(frozen=True)
class TokenizerSpec:
    """What is known of a tokenizer before its weights are read (from `config.json` of its checkpoint).

    quantizer: id in the quantizer registry, or for a public tokenizer the field's name of its kind ("vq", "rvq",
    "lfq", "fsq", ...). codebook_size: of the largest level. measured: figures of the card as written by the command
    that trained it, e.g. {"psnr_db": 24.1, "tokens": 102400}.

    What it takes: `downsampling` pixels (or samples) per token along each side, of the finest level; `time_step`
    frames a token of a clip, after a first frame alone if `first_frame_alone`. `media_multiple`: the extents of a
    medium must be multiples of it. fixed_size: the one (H, W), or (frames, H, W), that it can take; () for any.
    sample_rate_hz, channels: of sound. shortest: the fewest samples it can take. whole_tokens_only: what is left of a
    sound behind its last whole token is cut away, as the original does; elsewhere silence fills that token up.
    delay_samples: by how many samples its sound comes late (below 0: early), None where that is not known; figures are
    taken of the sound moved back by it.
    decodes: False where only tokens can be made, such as of a model whose decoder was never published.
    Of a series, `downsampling` is rows a token; columns: those that it was fitted on, with their scales.
    level_sizes: codes of each level, where they differ; () where all have `codebook_size`.
    layout: of its tokens. source: who brought it. memory_bytes: of its weights as they lie in memory. weights: which
    are read where training kept several, such as "averaged", "" where nobody knows of more than one set. warnings:
    what was seen to be wrong when it was read, in whole sentences.
    """

    id: str
    title: str
    summary: str
    modality: Modality
    quantizer: str
    codebook_size: int
    codebook_dim: int
    num_quantizers: int
    combination: Combination
    downsampling: int
    parameters: int
    licence: str
    measured: Mapping[str, float] = field(default_factory=dict)
    layout: LayoutKind = "grid2d"
    multiple: int = 0
    fixed_size: tuple[int, ...] = ()
    sample_rate_hz: int | None = None
    channels: int = 1
    shortest: int = 1
    whole_tokens_only: bool = False
    delay_samples: int | None = None
    time_step: int = 1
    first_frame_alone: bool = False
    decodes: bool = True
    source: Literal["zoo", "hub", "file", "library", "user"] = "zoo"
    memory_bytes: int = 0
    weights: str = ""
    warnings: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    level_sizes: tuple[int, ...] = ()

    @property
    def media_multiple(self) -> int:
        """The sides, or the samples, of a medium must be multiples of it: of `downsampling` unless it is said."""
        return self.multiple or self.downsampling

    @property
    def sizes(self) -> tuple[int, ...]:
        """Codes of each level."""
        return self.level_sizes or (self.codebook_size,) * self.num_quantizers

    @property
    def vocabulary(self) -> str:
        """The codes of one position in words, as `codes_words` has them."""
        return codes_words(self.sizes)


def codes_words(sizes: Sequence[int]) -> str:
    """Codes of each level in words: "1,024", "4 x 1,024", or "4 x 257 + 4 x 10" of levels that differ."""
    runs = [(size, len(list(alike))) for size, alike in groupby(sizes)]
    return " + ".join(f"{many} x {size:,}" if many > 1 else f"{size:,}" for size, many in runs)


@dataclass(frozen=True)
class Pieces:
    """Tokens that are sent together, as the merges of byte-pair encoding join them.

    of: the number of its piece for each token, of the layout's shape, pieces being numbered in the order in which they
    are sent. ids: (pieces,) which entry of the vocabulary each is. vocabulary: how many entries there are.
    """

    of: np.ndarray
    ids: np.ndarray
    vocabulary: int


def extent_of(spec: TokenizerSpec, media_shape: tuple[int, ...]) -> tuple[int, ...]:
    """What layouts span, of a medium's shape: (H, W), (samples,), (frames, H, W), or (D, rows) of a series."""
    return (media_shape[1], media_shape[0]) if spec.modality == "series" else tuple(media_shape[:-1])


def even_layouts(spec: TokenizerSpec, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
    """The layouts of levels that are all alike, `downsampling` to a token, for a medium of that `extent_of`."""
    if spec.modality == "series":
        shape, chunk = (extent[0], extent[1] // spec.downsampling), spec.media_multiple // spec.downsampling
        return (TokenLayout(spec.layout, shape, tuple(extent), chunk=chunk),) * spec.num_quantizers
    if spec.layout == "grid3d":
        alone = int(spec.first_frame_alone)
        shape = ((extent[0] - alone) // spec.time_step + alone, *(side // spec.downsampling for side in extent[1:]))
    else:
        shape = tuple(side // spec.downsampling for side in extent)
    return (TokenLayout(spec.layout, shape, tuple(extent), spec.first_frame_alone),) * spec.num_quantizers


class Tokenizer(ABC):
    """A loaded tokenizer. Instances are shared between visitors, so methods keep no state."""

    spec: TokenizerSpec
    device: str
    token_reach: int | None = None  # how many tokens away a token still changes pixels; None: everywhere, or unknown
    looks_back: bool = False  # of sounds: whether a token hangs on nothing that comes after it, such as silence

    @abstractmethod
    def tokenize(self, media: np.ndarray) -> TokenRecord:
        """Encode, quantize and decode.

        media: as `media.medium.fit_medium` makes it for this spec: a picture (H, W, 3) float32 in [0, 1], sound
        (samples, channels) float32 in about [-1, 1] at `spec.sample_rate_hz`, a clip (frames, H, W, 3), a series
        (rows, D) with its columns scaled, or vectors of items (N, D), D being `spec.channels`.
        Raises MediaError for other shapes.
        """

    def encode(self, media: Sequence[np.ndarray]) -> list[tuple[TokenLevel, ...]]:
        """The levels of each medium, without decoding: what counting over a data set needs.

        media: of one shape, each as for `tokenize`. An adapter that can encode several at once, or leave out its
        decoder, overrides this; the indices are those of `tokenize`, but for near ties that a batch rounds apart.
        """
        return [self.tokenize(medium).levels for medium in media]

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        """The layout of each level for a medium of that extent (`extent_of`), as `tokenize` gives."""
        return even_layouts(self.spec, extent)

    def pieces(self, level: TokenLevel) -> Pieces | None:
        """Which tokens of a level are sent together; None where each is sent alone."""
        return None

    @abstractmethod
    def detokenize(self, indices: Sequence[np.ndarray]) -> np.ndarray:
        """Decode indices, one array of its layout's shape per level, to a medium as `tokenize` takes it.

        Raises RecordError for a wrong number of levels, a wrong shape, or codes out of range.
        """

    def decode_kept(self, indices: Sequence[np.ndarray], kept: Sequence[np.ndarray]) -> np.ndarray:
        """Decode indices with levels left out at single positions, to a medium.

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
        (top, left, height, width), factor, reach = box, self.spec.downsampling, self.token_reach
        if reach is None:  # levels may have grids of their own
            decoded = self.decode_kept(indices, kept)
            return decoded[top * factor : (top + height) * factor, left * factor : (left + width) * factor]
        rows, columns = np.shape(indices[0])
        near = (
            slice(max(top - reach, 0), min(top + height + reach, rows)),
            slice(max(left - reach, 0), min(left + width + reach, columns)),
        )
        decoded = self.decode_kept([level[near] for level in indices], [mask[near] for mask in kept])
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
        """Each code as a constant field, decoded, with the other levels left out as in `decode_levels`.

        A grid: a field of tokens x tokens, and the (len(codes), patch, patch, 3) of its middle, `downsampling` pixels a
        side. A sequence: the sound of `tokens` tokens, (len(codes), samples, channels). A clip: the middle patch of
        each frame, (len(codes), frames, patch, patch, 3). A set without places: whole pictures (len(codes), H, W, 3).
        A series: (len(codes), rows, columns), each column one way in which the code can stand in a stretch.
        """

    @abstractmethod
    def decode_fields(self, level: int, fields: np.ndarray) -> np.ndarray:
        """Fields of codes of one level, decoded: (n, *layout shape) integers -> n media.

        For a grid (n, rows, columns) -> (n, H, W, 3) float32 in [0, 1], H being rows x `downsampling`. Other levels
        are left out as in `decode_levels`. Raises RecordError for a level or codes out of range, or another shape.
        """
