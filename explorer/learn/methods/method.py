"""Method and Sight: a row of the table of methods."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from explorer.learn.chapter import Page

Place = Literal["", "explicit", "implicit"]
Assignment = Literal["", "hard", "soft"]


@dataclass(frozen=True)
class Sight:
    """A state of a page where a method is seen. label: such as "lab" or "card"."""

    label: str
    page: Page
    query: Mapping[str, str]

    @property
    def link(self) -> str:
        """Below the root of the app."""
        return f"{self.page}?{urlencode(self.query)}"


@dataclass(frozen=True)
class Method:
    """name: as the surveys have it. words: in short. seen: where. test: "file::function" that holds it against
    something independent. quantizers: ids in the registry.

    codebook, assignment: the place on the two axes of the survey "Discrete Visual Tokenizers for Multimodal LLMs"
    (2025), section 2; "" for what is no quantizer. conditions: of the experiment "same-encoder" that trained it.
    """

    name: str
    words: str
    seen: tuple[Sight, ...]
    test: str
    quantizers: tuple[str, ...] = ()
    codebook: Place = ""
    assignment: Assignment = ""
    conditions: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """ "RVQ, greedy" -> "rvq-greedy"."""
        return "-".join(re.findall(r"[a-z0-9]+", self.name.lower()))

    def as_json(self) -> dict[str, Any]:
        """Plain values for the page."""
        seen = [{"label": one.label, "link": one.link} for one in self.seen]
        kept = {name: getattr(self, name) for name in ("id", "name", "words", "test", "codebook", "assignment")}
        return kept | {"seen": seen, "conditions": list(self.conditions)}


def lab(**settings: object) -> Sight:
    """A run of the training lab with these settings."""
    return Sight("lab", "lab", {"settings": json.dumps(settings), "speed": "30"})


def card(name: str) -> Sight:
    """A teaching card."""
    return Sight("card", "learn", {"card": name})


def zoo(tokenizer: str, picture: str = "coffee") -> Sight:
    """A tokenizer that ships, on a sample."""
    return Sight(tokenizer, "", {"tokenizer": tokenizer, "picture": picture})


def audit(tokenizer: str) -> Sight:
    """The codebook of a tokenizer that ships, over held-out media."""
    return Sight("codebook", "codebook", {"tokenizer": tokenizer, "audit": "val"})


def experiment(name: str) -> Sight:
    """An experiment of the surveys, with the results that ship."""
    return Sight("experiment", "experiments", {"experiment": name})


def chapter(id: str, page: Page = "lab") -> Sight:
    """A chapter of the tour, from its first step."""
    return Sight("chapter", page, {"learn": f"{id}.0"})
