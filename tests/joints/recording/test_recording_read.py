"""Recordings on disk: what was written is what is read, whole, live, damaged or gone on with."""

import json
import shutil
from collections import Counter

import numpy as np
import pytest

from explorer.foundation.errors import RecordError
from explorer.joints.files.recording import Budget, RecordingWriter, RecordLevel, open_recording
from explorer.joints.files.recording.layout import segments_of
from explorer.joints.frame import DEAD
from explorer.joints.record import LatticeRule
from tests.joints.made_recordings import TOKENS, MadeRun, make_recording

RULE = LatticeRule("FSQ", ((-1.0, 0.0, 1.0), (-1.0, 1.0)), False)
LEVELS = (
    RecordLevel("level 1", 32, 4),
    RecordLevel("level 2", 6, 2, "implicit", RULE),
    RecordLevel("level 3", 64, 3, "cosine", kept=16, source="a sample"),
)


def newest_segment(folder):
    return list(segments_of(folder).values())[-1][1]


def test_what_was_written_is_read(tmp_path):
    run, writer = MadeRun(LEVELS), RecordingWriter(tmp_path / "run", LEVELS, 10, about={"who": "test"})
    given, tokens = [], []
    before = [np.zeros(level.codebook_size, np.int64) for level in LEVELS]
    for number in range(4):
        run.step(10)
        if number in (1, 2):
            run.reseed(0, 5)
        given.append(run.write(writer))
        tokens.append([total - earlier for total, earlier in zip(run.totals, before, strict=True)])
        before = [total.copy() for total in run.totals]
    writer.end("", run.steps)
    recording = open_recording(tmp_path / "run")
    assert (recording.levels, recording.every, recording.about) == (LEVELS, 10, {"who": "test"})
    assert recording.steps == (10, 20, 30, 40) and recording.ended and recording.notes == ()
    for i, frame in enumerate(given):
        read = recording.frame(i)
        assert (read.step, read.latents_seen, read.batch_size) == (frame.step, frame.latents_seen, TOKENS)
        assert read.losses == pytest.approx(frame.losses) and read.measures == pytest.approx(frame.measures)
        for level in range(3):
            shown, whole = frame.levels[level], read.levels[level]
            np.testing.assert_array_equal(whole.z_e, shown.z_e)
            np.testing.assert_array_equal(whole.indices, shown.indices)
            np.testing.assert_array_equal(whole.vectors, shown.vectors)
            np.testing.assert_array_equal(recording.counts(i, level), tokens[i][level])
            numbers = slice(None) if shown.numbers is None else shown.numbers
            np.testing.assert_allclose(whole.counts, tokens[i][level][numbers] / 10, rtol=1e-6)
        np.testing.assert_allclose(read.levels[0].won, frame.levels[0].won, atol=2e-5)  # 0.05 in half precision
        assert read.levels[1].won is None and read.levels[2].whole == 64
        np.testing.assert_array_equal(read.levels[2].numbers, run.numbers[2])
    assert [(e.step, e.code, e.strategy, e.died_again) for e in recording.events] == [
        (20, 5, "expired", False),
        (30, 5, "expired", True),
    ]
    assert recording.frame(1).events == recording.events[:1] and recording.frame(3).events == ()
    np.testing.assert_array_equal(recording.tallies, [[20, 0, 1, 0], [30, 0, 1, 1]])
    np.testing.assert_array_equal(recording.scalars["step"], [10, 20, 30, 40])
    np.testing.assert_allclose(recording.scalars["reconstruction"], [1 / 10, 1 / 20, 1 / 30, 1 / 40], rtol=1e-6)
    assert recording.loss_names == ("reconstruction", "commitment")


def test_states_follow_from_the_step_at_which_a_code_was_last_chosen(tmp_path):
    make_recording(tmp_path / "run", alive=8, records=6)
    recording = open_recording(tmp_path / "run")
    early, late = recording.frame(0).levels[0], recording.frame(5).levels[0]
    assert early.dead == 0 and early.unseen == 32 - len(np.unique(early.counts.nonzero()))
    assert late.dead == 24 and set(np.flatnonzero(late.state == DEAD)) == set(range(8, 32))
    np.testing.assert_array_equal(late.silent[8:], 60)  # never chosen in 60 steps


def test_a_run_is_followed_while_it_is_written(tmp_path):
    run, writer = MadeRun(LEVELS[:1]), RecordingWriter(tmp_path / "run", LEVELS[:1], 5)
    run.step(5)
    run.write(writer)
    recording = open_recording(tmp_path / "run")
    assert recording.live is True and not recording.ended and recording.steps == (5,)
    assert recording.refresh() is False
    run.step(5)
    run.write(writer)
    assert recording.refresh() is True and recording.steps == (5, 10) and len(recording.scalars["step"]) == 2
    writer.end("The loss was not a finite number.", 10)
    assert recording.refresh() is True and recording.ended and recording.live is False
    assert recording.notes == ("The loss was not a finite number.",)


def test_half_a_line_and_half_a_frame_lose_only_themselves(tmp_path):
    make_recording(tmp_path / "run", end=False)
    lines, frames = newest_segment(tmp_path / "run"), sorted((tmp_path / "run").glob("frame-*"))
    lines.write_bytes(lines.read_bytes()[:-20])
    frames[2].write_bytes(frames[2].read_bytes()[:500])
    recording = open_recording(tmp_path / "run")
    np.testing.assert_array_equal(recording.scalars["step"], [10, 20, 30, 40, 50])
    assert recording.steps == (10, 20, 30, 40, 50, 60)
    with pytest.raises(RecordError, match="damaged and left out"):
        recording.frame(2)
    assert recording.steps == (10, 20, 40, 50, 60) and recording.frame(2).step == 40
    assert recording.frame(2).levels[0].counts.sum() == pytest.approx(TOKENS)  # since step 20, the one before it
    words = " ".join(recording.notes)
    assert frames[2].name in words and "without closing its recording" in words


@pytest.mark.parametrize("odd", [None, "x", 3, []])
def test_a_frame_whose_losses_are_none_is_damaged(odd, tmp_path):
    make_recording(tmp_path / "run")
    path = sorted((tmp_path / "run").glob("frame-*"))[2]
    with np.load(path) as file:
        arrays = dict(file)
    meta = {**json.loads(str(arrays.pop("meta"))), "losses": odd}
    np.savez(path, meta=np.array(json.dumps(meta)), **arrays)
    recording = open_recording(tmp_path / "run")
    with pytest.raises(RecordError, match="damaged and left out"):
        recording.frame(2)
    assert recording.steps == (10, 20, 40, 50, 60)


def test_a_writer_goes_on_after_half_a_line(tmp_path):
    run = make_recording(tmp_path / "run", records=3, end=False)
    lines = newest_segment(tmp_path / "run")
    lines.write_bytes(lines.read_bytes()[:-20])
    writer = RecordingWriter(tmp_path / "run", run.levels, 10)
    assert writer.record == 3  # its frame is there, so its number is taken
    writer.begin_session(2, 30)
    run.step(10)
    run.write(writer)
    writer.end("", 40)
    recording = open_recording(tmp_path / "run")
    np.testing.assert_array_equal(recording.scalars["step"], [10, 20, 40])
    assert recording.steps == (10, 20, 30, 40)
    assert recording.notes == (
        "Recording went on at step 30, in another process.",
        "1 line of the records could not be read and are left out.",
    )


def test_steps_that_are_taken_again_replace_those_of_before(tmp_path):
    run = make_recording(tmp_path / "run", records=5)
    writer, run.steps = RecordingWriter(tmp_path / "run", run.levels, 10), 20
    writer.begin_session(2, 20)
    run.step(10)
    run.write(writer)
    writer.end("", 30)
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (10, 20, 30) == tuple(recording.scalars["step"])
    assert any("went back from step 50 to step 30: 3 records" in note for note in recording.notes)
    np.testing.assert_array_equal(recording.frame(2).levels[0].vectors, run.vectors[0])


def test_two_writers_are_refused_and_a_closed_one_is_not_in_the_way(tmp_path):
    first = RecordingWriter(tmp_path / "run", LEVELS)
    with pytest.raises(RecordError, match=r"process \d+ on .* records into .* already"):
        RecordingWriter(tmp_path / "run", LEVELS)
    first.close()
    RecordingWriter(tmp_path / "run", LEVELS).close()


def test_frames_and_lines_keep_to_their_budget_and_counts_stay_exact(tmp_path):
    budget = Budget(nbytes=160_000, frames=20)
    run = make_recording(tmp_path / "run", records=300, every=1, budget=budget)
    recording = open_recording(tmp_path / "run")
    assert sum(path.stat().st_size for path in (tmp_path / "run").iterdir()) <= 1.1 * budget.nbytes
    assert len(recording.steps) <= 20 and recording.steps[0] == 1 and recording.steps[-1] == 300
    gaps = Counter(np.diff(recording.steps[:-1]))
    assert len(gaps) == 1  # evenly spread, whatever was thinned
    counted = sum(recording.counts(i, 0) for i in range(len(recording.steps)))
    np.testing.assert_array_equal(counted, run.totals[0])
    steps = recording.scalars["step"]
    assert len(steps) < 300 and steps[-1] == 300 and np.all(np.diff(steps) > 0) and np.all(np.diff(steps[-50:]) == 1)
    assert recording.tallies[:, 2].sum() == 2  # reseeds are still counted ...
    assert recording.events == ()  # ... and which they were is not known any more
    assert "only the number was kept" in " ".join(recording.notes) and "old records were thinned" in " ".join(
        recording.notes
    )


def test_a_codebook_that_grows_is_told(tmp_path):
    run = make_recording(tmp_path / "run", records=2, end=False)
    writer, larger = RecordingWriter(tmp_path / "run", run.levels, 10), (RecordLevel("", 48, 4),)
    grown = MadeRun(larger, seed=1)
    grown.steps, grown.totals[0][:32] = run.steps, run.totals[0]
    writer.change_levels(larger, 20)
    grown.step(10)
    grown.write(writer)
    writer.end("", 30)
    recording = open_recording(tmp_path / "run")
    assert recording.levels == larger and "The codebooks changed at step 20: 48 codes." in recording.notes
    assert [recording.frame(i).levels[0].codebook_size for i in range(3)] == [32, 32, 48]
    assert recording.counts(2, 0).sum() == 10 * TOKENS


def test_a_folder_that_vanishes_is_made_anew(tmp_path):
    run, writer = MadeRun(LEVELS[:1]), RecordingWriter(tmp_path / "run", LEVELS[:1], 5)
    run.step(5)
    run.write(writer)
    recording = open_recording(tmp_path / "run")
    shutil.rmtree(tmp_path / "run")
    assert recording.refresh() and recording.steps == (5,) and "is gone" in recording.notes[0]
    run.step(5)
    run.write(writer)
    assert writer.restored
    recording.refresh()
    assert recording.steps == (10,) == tuple(recording.scalars["step"])


@pytest.mark.parametrize(("version", "age"), [(0, "an older"), (2, "a newer")])
def test_another_format_is_said_and_what_can_be_read_is_shown(tmp_path, version, age):
    make_recording(tmp_path / "run")
    path = tmp_path / "run" / "recording.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": version}))
    recording = open_recording(tmp_path / "run")
    assert f"has {age} format (version {version}; this program reads 1)" in recording.notes[0]
    assert recording.frame(5).step == 60


def test_a_header_that_is_missing_or_none_is_done_without(tmp_path):
    make_recording(tmp_path / "run")
    for damage in (b"{", b"[1]", b"\xff\x00", None):
        path = tmp_path / "run" / "recording.json"
        path.unlink() if damage is None else path.write_bytes(damage)
        recording = open_recording(tmp_path / "run")
        assert recording.levels == (RecordLevel("", 32, 4),) and len(recording.steps) == 6
        assert "levels are read from the frames" in recording.notes[0]


def test_what_is_no_recording_is_refused_in_words(tmp_path):
    with pytest.raises(RecordError, match="is no folder"):
        open_recording(tmp_path / "nowhere")
    with pytest.raises(RecordError, match="holds no recording"):
        open_recording(tmp_path)


def test_lines_of_odd_content_are_left_out(tmp_path):
    make_recording(tmp_path / "run")
    odd = b'{"record": "x", "step": 5}\n{"record": 9, "step": null}\n[1]\nnull\n\xff\xfe\n{"levels": 3}\n'
    odd += b'{"record": 7, "step": 70, "events": [{"step": 1}, 4], "losses": [1], "measures": {"a": "b"}}\n'
    with newest_segment(tmp_path / "run").open("ab") as file:
        file.write(odd)
    recording = open_recording(tmp_path / "run")
    assert recording.scalars["step"][-1] == 70 and np.isnan(recording.scalars["reconstruction"][-1])
    assert len(recording.events) == 2 and any(note.startswith("5 lines") for note in recording.notes)


ODD = (None, "x", [], {}, -1, 1.5, 10**30, ["a"], [[1]])


@pytest.mark.parametrize("name", ["step", "level", "count", "again", "codes", "died", "sources", "records"])
def test_entries_of_another_kind_are_left_out_and_said(name, tmp_path):
    make_recording(tmp_path / "run")
    known = len(open_recording(tmp_path / "run").events)
    good = {"step": 70, "level": 0, "count": 1, "again": 0, "codes": [3], "died": [], "sources": [-1]}
    lines = []
    for number, odd in enumerate(ODD):
        line = {"record": 7 + number, "step": 70 + number, "losses": {"reconstruction": 10**400}}
        lines.append({**line, name: odd} if name == "records" else {**line, "events": [good, {**good, name: odd}]})
    with newest_segment(tmp_path / "run").open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    recording = open_recording(tmp_path / "run")
    assert recording.scalars["step"][-1] == 78 and np.isnan(recording.scalars["reconstruction"][-1])
    fine = {"codes": 1, "died": 1, "sources": 3}.get(name, 0)  # an empty list; no sources, too
    left = 0 if name == "records" else len(ODD) - fine
    assert (f"{left} entries of reseeds could not be read and are left out." in recording.notes) == (left > 0)
    assert len(recording.tallies) >= 9 - 9 * (name == "records") and len(recording.events) >= known


def test_numbers_that_are_none_come_back(tmp_path):
    run, writer = MadeRun(LEVELS[:1]), RecordingWriter(tmp_path / "run", LEVELS[:1], 5)
    run.step(5)
    frame = run.frame()
    losses = {"a": float("nan"), "b": float("inf"), "c": float("-inf")}
    run.vectors[0][3] = np.nan
    frame = type(frame)(**{**vars(run.frame()), "losses": losses})
    writer.add(frame, run.totals, run.last)
    recording = open_recording(tmp_path / "run")
    values = [recording.scalars[name][0] for name in losses]
    assert np.isnan(values[0]) and values[1:] == [np.inf, -np.inf]
    assert np.isnan(recording.frame(0).levels[0].vectors[3]).all()


def test_a_clock_that_goes_back_changes_no_order(tmp_path, monkeypatch):
    times = iter([1000.0, 2000.0, 1500.0, 3000.0])
    monkeypatch.setattr("explorer.joints.files.recording.writing.time.time", lambda: next(times))
    run, writer = MadeRun(LEVELS[:1]), RecordingWriter(tmp_path / "run", LEVELS[:1], 5)
    for _ in range(4):
        run.step(5)
        run.write(writer)
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (5, 10, 15, 20)
    assert "The machine's clock went back before step 15; steps tell the order." in recording.notes
