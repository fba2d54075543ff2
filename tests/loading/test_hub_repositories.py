"""Repositories of a Hub that stands on this machine: planned without weights, fetched, kept, found again offline."""

import hashlib
import io
import json
import sys
import time

import fake_hub
import made_format
import numpy as np
import pytest
import torch
from fake_hub import COMMIT, Repository, serving
from ruled_weights import ruled_picture
from safetensors.torch import save

from explorer import tokenizers
from explorer.foundation.errors import Cancelled, CheckpointError
from explorer.loading.planning import fetch, hub_source, load, plan
from explorer.public import catalogue as known
from explorer.public.catalogue import KnownTokenizer

PIXELS = np.random.default_rng(0).random((16, 24, 3), dtype=np.float32)
CARD = {"license": "apache-2.0"}


@pytest.fixture
def hub(monkeypatch, tmp_path, set_settings, made):
    """Call with name -> Repository; gives what was asked of the server. The cache is the test's own."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    set_settings()
    running = []

    def start(**repositories):
        server = serving({name.replace("__", "/"): one for name, one in repositories.items()})
        address, asked = server.__enter__()
        running.append(server)
        monkeypatch.setenv("HF_ENDPOINT", address)
        return asked

    def stop():
        while running:
            running.pop().__exit__(None, None, None)

    start.stop = stop
    yield start
    stop()


def repository(card=CARD, tensors=None, **more):
    """A repository with config and weights; more: path with "__" for "." -> bytes."""
    files = {"config.json": b'{"model_type": "made"}', "model.safetensors": save(tensors or made_format.state())}
    return Repository(files | {name.replace("__", "."): data for name, data in more.items()}, card)


def pickled(tensors):
    buffer = io.BytesIO()
    torch.save({"state_dict": tensors}, buffer)
    return buffer.getvalue()


def fetched(asked):
    """Names of the files that were given whole."""
    return {one.path.rpartition("/")[2] for one in asked if one.method == "GET" and "/resolve/" in one.path}


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


def test_code_of_a_repository_is_neither_fetched_nor_run(hub):
    config = json.dumps({"model_type": "made", "auto_map": {"AutoModel": "modeling_evil.Evil"}}).encode()
    code = b"raise SystemExit('it was run')"
    asked = hub(
        someone__made=Repository(
            {"config.json": config, "model.safetensors": save(made_format.state()), "modeling_evil.py": code}, CARD
        )
    )
    found = plan("someone/made")
    assert any("modeling_evil.py" in note and "neither fetched nor run" in note for note in found.notes)
    load(found, "cpu")
    assert "modeling_evil.py" not in fetched(asked) and "modeling_evil" not in sys.modules


def test_an_unknown_pickle_is_not_fetched(hub):
    asked = hub(someone__pickle=Repository({"model.ckpt": pickled(made_format.state())}, CARD))
    for name in ("someone/pickle", "someone/pickle/model.ckpt"):
        with pytest.raises(CheckpointError, match=r"no safetensors.*not fetched"):
            plan(name)
    assert fetched(asked) == set()


def test_a_pickle_on_the_list_is_fetched_by_its_name_and_looked_at_then(hub, monkeypatch):
    entry = KnownTokenizer(
        "made", "Made", "vq-made", "image", "someone/pickle/model.ckpt", "", "MIT", "nothing", "", 123, ("model.ckpt",)
    )
    monkeypatch.setattr(known, "known_tokenizers", lambda: (entry,))
    monkeypatch.setattr("explorer.loading.hub.format_of", lambda name: made_format.MADE)
    files = {"model.ckpt": pickled(made_format.state()), "other.ckpt": b"no", "config.json": b"{}"}
    asked = hub(someone__pickle=Repository(files))
    found = plan("someone/pickle/model.ckpt")
    assert found.spec is None and found.header is None and (found.parameters, found.licence) == (123, "MIT")
    assert any("is a pickle" in note for note in found.notes) and found.format_title == "Made format"
    spec = load(found, "cpu")
    assert spec.codebook_size == 16 and spec.id == "hub--someone--pickle--model.ckpt" and spec.title.startswith("Made")
    assert fetched(asked) == {"model.ckpt", "config.json"}
    assert plan("someone/pickle/model.ckpt").complete


@pytest.mark.parametrize(
    ("name", "original", "wrapper"),
    [
        ("FoundationVision/LlamaGen/vq_ds16_c2i.pt", "llamagen_16", "model"),
        ("TencentARC/IBQ-Tokenizer-16384", "ibq", "state_dict"),
        ("FoundationVision/var/vae_ch160v4096z32.pth", "var", ""),
    ],
)
def test_public_pickles_of_the_list_from_the_hub_to_the_originals_codes(hub, name, original, wrapper):
    """As they are published, but narrower: the entry of the list, its one file, and the codes of the original."""
    import convvq_originals as originals

    entry = next(entry for entry in originals.ENTRIES if entry.name == original)
    owner, repo, *inside = name.split("/")
    one = known.known_for(f"{owner}/{repo}", *inside)
    buffer = io.BytesIO()
    torch.save({wrapper: originals.state(original)} if wrapper else originals.state(original), buffer)
    asked = hub(**{f"{owner}__{repo}": Repository({one.files[0]: buffer.getvalue(), "other.pt": b"x"}, CARD)})
    found = plan(name)
    assert (found.format_id, found.parameters, found.title) == (one.format, one.parameters, one.title)
    spec = load(found, "cpu")
    record = tokenizers.load_tokenizer(spec.id, "cpu").tokenize(ruled_picture(entry.height, entry.width))
    for level, indices in zip(record.levels, originals.indices_of(entry), strict=True):
        assert np.array_equal(level.indices, indices)
    assert fetched(asked) == {one.files[0]} and spec.title.startswith(one.title)


def test_of_shards_only_those_that_are_needed_are_fetched(hub):
    tensors = made_format.state()
    shards = {"one.safetensors": tensors, "two.safetensors": {"loss.weight": torch.zeros(3, 3)}}
    index = {"weight_map": {key: name for name, part in shards.items() for key in part}}
    files = {name: save(part) for name, part in shards.items()}
    asked = hub(someone__made=Repository(files | {"model.safetensors.index.json": json.dumps(index).encode()}, CARD))
    found = plan("someone/made")
    assert {file.name for file in found.files} == {"model.safetensors.index.json", "one.safetensors"}
    assert any("Of 2 files only 1" in note for note in found.notes)
    load(found, "cpu")
    whole = [one for one in asked if one.path.endswith("two.safetensors") and one.method == "GET"]
    assert len(whole) == 1  # the first bytes, for its header
    assert plan("someone/made").complete


@pytest.mark.parametrize("shard", ["../one.safetensors", "/etc/passwd", "gone.safetensors"])
def test_an_index_that_leads_elsewhere_is_refused(hub, shard):
    index = json.dumps({"weight_map": {"codes.weight": shard}}).encode()
    hub(someone__made=Repository({"model.safetensors.index.json": index, "one.safetensors": b"x"}, CARD))
    with pytest.raises(CheckpointError, match="which is not there"):
        plan("someone/made")


def test_a_part_of_a_repository(hub):
    parts = {"vqvae/config.json": b"{}", "vqvae/model.safetensors": save(made_format.state())}
    hub(someone__pipeline=Repository(parts | {"unet/model.safetensors": save({"x": torch.ones(2)})}, CARD))
    found = plan("someone/pipeline/vqvae")
    assert found.id == "hub--someone--pipeline--vqvae" and load(found, "cpu").codebook_size == 16
    with pytest.raises(CheckpointError, match="Name one, such as someone/pipeline/unet"):
        plan("someone/pipeline")
    with pytest.raises(CheckpointError, match="holds no text_encoder"):
        plan("someone/pipeline/text_encoder")


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


def test_what_is_not_there_is_said_in_words(hub):
    closed = repository()
    closed.gated = True
    hub(someone__made=repository(), someone__closed=closed)
    with pytest.raises(CheckpointError, match="no public model repository someone/nothing"):
        plan("someone/nothing")
    with pytest.raises(CheckpointError, match="agreed to its terms"):
        plan("someone/closed")


@pytest.mark.parametrize(
    "name",
    ["", "made", "a/../b", "a//b", "../../etc/passwd", "/etc/passwd", "a/b@../x", "file with spaces", "http://x/y"],
)
def test_what_is_no_name_is_refused_before_anybody_is_asked(hub, name):
    asked = hub()
    with pytest.raises(CheckpointError, match="neither a file here nor a Hub repository"):
        hub_source(name)
    assert asked == []


def test_damaged_headers_are_refused(hub):
    broken = save(made_format.state())
    hub(
        someone__cut=Repository({"model.safetensors": broken[:20]}),
        someone__lies=Repository({"model.safetensors": broken.replace(b'"shape":[16,5]', b'"shape":[99,5]')}),
        someone__config=Repository({"config.json": b"{", "model.safetensors": broken}),
    )
    with pytest.raises(CheckpointError, match="damaged"):
        plan("someone/cut")
    with pytest.raises(CheckpointError, match="has another length"):
        plan("someone/lies")
    with pytest.raises(CheckpointError, match="not valid JSON"):
        plan("someone/config")


def test_an_unknown_format_says_what_was_tried_and_found(hub):
    hub(someone__bert=repository(tensors={"bert.embeddings.weight": torch.ones(4, 2)}))
    with pytest.raises(
        CheckpointError, match=r"bert is of no format.*such as .* and taming VQGAN, fits.*bert\.embeddings\.weight"
    ):
        plan("someone/bert")
