"""What is one medium: a row, a file, or what the format says; a person may choose, and is asked where in doubt."""

import json

import numpy as np
import pytest

from explorer.audit.indices import blocks
from explorer.audit.indices.run import Reading, audit_indices
from explorer.dumps import arrays
from explorer.foundation.errors import SettingsError
from tests.dumps.test_formats import K, assert_counted, made_rows


@pytest.fixture(params=[2**22, 150], ids=["whole", "in pieces"])
def at_once(request, monkeypatch):
    monkeypatch.setattr(blocks, "PIECE", request.param)
    monkeypatch.setattr(arrays, "ROWS_AT_ONCE", request.param)


def write_lines(folder, files, *others):
    for number, rows in enumerate((files, *others)):
        lines = [json.dumps(row if isinstance(row, list) else row.tolist()) for row in rows]
        (folder / f"{number}.jsonl").write_text("\n".join(lines))


def test_files_of_lines_are_a_medium_each_where_it_is_said(at_once, tmp_path):
    rows = made_rows()
    write_lines(tmp_path, rows[:50], rows[50:51], rows[51:])
    by_line = audit_indices(tmp_path, K)
    assert_counted(by_line, rows, K)
    audit = audit_indices(tmp_path, K, Reading(medium="file"))
    (level,) = audit.levels
    assert audit.settings["media"] == level.media == 3
    assert level.batches[:, 0].tolist() == [2000, 40, 1560]
    np.testing.assert_array_equal(level.halves[1], np.bincount(rows[50], minlength=K))
    together = sum(np.bincount(np.unique(some), minlength=K) for some in (rows[:50], rows[50], rows[51:]))
    np.testing.assert_array_equal(level.occurs, together)
    assert audit.settings["reading"].startswith("Read as 3 media of different lengths on one level, each a file of its")
    # A file is one row: its last token of a line stands before the first one of the next.
    equal = sum(int((some[1:] == some[:-1]).sum()) for some in (rows[:50].ravel(), rows[50], rows[51:].ravel()))
    assert (level.language.beside["left"].pairs, level.language.beside["left"].equal) == (rows.size - 3, equal)


def test_a_file_of_lines_that_is_one_medium(at_once, tmp_path):
    rows = made_rows()
    write_lines(tmp_path, rows)
    audit = audit_indices(tmp_path / "0.jsonl", K, Reading(medium="file"))
    assert audit.settings["media"] == 1 and audit.levels[0].tokens == rows.size
    assert "Read as 1 medium of 3,600 tokens on one level" in audit.settings["reading"]


def test_a_line_that_is_left_out_does_not_end_its_file(at_once, tmp_path):
    rows = [row.tolist() for row in made_rows()]
    write_lines(tmp_path, [*rows[:3], [K], *rows[3:5]], rows[5:7])
    audit = audit_indices(tmp_path, K, Reading(medium="file"))
    assert audit.settings["media"] == 2 and audit.settings["left_out"] == 1
    assert audit.levels[0].batches[:, 0].tolist() == [200, 80]


def test_rows_of_files_are_media_where_it_is_said(at_once, tmp_path):
    rows = made_rows()
    for number in range(3):
        np.save(tmp_path / f"{number}.npy", rows[number * 30 : (number + 1) * 30])
    assert audit_indices(tmp_path, K).settings["media"] == 3
    assert_counted(audit_indices(tmp_path, K, Reading(medium="row")), rows, K)


def test_many_rows_of_a_file_are_asked_for(tmp_path):
    for number in range(2):
        np.save(tmp_path / f"{number}.npy", np.tile(made_rows(), 2))
    notes = audit_indices(tmp_path, K).settings["notes"]
    assert notes[0] == "If each of 90 rows is a medium, name the axes b,t (command line: --axes b,t)."
    notes = audit_indices(tmp_path, K, Reading(medium="file")).settings.get("notes", ())
    assert not any(note.startswith("If each") for note in notes)


def test_one_array_is_no_file_of_many(tmp_path):
    np.save(tmp_path / "t.npy", made_rows())
    with pytest.raises(SettingsError, match="is one array: where it is one medium, name axes without b"):
        audit_indices(tmp_path / "t.npy", K, Reading(medium="file"))
