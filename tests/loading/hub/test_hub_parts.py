"""What of a repository is fetched and what is refused: code, pickles, shards, parts, names, damaged headers."""

import io
import json
import sys

import made_format
import numpy as np
import pytest
import torch
from fake_hub import Repository
from ruled_weights import ruled_picture
from safetensors.torch import save

from explorer import tokenizers
from explorer.foundation.errors import CheckpointError
from explorer.loading.planning import hub_source, load, plan
from explorer.public import catalogue as known
from explorer.public.catalogue import KnownTokenizer
from tests.loading.hub.hub_files import CARD, fetched, pickled, repository


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
