"""A zip of checkpoints on the page of recorded runs: opened as their folder is, or refused in words."""

import json
import zipfile

import numpy as np
import pytest
import torch

from explorer.foundation.errors import RecordError
from explorer.joints.files.recording import open_recording
from explorer.pages.replay import events, unpacking, zipped_checkpoints
from explorer.pages.replay.zipped_checkpoints import holds_checkpoints, unpack_checkpoints
from explorer.pages.shared.visitor_files import files as visitor_files
from explorer.pages.shared.visitors import visitors
from tests.loading.made_trainer import WEIGHTS, write_trainer_folder

STEPS = (0, 100, 300)
TABLES = np.random.default_rng(0).normal(size=(3, 20, 4)).astype(np.float32)


def zipped(tmp_path, name="runs/first/step-{step}.pt", steps=STEPS, more=None):
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for step, table in zip(steps, TABLES, strict=False):
            file = tmp_path / "one.pt"
            torch.save({"vq._codebook.embed": torch.from_numpy(table)[None]}, file)
            archive.write(file, name.format(step=step))
        for other, data in (more or {}).items():
            archive.writestr(other, data)
    return path


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("runs/first/step-{step}.pt", "first"),
        ("step-{step}.pt", "mine"),
        ("first/step-{step}/weights.pt", "first"),
        ("step-{step}/weights.pt", "mine"),
    ],
)
def test_the_codes_of_a_zip_of_checkpoints_are_those_of_its_tensors(tmp_path, name, title):
    path, folder = zipped(tmp_path, name, more={"runs/first/readme.md": "mine"}), tmp_path / "taken"
    folder.mkdir()
    assert holds_checkpoints(path) and unpack_checkpoints(path, folder) == title
    recording = open_recording(folder)
    assert recording.steps == STEPS
    for at, table in enumerate(TABLES):
        np.testing.assert_array_equal(recording.frame(at).levels[0].vectors, table)
    assert not list(folder.rglob("*.pt")), "the files go once their codes are read"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"steps": (0,)}, "Pack two checkpoints of one run or more"),
        ({"more": {"../step-7.pt": b"x"}}, "outside of its own folder"),
        ({"more": {"/step-7.pt": b"x"}}, "outside of its own folder"),
        ({"more": {"runs/first/step-7.pt": b"\0" * 2**23}}, "more than is taken here"),
    ],
)
def test_what_is_no_timeline_or_a_trick_is_refused_in_words(tmp_path, settings, words):
    path, folder = zipped(tmp_path, **settings), tmp_path / "inner" / "taken"
    folder.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RecordError, match=words):
        unpack_checkpoints(path, folder)
    assert sorted(tmp_path.rglob("*")) == before, "nothing is left of it"


def test_a_file_beside_folders_is_written_below_the_folder_that_is_given(tmp_path, monkeypatch):
    """Its folder has no name, which once made an absolute path of its own: "/loose-0.pt" of the machine."""
    written, real = [], zipped_checkpoints.copy_member

    def copy(archive, member, target, most):
        assert target.is_relative_to(tmp_path / "taken")
        written.append(target.relative_to(tmp_path / "taken" / "checkpoints").as_posix())
        return real(archive, member, target, most)

    monkeypatch.setattr(zipped_checkpoints, "copy_member", copy)
    path, folder = zipped(tmp_path, "step-{step}/weights.pt", more={"loose-0.pt": b"x"}), tmp_path / "taken"
    folder.mkdir()
    assert unpack_checkpoints(path, folder) == "mine"
    assert written == [*(f"step-{step}/weights.pt" for step in STEPS), "loose-0.pt"]
    assert open_recording(folder).steps == STEPS


def test_folders_of_one_name_in_others_are_told_by_it(tmp_path):
    path, folder = zipped(tmp_path, "run/step-{step}/vq/weights.pt"), tmp_path / "taken"
    folder.mkdir()
    with pytest.raises(RecordError, match=r"two checkpoints named 'vq/weights\.pt'\. Put each in a folder named by"):
        unpack_checkpoints(path, folder)


def test_too_many_or_too_large_ones_are_refused(tmp_path, monkeypatch):
    path, folder = zipped(tmp_path), tmp_path / "taken"
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("explorer.pages.replay.zipped_checkpoints.MOST", 2)
        with pytest.raises(RecordError, match="holds 3 checkpoints; 2 is the most"):
            unpack_checkpoints(path, folder)
    monkeypatch.setattr(unpacking, "UNPACKED_BYTES", 1000)
    with pytest.raises(RecordError, match=r"python app\.py --run FOLDER"):
        unpack_checkpoints(path, folder)


def test_a_zip_of_a_recording_or_none_at_all_is_none_of_checkpoints(tmp_path):
    assert not holds_checkpoints(zipped(tmp_path, more={"runs/first/recording.json": "{}"}))
    (tmp_path / "none.zip").write_bytes(b"nothing")
    assert not holds_checkpoints(tmp_path / "none.zip")


def test_an_upload_of_checkpoints_is_shown_as_checkpoints(tmp_path):
    visitor = visitors.enter("session-of-zipped-checkpoints")
    try:
        sent = visitor_files.new_folder(visitor.owner) / "mine.zip"
        sent.write_bytes(zipped(tmp_path).read_bytes())
        answer = json.loads(events.do({"token": visitor.token, "action": "upload", "files": [str(sent)]}))
        (run,) = answer["status"]["runs"]
        assert (answer["ok"], run["title"], run["checkpoints"], run["last"]) == (True, "first", True, 300)
    finally:
        visitors.leave("session-of-zipped-checkpoints")


@pytest.mark.parametrize("weights", WEIGHTS)
def test_folders_of_a_trainer_in_a_zip_are_read_by_their_models_alone(tmp_path, weights):
    for step, table in zip(STEPS, TABLES, strict=True):
        write_trainer_folder(tmp_path / "out" / f"checkpoint-{step}", torch.from_numpy(table).clone(), weights)
    path, folder = tmp_path / "out.zip", tmp_path / "taken"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((tmp_path / "out").rglob("*.*")):
            archive.write(file, file.relative_to(tmp_path))
    folder.mkdir()
    assert holds_checkpoints(path) and unpack_checkpoints(path, folder) == "out"
    recording = open_recording(folder)
    assert recording.steps == STEPS
    for at, table in enumerate(TABLES):
        np.testing.assert_array_equal(recording.frame(at).levels[0].vectors, table)
