"""Odd clips are seen as another program shows them, or it is said what is otherwise."""

from __future__ import annotations

import re

from tests.media import ffmpeg_program
from tests.media.odd.odd_clip_files import CLIPS
from tests.media.odd.odd_clips import rows
from tests.media.odd.odd_table import REFUSED, markdown


def test_no_odd_clip_is_wrong_without_a_word():
    ffmpeg_program.require()
    table = rows()
    silent = [row for row in table if not row.equal and not row.said]
    assert silent == [], markdown(silent)
    otherwise = [row for row in table if not _as_expected(row)]
    assert otherwise == [], markdown(otherwise)
    refused = {(row.kind, row.name) for row in table if row.ours == REFUSED}
    assert refused == {(case.kind, case.name) for case in CLIPS if case.refused}
    different = [row for row in table if row.ours != REFUSED and not row.equal]
    assert different == [], markdown(different)
    assert len(table) >= 60 and len({row.kind for row in table}) >= 25


def _as_expected(row) -> bool:
    return bool(row.expected) == bool(row.said) and re.search(row.expected, " ".join(row.said)) is not None
