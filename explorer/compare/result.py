"""What a comparison found, as numbers: one cell for each tokenizer and medium. Pictures are passed on, never kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer.analysis.fidelity import Fidelity, WorstPatch
from explorer.compare.reference import Reference
from explorer.errors import RecordError
from explorer.tokenizers.base import TokenizerSpec

RAW_BITS_A_PIXEL = 24  # of an uncompressed picture: 8 bits for each of three channels


@dataclass(frozen=True)
class RatePoint:
    """The first levels of a residual tokenizer, decoded without the others. bits: of these levels."""

    levels: int
    bits_uniform: float
    bits_empirical: float
    fidelity: Fidelity


@dataclass(frozen=True)
class Cell:
    """One tokenizer on one medium.

    tokens: indices to be sent, positions times levels. bits_uniform: at log2(K) for each. bits_empirical: at the
    entropy of this medium's own code histograms, without the cost of sending these. encode_ms (with quantizing),
    decode_ms: of each timed run. levels: cumulative, the last of them the whole; empty unless residual. histograms:
    (codes, counts) of each level.
    """

    tokenizer_id: str
    tokens: int
    bits_uniform: float
    bits_empirical: float
    fidelity: Fidelity
    worst: WorstPatch
    encode_ms: tuple[float, ...]
    decode_ms: tuple[float, ...]
    levels: tuple[RatePoint, ...] = ()
    histograms: tuple[tuple[np.ndarray, np.ndarray], ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class Medium:
    """One medium through all tokenizers. failures: (tokenizer id or codec, why). notes: what was done to it first."""

    name: str
    height: int
    width: int
    notes: tuple[str, ...]
    cells: tuple[Cell, ...]
    failures: tuple[tuple[str, str], ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def pixels(self) -> int:
        return self.height * self.width

    def cell(self, tokenizer_id: str) -> Cell | None:
        """What that tokenizer gave, None if it failed."""
        return next((one for one in self.cells if one.tokenizer_id == tokenizer_id), None)


@dataclass(frozen=True)
class Comparison:
    """specs: the tokenizers, in the order asked for. skipped: (name, why) of media that could not be read.

    planned: media asked for; fewer done and skipped means that it was stopped. device: where it ran, in words.
    """

    title: str
    specs: tuple[TokenizerSpec, ...]
    media: tuple[Medium, ...]
    skipped: tuple[tuple[str, str], ...]
    planned: int
    device: str
    seconds: float
    settings: Mapping[str, object]

    def __post_init__(self) -> None:
        known = {spec.id for spec in self.specs}
        strange = {cell.tokenizer_id for medium in self.media for cell in medium.cells} - known
        if strange:
            raise RecordError(f"cells of {sorted(strange)} are in a comparison of {sorted(known)}")
        if len(self.media) + len(self.skipped) > self.planned:
            raise RecordError(
                f"{len(self.media)} media and {len(self.skipped)} skipped are more than the {self.planned} planned"
            )

    @property
    def complete(self) -> bool:
        return len(self.media) + len(self.skipped) == self.planned

    @property
    def working(self) -> tuple[TokenizerSpec, ...]:
        """The tokenizers that gave at least one cell."""
        done = {cell.tokenizer_id for medium in self.media for cell in medium.cells}
        return tuple(spec for spec in self.specs if spec.id in done)

    @property
    def shared(self) -> tuple[Medium, ...]:
        """The media that went through every working tokenizer: means are over these, so that they compare."""
        ids = [spec.id for spec in self.working]
        return tuple(medium for medium in self.media if all(medium.cell(one) is not None for one in ids))
