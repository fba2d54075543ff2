"""Links: what they hold, and what happens to those that are old, cut or made up."""

import pytest

from explorer.pages.inspect.payloads import levels_shown
from explorer.pages.shared.session import DEFAULT_SAMPLE, Visit, level_of, visit_from_query

IDS = ["one", "two"]


def test_a_visit_survives_its_own_link():
    visit = Visit("coffee", "two", 512, mode="solo")
    query = visit.query() | {"level_no": "2", "code": "7", "token": "3", "map": "umap"}
    restored, said = visit_from_query(query, IDS)
    assert said == []
    assert restored == Visit("coffee", "two", 512, 1, "solo", 7, 3, "umap")


@pytest.mark.parametrize(
    ("query", "level"),
    [
        ({}, 0),
        ({"level_no": "3"}, 2),
        ({"level": "3"}, 3),
        ({"level_no": "1", "level": "3"}, 0),
        ({"level_no": "0", "level": "2"}, 2),
        ({"level_no": "x"}, 0),
    ],
)
def test_a_link_names_the_level_of_the_page_and_older_ones_counted_from_0(query, level):
    assert level_of(query) == level == visit_from_query(query, IDS)[0].level


@pytest.mark.parametrize(("picture", "modality"), [("coffee", "image"), ("drums", "audio"), ("shapes", "video")])
def test_a_link_knows_the_kind_of_its_sample(picture, modality):
    restored, said = visit_from_query({"picture": picture}, IDS)
    assert (restored.picture, restored.modality, said) == (picture, modality, [])


def test_an_empty_link_is_the_default():
    restored, said = visit_from_query({}, IDS)
    assert (restored, said) == (Visit(DEFAULT_SAMPLE, "one"), [])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"picture": "../../etc/passwd"}, "a sample that is not here"),
        ({"picture": "uploaded"}, "did not travel"),
        ({"tokenizer": "<script>"}, "tokenizer"),
    ],
)
def test_what_is_not_there_is_said(query, words):
    restored, said = visit_from_query(query, IDS)
    assert restored == Visit(DEFAULT_SAMPLE, "one")
    assert len(said) == 1 and words in said[0]
    assert "<" not in said[0], "text of a link is never repeated on the page"


@pytest.mark.parametrize("bad", ["-1", "1e9", "", "٣", "9" * 30, "nan"])
def test_numbers_that_are_none_are_ignored(bad):
    restored, _ = visit_from_query({"code": bad, "token": bad, "level": bad, "side": bad}, IDS)
    assert (restored.code, restored.token, restored.level, restored.side_px) == (None, None, 0, 256)


def test_without_tokenizers_there_is_nothing_to_choose():
    assert visit_from_query({"tokenizer": "one"}, [])[0].tokenizer == ""


@pytest.mark.parametrize(
    ("mode", "levels"), [("all", None), ("solo", [2]), ("mute", [0, 1, 3]), ("cumulative", [0, 1, 2])]
)
def test_levels_of_each_mode(mode, levels):
    assert levels_shown(Visit(level=2, mode=mode), 4) == levels
    assert levels_shown(Visit(level=2, mode=mode), 1) is None, "a single level cannot be left out"
