"""Recordings that were cut or changed at any place, or lie: what can be read is shown, the rest is said, and no size
that a file tells of itself takes memory."""

import json
import tracemalloc

import numpy as np
import pytest

from explorer.foundation.errors import RecordError
from explorer.joints.files.recording import lines, open_recording, story
from tests.damaged_bytes import damage
from tests.joints.made_recordings import make_recording

CUTS, FLIPS = 40, 100


def read_all(folder):
    """Everything that a page asks of a recording; what is damaged is a RecordError, and nothing else."""
    run = open_recording(folder)
    told = (run.scalars, run.loss_names, run.events, run.tallies, run.levels, run.ended, run.every, run.about, run.live)
    assert all(isinstance(array, np.ndarray) for array in told[0].values())
    for i in reversed(range(len(run.steps))):
        try:
            run.frame(i)
            for level in range(len(run.levels)):
                for ask in (run.counts, run.totals, run.last_chosen, run.reseeds):
                    ask(i, level)
        except (RecordError, IndexError):  # IndexError: a frame before it was found damaged meanwhile
            pass
    assert all(isinstance(note, str) and note for note in run.notes)
    return run


@pytest.mark.parametrize("file", ["frame-*", "recording.json", "records-*"])
def test_a_file_that_was_cut_or_changed_loses_only_itself(file, tmp_path):
    make_recording(tmp_path / "run", records=3)
    path = sorted((tmp_path / "run").glob(file))[0]
    whole, said = path.read_bytes(), 0
    before = open_recording(tmp_path / "run").notes
    for data in damage(whole, CUTS, FLIPS, head=600):
        path.write_bytes(data)
        said += read_all(tmp_path / "run").notes != before
    assert said > CUTS


def frame_with(tmp_path, edit=None, **arrays):
    """A recording whose second frame has another meta, or other arrays."""
    make_recording(tmp_path / "run", records=3)
    path = sorted((tmp_path / "run").glob("frame-*"))[1]
    with np.load(path) as file:
        held = dict(file)
    meta = json.loads(str(held.pop("meta")))
    if edit is not None:
        edit(meta)
    np.savez(path, meta=np.array(json.dumps(meta)), **{**held, **arrays})
    return tmp_path / "run", path.name


def rule(values):
    return {"name": "fsq", "axis_values": values, "first_axis_most_significant": True}


def many_codes(meta):
    axes = [[0.0] * 8] * 13  # 2^39 codes, of which a table would have 52 TB
    meta["levels"][0] |= {"codebook_size": 8**13, "codebook_dim": 13, "metric": "implicit", "rule": rule(axes)}


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (many_codes, "has 549,755,813,888 codes of 13 dimensions, which is too many"),
        (lambda meta: meta["levels"][0].update(codebook_size=2**40), "1,099,511,627,776 codes"),
        (lambda meta: meta["levels"][0].update(codebook_size=float("inf")), "cannot be read"),
        (lambda meta: meta["levels"][0].update(codebook_size=2**20), r"no total of 1,048,576 codes"),
        (lambda meta: meta.update(step=float("inf")), "damaged"),
        (lambda meta: meta.update(step=-4), "its step is -4"),
        (lambda meta: meta.pop("seen"), "damaged"),
    ],
)
def test_a_frame_that_says_what_cannot_be_is_left_out(edit, words, tmp_path):
    folder, name = frame_with(tmp_path, edit)
    run = open_recording(folder)
    tracemalloc.start()
    try:
        with pytest.raises(RecordError, match=rf"{name} is damaged and left out: .*{words}|{name}.*{words}"):
            run.frame(1)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
    assert run.steps == (10, 30) and any(name in note for note in run.notes)
    read_all(folder)


@pytest.mark.parametrize("name", ["total", "last", "z", "indices", "vectors"])
@pytest.mark.parametrize("kind", ["U3", "c8", "V4"])
def test_an_array_of_another_kind_is_named(name, kind, tmp_path):
    folder, file = frame_with(tmp_path, **{f"l0_{name}": np.zeros(4, kind)})
    with pytest.raises(RecordError, match=rf"{file} is damaged and left out: .*{name} of"):
        open_recording(folder).frame(1)


def test_lines_that_are_too_deep_or_too_long_are_left_out(tmp_path, monkeypatch):
    make_recording(tmp_path / "run", records=3)
    path = sorted((tmp_path / "run").glob("records-*"))[-1]
    with path.open("ab") as file:
        file.write(b"[" * 100_000 + b"\n" + b'{"note": "' + b"a" * 300_000 + b'"}\n')
    monkeypatch.setattr(lines, "LINE_BYTES", 250_000)
    assert any(note.startswith("2 lines of the records could not") for note in read_all(tmp_path / "run").notes)


def test_columns_notes_and_steps_back_are_bounded(tmp_path, monkeypatch):
    """Each record names a measure of its own, and the run goes back again and again."""
    make_recording(tmp_path / "run", records=2)
    monkeypatch.setattr(story, "CELLS", 40 * 102)
    path = sorted((tmp_path / "run").glob("records-*"))[-1]
    with path.open("a") as file:
        for number in range(100):
            file.write(json.dumps({"record": 2 + number, "step": 100 + number, "measures": {f"m{number}": 1}}) + "\n")
    run = open_recording(tmp_path / "run")
    names = [name for name in run.scalars if name.startswith("m") and name[1:].isdecimal()]
    named = {name for name in run.scalars if name not in story.BASIC}
    assert len(named) == 40 and names == [f"m{number}" for number in range(len(names))]
    assert f"{100 - len(names)} losses or measures of too many are left out." in run.notes
    with path.open("a") as file:
        for number in range(300):
            file.write(json.dumps({"record": 200 + number, "step": 199 - number % 2}) + "\n")
    run.refresh()
    assert run.scalars["step"][-2:].tolist() == [197, 198] and run.scalars["step"].tolist()[2:] == [*range(100, 199)]
    with path.open("a") as file:
        file.writelines(json.dumps({"note": f"note {number}"}) + "\n" for number in range(150))
    run.refresh()
    assert sum(note.startswith("note ") for note in run.notes) < 100
    assert any(note.endswith("notes more of the run are left out here.") for note in run.notes)
