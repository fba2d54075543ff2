"""Steps on teaching cards open what they name, and their tasks begin undone and are done as their hints say."""

import pytest

from explorer.learn.tour import CHAPTERS
from tests.learn.cards import SOLVED, cards_report

STEPS = {
    f"{chapter.id}.{number}": step
    for chapter in CHAPTERS
    for number, step in enumerate(chapter.steps)
    if step.page == "learn" and "card" in (step.query or {"card": ""})
}
RELATIONS = {
    "at least": lambda found, value: float(found) >= value,
    "at most": lambda found, value: float(found) <= value,
    "is": lambda found, value: str(found) == str(value),
}


def holds(facts, found):
    return all(RELATIONS[fact.relation](found[fact.name], fact.value) for fact in facts)


def test_every_step_on_a_card_names_one_and_only_what_it_reads(node):
    opened = [(name, step.query) for name, step in STEPS.items() if step.query is not None]
    for (name, query), report in zip(opened, cards_report(node, [query for _, query in opened]), strict=True):
        assert set(query) <= {"card", *report["names"]}, name
    assert set(SOLVED) == {name for name, step in STEPS.items() if step.task}


@pytest.mark.parametrize("name", SOLVED)
def test_a_task_on_a_card_is_undone_as_it_begins_and_done_by_its_hint(node, name):
    step = STEPS[name]
    begun, done = cards_report(node, [step.query, {**step.query, **SOLVED[name]}])
    assert not holds(step.task.facts, begun["facts"])
    assert holds(step.task.facts, done["facts"])
