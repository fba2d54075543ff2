"""Links to every page, key by key: what a page does not know or take is told in a sentence, with what is shown."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from explorer.learn.tour import CHAPTERS
from explorer.media.samples import SAMPLES
from explorer.pages.codebook import page as codebook
from explorer.pages.compare import page as compare
from explorer.pages.experiments import page as experiments
from explorer.pages.inspect.link import linked_visit
from explorer.pages.lab.link import linked_run
from explorer.pages.language import desk
from explorer.pages.language.link import TEXTS, VIEWS, state_of_query
from explorer.pages.replay import page as replay
from explorer.pages.replay.part import ReplayPart
from explorer.pages.shared.link_keys import EVERYWHERE, KEYS, LOOKED_UP, SWITCH, WHOLE, tell_outside, tell_stray
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import list_tokenizers

VIEWS_FOLDER = Path(__file__).parents[3] / "explorer" / "views"


def language_said(query):
    return state_of_query(query, desk.facts())[1]


def replay_said(query):
    visitor = visitors.enter("links")
    try:
        return json.loads(replay.opening_of(query, visitor.part(ReplayPart), visitor.token))["message"]
    finally:
        visitors.leave("links")


SAID = {
    "inspect": lambda query: linked_visit(query)[1],
    "codebook": lambda query: json.loads(codebook.opening_of(query, "token"))["message"],
    "compare": lambda query: json.loads(compare.opening_of(query, "token"))["message"],
    "lab": lambda query: linked_run(query).said,
    "experiments": lambda query: json.loads(
        experiments.opening_of(query.get("experiment", experiments.FIRST), tell_stray("experiments", query))
    )["message"],
    "language": language_said,
    "replay": replay_said,
}
CHECKED = [(page, key) for page, keys in KEYS.items() for key, allowed in keys.items() if allowed != LOOKED_UP]
# What each page looks up on its own, with a value that is nowhere.
NOWHERE = {
    "inspect": {"picture": "nope", "tokenizer": "nope"},
    "codebook": {"tokenizer": "nope", "audit": "nope"},
    "compare": {"tokenizers": "nope,none", "media": "sample:nope", "left": "nope", "right": "nope", "baseline": "nope"},
    "lab": {"settings": "nope", "preset": "nope", "b": "nope", "speed": "nope"},
    "language": {"picture": "nope", "written": "???"},
    "replay": {"run": "nope", "b": "nope"},
    "experiments": {"experiment": "nope"},
}


def test_every_page_with_links_is_here():
    assert set(SAID) == set(KEYS) == set(NOWHERE)


@pytest.mark.parametrize("page", SAID)
def test_a_key_that_the_page_does_not_know_is_told_with_those_it_knows(page):
    said = SAID[page]({"nope": "x" * 90})
    assert f"The link says nope={'x' * 40}, which this page does not know; its links say " in said
    assert all(key in said for key in KEYS[page]) and "x" * 41 not in said


def test_several_keys_that_the_lab_does_not_know_are_told_in_one_sentence():
    said = linked_run({"quantizer": "nope", "seed": "x"}).said
    assert said.startswith("The link says quantizer=nope and seed=x, which this page does not know; its links say sett")
    assert said.count("The link says") == said.count("its links say") == 1
    many = tell_stray("lab", {f"k{at}": "" for at in range(8)})
    assert many[0].startswith("The link says k0=, k1=, k2=, k3= and k4= and more, which") and len(many) == 1


FIRST_SHOWN, LEFT_OUT = "the first one is shown.", "it is left out."
FOUR, ONE = {"tokenizer": "rvq-4"}, {"tokenizer": "vq-ema-reseed"}


@pytest.mark.parametrize("page", ["inspect", "codebook"])
@pytest.mark.parametrize(
    ("query", "told"),
    [
        (FOUR | {"level_no": "9"}, f"The link says level_no=9, which can be 1 to 4 here; {FIRST_SHOWN}"),
        (FOUR | {"level_no": "0"}, f"The link says level_no=0, which can be 1 to 4 here; {FIRST_SHOWN}"),
        (FOUR | {"level": "4"}, f"The link says level=4, which can be 0 to 3 here; {FIRST_SHOWN}"),
        (ONE | {"level_no": "2"}, f"The link says level_no=2, which can be 1 alone here; {FIRST_SHOWN}"),
        (ONE | {"code": "99999"}, f"The link says code=99999, which can be 0 to {{last}} here; {LEFT_OUT}"),
        (FOUR | {"level_no": "4", "code": "0"}, ""),
        (FOUR | {"level": "3"}, ""),
        (ONE | {"level_no": "1", "level": "7"}, ""),  # the older name is not read beside the newer
    ],
)
def test_a_level_or_code_that_the_tokenizer_has_not_is_told(page, query, told):
    spec = next(spec for spec in list_tokenizers() if spec.id == query["tokenizer"])
    assert (len(spec.sizes), spec.id) in ((4, "rvq-4"), (1, "vq-ema-reseed"))
    assert SAID[page](query) == told.format(last=f"{spec.codebook_size - 1:,}")


def test_the_last_code_of_a_level_is_there_and_the_next_one_is_not():
    assert tell_outside({"level_no": "2", "code": "7"}, (4, 8)) == []
    assert tell_outside({"level_no": "2", "code": "8"}, (4, 8)) == [
        "The link says code=8, which can be 0 to 7 here; it is left out."
    ]
    assert len(tell_outside({"level_no": "3", "code": "7"}, (4, 8))) == 2  # the first level is shown, of four codes


def test_a_step_after_the_last_of_a_run_that_ended_is_told():
    said = replay_said({"step": "999999999"})
    last = re.fullmatch(r"The link says step=999999999, which can be 0 to ([\d,]+) here; the last one is shown.", said)[
        1
    ]
    assert replay_said({"step": last.replace(",", "")}) == ""
    assert replay_said({"step": str(int(last.replace(",", "")) + 1)}) != ""


def test_numbers_beyond_what_the_language_page_takes_are_told_with_what_is_taken():
    facts = desk.facts()
    assert language_said({"temperature": "99"}) == "The link says temperature=99, which can be 0 to 2 here; it is 1."
    assert language_said({"given": str(facts.rows)}).startswith(
        f"The link says given={facts.rows}, which can be 0 to {facts.rows - 1} here; {facts.rows // 2} are given"
    )
    assert "which can be 0 to 999,999 here; it is 999999." in language_said({"seed": "1000000"})
    assert (
        language_said({"temperature": "2", "top_k": "4", "given": str(facts.rows - 1), "seed": "999999", "at": "0"})
        == ""
    )


@pytest.mark.parametrize("page", SAID)
def test_links_without_faults_say_nothing(page):
    assert SAID[page]({}) == ""
    more = dict.fromkeys(EVERYWHERE, "1") | {"__theme": "dark", "utm_source": "a", "fbclid": "b"}
    for key, allowed in KEYS[page].items():
        more |= {} if allowed == LOOKED_UP else {key: "1" if allowed == WHOLE else allowed[-1]}
    assert tell_stray(page, more) == [] and SAID[page](more) == ""


@pytest.mark.parametrize(("page", "key"), CHECKED)
def test_a_value_that_a_key_does_not_take_is_told_with_what_it_takes(page, key):
    said, allowed = SAID[page]({key: "nope"}), KEYS[page][key]
    if allowed == WHOLE:
        assert said == f"The link says {key}=nope, which must be a whole number; it is left out."
    else:
        assert said.startswith(f"The link says {key}=nope, which can be ") and said.endswith(
            "; the usual one is shown."
        )
        assert all(one in said for one in allowed)


@pytest.mark.parametrize(("page", "key"), [(page, key) for page, keys in NOWHERE.items() for key in keys])
def test_what_is_nowhere_is_told(page, key):
    assert SAID[page]({key: NOWHERE[page][key]}).endswith(".")


def test_the_keys_are_those_that_the_pages_write():
    """As their scripts name them, and the values that Python and the browser both know."""

    def named(file, name):
        text = re.search(rf"{name} = \[(.*?)\]", (VIEWS_FOLDER / file).read_text(), re.S)[1]
        return set(re.findall(r'"(\w+)"', text))

    levels = named("kit/wire/level.js", "LEVEL_NAMES")
    assert named("codebook/link.js", "IN_ADDRESS") | levels == set(KEYS["codebook"])
    assert named("compare/model.js", "IN_ADDRESS") == set(KEYS["compare"])
    assert named("language/link.js", "IN_ADDRESS") == set(KEYS["language"])
    assert named("replay/address.js", "KEYS") | levels == set(KEYS["replay"])
    assert named("kit/page/address.js", "NAMES") | levels | {"code", "token", "edits"} == set(KEYS["inspect"])
    assert KEYS["language"]["view"] == VIEWS and KEYS["language"]["text"] == TEXTS
    lists = (VIEWS_FOLDER / "compare/model.js").read_text().partition("const MODES = {")[2].partition("};")[0]
    for key in ("mode", "show", "measure"):
        listed = re.search(rf"{key}: \[(.*?)\]", lists, re.S)[1]
        assert tuple(re.findall(r'"(\w+)"', listed)) == KEYS["compare"][key]
    for file, name, key in (("map/map.js", "COLOURS", "colour"), ("heatmap/words.js", "ORDERS", "order")):
        text = re.search(rf"{name} = \[(.*?)\n\]", (VIEWS_FOLDER / "codebook" / file).read_text(), re.S)[1]
        assert tuple(re.findall(r'id: "(\w+)"', text)) == KEYS["codebook"][key]
    maps = re.search(r"const KINDS = \{(.*?)\n\}", (VIEWS_FOLDER / "codebook/map/model.js").read_text(), re.S)[1]
    assert set(re.findall(r"^  (\w+):", maps, re.M)) == set(KEYS["codebook"]["map"])
    assert SWITCH == ("1",) and "coffee" in SAMPLES


def test_no_step_of_the_tour_leads_to_what_a_page_does_not_know():
    steps = [step.as_json() for chapter in CHAPTERS for step in chapter.steps]
    steps = [(one["page"] or "inspect", one["query"]) for one in steps if one["query"] is not None]
    asked = [(page, dict(parse_qsl(query))) for page, query in steps if page in KEYS]
    assert len(asked) > 50 and [said for page, query in asked if (said := tell_stray(page, query))] == []
