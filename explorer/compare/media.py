"""What is compared: files, folders, zips, samples of the app and presets of hard content, as one list of media."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from explorer.audit.sources import open_source
from explorer.compare.presets import PRESETS, preset
from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.medium import NOUNS, Medium, Modality
from explorer.media.samples import SAMPLE_PREFIX, SAMPLES, sample, samples_of

PRESET_PREFIX, ALL = "preset:", "all"


@dataclass(frozen=True)
class CompareMedia:
    """title: what the set is called. names: one a medium, all different. read(i): a Medium, or MediaError.

    modality: what files are read as; of samples and presets what they are. crops: numbers of those that are looked at
    pixel by pixel, and so are not scaled down unless a side was asked for.
    """

    title: str
    names: tuple[str, ...]
    read: Callable[[int], Medium]
    modality: Modality = "image"
    crops: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.names)


def open_media(
    sources: Sequence[str], limits: Limits | None = None, title: str | None = None, modality: Modality = "image"
) -> CompareMedia:
    """Names of files, folders or zips, `sample:ID`, `preset:ID`, and `sample:all`, `preset:all`; nothing is read yet.

    modality: of the tokenizers; files are read as such, and `sample:all` means those. Raises MediaError if there is
    nothing, a file is missing, a sample is of another modality, or there are more than `limits.compare_media`;
    UnknownIdError for another sample or preset.
    """
    limits = limits or Limits()
    found: list[tuple[str, Callable[[], Medium]]] = []
    for source in sources:
        found += _opened(source, limits, modality)
    nouns = NOUNS[modality]
    if not found:
        raise MediaError(f"No {nouns.removesuffix('s')} was given.")
    if len(found) > limits.compare_media:
        raise MediaError(
            f"{len(found):,} {nouns} were given; at most {limits.compare_media} are compared at a time. Give fewer."
        )
    names = _told_apart([name for name, _ in found])
    if title is None:
        title = names[0] if len(names) == 1 else f"{len(names)} {nouns}"
    crops = frozenset(number for number, (name, _) in enumerate(found) if name.startswith(PRESET_PREFIX))
    return CompareMedia(title, names, lambda number: found[number][1](), modality, crops)


def _opened(source: str, limits: Limits, modality: Modality) -> list[tuple[str, Callable[[], Medium]]]:
    if source.startswith(SAMPLE_PREFIX):
        wanted = source.removeprefix(SAMPLE_PREFIX)
        chosen = samples_of(modality)
        ids = list(chosen) if wanted == ALL else [sample(wanted).id]
        if ids[0] not in chosen:
            raise _other(source, SAMPLES[ids[0]].modality, modality)
        return [(f"{SAMPLE_PREFIX}{one}", chosen[one].load) for one in ids]
    if source.startswith(PRESET_PREFIX):
        wanted = source.removeprefix(PRESET_PREFIX)
        ids = list(PRESETS) if wanted == ALL else [preset(wanted).id]
        if modality != "image":
            raise _other(source, "image", modality)
        return [(f"{PRESET_PREFIX}{one}", PRESETS[one].load) for one in ids]
    files = open_source(source, limits)
    return [(name, lambda number=number: files.open(number, modality)) for number, name in enumerate(files.names)]


def _other(source: str, is_of: str, modality: Modality) -> MediaError:
    nouns = NOUNS.get(is_of, is_of)
    return MediaError(f"{source} is one of the {nouns}, and these tokenizers take {NOUNS[modality]}.")


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
