"""One word for each severity, in what is found, in the browser and in its style sheet."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from explorer.analysis import severity
from explorer.analysis.severity import ALARMS, RANK

EXPLORER = Path(severity.__file__).parents[1]
WORDS = ("bad", "warning", "note", "good")  # worst first


def test_the_words_are_the_same_in_python_in_the_browser_and_in_its_sheet():
    script = (EXPLORER / "views/kit/wire/findings.js").read_text(encoding="utf-8")
    ranks = {word: int(rank) for word, rank in re.findall(r"^  (\w+): \{ rank: (\d)", script, re.MULTILINE)}
    sheet = (EXPLORER / "views/kit/widgets/sign.css").read_text(encoding="utf-8")
    assert ranks == RANK == {word: rank for rank, word in enumerate(WORDS)} and WORDS[:2] == ALARMS
    assert set(re.findall(r'\[data-level="(\w+)"\]', sheet)) == set(WORDS)


def test_every_finding_has_one_of_these_words():
    """Also those that need a rare run: read from the source, not from what a test happens to find."""
    said = [
        (path.name, value.value)
        for path in sorted((EXPLORER / "analysis").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Finding"
        for given in [*call.args[:1], *(one.value for one in call.keywords if one.arg == "level")]
        for value in _branches(given)
        if isinstance(value, ast.Constant)
    ]
    assert len(said) > 30 and [one for one in said if one[1] not in WORDS] == []


def _branches(value: ast.expr) -> list[ast.expr]:
    return [*_branches(value.body), *_branches(value.orelse)] if isinstance(value, ast.IfExp) else [value]
