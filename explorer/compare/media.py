"""What is compared: files, folders, zips, samples of the app and presets of hard content, as one list of media."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from explorer.audit.sources import open_source
from explorer.compare.presets import PRESETS, preset
from explorer.config import Limits
from explorer.errors import MediaError
from explorer.media.image import LoadedImage
from explorer.media.samples import PICTURES, sample_picture

SAMPLE_PREFIX, PRESET_PREFIX, ALL = "sample:", "preset:", "all"


@dataclass(frozen=True)
class CompareMedia:
    """title: what the set is called. names: one a medium, all different. read(i): LoadedImage, or MediaError."""

    title: str
    names: tuple[str, ...]
    read: Callable[[int], LoadedImage]

    def __len__(self) -> int:
        return len(self.names)


def open_media(sources: Sequence[str], limits: Limits | None = None, title: str | None = None) -> CompareMedia:
    """Names of files, folders or zips, `sample:ID`, `preset:ID`, and `sample:all`, `preset:all`; nothing is read yet.

    Raises MediaError if there is nothing, a file is missing, or there are more than `limits.compare_media`;
    UnknownIdError for another sample or preset.
    """
    limits = limits or Limits()
    found: list[tuple[str, Callable[[], LoadedImage]]] = []
    for source in sources:
        found += _opened(source, limits)
    if not found:
        raise MediaError("No picture was given.")
    if len(found) > limits.compare_media:
        raise MediaError(
            f"{len(found):,} pictures were given; at most {limits.compare_media} are compared at a time. Give fewer."
        )
    names = _told_apart([name for name, _ in found])
    if title is None:
        title = names[0] if len(names) == 1 else f"{len(names)} pictures"
    return CompareMedia(title, names, lambda number: found[number][1]())


def _opened(source: str, limits: Limits) -> list[tuple[str, Callable[[], LoadedImage]]]:
    if source.startswith(SAMPLE_PREFIX):
        wanted = source.removeprefix(SAMPLE_PREFIX)
        ids = list(PICTURES) if wanted == ALL else [sample_picture(wanted).id]
        return [(f"{SAMPLE_PREFIX}{one}", PICTURES[one].load) for one in ids]
    if source.startswith(PRESET_PREFIX):
        wanted = source.removeprefix(PRESET_PREFIX)
        ids = list(PRESETS) if wanted == ALL else [preset(wanted).id]
        return [(f"{PRESET_PREFIX}{one}", PRESETS[one].load) for one in ids]
    files = open_source(source, limits)
    return [(name, lambda number=number: files.open(number)) for number, name in enumerate(files.names)]


def _told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """The same names, those that occur again with a number after them."""
    seen: Counter[str] = Counter()
    taken, apart = set(names), []
    for name in names:
        seen[name] += 1
        different = name
        while seen[name] > 1 and different in taken:
            different = f"{name} ({seen[name]})"
            seen[name] += different in taken
        taken.add(different)
        apart.append(different)
    return tuple(apart)
