"""How a job in shards stands, by its files: what is done, left, not begun, damaged, and gone."""

import argparse
import json

import pytest
from small_audit import GreyTokenizer, after, save_picture

from explorer.audit.shards import watch as module
from explorer.audit.shards.plan import Shard
from explorer.audit.shards.run import run_shard
from explorer.audit.shards.watch import is_job, watch, watched_jobs
from explorer.audit.sources import open_source
from explorer.audit.standing import read_head
from explorer.cli.bringing import bring_results
from explorer.foundation.errors import RecordError


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr("explorer.audit.batches.SMALL_BLOCK", 2)
    monkeypatch.setattr(module, "_watched", {})
    for number in range(16):
        save_picture(tmp_path / "media" / f"{number:02}.png", 16, 16 + 8 * (number % 2), number)
    return open_source(tmp_path / "media")


def run(source, folder, number, of=4, **options):
    return run_shard(GreyTokenizer(), source, Shard(number, of), folder, title="Sixteen", **options)


def test_what_is_done_left_and_not_begun(source, tmp_path):
    folder = tmp_path / "shards"
    run(source, folder, 1)
    standing, _ = run(source, folder, 3, cancelled=after(1))
    (folder / Shard(4, 4).file).write_bytes(b"half a file")
    job = watch(folder)
    done = standing.position - 8
    assert 0 < done < 4 and [(one.done, one.planned, one.begun, one.complete) for one in job.shards] == [
        (4, 4, True, True), (0, 4, False, False), (done, 4, True, False), (0, 4, True, False)
    ]  # fmt: skip
    assert (job.title, job.tokenizer, job.done, job.planned) == ("Sixteen", "grey", 4 + done, 16)
    assert job.tokens == sum(read_head(folder / Shard(n, 4).file).tokens for n in (1, 3)) > 0
    head = read_head(folder / Shard(3, 4).file)
    assert job.seconds_left == pytest.approx((4 - done) * head.seconds / done)
    said = job.as_json()
    assert (said["of"], said["complete"], said["waiting"]) == (4, 1, 1)
    assert [one["number"] for one in said["going"]] == [3, 4] and "is damaged" in said["going"][1]["trouble"]
    assert json.loads(json.dumps(said)) == said


def test_of_two_plans_the_one_that_was_written_last_counts(source, tmp_path):
    run(source, tmp_path / "s", 1, of=8)
    run(source, tmp_path / "s", 2, of=2)
    assert [(one.done, one.planned) for one in watch(tmp_path / "s").shards] == [(0, 8), (8, 8)]


def test_the_page_is_told_of_a_folder_of_shards(source, tmp_path):
    folder = tmp_path / "shards"
    run(source, folder, 2)
    options = argparse.Namespace(audit=[str(folder)], experiment=[], run=[])
    assert is_job(folder) and bring_results(options) == [("Cluster job Sixteen", "codebook")]
    from explorer.pages.codebook.events import ask

    (job,) = json.loads(ask({"what": "cluster_state"}))["jobs"]
    assert job == watched_jobs()[0] and (job["done"], job["complete"], job["waiting"], job["gone"]) == (4, 1, 3, False)
    opened = json.loads(ask({"what": "open", "tokenizer": "fsq"}))
    assert opened["cluster"] is True
    (folder / Shard(2, 4).file).unlink()
    assert watched_jobs() == [{"title": "Sixteen", "gone": True}]


def test_folders_without_shards(tmp_path):
    assert not is_job(tmp_path) and not is_job(tmp_path / "gone")
    (tmp_path / Shard(1, 2).file).write_bytes(b"nothing")
    with pytest.raises(RecordError, match="holds no shards of an audit that can be read"):
        watch(tmp_path)
