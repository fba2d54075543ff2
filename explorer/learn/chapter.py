"""Chapter and Step: what the tour shows and says, which state of which page it is about, and what is asked.

A step names a state of a page by the query of its link, so that nothing is drawn twice: the pages are the instrument,
the tour only leads through them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import urlencode

Page = Literal["", "lab", "codebook", "compare", "experiments", "learn", "language"]
Relation = Literal["at least", "at most", "is"]


@dataclass(frozen=True)
class Term:
    """A part of an equation, as it is written, and what it does; a part without meaning only joins others."""

    written: str
    meaning: str = ""


@dataclass(frozen=True)
class Question:
    """right: number of the right answer. because: what is said after any answer."""

    text: str
    answers: tuple[str, ...]
    right: int
    because: str


@dataclass(frozen=True)
class Fact:
    """name: of what the page reports of itself (`data-*` of its views, or a key of its address). value: what it must
    be, by `relation`. label: the name on screen, where it is another."""

    name: str
    relation: Relation
    value: float | str
    label: str = ""


@dataclass(frozen=True)
class Task:
    """A design task: done at the first moment at which all facts hold. hint: shown on request."""

    text: str
    facts: tuple[Fact, ...]
    hint: str
    done: str


@dataclass(frozen=True)
class Step:
    """page, query: the state that it is about; query None: the page stays as it is. lit: selectors of what is framed.

    says: a few plain words. more: for who wants to know. equation: its terms in order.
    """

    title: str
    says: str
    page: Page
    query: Mapping[str, str] | None = None
    lit: tuple[str, ...] = ()
    more: str = ""
    equation: tuple[Term, ...] = ()
    question: Question | None = None
    task: Task | None = None

    def text(self) -> str:
        """All that is read of it, in the order in which it is read; hint and explanations are not, until they are asked
        for."""
        question, task = self.question, self.task
        parts = [self.title, self.says, *(part for term in self.equation for part in (term.written, term.meaning))]
        parts += [question.text, *question.answers] if question else []
        parts += [task.text] if task else []
        return "\n".join([*parts, self.more])

    def as_json(self) -> dict[str, Any]:
        """Plain values; the query as text, None where the page stays."""
        return asdict(self) | {"query": None if self.query is None else urlencode(self.query)}


@dataclass(frozen=True)
class Chapter:
    """about: what one knows afterwards."""

    id: str
    title: str
    about: str
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title, "about": self.about, "steps": [one.as_json() for one in self.steps]}

    def outline(self) -> dict[str, Any]:
        """What a list of chapters needs: of each step its state, and whether it asks a question."""
        steps = [
            {"page": one.page, "query": one.as_json()["query"], "question": bool(one.question)} for one in self.steps
        ]
        return self.as_json() | {"steps": steps}
