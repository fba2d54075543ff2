"""Checkpoints of one run on the page of recorded runs: what is sent, against the tensors of the files."""

import json

import numpy as np
import pytest
import torch

from explorer.analysis.opening.life_words import life_lines
from explorer.analysis.opening.timeline import read_timeline
from explorer.analysis.opening.timeline_frames import record_timeline
from explorer.foundation.errors import RecordError
from explorer.joints.files.recording import open_recording
from explorer.pages.replay import events, start
from explorer.pages.replay.page import opening_of
from explorer.pages.replay.part import ReplayPart
from explorer.pages.shared.visitors import visitors
from explorer.views.kit.wire.encoding import unpack
from tests.analysis.replay.made_runs import write_run

CODES, DIM, STEPS = 20, 3, (0, 100, 300)


@pytest.fixture
def visitor(monkeypatch):
    monkeypatch.setattr(start, "_given", {})
    one = visitors.enter("session-of-checkpoints")
    yield one
    visitors.leave("session-of-checkpoints")


@pytest.fixture
def tables():
    """(vectors, counts) of each step: code 3 has no counts at step 100, and is somewhere else at step 300."""
    draw = np.random.default_rng(0)
    vectors = np.stack([draw.normal(size=(CODES, DIM))] * 3) + 1e-3 * draw.normal(size=(3, CODES, DIM))
    vectors[2, 3] += 50
    counts = draw.uniform(2, 9, (3, CODES))
    counts[1, 3] = 0
    return vectors.astype(np.float32), counts.astype(np.float32)


def save(folder, tables, counted=True, part=""):
    folder.mkdir(exist_ok=True)
    for step, vectors, counts in zip(STEPS, *tables, strict=True):
        state = {f"vq{part}._codebook.embed": torch.from_numpy(vectors)[None]}
        if counted:
            state[f"vq{part}._codebook.cluster_size"] = torch.from_numpy(counts)[None]
        torch.save({"state_dict": state, "global_step": step}, folder / f"step-{step}.pt")
    return folder


def test_the_frames_of_a_folder_of_checkpoints_are_those_of_its_tensors(tmp_path, tables, visitor):
    vectors, counts = tables
    folder = save(tmp_path / "checkpoints", tables)
    assert start.bring_run(folder) == start.bring_run(folder)
    there = json.loads(opening_of({}, visitor.part(ReplayPart), visitor.token))
    (run,) = there["status"]["runs"]
    assert (run["id"], run["checkpoints"], run["frames"], run["last"]) == ("checkpoints", True, 3, 300)
    assert (run["ended"], run["live"], run["notes"]) == (True, False, [])
    assert run["lines"] == [f"vq._codebook.embed: {' '.join(life_lines(read_timeline([folder]).lives[0]))}"]
    assert "Dead is a code whose kept count is below 1% of the mean." in run["words"]
    side = json.loads(events.pull({"token": visitor.token}))["sides"][0]
    assert side["diagnosis"] == [] and "problem" not in side
    assert side["frame"]["counted"] is True and side["frame"]["ceiling"] == CODES
    assert [row[1:5] for row in side["events"]["rows"]] == [[300, 0, 3, "moved"]]
    labels = dict(
        zip(side["curves"]["names"], zip(side["curves"]["labels"], side["curves"]["units"], strict=True), strict=True)
    )
    assert labels["perplexity_0"] == ("Perplexity", "codes, of the counts that training kept")
    assert labels["moved_0"] == ("Moved", "root mean squared way of a code since the checkpoint before")
    for at, step in enumerate(STEPS):
        told = json.loads(events.do({"token": visitor.token, "action": "frame", "step": step}))["sides"][0]["frame"]
        np.testing.assert_array_equal(unpack(told["counts"]), counts[at])
        if step:  # at step 0 nothing can have been chosen before
            assert (
                np.flatnonzero(unpack(told["state"])).tolist()
                == np.flatnonzero(counts[at] < 0.01 * counts[at].mean()).tolist()
            )
    recording = open_recording(visitor.part(ReplayPart).desk.sides[0].run.folder)
    for at in range(3):
        np.testing.assert_array_equal(recording.frame(at).levels[0].vectors, vectors[at])
    share = counts / counts.sum(1, keepdims=True)
    entropy = -(share * np.log(np.maximum(share, 1e-12))).sum(1)
    np.testing.assert_allclose(recording.scalars["perplexity_0"], np.exp(entropy), rtol=1e-5)
    np.testing.assert_allclose(recording.scalars["dead_0"], [0, 1 / CODES, 0], rtol=1e-6)
    moved = np.sqrt(np.square(np.diff(vectors.astype(np.float64), axis=0)).sum(2).mean(1))
    np.testing.assert_allclose(recording.scalars["moved_0"], [np.nan, *moved], rtol=1e-5)
    np.testing.assert_allclose(
        recording.scalars["norm_0"], np.median(np.linalg.norm(vectors, axis=2), axis=1), rtol=1e-5
    )


def test_without_kept_counts_no_code_is_told_dead(tmp_path, tables, visitor):
    start.bring_run(save(tmp_path / "bare", tables, counted=False))
    there = json.loads(opening_of({}, visitor.part(ReplayPart), visitor.token))
    assert "Of tables without kept counts no code is told dead." in there["status"]["runs"][0]["words"]
    frame = json.loads(events.pull({"token": visitor.token}))["sides"][0]["frame"]
    assert frame["counted"] is False and frame["dead"] == 0 and not unpack(frame["counts"]).any()


def test_a_folder_without_two_checkpoints_is_refused_as_before(tmp_path, tables, visitor):
    folder = save(tmp_path / "one", tables)
    for file in sorted(folder.iterdir())[1:]:
        file.unlink()
    with pytest.raises(RecordError, match="holds no recording"):
        start.bring_run(folder)
    torch.save({"weight": torch.zeros(3)}, tmp_path / "one" / "a.pt")
    with pytest.raises(RecordError):
        start.bring_run(folder)


def test_tables_of_other_checkpoints_are_left_out_and_said(tmp_path, tables):
    folder = save(tmp_path / "all", tables)
    extra = torch.load(folder / "step-300.pt", weights_only=True)
    extra["state_dict"]["other.codebook.weight"] = torch.randn(8, 4)
    for step in (100, 300):
        torch.save({**extra, "global_step": step}, folder / f"step-{step}.pt")
    record_timeline(read_timeline([folder]), tmp_path / "run")
    recording = open_recording(tmp_path / "run")
    assert [level.name for level in recording.levels] == ["vq._codebook.embed"] and recording.steps == STEPS
    assert "1 table, which other checkpoints hold, is told by open --timeline." in " ".join(recording.notes)


def test_checkpoints_without_steps_are_not_seen_beside_a_training(tmp_path, tables, visitor):
    """Their places 0, 1, 2 are no steps, at which those of a training could be looked up."""
    stepped = start.bring_run(save(tmp_path / "stepped", tables)).id
    (tmp_path / "bare").mkdir()
    for name, table in zip("abc", tables[0], strict=True):
        torch.save({"vq._codebook.embed": torch.from_numpy(table)[None]}, tmp_path / "bare" / f"{name}.pt")
    bare = start.bring_run(tmp_path / "bare").id
    training = start.bring_run(write_run(tmp_path / "training", {step: [*range(8)] for step in (10, 20, 30)})).id
    for other in (training, stepped):
        answer = json.loads(events.do({"token": visitor.token, "action": "open", "runs": [other, bare]}))
        assert (
            answer["error"]["field"] == "runs" and "The checkpoints of bare tell no steps" in answer["error"]["message"]
        )
        there = json.loads(opening_of({"run": other, "b": bare}, visitor.part(ReplayPart), visitor.token))
        assert [run["id"] for run in there["status"]["runs"]] == [other] and "tell no steps" in there["message"]
    for pair in ([training, stepped], [bare]):
        answer = json.loads(events.do({"token": visitor.token, "action": "open", "runs": pair}))
        assert answer["ok"] and [run["id"] for run in answer["status"]["runs"]] == pair
