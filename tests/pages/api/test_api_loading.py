"""Loading by a script: an uploaded checkpoint is a tokenizer for the other endpoints; refusals are in words."""

import sys
from pathlib import Path

import pytest
import torch

from explorer import tokenizers
from explorer.foundation.errors import CheckpointError, UnknownIdError
from explorer.foundation.owners import EVERYBODY, acting_for
from explorer.pages.api import calls as api
from explorer.pages.api.loading import load_source
from explorer.pages.bring import jobs as loading_jobs
from explorer.pages.bring.uploads import UploadStore
from explorer.tokenizers import shelf

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "public"))
import convvq_originals as originals


@pytest.fixture(autouse=True)
def nothing_brought(monkeypatch):
    for name in ("_loaded", "_brought"):
        monkeypatch.setattr(shelf, name, type(getattr(shelf, name))())
    monkeypatch.setattr(loading_jobs, "_loads", {})
    store = UploadStore(2**30)
    monkeypatch.setattr(loading_jobs, "uploads", store)
    yield
    loading_jobs.stop_all(10)
    for owner in store.owners():
        store.let_go(owner)


@pytest.fixture
def checkpoint(tmp_path):
    (tmp_path / "upload").mkdir()
    path = tmp_path / "upload" / "last.ckpt"
    torch.save({"state_dict": dict(originals.state("taming"))}, path)
    return path


def test_a_file_becomes_a_tokenizer_for_the_other_endpoints_of_who_sent_it(checkpoint):
    with acting_for("anna"):
        answer = load_source("", str(checkpoint))
        assert answer["id"] in {entry["id"] for entry in api.list_all()} and answer["codebook_size"] == 128
        assert not checkpoint.exists()  # it was moved to where it can stay
        assert tokenizers.is_loaded(answer["id"])
    for other in ("bert", EVERYBODY):
        with acting_for(other):
            assert answer["id"] not in {entry["id"] for entry in api.list_all()}
            with pytest.raises(UnknownIdError):
                tokenizers.load_tokenizer(answer["id"])


def test_one_of_two_sets_of_weights_is_chosen(checkpoint):
    raw = originals.state("llamagen_8")
    torch.save({"model": raw, "ema": raw}, checkpoint)
    answer = api.load("", str(checkpoint), "raw")
    assert answer["id"].endswith("--raw") and "raw ones are used" in answer["notes"][0]


def test_a_file_of_any_kind_can_be_opened(tmp_path):
    torch.save({"codebook": torch.zeros(6, 2)}, tmp_path / "x.pt")
    told = api.open_checkpoint(str(tmp_path / "x.pt"))
    assert told["tables"][0]["fault"].startswith("every token is code 0") and "def tokenizer" in told["adapter"]


@pytest.mark.parametrize("source", ["", "../etc", "/etc/passwd", "one", "file:/etc/passwd"])
def test_what_is_no_repository_is_refused(source):
    with pytest.raises(CheckpointError, match=r"Send either|neither a file here nor a Hub repository"):
        load_source(source, None)


def test_both_at_once_are_refused(checkpoint):
    with pytest.raises(CheckpointError, match="either"):
        load_source("a/b", str(checkpoint))


def test_a_failure_says_why(checkpoint):
    state = dict(originals.state("taming"))
    state["decoder.conv_out.bias"] = state["decoder.conv_out.bias"] * float("nan")
    torch.save({"state_dict": state}, checkpoint)
    with pytest.raises(CheckpointError, match=r"decoder\.conv_out\.bias.*NaN"):
        load_source("", str(checkpoint))
    assert tokenizers.brought_tokenizers() == []
