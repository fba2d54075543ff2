"""How large the pictures and clips are that a tokenizer is given: the longest side, or one square, and the filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Modality
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.pictures.image import FILTERS, Filter

SIDE, CROP, FILTER = "longest_side_px", "crop_px", "filter"  # as files of settings call them
SMALLEST_PX = 8
SIZED = ("image", "video")  # media that have sides


@dataclass(frozen=True)
class Fitting:
    """side_px: larger pictures are scaled down until no side is longer. crop_px: instead, every picture is scaled until
    its shorter side is that long, up or down, and cut to a square at the centre. filter: of the scaling.

    Raises SettingsError for numbers or names that there are not.
    """

    side_px: int = 1024
    crop_px: int | None = None
    filter: Filter = "lanczos"

    def __post_init__(self) -> None:
        for name, value in (("longest side", self.side_px), ("crop", self.crop_px)):
            if value is not None and value < 1:
                raise SettingsError(f"The {name} must be a number of pixels, not {value}.")
        if self.filter not in FILTERS:
            raise SettingsError(f"There is no filter {self.filter!r}. Those that there are: {', '.join(FILTERS)}.")

    def check(self, spec: TokenizerSpec) -> None:
        """Raise SettingsError if a crop is asked of what has no sides, or one that the tokenizer cannot take."""
        if spec.modality not in SIZED:
            if self.crop_px is not None or self.filter != "lanczos":
                raise SettingsError(f"{spec.title} takes no pictures or clips: a crop or filter would change nothing.")
            return
        multiple = 1 if spec.fixed_size else spec.media_multiple
        if self.crop_px is None:
            if self.side_px < multiple:
                raise SettingsError(
                    f"A longest side of {self.side_px} pixels has no room for {spec.title}, which takes multiples of "
                    f"{multiple}."
                )
        elif spec.fixed_size and set(spec.fixed_size[-2:]) != {self.crop_px}:
            height, width = spec.fixed_size[-2:]
            raise SettingsError(
                f"{spec.title} takes {width} x {height} pixels only, so a crop cannot be {self.crop_px}."
            )
        elif self.crop_px % multiple:
            fits = max(1, self.crop_px // multiple) * multiple
            raise SettingsError(
                f"{spec.title} needs sides that are multiples of {multiple}: not {self.crop_px}; {fits} is."
            )

    def as_settings(self, modality: Modality) -> dict[str, object]:
        """What a file should say, so that the same media are made again."""
        size = {SIDE: self.side_px} if self.crop_px is None else {CROP: self.crop_px}
        return {**size, FILTER: self.filter} if modality in SIZED else {SIDE: self.side_px}


def fitting_of(settings: Mapping[str, object]) -> Fitting:
    """The fitting that a file states; older files state the longest side alone. Raises SettingsError for nonsense."""
    side, crop = settings.get(SIDE) or Fitting.side_px, settings.get(CROP)
    if not isinstance(side, int) or not isinstance(crop, int | None):
        raise SettingsError(f"{SIDE} and {CROP} are numbers of pixels, not {side!r} and {crop!r}.")
    return Fitting(side, crop, str(settings.get(FILTER) or Fitting.filter))  # type: ignore[arg-type]
