"""The public tokenizers that people name: what to type, what they are, and where each fact is from.

Nothing here is read from a file: it is what a person sees before choosing. What a file says when it is looked at counts
more. Pictures and clips are listed in known_pictures.py, sounds in known_sounds.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

NOT_STATED = "not stated"


@dataclass(frozen=True)
class KnownTokenizer:
    """source: what to type, `owner/name[/part]` of the Hub; "" where the authors give the file elsewhere. home: where
    the authors publish it. format: id in FORMATS. files: the pickles, by name (one `*` may stand for a part), that may
    be fetched where the repository has no safetensors. parameters: those that are kept, counted in the published
    configuration unless `facts` says otherwise; None where that is not known. licence: that of the authors' repository
    where none is stated for the weights alone. trained_on: data. facts: where licence,
    data and the name of the file are from. published: figures of the authors, such as psnr_db
    or usage (share of codes), with the data in `published_on`.
    """

    id: str
    title: str
    format: str
    modality: Literal["image", "audio", "video"]
    source: str
    home: str
    licence: str
    trained_on: str
    facts: str
    parameters: int | None = None
    files: tuple[str, ...] = ()
    published: Mapping[str, float] = field(default_factory=dict)
    published_on: str = ""

    @property
    def memory_bytes(self) -> int | None:
        """Of the weights in float32, as they are held on a CPU."""
        return None if self.parameters is None else 4 * self.parameters

    @property
    def on_the_hub(self) -> bool:
        """Whether its files can be fetched by the app; others are downloaded by hand and named as a file."""
        return bool(self.source)


def known_tokenizers() -> tuple[KnownTokenizer, ...]:
    """All, in the order in which they are shown: pictures, clips, sounds."""
    from explorer.public.catalogue_pictures import PICTURES
    from explorer.public.catalogue_sounds import SOUNDS

    return (*PICTURES, *SOUNDS)


def known_for(repository: str, inside: str = "") -> KnownTokenizer | None:
    """The entry of a Hub repository and its part, whatever the capitals; None if it is not listed."""
    wanted = f"{repository}/{inside}".strip("/").lower()
    return next((one for one in known_tokenizers() if one.source and one.source.lower() == wanted), None)


def known_in(repository: str) -> list[KnownTokenizer]:
    """All entries that lie in a Hub repository."""
    name = repository.lower()
    return [
        one for one in known_tokenizers() if one.source.lower() == name or one.source.lower().startswith(f"{name}/")
    ]
