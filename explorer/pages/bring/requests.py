"""What the panel "Bring a tokenizer" can be asked for, one frozen dataclass a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from explorer.pages.shared.fields import PATH_CHARACTERS, Name, OneOf, Paths, Text


@dataclass(frozen=True)
class Look:
    """kind: whether `text` is a repository of the Hub or a path of this machine, or `files` are paths of uploads."""

    kind: Annotated[str, OneOf(("hub", "file", "path"), say="Name a repository of the Hub, or a file.")]
    text: Annotated[str, Text(PATH_CHARACTERS, say="Type its name or its path first.")] = ""
    files: Paths = ()


@dataclass(frozen=True)
class OfJob:
    """job: the id of what the page is about to bring."""

    job: Name


@dataclass(frozen=True)
class Weights(OfJob):
    """weights: which of two sets is looked at again."""

    weights: Annotated[str, OneOf(("averaged", "raw"))] = field(kw_only=True)


@dataclass(frozen=True)
class Remove:
    """id: of one of the visitor's own tokenizers."""

    id: Name
