"""What a link to the compare page asks for; what does not hold falls back to the default, and is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explorer.compare.kinds import KINDS
from explorer.compare.media import PRESET_PREFIX, open_media
from explorer.compare.run import TOKENIZERS
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError
from explorer.media.medium import Modality
from explorer.media.samples import SAMPLE_PREFIX, samples_of
from explorer.pages.compare.requests import OWN
from explorer.pages.shared.session import tell_lost
from explorer.tokenizers import list_tokenizers
from explorer.views.compare.payload import best_of_each_kind, is_comparable

FIRST_MANY = 4  # tokenizers compared at the first visit


@dataclass(frozen=True)
class LinkedComparison:
    """tokenizers: ids. media: such as "sample:coffee". said: what the link asks for and cannot be, in words."""

    tokenizers: tuple[str, ...]
    media: str
    said: str = ""


def linked_comparison(query: Mapping[str, str], own: Modality | None = None) -> LinkedComparison:
    """Never raises. own: the modality of the files that the visitor has on the page, None where there are none."""
    ids, modality, notes = _tokenizers([one for one in query.get("tokenizers", "").split(",") if one])
    media = query.get("media", "")
    if media == OWN and own == modality:
        return LinkedComparison(tuple(ids), media, " ".join(notes))
    if media and not _is_there(media, modality):
        notes.append(
            f"{tell_lost('media')} A sample is shown."
            if media == OWN
            else "What this link was compared on is not here; a sample is shown."
        )
    if not _is_there(media, modality):
        media = f"{SAMPLE_PREFIX}{next(iter(samples_of(modality)), '')}"
    return LinkedComparison(tuple(ids), media, " ".join(notes))


def _tokenizers(asked: list[str]) -> tuple[list[str], Modality, list[str]]:
    """Those of one modality that are here, or the first ones; their modality; and what of `asked` was left out."""
    specs, notes = [spec for spec in list_tokenizers() if spec.modality in KINDS], []
    known = {spec.id: spec.modality for spec in specs if is_comparable(spec)}
    low, high = TOKENIZERS
    modality = next((known[one] for one in asked if one in known), "image")
    ids = [one for one in dict.fromkeys(asked) if known.get(one) == modality][:high]
    if asked and len(ids) < len(asked):
        notes.append(
            "Some tokenizers of the link are not here, or cannot be compared with the rest; they are left out."
        )
    if len(ids) < low:
        if asked:
            notes.append("Fewer than two of them are here, so others are compared.")
        ids = best_of_each_kind(specs, FIRST_MANY, modality)
        if len(ids) < low and modality != "image":  # one of a kind is no comparison
            ids, modality = best_of_each_kind(specs, FIRST_MANY), "image"
    if len(ids) < low:
        notes.append("There are not two tokenizers to compare. `python -m explorer train rvq-4` makes one.")
    return ids, modality, notes


def _is_there(media: str, modality: Modality) -> bool:
    """Whether a link's medium is a sample or a preset."""
    if not media.startswith((SAMPLE_PREFIX, PRESET_PREFIX)):
        return False
    try:
        return len(open_media([media], settings().limits, modality=modality)) > 0
    except ExplorerError:
        return False
