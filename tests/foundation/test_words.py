"""Counts in words: the noun agrees with its number."""

import pytest

from explorer.foundation.words import count_of, is_are, typeset


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 codes are"), (1, "1 code is"), (2, "2 codes are"), (16_384, "16,384 codes are")]
)
def test_a_noun_and_its_verb_agree_with_the_count(count, words):
    assert f"{count_of(count, 'code')} {is_are(count)}" == words


def test_a_plural_of_its_own():
    assert [count_of(count, "medium", "media") for count in (0, 1, 2)] == ["0 media", "1 medium", "2 media"]


def test_sizes_are_set_with_a_cross_on_one_line_and_nothing_else_changes():
    assert typeset("8 x 8 px, to 4 x 2 x 2; 3 x as long, x 5") == (
        "8\xa0\xd7\xa08 px, to 4\xa0\xd7\xa02\xa0\xd7\xa02; 3 x as long, x 5"
    )
