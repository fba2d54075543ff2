"""Folders of media as dumps: against encoding each file by itself, read by readers of others, stopped and killed."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile

import numpy as np
import pytest

from explorer.audit import batches
from explorer.audit.indices.run import Reading, audit_indices
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.corpus.run import DumpOptions, tokenize_source
from explorer.dumps.writing.formats import WRITERS
from explorer.foundation import files
from explorer.foundation.config import REPOSITORY
from explorer.foundation.errors import ExplorerError, MediaError, RecordError, SettingsError
from explorer.joints.files.recording.lock import take_lock
from explorer.media.fitting import Fitting
from explorer.media.pictures.image import fit, load_image
from tests.audit.small_audit import after
from tests.corpus.whole_folders import BROKEN, DecodingGrey, bytes_of, picture_folder

EACH = 64  # files a shard: 150 files are three
FORMATS = list(WRITERS)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The folder, and what each picture's indices are: (number, name, (2, h, w)), of those that can be read."""
    root = tmp_path_factory.mktemp("media")
    grey, expected = DecodingGrey(), []
    for number, path in enumerate(picture_folder(root)):
        if number != BROKEN:
            record = grey.tokenize(fit(load_image(path), 8, 1024).pixels)
            expected.append((number, path.name, np.stack([level.indices for level in record.levels])))
    return root, expected


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch):
    monkeypatch.setattr(batches, "STRETCH_PIXELS", 8 * 32 * 48)


def write(root, folder, cancelled=None, progress=None, **options):
    chosen = DumpOptions(files_a_shard=EACH, **options)
    return tokenize_source(DecodingGrey(), open_source(root), folder, chosen, cancelled=cancelled, progress=progress)


def read_npy(folder):
    for path in sorted(folder.glob("*.npy")):
        yield from np.load(path)


def read_jsonl(folder):
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            yield np.array(json.loads(line)["tokens"])


def read_parquet(folder):
    pq = pytest.importorskip("pyarrow.parquet")
    for path in sorted(folder.glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            yield np.array(row["tokens"])


def read_webdataset(folder):
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar.getmembers():
                if member.name.endswith(".tokens.npy"):
                    yield np.load(io.BytesIO(tar.extractfile(member).read()))


READERS = {"npy": read_npy, "jsonl": read_jsonl, "parquet": read_parquet, "webdataset": read_webdataset}


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_holds_every_medium_in_its_order(format, pictures, tmp_path):
    if format == "parquet":
        pytest.importorskip("pyarrow")
    root, expected = pictures
    manifest = write(root, tmp_path, format=format)
    found = list(READERS[format](tmp_path))
    assert len(found) == len(expected) == 149
    for tokens, (_, _, indices) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(tokens, indices)
    assert manifest["counts"] == {"media": 149, "skipped": 1, "tokens": sum(i.size for _, _, i in expected)}
    assert manifest["complete"] and manifest["axes"] == "q,h,w" and manifest["storage"]["dtype"] == "int16"
    assert [level["codebook_size"] for level in manifest["levels"]] == [16, 5]
    shards = [json.loads((tmp_path / f"tokens-0000{n}.json").read_text()) for n in range(3)]
    named = [(entry["number"], entry["name"]) for shard in shards for entry in shard["media"]]
    assert named == [(number, name) for number, name, _ in expected]
    assert [name for shard in shards for name, _ in shard["skipped"]] == [f"{BROKEN:03}.png"]
    assert {one["file"] for one in manifest["shards"]} == {
        path.name for path in tmp_path.iterdir() if path.suffix != ".json"
    }


def test_names_travel_with_the_tokens(pictures, tmp_path):
    root, expected = pictures
    write(root, tmp_path / "lines", format="jsonl")
    lines = [json.loads(line) for path in sorted((tmp_path / "lines").glob("*.jsonl")) for line in path.open()]
    assert [(line["number"], line["name"]) for line in lines] == [(number, name) for number, name, _ in expected]
    write(root, tmp_path / "tar", format="webdataset")
    with tarfile.open(tmp_path / "tar" / "tokens-00001.tar") as tar:
        members = tar.getmembers()
        assert members[0].name == "000000064.json" and members[1].name == "000000064.tokens.npy"
        assert json.load(tar.extractfile(members[0])) == {"number": 64, "name": "064.png"}
        assert {(one.mtime, one.uid, one.gid) for one in members} == {(0, 0, 0)}


@pytest.mark.parametrize("format", FORMATS)
def test_the_audit_of_a_dump_counts_what_an_audit_of_the_media_does(format, pictures, tmp_path):
    if format == "parquet":
        pytest.importorskip("pyarrow")
    root, _ = pictures
    manifest = write(root, tmp_path, format=format)
    axes = f"b,{manifest['axes']}" if format == "npy" else manifest["axes"]
    counted = audit_indices(tmp_path, [16, 5], Reading(axes))
    whole = run_audit(DecodingGrey(), open_source(root), title="t")
    assert counted.num_media == len(whole.media) == 149
    for a, b in zip(counted.levels, whole.levels, strict=True):
        np.testing.assert_array_equal(a.counts, b.counts)


def test_ids_of_a_language_model_lead_back(pictures, tmp_path):
    """Level 1 from 1,000 on, level 2 from 1,016, tags 1,021 and 1,022; both levels of a place follow each other."""
    root, expected = pictures
    manifest = write(root, tmp_path, offset=1000, tags=True)
    assert manifest["vocabulary"] == {
        "offset": 1000, "level_offsets": [1000, 1016], "begin": 1021, "end": 1022, "size_needed": 1023,
        "order": manifest["vocabulary"]["order"],
    }  # fmt: skip
    rows = list(read_npy(tmp_path))
    for row, (_, _, indices) in zip(rows, expected, strict=True):
        assert row[0] == 1021 and row[-1] == 1022 and len(row) == indices.size + 2
        np.testing.assert_array_equal(row[1:-1:2], indices[0].reshape(-1) + 1000)
        np.testing.assert_array_equal(row[2:-1:2], indices[1].reshape(-1) + 1016)


def test_a_crop_is_stated_and_makes_one_file_a_shard(pictures, tmp_path):
    root, _ = pictures
    manifest = write(root, tmp_path, fitting=Fitting(crop_px=16, filter="box"))
    assert manifest["fitting"] == {"crop_px": 16, "filter": "box"}
    assert [path.name for path in sorted(tmp_path.glob("*.npy"))] == [f"tokens-0000{n}.npy" for n in range(3)]
    assert np.load(tmp_path / "tokens-00000.npy").shape == (64, 2, 2, 2)


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


def test_graphs_have_codes_of_their_own(tmp_path):
    tokenizer = DecodingGrey()
    tokenizer.spec = type(tokenizer.spec)(**{**tokenizer.spec.__dict__, "modality": "graph"})
    with pytest.raises(SettingsError, match="anchors of its own"):
        tokenize_source(tokenizer, open_source(__file__), tmp_path, DumpOptions())


@pytest.mark.parametrize("each", [0, 63, 100, -64])
def test_shards_are_of_whole_blocks(each):
    with pytest.raises(SettingsError, match="multiple of 64"):
        DumpOptions(files_a_shard=each)


def test_what_was_encoded_together_is_counted_over_all_shards(pictures, tmp_path):
    together = write(pictures[0], tmp_path)["together"]
    assert together["media"] == 149 and together["alone"] < together["batches"] < 149


def test_the_library_of_webdataset_reads_the_samples(pictures, tmp_path):
    webdataset = pytest.importorskip("webdataset")
    root, expected = pictures
    write(root, tmp_path, format="webdataset")
    shards = [str(path) for path in sorted(tmp_path.glob("*.tar"))]
    samples = list(webdataset.WebDataset(shards, shardshuffle=False).decode())
    assert [sample["json"]["name"] for sample in samples] == [name for _, name, _ in expected]
    for sample, (_, _, indices) in zip(samples, expected, strict=True):
        np.testing.assert_array_equal(sample["tokens.npy"], indices)
