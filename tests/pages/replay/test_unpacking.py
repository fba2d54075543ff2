"""Zipped runs: taken where they hold one recording, refused in words where they hold a trick."""

import json
import zipfile

import pytest

from explorer.foundation.errors import RecordError
from explorer.joints.files.recording import open_recording
from explorer.pages.replay import events, unpacking
from explorer.pages.replay.unpacking import unpack_run
from explorer.pages.shared.visitor_files import files as visitor_files
from explorer.pages.shared.visitors import visitors
from tests.analysis.replay.made_runs import write_run

EVEN = list(range(8))


def zipped(tmp_path, inside="runs/first", more=None):
    folder = write_run(tmp_path / "made", dict.fromkeys((10, 20, 30), EVEN))
    path = tmp_path / "run.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{inside}/{file.name}" if inside else file.name)
        for name, data in (more or {}).items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(("inside", "title"), [("runs/first", "first"), ("", "run")])
def test_the_recording_in_a_zip_is_that_of_its_folder(tmp_path, inside, title):
    target = tmp_path / "taken"
    target.mkdir()
    more = {"notes.txt": "no part of it", f"{inside or '.'}/weights.pt": b"nor this"}
    assert unpack_run(zipped(tmp_path, inside, more), target) == title
    assert open_recording(target).steps == (10, 20, 30)
    assert {file.suffix for file in target.iterdir()} == {".json", ".jsonl", ".npz"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"../../records-000009.jsonl": "{}"}, "outside of its own folder"),
        ({"/tmp/recording.json": "{}"}, "outside of its own folder"),
        ({"C:/recording.json": "{}"}, "outside of its own folder"),
        ({"other/recording.json": "{}"}, "holds 2 recordings"),
        ({"runs/first/records-000007.jsonl": b"\n" * 140_000_000}, "which is more"),
    ],
)
def test_a_trick_is_refused_in_words_and_nothing_lies_outside(tmp_path, more, words):
    target = tmp_path / "deep" / "taken"
    target.mkdir(parents=True)
    with pytest.raises(RecordError, match=words):
        unpack_run(zipped(tmp_path, more=more), target)
    assert {path.name for path in tmp_path.iterdir()} == {"made", "run.zip", "deep"}
    assert list(target.iterdir()) == []


def test_a_zip_that_claims_less_than_it_holds_is_stopped(tmp_path, monkeypatch):
    path, target = zipped(tmp_path), tmp_path / "taken"
    target.mkdir()
    true = zipfile.ZipFile.infolist

    def claim(archive):
        for one in true(archive):
            one.file_size = min(one.file_size, 10)
        return true(archive)

    monkeypatch.setattr(zipfile.ZipFile, "infolist", claim)
    with pytest.raises(RecordError, match=r"damaged|more than it claims"):
        unpack_run(path, target)


def test_a_frame_that_would_fill_the_memory_counts_as_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "FRAME_BYTES", 100)
    target = tmp_path / "taken"
    target.mkdir()
    unpack_run(zipped(tmp_path), target)
    with pytest.raises(RecordError, match="damaged"):
        open_recording(target).frame(0)


@pytest.mark.parametrize("content", [b"", b"PK no zip", None])
def test_what_is_no_zip_of_a_run_is_said(tmp_path, content):
    path, target = tmp_path / "run.zip", tmp_path / "taken"
    target.mkdir()
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.md", "nothing")
    else:
        path.write_bytes(content)
    with pytest.raises(RecordError, match="holds no recording.* two checkpoints" if content is None else "is no zip"):
        unpack_run(path, target)


def test_an_upload_is_opened_for_its_visitor_alone(tmp_path):
    visitor = visitors.enter("session-of-upload")
    try:
        folder = visitor_files.new_folder(visitor.owner)
        sent = folder / "run.zip"
        sent.write_bytes(zipped(tmp_path).read_bytes())
        ask = {"token": visitor.token, "action": "upload"}
        answer = json.loads(events.do(ask | {"files": [str(sent)]}))
        assert answer["ok"] and answer["status"]["runs"][0]["title"] == "first"
        assert answer["status"]["runs"][0]["id"].startswith("own-") and answer["runs"][-1]["title"] == "first"
        stolen = json.loads(events.do(ask | {"files": [str(tmp_path / "run.zip")]}))
        assert "no longer on the server" in stolen["error"]["message"]
        assert json.loads(events.do(ask | {"files": []}))["error"]["field"] == "files"
    finally:
        visitors.leave("session-of-upload")


def test_a_zip_of_a_header_alone_is_told_by_its_own_name(tmp_path):
    path, target = tmp_path / "mine.zip", tmp_path / "taken"
    target.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/recording.json", "{}")
    with pytest.raises(RecordError, match=r"^'mine.zip' holds recording.json alone: no record and no frame of a run.$"):
        unpack_run(path, target)
