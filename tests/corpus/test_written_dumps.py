"""Folders of media as dumps: against encoding each file by itself, read by readers of others, stopped and killed."""

import json
import tarfile

import numpy as np
import pytest

from explorer.audit.indices.run import Reading, audit_indices
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.corpus.run import DumpOptions, tokenize_source
from explorer.foundation.errors import SettingsError
from explorer.media.fitting import Fitting
from tests.corpus.dump_readers import FORMATS, READERS, read_npy, write
from tests.corpus.whole_folders import BROKEN, DecodingGrey


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
