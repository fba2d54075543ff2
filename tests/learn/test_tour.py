"""The tour is true: its links open what they name, its tasks begin undone and are solved by what their hint says."""

import json
import re
from urllib.parse import parse_qsl

import pytest

from explorer.audit.shipped import list_audits
from explorer.experiments import EXPERIMENTS
from explorer.lab.batch import run_lab
from explorer.lab.controls import CONTROLS
from explorer.lab.presets import preset
from explorer.lab.settings import LabSettings
from explorer.learn.references import references
from explorer.learn.tour import CHAPTERS
from explorer.media.samples import SAMPLES
from explorer.pages.compare import page as compare
from explorer.pages.lab.link import linked_run
from explorer.pages.language import page as language
from explorer.pages.learn.events import ask
from explorer.quantizers import QUANTIZERS
from explorer.tokenizers import list_tokenizers
from explorer.views.learn.guide import payload

STEPS = [(chapter, number, step) for chapter in CHAPTERS for number, step in enumerate(chapter.steps)]
NAMES = [f"{chapter.id}.{number}" for chapter, number, _ in STEPS]
FACTS = {"perplexity": "perplexity_0", "error": "quantization_error"}  # of the page -> measure of the run
# Task -> the changes that its hint leads to, and after how many steps it is looked at.
SOLVED = {
    "commitment.4": ({"beta": 1.0}, 300),
    "cells.3": ({"codebook_size": 64}, 100),
    "collapse.2": ({"reseeding": "random_latent"}, 300),
    "ema.3": ({"decay": 0.9}, 500),
    "remedies.5": ({"quantizer": "gradual"}, 300),
    "initialization.3": ({"warm_up": 200}, 400),
    "reseeding.4": ({"threshold": 0.1}, 400),
    "regularizers.4": ({"soft_entropy": 0.03}, 400),
    "rate.4": ({"codebook_size": 8}, 300),
    "bits.4": ({"diversity": 1.0}, 300),
    "assignment.3": ({"codebook_size": 32, "reseeding": "random_latent"}, 300),
}


def query_of(step):
    return dict(parse_qsl(step.as_json()["query"] or ""))


@pytest.mark.parametrize(("chapter", "number", "step"), STEPS, ids=NAMES)
def test_a_step_opens_what_it_names(chapter, number, step):
    assert step.title and step.says.endswith((".", "?", ":"))
    if step.query is None:
        assert number > 0 and chapter.steps[number - 1].page == step.page
    elif step.page == "lab":
        assert linked_run(query_of(step)).said == ""
    elif step.page == "experiments":
        assert query_of(step)["experiment"] in EXPERIMENTS
    elif step.page == "compare":
        assert json.loads(compare.opening_of(query_of(step), ""))["message"] == ""
    elif step.page == "language":
        assert json.loads(language.opening_of(query_of(step), ""))["message"] == ""
    elif step.page == "learn":
        assert "card" in step.query or step.query["show"] == "methods"  # of cards: test_cards_of_the_tour.py
    else:
        named = query_of(step)
        specs = {spec.id: spec for spec in list_tokenizers()}
        if not specs:
            pytest.skip("checkpoints/ is empty: python -m explorer train NAME fills it")
        assert named["tokenizer"] in specs
        if step.page == "codebook":
            assert named["audit"] in list_audits(named["tokenizer"])
        else:
            assert SAMPLES[named["picture"]].modality == specs[named["tokenizer"]].modality


@pytest.mark.parametrize(("chapter", "number", "step"), STEPS, ids=NAMES)
def test_questions_and_equations_are_whole(chapter, number, step):
    if step.question:
        assert 2 <= len(set(step.question.answers)) == len(step.question.answers)
        assert 0 <= step.question.right < len(step.question.answers) and step.question.because
    for term in step.equation:
        assert term.written and not term.meaning.endswith(".")
    assert not step.equation or sum(bool(term.meaning) for term in step.equation) >= 2


POINTS = re.compile(
    r"\b(here|this|these places|then\?|above|below|framed|marked|group \d|run [AB]|In A)\b", re.IGNORECASE
)


@pytest.mark.parametrize("name", [one for one, (_, _, step) in zip(NAMES, STEPS, strict=True) if step.question])
def test_a_question_stands_alone(name):
    """The quiz and the sheet ask it with no picture beside it."""
    question = next(step.question for one, (_, _, step) in zip(NAMES, STEPS, strict=True) if one == name)
    assert POINTS.findall(question.text) == []
    assert len(question.text.split()) >= 8


def test_every_chapter_asks_and_has_a_name_of_its_own():
    ids = [chapter.id for chapter in CHAPTERS]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-z]+", one) for one in ids)
    assert all(any(step.question or step.task for step in chapter.steps) for chapter in CHAPTERS)
    assert {f"{c.id}.{n}" for c, n, step in STEPS if step.task and step.page == "lab"} == set(SOLVED)


def reported(settings, steps):
    """What the lab's view reports after so many steps."""
    side = run_lab(settings, steps, "cpu")
    frame = side.frame()
    of_run = {"step": frame.step, "codes": settings.codebook_size, "dim": settings.dim}
    of_run |= {"dead": frame.levels[0].dead, "reseeds": side.events.total}
    of_run |= {"reseeding": settings.reseeding, "update": settings.update, "quantizer": settings.quantizer}
    return of_run | {name: frame.measures[measure] for name, measure in FACTS.items()}


def holds(facts, found):
    relations = {"at least": lambda a, b: a >= b, "at most": lambda a, b: a <= b, "is": lambda a, b: str(a) == str(b)}
    return all(relations[fact.relation](found[fact.name], fact.value) for fact in facts)


@pytest.mark.parametrize("name", SOLVED)
def test_a_task_is_undone_as_it_begins_and_done_by_the_change_of_its_hint(name):
    step = next(step for one, (_, _, step) in zip(NAMES, STEPS, strict=True) if one == name)
    begun = linked_run(query_of(step)).settings
    changes, steps = SOLVED[name]
    assert not holds(step.task.facts, reported(begun, steps))
    assert holds(step.task.facts, reported(begun.changed(changes), steps))


@pytest.mark.parametrize("name", SOLVED)
def test_a_setting_that_a_task_asks_for_is_called_as_its_control_is(name):
    """It was called by its inner name, such as update, which nobody finds among the settings."""
    controls = {control.name: control.label for control in CONTROLS}
    task = next(step.task for one, (_, _, step) in zip(NAMES, STEPS, strict=True) if one == name)
    for fact in task.facts:
        if fact.name in controls:
            assert fact.label.endswith(f"{controls[fact.name]}:")
        assert "_" not in (fact.label or fact.name)


REMEDIES = [
    name for name, (_, _, step) in zip(NAMES, STEPS, strict=True) if name.startswith("remedies.") and "b" in step.query
]


@pytest.mark.parametrize("name", REMEDIES)
def test_a_run_beside_another_does_what_its_step_says(name):
    """B uses at least three times as many codes as A, and has far fewer dead ones."""
    run = linked_run(query_of(next(step for one, (_, _, step) in zip(NAMES, STEPS, strict=True) if one == name)))
    both = run.settings, run.settings.changed(run.other)
    a, b = (run_lab(settings, 400, "cpu").frame().measures for settings in both)
    assert b["perplexity_0"] > 3 * a["perplexity_0"] and b["dead_0"] < a["dead_0"] / 2 and a["dead_0"] > 0.85


def test_what_chapters_say_in_numbers_is_so():
    collapse = LabSettings().changed(preset("rich_get_richer").changes)
    assert collapse.codebook_size == 64
    moving = [
        run_lab(linked_run(query_of(STEPS[NAMES.index("cells.2")][2])).settings, n, "cpu").frame() for n in (1, 100)
    ]
    assert (
        moving[0].measures["quantization_error"] > 1.4 * moving[1].measures["quantization_error"]
    )  # there is what to see
    cells = run_lab(linked_run(query_of(STEPS[NAMES.index("cells.3")][2])).settings, 200, "cpu").frame()
    assert cells.measures["quantization_error"] == pytest.approx(0.018, abs=0.001)  # two thirds: 0.012
    threshold = LabSettings().changed(preset("threshold_too_high").changes)
    assert threshold.batch_size / threshold.codebook_size == 0.25 and threshold.threshold == 2
    assert (threshold.batch_size, threshold.codebook_size, threshold.every) == (64, 256, 10)
    drift = LabSettings().changed(preset("decay_too_slow").changes)
    assert drift.codebook_size == 5 and drift.decay == 0.99 and drift.drift > 0.5
    swollen = LabSettings().changed(preset("beta_too_low").changes)
    assert run_lab(swollen, 300, "cpu").frame().measures["quantization_error"] > 1000
    held = run_lab(swollen.changed({"beta": 1.0}), 100, "cpu").frame()
    assert held.losses["codebook"] == pytest.approx(held.losses["commitment"]) and held.losses["codebook"] > 0.01
    assert round(196_608 / 1_280) == 154 and 256 * 256 * 3 == 196_608 and 32 * 32 * 10 // 8 == 1_280


def test_references_are_those_of_the_quantizers():
    found = {one.id: one for one in references()}
    assert list(found) == list(QUANTIZERS)
    assert all(one.words for one in found.values())
    assert "Mentzer et al. 2023, arXiv 2309.15505" in found["fsq"].papers
    assert "van den Oord et al. 2017, arXiv 1711.00937" in found["vq"].papers


def test_a_page_names_itself_and_is_told_the_chapter_that_it_asks_for():
    assert json.loads(payload("lab")) == {"page": "lab"}
    for chapter in CHAPTERS:
        answer = json.loads(ask({"what": "chapter", "id": chapter.id}))
        for step in answer["chapter"]["steps"]:
            step.pop("words")  # test_words_of_steps.py holds them
        assert answer["ok"] and answer["chapter"] == json.loads(json.dumps(chapter.as_json()))
    assert not json.loads(ask({"what": "chapter", "id": "nothing"}))["ok"]


def test_a_chapter_is_told_with_those_beside_it():
    """Their states alone: the card names them, and leads to them."""
    told = [json.loads(ask({"what": "chapter", "id": one.id})) for one in CHAPTERS]
    outlines = [json.loads(json.dumps(one.outline())) for one in CHAPTERS]
    assert [one["before"] for one in told] == [None, *outlines[:-1]]
    assert [one["next"] for one in told] == [*outlines[1:], None]


def test_a_list_of_chapters_needs_no_texts_of_steps():
    chapter = CHAPTERS[0]
    outline = chapter.outline()
    assert [(one["page"], one["query"]) for one in outline["steps"]] == [
        (one["page"], one["query"]) for one in chapter.as_json()["steps"]
    ]
    assert sum(one["question"] for one in outline["steps"]) == sum(bool(step.question) for step in chapter.steps)
    assert (
        len(json.dumps([one.outline() for one in CHAPTERS])) < len(json.dumps([one.as_json() for one in CHAPTERS])) / 3
    )
