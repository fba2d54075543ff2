"""Every row of the table says what its equation was read in, or that it has none, and no docstring says otherwise."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from explorer.learn.methods.equations import EQUATIONS, HELD, READINGS
from explorer.learn.methods.formulas import MEASURED, equation_of
from explorer.learn.methods.table import METHODS
from explorer.learn.references import references
from explorer.quantizers import QUANTIZERS
from explorer.views.learn.methods import payload

ROOT = Path(__file__).parents[2]
ROWS = [(group, method.name) for group, methods in METHODS.items() for method in methods]
IN_LAB = [
    (method.name, name)
    for method in METHODS["Quantizers"]
    for name in method.quantizers
    if any(seen.page == "lab" for seen in method.seen)
]


def module_words(name: str) -> str:
    """The docstrings of a quantizer's file, in one line."""
    path = ROOT / Path(*QUANTIZERS.entries[name].partition(":")[0].split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return " ".join(" ".join(ast.get_docstring(node) or "" for node in (tree, *tree.body) if _told(node)).split())


def _told(node: ast.AST) -> bool:
    return isinstance(node, (ast.Module, ast.ClassDef))


def numbers_in(words: str) -> set[str]:
    """ "eqs 1 to 3, and eq. 5" -> the numbers that stand there."""
    return set(re.findall(r"\d+", " ".join(re.findall(r"eqs?\.? (\d+(?:(?:, | to | and )\d+)*)", words))))


def test_every_row_of_the_table_has_an_entry_and_no_entry_is_of_no_row():
    assert set(HELD) < set(METHODS)
    named = [method.name for group in HELD for method in METHODS[group]]
    assert sorted(named) == sorted(EQUATIONS)
    assert len(named) == len(set(named))
    assert [method.name for method in METHODS["Measures"]] == list(MEASURED)
    assert all(equation_of(group, name).source for group, name in ROWS)
    with pytest.raises(KeyError):
        equation_of("Measures", "IBQ")


def test_only_experiments_media_and_a_curve_have_nothing_to_compute():
    without = [(group, name) for group, name in ROWS if equation_of(group, name).reading == "none"]
    named = [(group, method.name) for group in ("Experiments", "Modalities") for method in METHODS[group]]
    assert without == [("Measures", "Rate-distortion curve"), *named]


@pytest.mark.parametrize(("group", "name"), ROWS, ids=str)
def test_a_row_says_where_it_was_read(group, name):
    one = equation_of(group, name)
    assert one.reading in READINGS and one.source and not one.source.endswith(".")
    assert bool(one.at) or one.reading not in ("quoted", "code")
    assert not one.at or one.reading in ("paper", "quoted", "code", "survey")
    assert not one.differs or one.differs.endswith(".")
    if one.reading in ("paper", "quoted", "code", "survey"):
        assert re.search(r"(19|20)\d\d", one.source)
    if one.reading == "quoted":
        assert len(one.at.split("; ")) >= 2 or " and " in one.at, "two that agree"


@pytest.mark.parametrize(("name", "quantizer"), IN_LAB)
def test_the_row_and_the_docstring_name_the_same_paper(name, quantizer):
    one = EQUATIONS[name]
    papers = [paper.split(",")[0] for paper in next(r.papers for r in references() if r.id == quantizer)]
    if one.reading in ("paper", "quoted", "code"):
        assert any(paper in one.source for paper in papers), papers
        if one.reading == "paper":
            assert numbers_in(one.source) <= numbers_in(module_words(quantizer))


def test_where_a_paper_was_not_at_hand_the_docstring_says_so():
    unread = {name: one for name, one in EQUATIONS.items() if one.reading == "code"}
    assert set(unread) == {"Soft VQ, soft-to-hard"}
    said = {name for name in QUANTIZERS.entries if "not at hand" in module_words(name)}
    assert said == {q for method in METHODS["Quantizers"] if method.name in unread for q in method.quantizers}


def test_the_page_is_sent_what_the_table_says():
    sent = json.loads(payload(METHODS, (), {}, ""))
    assert sent["readings"] == dict(READINGS)
    rows = {(group["title"], row["name"]): row["equation"] for group in sent["groups"] for row in group["methods"]}
    assert rows["Quantizers", "IBQ"]["source"] == "Shi et al. 2024, eq. 10"
    assert rows["Losses", "KL to uniform"]["reading"] == "survey"
    assert rows["Measures", "KL to uniform"]["source"] == "log2 K - H"  # the measure of the same name is no loss
    assert rows["Modalities", "Sound"]["reading"] == "none"
    script = (ROOT / "explorer/views/learn/methods.js").read_text(encoding="utf-8")
    read_as = re.search(r"const READ_AS = \{(.*?)\};", script, re.DOTALL).group(1)
    assert re.findall(r"(\w+):", read_as) == list(READINGS)
