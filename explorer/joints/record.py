"""TokenRecord: the joint between tokenizers (torch, left) and analysis, views and pages (numpy, right).

All arrays are numpy and all shapes are checked when a record is built, so that nothing to the right needs to.

Letters of the shapes: N tokens, K codebook_size, D codebook_dim, H and W pixels, C channels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.columns import Column
from explorer.joints.graphs import GraphNames

Modality = Literal["image", "audio", "video", "series", "graph", "vectors"]
LayoutKind = Literal["grid2d", "sequence", "grid3d", "set1d", "graph"]
Metric = Literal["euclidean", "cosine", "dot", "implicit"]
Combination = Literal["single", "sum", "concatenate"]

_AXES: Mapping[str, int] = {"grid2d": 2, "sequence": 1, "grid3d": 3, "set1d": 1, "graph": 1}


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RecordError(message)


@dataclass(frozen=True)
class TokenLayout:
    """Where tokens lie. `shape` is tokens per axis, `media_shape` the extents that they span.

    grid2d: (rows, columns) over (H, W) pixels. sequence: (T,) over (samples,). grid3d: (T, rows, columns)
    over (frames, H, W). set1d and graph have no place of their own: `media_shape` is (). Of a series, grid2d is
    (columns, steps of time) over (D, rows).
    first_alone: the first token along the first axis stands for one frame, as in causal video tokenizers.
    chunk: so many tokens along the last axis stand for one and the same stretch, as the frequencies of a transform do.
    """

    kind: LayoutKind
    shape: tuple[int, ...]
    media_shape: tuple[int, ...] = ()
    first_alone: bool = False
    chunk: int = 1

    def __post_init__(self) -> None:
        _require(self.kind in _AXES, f"layout kind {self.kind!r} is none of {', '.join(_AXES)}")
        _require(
            len(self.shape) == _AXES[self.kind] and all(n > 0 for n in self.shape),
            f"layout {self.kind} needs {_AXES[self.kind]} positive axes, got shape {self.shape}",
        )
        if self.kind in ("grid2d", "sequence", "grid3d"):
            _require(
                len(self.media_shape) == len(self.shape) and all(m > 0 for m in self.media_shape),
                f"layout {self.kind} of shape {self.shape} needs media extents of as many axes, got {self.media_shape}",
            )
        _require(
            self.chunk > 0 and self.shape[-1] % self.chunk == 0,
            f"{self.shape[-1]} tokens along the last axis are no whole chunks of {self.chunk}",
        )

    @property
    def num_tokens(self) -> int:
        return math.prod(self.shape)

    def region(self, position: int) -> tuple[slice, ...] | None:
        """The pixels, samples or frames of the token at flat `position` (row-major); None where it has no place.

        Extents that the tokens do not divide are shared out by rounding, so that regions tile the medium exactly.
        """
        _require(0 <= position < self.num_tokens, f"position {position} is outside 0..{self.num_tokens - 1}")
        if self.kind in ("set1d", "graph"):
            return None
        index = np.unravel_index(position, self.shape)
        slices = [
            slice(int(i) * m // n, (int(i) + 1) * m // n)
            for i, n, m in zip(index, self.shape, self.media_shape, strict=True)
        ]
        if self.chunk > 1:
            first, n, m = int(index[-1]) // self.chunk * self.chunk, self.shape[-1], self.media_shape[-1]
            slices[-1] = slice(first * m // n, (first + self.chunk) * m // n)
        if self.first_alone:
            before, steps, frames = int(index[0]) - 1, self.shape[0] - 1, self.media_shape[0] - 1
            ends = (before, before + 1)
            slices[0] = slice(0, 1) if before < 0 else slice(*(1 + i * frames // steps for i in ends))
        return tuple(slices)


@dataclass(frozen=True)
class LatticeRule:
    """The rule of an implicit codebook: every axis takes one of a few values, an index is their mixed-radix number.

    `axis_values[d]` lists the values of axis d in order of their digit. `first_axis_most_significant` tells the
    digit order: FSQ counts the first axis fastest (False), LFQ and BSQ slowest (True).
    """

    name: str
    axis_values: tuple[tuple[float, ...], ...]
    first_axis_most_significant: bool

    @property
    def levels(self) -> tuple[int, ...]:
        return tuple(len(values) for values in self.axis_values)

    @property
    def codebook_size(self) -> int:
        return math.prod(self.levels)

    def radix(self) -> np.ndarray:
        """What one step of each axis adds to the index: (D,) int64."""
        levels = np.array(self.levels, dtype=np.int64)
        if self.first_axis_most_significant:
            return np.concatenate([np.cumprod(levels[::-1])[::-1][1:], [1]]).astype(np.int64)
        return np.concatenate([[1], np.cumprod(levels)[:-1]]).astype(np.int64)

    def digits(self, indices: np.ndarray) -> np.ndarray:
        """indices (...) -> digits (..., D), digit d in 0..levels[d]-1."""
        # int64 first: numpy would divide uint64 by int64 in floating point.
        return np.asarray(indices).astype(np.int64)[..., None] // self.radix() % np.array(self.levels, dtype=np.int64)

    def rows(self, indices: np.ndarray) -> np.ndarray:
        """indices (...) -> code vectors (..., D) float32."""
        digits = self.digits(indices)  # (..., D)
        columns = [np.asarray(values, np.float32)[digits[..., d]] for d, values in enumerate(self.axis_values)]
        return np.stack(columns, axis=-1)


@dataclass(frozen=True)
class Codebook:
    """The codes of one level: a table of `vectors` (K, D), or a `rule` that lists any of them without a table.

    `counts` (K,) are assignments seen while training, if the checkpoint has them: with `counts_decay` a moving average
    of those of one step, n <- decay n + (1 - decay) tokens; plain counts, or of a decay nobody knows, without.
    """

    codebook_size: int
    codebook_dim: int
    metric: Metric
    vectors: np.ndarray | None = None
    rule: LatticeRule | None = None
    counts: np.ndarray | None = None
    counts_decay: float | None = None

    def __post_init__(self) -> None:
        k, d = self.codebook_size, self.codebook_dim
        _require(0 < k < 2**63 and d > 0, f"a codebook needs 1..2^63-1 codes and 1 dimension or more, got {k} in {d}")
        _require((self.vectors is None) != (self.rule is None), "a codebook needs either vectors or a rule")
        if self.vectors is not None:
            _require(
                self.vectors.shape == (k, d),
                f"codebook vectors have shape {self.vectors.shape}, expected ({k}, {d})",
            )
            _require(
                self.metric in ("euclidean", "cosine", "dot"),
                f"a codebook with vectors has metric euclidean, cosine or dot, not {self.metric}",
            )
        else:
            _require(self.metric == "implicit", f"a codebook with a rule has metric implicit, not {self.metric}")
            _require(
                self.rule.codebook_size == k and len(self.rule.levels) == d,
                f"rule {self.rule.name} has {self.rule.codebook_size} codes in {len(self.rule.levels)} "
                f"dimensions, expected {k} in {d}",
            )
        if self.counts is not None:
            _require(self.counts.shape == (k,), f"counts have shape {self.counts.shape}, expected ({k},)")
        decay = self.counts_decay
        _require(decay is None or 0 <= decay < 1, f"the decay of an average is from 0 to below 1, not {decay}")

    @property
    def codes_not_finite(self) -> int:
        """How many codes hold NaN or infinity, so that no distance to them is known: none of a rule's."""
        return 0 if self.vectors is None else int((~np.isfinite(self.vectors)).any(axis=1).sum())

    def rows(self, indices: np.ndarray) -> np.ndarray:
        """Code vectors (..., D) of `indices` (...)."""
        return self.vectors[indices] if self.vectors is not None else self.rule.rows(indices)


@dataclass(frozen=True)
class TokenLevel:
    """One residual stage, product group or scale: indices of the layout's shape, latents and codes (N, D).

    `z_e` is what this level was given: for residual stages the residual, for product groups the slice.
    """

    indices: np.ndarray
    z_e: np.ndarray
    z_q: np.ndarray
    codebook: Codebook
    layout: TokenLayout

    def __post_init__(self) -> None:
        _require(np.issubdtype(self.indices.dtype, np.integer), f"indices are {self.indices.dtype}, not integers")
        _require(
            self.indices.shape == self.layout.shape,
            f"indices have shape {self.indices.shape}, the layout {self.layout.shape}",
        )
        expected = (self.layout.num_tokens, self.codebook.codebook_dim)
        for name in ("z_e", "z_q"):
            shape = getattr(self, name).shape
            _require(shape == expected, f"{name} has shape {shape}, expected (N, D) = {expected}")
        low, high = int(self.indices.min()), int(self.indices.max())
        _require(
            low >= 0 and high < self.codebook.codebook_size,
            f"indices reach from {low} to {high}, outside 0..{self.codebook.codebook_size - 1}",
        )

    @property
    def bits_uniform(self) -> float:
        """Bits of this level at log2(K) a token."""
        return self.layout.num_tokens * math.log2(self.codebook.codebook_size)

    @property
    def bits_empirical(self) -> float:
        """Bits at the entropy of this record's own code histogram (without the cost of sending the histogram)."""
        counts = np.unique(self.indices, return_counts=True)[1].astype(np.float64)
        return float((counts * np.log2(counts.sum() / counts)).sum())


@dataclass(frozen=True)
class TokenRecord:
    """One medium, tokenized and decoded: what every page reads.

    media, reconstruction: image (H, W, 3) float32 in [0, 1]; audio (samples, C); video (frames, H, W, 3); series
    (rows, D) as the tokenizer takes them, which `columns` tells in their units; graph: its edges (E, 3), as
    `joints/graphs.py` has them, whose nodes and relations `names` tells; vectors (items, D).
    combination: how levels make z_q: "single", "sum" (residual) or "concatenate" (product).
    seconds: wall time of "encode", "quantize", "decode". device: where it ran ("cpu", "cuda:0", "mps").
    sample_rate_hz: of sound; rows a second of a series, if they are known. frames_per_second: of a clip, if known.
    """

    media: np.ndarray
    tokenizer_id: str
    levels: tuple[TokenLevel, ...]
    reconstruction: np.ndarray
    seconds: Mapping[str, float]
    combination: Combination = "single"
    modality: Modality = "image"
    device: str = "cpu"
    sample_rate_hz: float | None = None
    notes: tuple[str, ...] = field(default=())  # what was done to the medium on the way in, in plain words
    frames_per_second: float | None = None
    columns: tuple[Column, ...] = ()
    names: GraphNames | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "name", "category": of each item of vectors

    def __post_init__(self) -> None:
        _require(len(self.levels) > 0, "a record needs at least one level")
        _require(
            self.combination != "single" or len(self.levels) == 1,
            f"combination 'single' has one level, got {len(self.levels)}",
        )
        _require(
            self.reconstruction.shape == self.media.shape,
            f"reconstruction has shape {self.reconstruction.shape}, media {self.media.shape}",
        )
        _require(
            len(self.columns) in (0, self.media.shape[-1]),
            f"{len(self.columns)} columns are named of {self.media.shape[-1]}",
        )

    def of_levels(self, levels: Sequence[int]) -> TokenRecord:
        """The record of those levels alone (from 0), with their tokens and bits; media and reconstruction stay."""
        return replace(self, levels=tuple(self.levels[level] for level in levels))

    @property
    def num_tokens(self) -> int:
        """Indices to be sent: positions times levels."""
        return sum(level.layout.num_tokens for level in self.levels)

    @property
    def bits_uniform(self) -> float:
        """Bits at log2(K) for each index."""
        return sum(level.bits_uniform for level in self.levels)

    @property
    def bits_empirical(self) -> float:
        """Bits at the entropy of this record's own code histograms, level by level."""
        return sum(level.bits_empirical for level in self.levels)

    @property
    def duration_s(self) -> float | None:
        """Seconds of a sound, a clip or a series; None for a picture, and without a rate."""
        rate = self.frames_per_second if self.modality == "video" else self.sample_rate_hz
        return self.media.shape[0] / rate if rate and self.modality in ("audio", "video", "series") else None

    @property
    def num_pixels(self) -> int | None:
        if self.modality == "image":
            return self.media.shape[0] * self.media.shape[1]
        return math.prod(self.media.shape[:3]) if self.modality == "video" else None

    def bits_per_pixel(self, kind: Literal["uniform", "empirical"]) -> float | None:
        """Bits a pixel of the medium, by log2(K) ("uniform") or by entropy ("empirical"); None for audio."""
        bits = self.bits_uniform if kind == "uniform" else self.bits_empirical
        return bits / self.num_pixels if self.num_pixels else None

    def bitrate_bps(self, kind: Literal["uniform", "empirical"]) -> float | None:
        """Bits a second of a sound, a clip or a series; None for a picture, and without a rate."""
        bits = self.bits_uniform if kind == "uniform" else self.bits_empirical
        return bits / self.duration_s if self.duration_s else None
