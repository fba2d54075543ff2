"""Fields of requests: what a browser sends is read into a frozen dataclass, and a fault is a sentence at its field.

A field's type says how it is read: `level: Index`, or `kind: Annotated[str, OneOf(("csv", "npz"))]`. null and a key
that is not there are one: the default, or where there is none the sentence that it is missing. Keys that the dataclass
does not have are left alone: what goes with every question of a page is sent also with those that need none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Annotated, Any, Protocol, TypeVar, get_args, get_type_hints

from explorer.foundation.errors import Cancelled, ExplorerError, FieldError

EXACT = 2**53 - 1  # the largest whole number that a browser's arithmetic has exactly
NAME_CHARACTERS, PATH_CHARACTERS = 200, 8192
SHOWN_CHARACTERS = 40  # of a wrong value in a sentence
R = TypeVar("R")


class Wrong(Exception):
    """What a value must be instead; the end of "The ... must be"."""


class Rule(Protocol):
    """How one value is read. say: the whole sentence for a value that is missing or wrong, where "The level must be a
    whole number" would not be the best one."""

    say: str

    def read(self, value: Any) -> Any:
        """The value as the dataclass has it. Raises Wrong, or FieldError for a field inside it."""


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds, both allowed."""

    least: int = 0
    most: int = EXACT
    say: str = ""

    def read(self, value: Any) -> int:
        if type(value) is not int or not self.least <= value <= self.most:
            upto = f"from {self.least:,} to {self.most:,}" if self.most < EXACT else f"of {self.least:,} or more"
            raise Wrong(f"a whole number {upto}")
        return value


@dataclass(frozen=True)
class Number:
    """A number within bounds, both allowed."""

    least: float = -1e15
    most: float = 1e15
    say: str = ""

    def read(self, value: Any) -> float:
        if type(value) not in (int, float) or not self.least <= value <= self.most:  # NaN is not either
            raise Wrong(f"a number from {self.least:g} to {self.most:g}")
        return float(value)


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    say: str = ""

    def read(self, value: Any) -> bool:
        if type(value) is not bool:
            raise Wrong("true or false")
        return value


@dataclass(frozen=True)
class Text:
    """Text of at most so many characters."""

    most: int = NAME_CHARACTERS
    say: str = ""

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong("text")
        if len(value) > self.most:
            raise Wrong(f"text of at most {self.most:,} characters, not {len(value):,}")
        return value


@dataclass(frozen=True)
class OneOf:
    """One of some texts or numbers."""

    options: tuple[Any, ...]
    say: str = ""

    def read(self, value: Any) -> Any:
        if not any(type(value) is type(one) and value == one for one in self.options):
            raise Wrong(f"{options_words(self.options)}, not {_shown(value)}")
        return value


@dataclass(frozen=True)
class Several:
    """A list, as a tuple. of: how each of them is read."""

    of: Rule
    least: int = 0
    most: int = 100
    say: str = ""

    def read(self, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Wrong("a list")
        if not self.least <= len(value) <= self.most:
            amount = f"from {self.least:,} to {self.most:,}" if self.least else f"at most {self.most:,}"
            raise Wrong(f"a list of {amount} values, not {len(value):,}")
        try:
            return tuple(self.of.read(one) for one in value)
        except Wrong as wrong:
            raise Wrong(f"a list, of which each is {wrong}") from wrong


@dataclass(frozen=True)
class Entries:
    """Names and values that somebody else knows how to check; {} is fine."""

    most: int = 200
    say: str = ""

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong("an object of names and values")
        if len(value) > self.most:
            raise Wrong(f"an object of at most {self.most:,} names, not {len(value):,}")
        return value


@dataclass(frozen=True)
class Inside:
    """A request inside a request, read into a frozen dataclass of its own."""

    kind: type
    say: str = ""

    def read(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise Wrong("an object of names and values")
        return read_request(self.kind, value)


Index = Annotated[int, Whole()]  # of a level, a code, a token, ...: counted from 0
Name = Annotated[str, Text()]
Yes = Annotated[bool, Flag()]
# Of uploads, for which pages have caps of their own.
Paths = Annotated[tuple[str, ...], Several(Text(PATH_CHARACTERS), most=10_000)]


def read_request(kind: type[R], payload: Mapping[str, Any]) -> R:
    """The payload as that dataclass. Raises FieldError at the first field that is missing or wrong."""
    values = {}
    for name, rule, needed in rules_of(kind):
        given = payload.get(name)
        if given is None:
            if needed:
                raise FieldError(name, rule.say or f"The {_words(name)} is missing.")
            continue
        try:
            values[name] = rule.read(given)
        except Wrong as wrong:
            raise FieldError(name, rule.say or f"The {_words(name)} must be {wrong}.") from wrong
    return kind(**values)


@cache
def rules_of(kind: type) -> tuple[tuple[str, Rule, bool], ...]:
    """(name, rule, whether it must be there) of each field. Raises TypeError for a field that says no rule."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        (one.name, _rule(hints[one.name]), one.default is MISSING and one.default_factory is MISSING)
        for one in fields(kind)
    )


def _rule(hint: Any) -> Rule:
    for one in (hint, *get_args(hint)):  # Name, or Name | None
        for rule in getattr(one, "__metadata__", ()):
            return rule
    raise TypeError(f"{hint} does not say how it is read")


@contextmanager
def at_field(name: str, kinds: tuple[type[ExplorerError], ...] = (ExplorerError,)) -> Iterator[None]:
    """What is wrong in here belongs to that field of the page, unless it says another. kinds: of errors."""
    try:
        yield
    except (FieldError, Cancelled):
        raise
    except kinds as error:
        raise FieldError(name, str(error)) from error


def options_words(options: tuple[Any, ...]) -> str:
    """ "a", "a or b", "a, b or c"."""
    *first, last = map(str, options)
    return f"{', '.join(first)} or {last}" if first else last


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: object) -> str:
    """A wrong value in a sentence; anything deep or long only by its beginning or its kind."""
    if isinstance(value, str):
        return repr(value[:SHOWN_CHARACTERS])
    if isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 10**15):
        return str(value)
    return "so large a number" if isinstance(value, int) else f"a {type(value).__name__}"
