"""A medium made ready to be compared: what each tokenizer is given, and what its decode is held against.

Pictures are fitted once, so that all see the same pixels. Sounds and clips are fitted to each tokenizer (its rate, its
steps of frames), and every decode is brought back to the reference.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from explorer.compare.details import Detail
from explorer.compare.quality_rows import Quality
from explorer.compare.reference import Codec
from explorer.foundation.errors import SettingsError
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.fitting import Fitting
from explorer.media.medium import fit_medium
from explorer.media.pictures.image import LoadedImage
from explorer.media.quality.fidelity import Fidelity, Original, WorstPatch, worst_patch
from explorer.media.quality.sound_delay import NO_DELAY, Delay
from explorer.media.quality.sound_fidelity import SoundQuality

Figures = Fidelity | SoundQuality | Quality


@dataclass(frozen=True)
class Judgement:
    """A decode as the reference is: same size, same rate. decoded: what is drawn, played and measured.

    Of sounds it is moved back by `delay`, with silence where nothing is; part: where something is; raw: not moved.
    record: of the levels that were decoded, where the tokens themselves are judged.
    """

    decoded: np.ndarray
    raw: np.ndarray | None = None
    part: slice = field(default_factory=lambda: slice(None))
    delay: Delay = NO_DELAY
    record: TokenRecord | None = None


class Preparation(ABC):
    """picture: (H, W, 3), what stands for the reference on the screen. extent: of the reference, in the unit that bits
    are held against (pixels; milliseconds, since bits a millisecond are kbit/s). facts: its size, by name.
    """

    picture: np.ndarray
    extent: float
    facts: Mapping[str, float]
    notes: tuple[str, ...]

    @abstractmethod
    def given(self, spec: TokenizerSpec) -> np.ndarray:
        """What that tokenizer takes. Raises MediaError if it cannot be made to fit."""

    @abstractmethod
    def covered(self, spec: TokenizerSpec) -> float:
        """The extent of what that tokenizer is given."""

    def delay(self, spec: TokenizerSpec, decoded: np.ndarray) -> Delay:
        """By how much the decode of all tokens comes late; sounds alone do."""
        return NO_DELAY

    def judged(self, spec: TokenizerSpec, decoded: np.ndarray, delay: Delay, record: TokenRecord) -> Judgement:
        """A decode of what was given, as the reference is, moved back by a delay of the tokenizer's own samples.

        record: of the levels that were decoded.
        """
        return Judgement(decoded)

    def quality(self, judged: Judgement) -> Figures:
        """How far a tokenizer's decode is from the reference."""
        return self.fidelity(judged.decoded)

    @abstractmethod
    def fidelity(self, decoded: np.ndarray) -> Fidelity | SoundQuality:
        """How far something of the reference's size and rate is from it, such as what a codec decodes."""

    @abstractmethod
    def worst(self, judged: Judgement, patch_px: int) -> WorstPatch:
        """Where it is farthest, in pixels of `picture`."""

    @abstractmethod
    def drawn(self, judged: Judgement) -> np.ndarray:
        """It as a picture of the width of `picture`, and mostly of its height."""

    def details(self, judged: Mapping[str, Judgement], found: Mapping[str, Figures]) -> tuple[Detail, ...]:
        """Tables of what the main columns do not say of this medium, by tokenizer id; none of most."""
        return ()

    @abstractmethod
    def codec(self, name: str) -> Codec:
        """A codec that encodes the reference. Raises SettingsError if it cannot."""


class PreparedPicture(Preparation):
    """One picture for all, its sides multiples of every tokenizer's, or the one size that some of them take."""

    def __init__(self, image: LoadedImage, specs: Sequence[TokenizerSpec], fitting: Fitting) -> None:
        fitted = fit_medium(image, common_spec(specs), fitting)
        self.picture, self.notes = fitted.pixels, fitted.notes
        self._original = Original(self.picture)
        height, width = self.picture.shape[:2]
        self.extent, self.facts = float(height * width), {"width": width, "height": height}

    def given(self, spec: TokenizerSpec) -> np.ndarray:
        return self.picture

    def covered(self, spec: TokenizerSpec) -> float:
        return self.extent

    def fidelity(self, decoded: np.ndarray) -> Fidelity:
        return self._original.fidelity(decoded)

    def worst(self, judged: Judgement, patch_px: int) -> WorstPatch:
        return worst_patch(self.picture, judged.decoded, patch_px)

    def drawn(self, judged: Judgement) -> np.ndarray:
        return judged.decoded

    def codec(self, name: str) -> Codec:
        return Codec(name, self.picture)


def common_spec(specs: Sequence[TokenizerSpec]) -> TokenizerSpec:
    """The first of them, but taking only what all can take: one fixed size if any has one, else sides that are
    multiples of all. Raises SettingsError, in words, where nothing suits all.
    """
    sizes = {tuple(spec.fixed_size[-2:]): spec for spec in specs if spec.fixed_size}
    multiple = math.lcm(*(spec.media_multiple for spec in specs if not spec.fixed_size)) if specs else 1
    if len(sizes) > 1:
        (a, first), (b, second) = list(sizes.items())[:2]
        raise SettingsError(
            f"{first.title} takes {a[1]} x {a[0]} pixels only and {second.title} {b[1]} x {b[0]}: no picture suits "
            "both. Compare them one at a time."
        )
    if not sizes:
        return replace(specs[0], multiple=multiple, fixed_size=())
    ((size, fixed),) = sizes.items()
    odd = next((spec for spec in specs if not spec.fixed_size and any(s % spec.media_multiple for s in size)), None)
    if odd is not None:
        raise SettingsError(
            f"{fixed.title} takes {size[1]} x {size[0]} pixels only, and {odd.title} needs multiples of "
            f"{odd.media_multiple}: no picture suits both."
        )
    return fixed
