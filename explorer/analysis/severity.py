"""How severe a finding is, in one word: the same four for codebooks, runs and experiments."""

from __future__ import annotations

from typing import Literal

Severity = Literal["bad", "warning", "note", "good"]

RANK: dict[Severity, int] = {"bad": 0, "warning": 1, "note": 2, "good": 3}  # worst first
ALARMS: tuple[Severity, ...] = ("bad", "warning")  # something is wrong, or will be

# As pages and reports call them; `views/kit/wire/findings.js` has the same.
WORDS: dict[Severity, str] = {"bad": "Broken", "warning": "Watch out", "note": "Note", "good": "No alarm"}
WELL = ("Healthy", "No alarm")  # what is well says in its title which of the two it may be called


def with_word(level: Severity, title: str) -> str:
    """ "Watch out: Dead codes", unless the title begins with such a word itself."""
    said = WELL if level == "good" else (WORDS[level],)
    return title if title.startswith(said) else f"{WORDS[level]}: {title}"
