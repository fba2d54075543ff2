"""Odd files of pictures are seen as another program sees them, or it is said what is otherwise."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from tests.media.odd import odd_pictures, picture_programs
from tests.media.odd.odd_pictures import ALL, KEPT, patches_of, rows
from tests.media.odd.odd_table import REFUSED, markdown


def check(table) -> None:
    """Nothing is wrong without a word, all is said that is to be, and nothing else; what is read is what is there."""
    silent = [row for row in table if not row.equal and not row.said]
    assert silent == [], markdown(silent)
    otherwise = [row for row in table if bool(row.expected) != bool(row.said) or not _says(row)]
    assert otherwise == [], markdown(otherwise)
    refused = {(row.kind, row.name) for row in table if row.ours == REFUSED}
    assert refused == {(odd.kind, odd.name) for odd in ALL if odd.refused}
    different = [row for row in table if row.ours != REFUSED and not row.equal]
    assert different == [], markdown(different)


def _says(row) -> bool:
    return re.search(row.expected, " ".join(row.said)) is not None


def test_no_odd_picture_is_wrong_without_a_word():
    table = rows()
    check(table)
    assert len(table) >= 150 and len({row.kind for row in table}) >= 24
    assert sum(not row.reference.startswith("none") for row in table) >= 140


@pytest.mark.browser
def test_nor_is_one_beside_this_chromium(browser):
    """What the table took from a file above is asked anew."""
    check(rows(browser))


def test_what_littlecms_said_is_what_it_says():
    if picture_programs.littlecms("*sRGB", np.zeros((1, 3))) is None:
        pytest.skip("transicc is not installed (Debian: liblcms2-utils)")
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    asked = [odd for odd in ALL if odd.by == "LittleCMS"]
    for odd in asked:
        np.testing.assert_allclose(patches_of(odd.theirs()), kept[f"{odd.kind}: {odd.name}"], atol=0.11)
    assert len(asked) >= 8


def test_the_table_would_tell():
    """A picture that is wrong in silence, or refused in silence, fails."""
    table = rows()
    at = next(n for n, row in enumerate(table) if row.equal and not row.said)
    from dataclasses import replace

    for wrong in ({"difference": 9.0}, {"said": ("x",)}, {"ours": REFUSED}, {"same_length": False}):
        with pytest.raises(AssertionError):
            check([*table[:at], replace(table[at], **wrong), *table[at + 1 :]])
    assert table[at].unit == odd_pictures.UNIT
