"""Repositories of a Hub that stands on this machine: planned without weights, fetched, kept, found again offline."""

import hashlib
import time

import fake_hub
import made_format
import numpy as np
import pytest
from fake_hub import COMMIT, Repository
from safetensors.torch import save

from explorer import tokenizers
from explorer.foundation.errors import Cancelled, CheckpointError
from explorer.loading.planning import fetch, load, plan
from tests.loading.hub.hub_files import fetched, repository

PIXELS = np.random.default_rng(0).random((16, 24, 3), dtype=np.float32)


def test_a_plan_reads_no_weight(hub):
    weights = save(made_format.state(codes=5000, dim=30))
    asked = hub(someone__made=Repository({"config.json": b"{}", "model.safetensors": weights}, {"license": "mit"}))
    found = plan("someone/made")
    assert (found.format_id, found.licence, found.revision) == ("made", "mit", COMMIT)
    assert found.parameters == 5000 * 30 + 2 * 30 * 48 + 30 + 3 and found.memory_bytes == 4 * found.parameters
    assert {file.name for file in found.files} == {"config.json", "model.safetensors"}
    assert found.download_bytes == len(weights) and not found.complete
    assert found.spec.source == "hub" and found.spec.codebook_size == 5000 and found.id == "hub--someone--made"
    assert sum(one.bytes for one in asked if one.path.endswith("model.safetensors")) <= 100_001 < len(weights)
    assert tokenizers.brought_tokenizers() == []


def test_loaded_it_tokenizes_as_by_hand(hub):
    tensors = made_format.state()
    asked = hub(someone__made=repository(tensors=tensors, README__md=b"# Hello"))
    heard = []
    spec = load(plan("someone/made"), "cpu", lambda share, words: heard.append((share, words)))
    indices, decoded = made_format.answer(tensors, PIXELS)
    record = tokenizers.load_tokenizer(spec.id, "cpu").tokenize(PIXELS)
    assert np.array_equal(record.levels[0].indices, indices)
    assert np.abs(record.reconstruction - decoded).max() < 1e-5
    assert spec in tokenizers.list_tokenizers() and spec.licence == "apache-2.0"
    assert [share for share, _ in heard] == sorted(share for share, _ in heard) and heard[-1] == (1.0, "ready")
    assert any(words.startswith("fetching model.safetensors") for _, words in heard)
    assert fetched(asked) == {"config.json", "model.safetensors"}  # nothing else, the README neither
    assert not any(one.login for one in asked)


def test_a_repository_that_moves_on_stands_beside_what_was_loaded_of_it(hub, monkeypatch):
    """Under one id, who works with the first commit would be given the weights of the second, or the reverse."""
    hub(someone__made=repository())
    first = load(plan("someone/made"), "cpu")
    newer = hashlib.sha1(b"newer").hexdigest()
    monkeypatch.setattr(fake_hub, "COMMIT", newer)
    moved = repository(tensors=made_format.state(codes=32))
    moved.revisions = ("main", newer)
    hub(someone__made=moved)
    found = plan("someone/made")
    assert found.id == found.spec.id == f"{first.id}--{newer[:8]}" and not tokenizers.is_loaded(found.id, "cpu")
    assert any("has changed since" in note and COMMIT[:8] in note for note in found.notes)
    second = load(found, "cpu")
    sizes = [tokenizers.load_tokenizer(spec.id, "cpu").spec.codebook_size for spec in (first, second)]
    assert sizes == [16, 32]
    assert plan("someone/made").id == second.id, "and the same again"
    tokenizers.forget(first.id)
    assert plan("someone/made").id == first.id, "once the first is gone its id is free"


def test_what_was_fetched_is_found_without_a_network(hub, set_settings):
    asked = hub(someone__made=repository())
    load(plan("someone/made"), "cpu")
    questions = len(asked)
    set_settings(hub_offline=True)
    found = plan("someone/made")
    assert found.complete and found.licence == "apache-2.0" and found.revision == COMMIT
    assert any("cache's copy" in note for note in found.notes)
    tokenizers.forget(found.id)
    load(found, "cpu")
    assert len(asked) == questions  # nobody was asked
    with pytest.raises(CheckpointError, match="not in the cache"):
        plan("someone/else")


def test_long_names_of_the_cache_are_kept_apart(hub, set_settings):
    long = "someone/" + "a" * 80
    one, other = repository(), repository(card={"license": "mit"}, tensors=made_format.state(codes=32))
    hub(**{long.replace("/", "__"): one, f"{long}b".replace("/", "__"): other})
    for name in (long, f"{long}b"):
        fetch(plan(name))
    set_settings(hub_offline=True)
    found = [plan(name) for name in (long, f"{long}b")]
    assert [one.spec.codebook_size for one in found] == [16, 32] and found[0].id != found[1].id


def test_a_hub_that_is_down_leaves_what_is_in_the_cache(hub):
    hub(someone__made=repository())
    load(plan("someone/made"), "cpu")
    hub.stop()
    began = time.monotonic()
    assert any("cannot be reached" in note for note in plan("someone/made").notes)
    with pytest.raises(CheckpointError, match="The Hub cannot be reached for someone/else"):
        plan("someone/else")
    assert time.monotonic() - began < 30


def test_a_download_can_be_stopped_and_taken_up_again(hub):
    asked = hub(someone__made=repository(tensors=made_format.state(codes=400_000, dim=8)))
    found = plan("someone/made")

    def stop(share, words):
        if words.startswith("fetching model"):
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        load(found, "cpu", stop)
    assert tokenizers.brought_tokenizers() == [] and not tokenizers.is_loaded(found.id, "cpu")
    assert not plan("someone/made").complete
    assert load(plan("someone/made"), "cpu").codebook_size == 400_000
    assert "model.safetensors" in fetched(asked)


def test_stopping_between_tensors_leaves_nothing(hub):
    hub(someone__made=repository())
    found = fetch(plan("someone/made"))
    assert found.complete

    def stop(share, words):
        if words.startswith("reading decoder.weight"):
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        load(found, "cpu", stop)
    assert tokenizers.brought_tokenizers() == [] and not tokenizers.is_loaded(found.id, "cpu")
    assert load(found, "cpu").id == found.id


def test_a_revision_is_pinned_to_its_commit(hub):
    one = repository()
    one.revisions = ("main", "v1.0", COMMIT)
    asked = hub(someone__made=one)
    found = plan("someone/made@v1.0")
    assert found.revision == COMMIT and found.id == f"hub--someone--made--{COMMIT[:8]}"
    load(found, "cpu")
    assert {o.path.split("/")[4] for o in asked if "/resolve/" in o.path} == {COMMIT}
    with pytest.raises(CheckpointError, match="has no revision 'v2'"):
        plan("someone/made@v2")
