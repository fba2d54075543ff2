"""Odd files of sound are heard as another program hears them, or it is said what is otherwise."""

from __future__ import annotations

import re

from tests.media import ffmpeg_program
from tests.media.odd.odd_sound_files import SOUNDS
from tests.media.odd.odd_sounds import rows
from tests.media.odd.odd_table import REFUSED, markdown


def test_no_odd_sound_is_wrong_without_a_word():
    ffmpeg_program.require()
    table = rows()
    silent = [row for row in table if not row.equal and not row.said]
    assert silent == [], markdown(silent)
    otherwise = [row for row in table if bool(row.expected) != bool(row.said) or not _says(row)]
    assert otherwise == [], markdown(otherwise)
    refused = {(row.kind, row.name) for row in table if row.ours == REFUSED}
    assert refused == {(case.kind, case.name) for case in SOUNDS if case.refused}
    different = [row for row in table if row.ours != REFUSED and not row.equal]
    assert different == [], markdown(different)
    assert len(table) >= 90 and len({row.kind for row in table}) >= 30


def _says(row) -> bool:
    return re.search(row.expected, " ".join(row.said)) is not None
