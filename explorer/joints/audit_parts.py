"""The parts of an Audit: one level's counts and what goes with them, exemplars, neighbours, and the joint count.

Letters of the shapes: K codebook_size, D codebook_dim, E exemplar slots, n latents sampled, g, b rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.token_language import LanguageAudit

KINDS = ("closest", "random", "farthest")  # of exemplars, axis 1
SIDES = ("left", "right", "above", "below")  # of neighbours, axis 1
CODES_DETAILED = 16_384  # a larger codebook gets no position maps, neighbours or exemplars
EXEMPLARS, NEIGHBOURS, LATENTS, BATCHES, GROWTH = 4, 6, 4096, 2000, 200
STRETCHES = 32  # of media in their order, whose counts are kept apart
CODES_IN_ORDER = 2**16  # a larger codebook has no such counts


def require(condition: bool, message: str) -> None:
    if not condition:
        raise RecordError(message)


def _shaped(name: str, array: np.ndarray, shape: tuple[int | None, ...], kind: type) -> None:
    """Raise RecordError unless the array has that shape (None: any extent) and holds that kind of number."""
    fits = array.ndim == len(shape) and all(s is None or s == n for n, s in zip(array.shape, shape, strict=True))
    require(fits, f"{name} has shape {array.shape}, expected {shape}")
    require(np.issubdtype(array.dtype, kind), f"{name} holds {array.dtype}, expected {kind.__name__} numbers")


@dataclass(frozen=True)
class Exemplars:
    """Tokens that show what each code stands for: axis 1 is closest, random, farthest; -1 where there is none.

    medium (K, 3, E) int32: number of the medium in `Audit.media`. token (K, 3, E) int32: flat position in that
    medium's layout. distance (K, 3, E) float32: |z_e - code| (cosine: of the normalised vectors), NaN where none.
    Of the closest and the farthest at most two come from one medium while others offer any.
    """

    medium: np.ndarray
    token: np.ndarray
    distance: np.ndarray

    def __post_init__(self) -> None:
        _shaped("exemplar media", self.medium, (None, len(KINDS), None), np.integer)
        _shaped("exemplar tokens", self.token, self.medium.shape, np.integer)
        _shaped("exemplar distances", self.distance, self.medium.shape, np.floating)
        none = self.medium < 0
        require(bool(np.all(none == (self.token < 0))), "exemplars have a medium exactly where they have a token")
        require(bool(np.all(none == np.isnan(self.distance))), "exemplars have a distance exactly where a medium")


@dataclass(frozen=True)
class Neighbours:
    """What stands beside each code, the commonest first: axis 1 is left, right, above, below; -1 where there is none.

    code (K, 4, 6) int32, count (K, 4, 6) int64. Of a sequence left and right are before and after. pairs: the most
    pairs counted for one direction. sampled: not every pair could be kept, so counts are lower bounds.
    """

    code: np.ndarray
    count: np.ndarray
    pairs: int
    sampled: bool

    def __post_init__(self) -> None:
        _shaped("neighbour codes", self.code, (None, len(SIDES), None), np.integer)
        _shaped("neighbour counts", self.count, self.code.shape, np.integer)
        require(bool(np.all((self.code < 0) == (self.count == 0))), "neighbours are counted exactly where there is one")


@dataclass(frozen=True)
class LevelAudit:
    """One level (residual stage or group) over all media.

    name: "level 1", "group 2", or "" for a single one. counts (K,) int64. halves (2, K) int64: media of even and of
    odd number. growth (g, 2) int64: tokens counted so far and codes used so far. batches (b, 3) float64: tokens,
    codes used and perplexity of one medium each. positions (K, 8, 8) or (K, 1, 8) uint32: where in the medium, in
    eighths of its sides. error (K,) float64: mean squared distance of its latents to the code, NaN if unused.
    latents (n, D) float32: a seeded uniform sample of z_e, latent_codes (n,) int32 their codes. latent_norm: mean,
    standard deviation and maximum of |z_e| over all tokens. None: cannot be had, or K is above CODES_DETAILED.

    media: how many were counted on this level, 0 where an older audit did not keep it; parts of a file of indices count
    as media. occurs (K,) int64: in how many of them each code occurs. stretches (b, K) int64: counts in up to STRETCHES
    stretches of equally many media in their order (the last may have fewer). not_finite: tokens whose latent holds NaN
    or infinity; they are in the counts, and in nothing that is said of latents.
    language: the tokens as a language; None in older audits.
    """

    name: str
    codebook_size: int
    counts: np.ndarray
    halves: np.ndarray
    growth: np.ndarray
    batches: np.ndarray
    positions: np.ndarray | None = None
    neighbours: Neighbours | None = None
    exemplars: Exemplars | None = None
    error: np.ndarray | None = None
    latents: np.ndarray | None = None
    latent_codes: np.ndarray | None = None
    latent_norm: tuple[float, float, float] | None = None
    media: int = 0
    occurs: np.ndarray | None = None
    stretches: np.ndarray | None = None
    not_finite: int = 0
    language: LanguageAudit | None = None

    def __post_init__(self) -> None:
        codes = self.codebook_size
        _shaped("counts", self.counts, (codes,), np.integer)
        _shaped("halves", self.halves, (2, codes), np.integer)
        require(bool(np.all(self.halves.sum(0) == self.counts)), "the halves do not add up to the counts")
        require(codes > 0 and int(self.counts.min()) >= 0, "counts must be 0 or more, of at least one code")
        _shaped("growth", self.growth, (None, 2), np.integer)
        require(bool(np.all(np.diff(self.growth, axis=0) >= 0)), "growth never falls")
        _shaped("batches", self.batches, (None, 3), np.floating)
        if self.positions is not None:
            _shaped("positions", self.positions, (codes, None, 8), np.integer)
        for name, part in (("neighbours", self.neighbours), ("exemplars", self.exemplars)):
            of = None if part is None else len(part.code if name == "neighbours" else part.medium)
            require(of in (None, codes), f"{name} are of {of} codes, the codebook has {codes}")
        if self.error is not None:
            _shaped("error", self.error, (codes,), np.floating)
        require((self.latents is None) == (self.latent_codes is None), "latents come with their codes")
        if self.latents is not None:
            _shaped("latents", self.latents, (None, None), np.floating)
            _shaped("latent codes", self.latent_codes, (len(self.latents),), np.integer)
        if self.occurs is not None:
            _shaped("occurrences", self.occurs, (codes,), np.integer)
            require(bool(np.all((self.occurs > 0) == (self.counts > 0))), "codes occur exactly where they are counted")
            require(int(self.occurs.max()) <= self.media, f"a code occurs in {self.occurs.max()} of {self.media} media")
        if self.stretches is not None:
            _shaped("stretches", self.stretches, (None, codes), np.integer)
            require(bool(np.all(self.stretches.sum(0) == self.counts)), "the stretches do not add up to the counts")

    @property
    def tokens(self) -> int:
        return int(self.counts.sum())

    @property
    def part(self) -> str:
        """What it is called on screen, by its name: "level", "group", or "codebook" for a single one."""
        return self.name.split(" ")[0] or "codebook"

    @property
    def given(self) -> str:
        """What its quantizer was given: "residual" behind the first of several levels, else "latent"."""
        return "residual" if self.part == "level" and self.name != "level 1" else "latent"


@dataclass(frozen=True)
class JointAudit:
    """The tuples over all levels, each counted as one symbol.

    ceiling: min(K1 x K2 x .., tokens). complete: False if not all tuples fitted into memory; all figures are then of
    `tokens` positions: a sample over all media where `sampled`, else the first ones.
    """

    tokens: int
    distinct: int
    perplexity: float
    entropy_bits: float
    ceiling: float
    complete: bool
    sampled: bool = False

    def __post_init__(self) -> None:
        require(0 <= self.distinct <= self.tokens, f"{self.distinct} distinct tuples among {self.tokens} tokens")


@dataclass(frozen=True)
class Trial:
    """What was tried on a few media beside counting them.

    decoded (n, 7) float64: of each decoded medium the mean of its values and of its decode's, both variances, their
    covariance, the share of the decode's values that lie at an end of the range (NaN for sound), and the mean squared
    difference with the channels in reverse (NaN where there are not three). compared: tokens of the first medium that
    was counted, all levels together; changed: those with another code when it was encoded again after the last one.
    restless: the same between two encodings at once, None where nothing changed. refused: why the decoder failed, ""
    where it did not; refusals: on how many media, at least one then (0: of an older audit, which stopped at the first).
    """

    decoded: np.ndarray
    compared: int = 0
    changed: int = 0
    restless: int | None = None
    refused: str = ""
    refusals: int = 0

    def __post_init__(self) -> None:
        _shaped("decoded media", self.decoded, (None, 7), np.floating)
        require(0 <= self.changed <= self.compared, f"{self.changed} of {self.compared} tokens changed")
