"""Dumps that were broken off are gone on with to the same bytes, and those of others are left alone."""

import json
import os
import signal
import subprocess
import sys

import pytest

from explorer.audit.sources import open_source
from explorer.corpus.run import DumpOptions, tokenize_source
from explorer.foundation import files
from explorer.foundation.config import REPOSITORY
from explorer.foundation.errors import ExplorerError, MediaError, RecordError
from explorer.joints.files.recording.lock import take_lock
from explorer.media.fitting import Fitting
from tests.audit.small_audit import after
from tests.corpus.dump_readers import EACH, write
from tests.corpus.whole_folders import DecodingGrey, bytes_of, picture_folder


@pytest.mark.parametrize("stop", [0, 9])
def test_stopped_and_gone_on_with_gives_the_same_bytes(stop, pictures, tmp_path):
    root, _ = pictures
    write(root, tmp_path / "whole")
    assert write(root, tmp_path / "parts", cancelled=after(stop)) is None
    assert json.loads((tmp_path / "parts" / "manifest.json").read_text())["complete"] is False
    seen = []
    write(root, tmp_path / "parts", progress=seen.append)
    assert bytes_of(tmp_path / "parts") == bytes_of(tmp_path / "whole")
    assert seen[-1].done == 150 and seen[-1].tokens == sum(one.size for _, _, one in pictures[1])


class Killed(BaseException):
    """What ends a run at once."""


@pytest.mark.parametrize("at", [1, 3, 4, 8])  # manifest, 2 files of each shard, manifest
def test_ended_while_a_file_is_written_it_gives_the_same_bytes(at, pictures, tmp_path, monkeypatch):
    """As a process that is killed at its `at`-th write: nothing is taken away any more, and files lie beside."""
    root, _ = pictures
    write(root, tmp_path / "whole", format="jsonl")
    calls = iter(range(1, 100))

    def end(_):
        if next(calls) == at:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fsync", end)
        patched.setattr(type(root), "unlink", lambda *arguments, **more: None)
        with pytest.raises(Killed):
            write(root, tmp_path / "parts", format="jsonl")
    left = {path.name for path in (tmp_path / "parts").iterdir()}
    assert any(name.endswith(".part") for name in left) and "lock" in left
    write(root, tmp_path / "parts", format="jsonl")
    assert bytes_of(tmp_path / "parts") == bytes_of(tmp_path / "whole")


KILLED = """
import os, signal
from pathlib import Path
from explorer.audit.sources import open_source
from explorer.corpus.run import DumpOptions, tokenize_source
from tests.corpus.whole_folders import DecodingGrey

def kill(at):
    if at.done > 80:
        os.kill(os.getpid(), signal.SIGKILL)

tokenize_source(DecodingGrey(), open_source({root!r}), Path({out!r}), DumpOptions(files_a_shard=64), progress=kill)
"""


def test_a_process_that_was_killed_is_gone_on_with(pictures, tmp_path, monkeypatch):
    """kill -9 in the second of three shards: its lock is free, the first shard is kept, and the bytes are the same."""
    monkeypatch.undo()  # the other process has stretches as they are
    root, _ = pictures
    script = KILLED.format(root=str(root), out=str(tmp_path / "parts"))
    ended = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert (tmp_path / "parts" / "tokens-00000.json").exists() and (tmp_path / "parts" / "lock").exists()
    seen = []
    write(root, tmp_path / "parts", progress=seen.append)
    assert seen[0].done > 64
    write(root, tmp_path / "whole")
    assert bytes_of(tmp_path / "parts") == bytes_of(tmp_path / "whole")


def test_a_shard_that_is_cut_short_or_gone_is_made_again_and_no_other(pictures, tmp_path, monkeypatch):
    root, _ = pictures
    write(root, tmp_path, format="jsonl")
    before = bytes_of(tmp_path)
    (tmp_path / "tokens-00001.jsonl").write_bytes((tmp_path / "tokens-00001.jsonl").read_bytes()[:-10])
    (tmp_path / "tokens-00002.json").unlink()
    opened = []
    source = open_source(root)
    counting = type(source)(source.title, source.names, lambda n, m: opened.append(n) or source.read(n, m))
    tokenize_source(DecodingGrey(), counting, tmp_path, DumpOptions(format="jsonl", files_a_shard=EACH))
    assert bytes_of(tmp_path) == before and sorted(opened) == list(range(64, 150))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"format": "jsonl"}, "another --format"),
        ({"dtype": "int32"}, "another --format, --dtype"),
        ({"offset": 0}, "another --offset"),
        ({"fitting": Fitting(16)}, "another --side"),
    ],
)
def test_a_dump_of_other_settings_is_left_alone(other, words, pictures, tmp_path):
    root, _ = pictures
    write(root, tmp_path, cancelled=after(5))
    before = bytes_of(tmp_path)
    with pytest.raises(RecordError, match=words):
        write(root, tmp_path, **other)
    assert bytes_of(tmp_path) == before


def test_a_dump_of_other_media_or_of_another_tokenizer_is_left_alone(pictures, tmp_path):
    root, _ = pictures
    picture_folder(tmp_path / "few", 3)
    write(tmp_path / "few", tmp_path / "out")
    with pytest.raises(RecordError, match="other media, or in another order"):
        write(root, tmp_path / "out")
    other = DecodingGrey()
    other.fine = other.fine * 2
    with pytest.raises(RecordError, match="another tokenizer, or another revision"):
        tokenize_source(other, open_source(tmp_path / "few"), tmp_path / "out", DumpOptions(files_a_shard=EACH))
    (tmp_path / "out" / "manifest.json").write_text("{}")
    with pytest.raises(RecordError, match="no manifest of a dump"):
        write(tmp_path / "few", tmp_path / "out")


def test_two_writers_at_once(pictures, tmp_path):
    root, _ = pictures
    write(root, tmp_path, cancelled=after(5))
    held = take_lock(tmp_path)
    with held, pytest.raises(ExplorerError, match=rf"process {os.getpid()} on .* writes into"):
        write(root, tmp_path)
    assert write(root, tmp_path)["complete"]


def test_a_full_disk_keeps_the_shards_before(pictures, tmp_path, monkeypatch):
    root, _ = pictures
    write(root, tmp_path / "whole", format="jsonl")
    calls = iter(range(1, 100))

    def full(_):
        if next(calls) > 4:  # the manifest, two files of a shard, and one of the next
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fsync", full)
        with pytest.raises(ExplorerError, match=r"No space left on device\. The 1 shard before it stay"):
            write(root, tmp_path / "out", format="jsonl")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "manifest.json", "tokens-00000.json", "tokens-00000.jsonl"
    ]  # fmt: skip
    write(root, tmp_path / "out", format="jsonl")
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")


def test_nothing_that_can_be_read_leaves_nothing_behind(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("notes")
    with pytest.raises(MediaError, match=r"No file of 1 could be read.*notes\.txt.*not a picture"):
        write(tmp_path / "in", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
