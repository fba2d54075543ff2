"""What a comparison found, as numbers: one cell for each tokenizer and medium. Pictures are passed on, never kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer.compare.details import Detail
from explorer.compare.kinds import Kind, kind_of
from explorer.compare.quality_rows import Quality
from explorer.compare.reference import Reference
from explorer.compare.timing import Timing
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.quality.fidelity import Fidelity, WorstPatch
from explorer.media.quality.sound_fidelity import SoundQuality


@dataclass(frozen=True)
class RatePoint:
    """The first levels of a residual tokenizer, decoded without the others. bits: of these levels."""

    levels: int
    bits_uniform: float
    bits_empirical: float
    fidelity: Fidelity | SoundQuality | Quality


@dataclass(frozen=True)
class Cell:
    """One tokenizer on one medium.

    tokens: indices to be sent, positions times levels. bits_uniform: at log2(K) for each. bits_empirical: at the
    entropy of this medium's own code histograms, without the cost of sending these. times: of each timed round.
    levels: cumulative, the last of them the whole; empty unless residual. histograms: (codes, counts) of each level.
    extent: what its tokens stand for, as `Medium.extent`; 0: just that. bits_merged: of what is really sent, where
    tokens are joined before they are (byte-pair merges); None where they are not.
    """

    tokenizer_id: str
    tokens: int
    bits_uniform: float
    bits_empirical: float
    fidelity: Fidelity | SoundQuality | Quality
    worst: WorstPatch
    times: Timing = field(default_factory=Timing)
    levels: tuple[RatePoint, ...] = ()
    histograms: tuple[tuple[np.ndarray, np.ndarray], ...] = field(default=(), repr=False, compare=False)
    extent: float = 0.0
    bits_merged: float | None = None

    def rate(self, bits: float, medium: MediumFigures) -> float:
        """Bits of this cell over what its tokens stand for: bits a pixel, a row, ..., or kbit/s of a sound."""
        return bits / (self.extent or medium.extent)


@dataclass(frozen=True)
class MediumFigures:
    """One medium through all tokenizers. failures: (tokenizer id or codec, why). notes: what was done to it first.

    height, width: of the picture that stands for it. facts: its own size by name, such as {"seconds": 3.0}; of pictures
    width and height. size: its extent, in pixels (of a clip over all frames), milliseconds, rows, items or nodes;
    0: height x width. modality: of the tokenizers. details: what the columns do not say.
    """

    name: str
    height: int
    width: int
    notes: tuple[str, ...]
    cells: tuple[Cell, ...]
    failures: tuple[tuple[str, str], ...] = ()
    references: tuple[Reference, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)
    size: float = 0.0
    modality: str = "image"
    details: tuple[Detail, ...] = ()

    @property
    def extent(self) -> float:
        """What bits are held against: pixels, or milliseconds, since bits a millisecond are kbit/s."""
        return self.size or float(self.height * self.width)

    @property
    def words(self) -> str:
        """Its size: "256 x 256 px", "3.00 s at 24,000 Hz", "25 frames of 128 x 96 px", "34 nodes and 78 edges"."""
        known = self.facts or {"width": self.width, "height": self.height}
        if "seconds" in known:
            many = ", 2 channels" if known.get("channels") == 2 else ""
            return f"{known['seconds']:.2f} s at {known['sample_rate_hz']:,} Hz{many}"
        if "rows" in known:
            rate = f" at {known['rate_hz']:g} rows a second" if "rate_hz" in known else ""
            return f"{count_of(known['rows'], 'row')} of {count_of(known['columns'], 'column')}{rate}"
        if "items" in known:
            return f"{count_of(known['items'], 'item')} of {count_of(known['numbers'], 'number')}"
        if "nodes" in known:
            return f"{count_of(known['nodes'], 'node')} and {count_of(known['edges'], 'edge')}"
        frames = f"{known['frames']:,} frames of " if "frames" in known else ""
        return f"{frames}{known['width']} x {known['height']} px"

    def cell(self, tokenizer_id: str) -> Cell | None:
        """What that tokenizer gave, None if it failed."""
        return next((one for one in self.cells if one.tokenizer_id == tokenizer_id), None)


@dataclass(frozen=True)
class Comparison:
    """specs: the tokenizers, in the order asked for. skipped: (name, why) of media that could not be read.

    planned: media asked for; fewer done and skipped means that it was stopped. device: where it ran, as torch names it.
    baseline: id of the tokenizer that the others are held against, "" for the first that works.
    """

    title: str
    specs: tuple[TokenizerSpec, ...]
    media: tuple[MediumFigures, ...]
    skipped: tuple[tuple[str, str], ...]
    planned: int
    device: str
    seconds: float
    settings: Mapping[str, object]
    baseline: str = ""

    def __post_init__(self) -> None:
        known = {spec.id for spec in self.specs}
        strange = {cell.tokenizer_id for medium in self.media for cell in medium.cells} - known
        if strange:
            raise RecordError(f"cells of {sorted(strange)} are in a comparison of {sorted(known)}")
        if self.baseline and self.baseline not in known:
            raise RecordError(f"the baseline {self.baseline!r} is none of {sorted(known)}")
        if len(self.media) + len(self.skipped) > self.planned:
            raise RecordError(
                f"{len(self.media)} media and {len(self.skipped)} skipped are more than the {self.planned} planned"
            )

    @property
    def kind(self) -> Kind:
        """Of the modality of its tokenizers."""
        return kind_of(self.specs[0].modality if self.specs else "image")

    @property
    def complete(self) -> bool:
        return len(self.media) + len(self.skipped) == self.planned

    @property
    def working(self) -> tuple[TokenizerSpec, ...]:
        """The tokenizers that gave at least one cell."""
        done = {cell.tokenizer_id for medium in self.media for cell in medium.cells}
        return tuple(spec for spec in self.specs if spec.id in done)

    @property
    def base(self) -> str:
        """Id of the baseline: what was asked for if it gave anything, else the first that did; "" without one."""
        ids = [spec.id for spec in self.working]
        return self.baseline if self.baseline in ids else next(iter(ids), "")

    @property
    def shared(self) -> tuple[MediumFigures, ...]:
        """The media that went through every working tokenizer: means are over these, so that they compare."""
        ids = [spec.id for spec in self.working]
        return tuple(medium for medium in self.media if all(medium.cell(one) is not None for one in ids))
