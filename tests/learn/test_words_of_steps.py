"""Each step is sent with what its words mean, so that nobody has to know them before."""

import json
import re

import pytest

from explorer.learn.tour import CHAPTERS
from explorer.learn.words import WORDS, words_of
from explorer.pages.learn.events import ask
from explorer.pages.learn.page import contents

TERMS = [word.term for word in WORDS]
STEPS = [(f"{chapter.id}.{number}", step) for chapter in CHAPTERS for number, step in enumerate(chapter.steps)]


def terms_of(text):
    return [word.term for word in words_of(text)]


def test_a_word_is_found_in_each_of_its_forms_and_within_no_other():
    assert terms_of("Dead codes, and a batch of latents.") == ["dead", "code", "batch", "latent"]
    assert terms_of("It decodes a mistaken deadline, meanwhile a rabbit ate the steppe.") == []
    assert terms_of("It is lost schema by schema.") == []  # EMA is written in capitals
    assert terms_of("The EMA, a moving average") == ["EMA"]
    assert terms_of("k = argmin \N{DOUBLE VERTICAL LINE}z_e - e_j\N{DOUBLE VERTICAL LINE}") == [
        "argmin",
        "norm",
        "latent",
    ]
    assert (
        terms_of("At step 300 a step is a step") == ["training step"] and terms_of("stepping stones, two kinds") == []
    )
    assert terms_of("10 codes in use, in effect: 3 bits") == ["code", "perplexity", "bit"]


@pytest.mark.parametrize(("name", "step"), STEPS, ids=[name for name, _ in STEPS])
def test_what_a_plain_search_finds_is_found(name, step):
    said = set(re.findall(r"[a-z-]+", step.text().lower()))
    assert {term for term in TERMS if term.lower() in said} <= set(terms_of(step.text()))


def test_every_word_is_used_somewhere_and_said_in_sentences():
    used = {term for _, step in STEPS for term in terms_of(step.text())}
    assert set(TERMS) == used and len(set(TERMS)) == len(TERMS)
    assert all(word.words.endswith(".") and len(word.words) <= 200 for word in WORDS)


def test_no_word_gives_an_answer_or_a_hint_away():
    for _, step in STEPS:
        for kept in (step.question and step.question.because, step.task and step.task.hint):
            assert not kept or kept not in step.text()


def test_a_chapter_is_sent_with_the_words_of_its_steps():
    steps = json.loads(ask({"what": "chapter", "id": "commitment"}))["chapter"]["steps"]
    words = {one["term"]: one["words"] for one in steps[0]["words"]}
    assert {"loss", "gradient", "sg", "commitment", "latent"} <= set(words)
    assert all(words[word.term] == word.words for word in WORDS if word.term in words)


def test_the_glossary_has_every_word_once_by_the_alphabet():
    glossary = [one["term"] for one in json.loads(contents()[0])["glossary"]]
    assert set(TERMS) <= set(glossary) and len(set(glossary)) == len(glossary)
    plain = [re.sub(r"^(a|an|the) ", "", term.lower()) for term in glossary]
    assert plain == sorted(plain)
