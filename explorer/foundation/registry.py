"""Registry: id -> spec, loaded on first use.

A registry is an explicit list of dotted paths, readable at a glance. Nothing is imported until it is asked for,
so one missing optional library disables one entry and not the app.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Generic, TypeVar

from explorer.foundation.errors import UnknownIdError

T = TypeVar("T")


def load_dotted(path: str) -> object:
    """Import `package.module:name` and return the object."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class Registry(Generic[T]):
    """A named, read-only mapping of ids to dotted paths (`package.module:name`).

    `noun` is the word used in messages: "quantizer", "tokenizer", "view".
    """

    noun: str
    entries: Mapping[str, str]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def load(self, key: str) -> T:
        """The object behind `key`. Raises UnknownIdError with the valid ids."""
        return load_dotted(self.entries[self.check(key)])  # type: ignore[return-value]

    def check(self, key: str) -> str:
        """`key` itself if it is valid, else UnknownIdError that names the nearest and all valid ids."""
        if key in self.entries:
            return key
        raise UnknownIdError(unknown_id_message(self.noun, key, list(self.entries)))


def unknown_id_message(noun: str, key: str, valid: list[str]) -> str:
    """One line: what was asked for, the nearest valid id, and all of them."""
    near = get_close_matches(str(key), valid, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no {noun} {str(key)[:80]!r}.{hint} Valid ids: {', '.join(valid) or '(none)'}."
