"""The panel "Bring a tokenizer" answers: plans before weights, what is refused and where."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from bringing import ask, looked, settled, upload

from explorer import tokenizers
from explorer.foundation.owners import acting_for
from explorer.pages.bring import events as loading
from explorer.pages.bring import jobs as loading_jobs
from explorer.pages.shared.visitor_files import NOBODYS, files
from explorer.public.catalogue import known_tokenizers


def test_an_upload_is_planned_without_its_weights_and_then_loaded(visitor, uploads, checkpoint, originals, monkeypatch):
    read = []
    real = loading_jobs.load
    monkeypatch.setattr(loading_jobs, "load", lambda *args: read.append(1) or real(*args))
    job = looked(visitor, kind="file", files=[upload(uploads, checkpoint)])
    plan = job["plan"]
    state = originals.state("taming")
    count = sum(tensor.numel() for tensor in state.values())
    assert job["state"] == "planned" and read == [] and tokenizers.brought_tokenizers() == []
    assert (plan["parameters"], plan["memory_bytes"], plan["download_bytes"], plan["here"]) == (
        count,
        4 * count,
        0,
        False,
    )
    assert plan["source"] == "last.ckpt" and "taming" in plan["format"] and plan["vocabulary"] == "128"
    done = settled(visitor, ask(visitor, "load", job=job["id"])["job"])
    assert (done["state"], done["share"]) == ("done", 1.0) and done["plan"]["here"]
    assert tokenizers.brought_tokenizers() == [], "it is the visitor's own, and nobody else's"
    from ruled_weights import ruled_picture

    with acting_for(visitor.owner):
        spec = tokenizers.brought_tokenizers()[0]
        assert spec.id == plan["id"] and spec.source == "file"
        record = tokenizers.load_tokenizer(spec.id).tokenize(ruled_picture(96, 64))
    np.testing.assert_array_equal(record.levels[0].indices, originals.golden("convvq")["taming_indices"])


def test_one_of_two_sets_of_weights_is_chosen_before_it_is_loaded(visitor, uploads, originals, tmp_path):
    from ruled_weights import ruled_picture

    raw, path = originals.state("llamagen_8"), tmp_path / "vq.pt"
    torch.save({"model": raw, "ema": {key: value + 1 for key, value in raw.items()}}, path)
    job = looked(visitor, kind="file", files=[upload(uploads, path)])
    assert job["plan"]["weights"] == "averaged" and "averaged weights" in job["plan"]["title"]
    other = settled(visitor, ask(visitor, "weights", job=job["id"], weights="raw")["job"])
    assert other["plan"]["weights"] == "raw" and other["plan"]["id"] == f"{job['plan']['id']}--raw"
    assert settled(visitor, ask(visitor, "load", job=job["id"])["job"])["state"] == "done"
    with acting_for(visitor.owner):
        record = tokenizers.load_tokenizer(other["plan"]["id"]).tokenize(ruled_picture(48, 32))
    np.testing.assert_array_equal(record.levels[0].indices, originals.golden("convvq")["llamagen_8_indices"])
    late = ask(visitor, "weights", job=job["id"], weights="averaged")
    assert not late["ok"] and "before they are loaded" in late["error"]["message"]


def test_a_file_of_no_known_format_still_tells(visitor, uploads, tmp_path):
    path = tmp_path / "run.pt"
    torch.save({"vq.codebook": torch.randn(9, 4), "vq.cluster_size": torch.arange(9.0)}, path)
    job = looked(visitor, kind="file", files=[upload(uploads, path)])
    assert job["state"] == "failed" and "of no format that is known here" in job["message"]
    (table,) = job["opened"]["tables"]
    assert (table["key"], table["codes"], table["dead_codes"]) == ("vq.codebook", 9, [0])
    (drawn,) = job["opened"]["maps"]
    assert [trace["name"] for trace in drawn["light"]["data"]] == ["codes", "dead in training"]
    assert drawn["dark"]["data"][0]["x"] == drawn["light"]["data"][0]["x"] and job["opened"]["library"].endswith(".js")
    assert job["opened"]["adapter_name"] == "my_adapter.py" and "FILE = 'run.pt'" in job["opened"]["adapter"]
    path.write_bytes(b"no checkpoint")
    job = looked(visitor, kind="file", files=[upload(uploads, path)])
    assert job["state"] == "failed" and job["opened"] is None


def test_what_is_wrong_with_a_table_is_said_once_it_is_loaded(visitor, uploads, originals, tmp_path):
    path, state = tmp_path / "zeros.ckpt", dict(originals.state("taming"))
    state["quantize.embedding.weight"] = torch.zeros_like(state["quantize.embedding.weight"])
    torch.save({"state_dict": state}, path)
    job = looked(visitor, kind="file", files=[upload(uploads, path)])
    done = settled(visitor, ask(visitor, "load", job=job["id"])["job"])
    assert done["state"] == "done" and done["warnings"][0].startswith("Every token is code 0: the table is all zeros")


def test_a_file_that_would_run_code_is_refused_and_runs_nothing(visitor, uploads, tmp_path):
    witness = tmp_path / "witness"

    class Hostile:
        def __reduce__(self):
            return (open, (str(witness), "w"))

    bad = tmp_path / "model.pt"
    bad.write_bytes(pickle.dumps({"state_dict": Hostile()}))
    job = looked(visitor, kind="file", files=[upload(uploads, bad)])
    assert job["state"] == "failed" and job["plan"] is None and job["field"] == "file"
    assert not witness.exists() and "Traceback" not in job["message"] and "model.pt" in job["message"]
    assert tokenizers.brought_tokenizers() == []


def test_what_is_no_checkpoint_is_said_in_words(visitor, uploads, tmp_path):
    plain, empty = tmp_path / "cat.safetensors", tmp_path / "none.pt"
    plain.write_bytes(b"not a checkpoint at all" * 10)
    empty.write_bytes(b"")
    for file in (plain, empty):
        job = looked(visitor, kind="file", files=[upload(uploads, file)])
        assert job["state"] == "failed" and file.name in job["message"], job


def test_files_of_this_machine_are_named_only_where_the_server_is_its_own(visitor, checkpoint, monkeypatch):
    for host, able in (("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False), ("192.168.1.5", False)):
        loading.bound_to(host)
        given = ask(visitor, "plan", kind="path", text=str(checkpoint))
        assert given["ok"] == able
        if not able:
            assert given["error"]["field"] == "path" and "upload it" in given["error"]["message"]
        else:
            assert settled(visitor, given["job"])["plan"]["source"] == "last.ckpt"
    monkeypatch.setenv("SPACE_HOST", "somebody.example")
    loading.bound_to("127.0.0.1")
    assert not ask(visitor, "plan", kind="path", text=str(checkpoint))["ok"]
    assert json.loads(loading.opening("b", {}))["names_files"] is False


@pytest.mark.parametrize(
    ("request_", "field", "words"),
    [
        (dict(kind="hub", text=""), "hub", "Type its name"),
        (dict(kind="hub", text="../etc/passwd"), "hub", "neither a file here nor a Hub repository"),
        (dict(kind="hub", text="/etc/passwd"), "hub", "neither"),
        (dict(kind="hub", text=5), "text", "Type its name"),
        (dict(kind="file", files=[]), "file", "Choose a file"),
        (dict(kind="file", files=["/etc/passwd"]), "file", "no longer on the server"),
        (dict(kind="file", files=["x"] * 9), "file", "8 at most"),
        (dict(kind="path", text="/nowhere/at/all.ckpt"), "path", "There is no file"),
        (dict(kind="path", text="x" * 5000), "path", "There is no file"),
        (dict(kind="path", text="~nobody-of-that-name/a.ckpt"), "path", "There is no file"),
        (dict(kind="other"), "kind", "Name a repository"),
    ],
)  # fmt: skip
def test_mistakes_are_said_at_their_field(visitor, uploads, request_, field, words):
    loading.bound_to("127.0.0.1")
    error = ask(visitor, "plan", **request_)["error"]
    assert error["field"] == field and words in error["message"]


def test_a_link_out_of_the_upload_folder_is_no_upload(visitor, uploads, checkpoint):
    link = files.new_folder(f"{NOBODYS}link") / "link.ckpt"
    link.symlink_to(checkpoint)
    given = ask(visitor, "plan", kind="file", files=[str(link)])
    assert "no longer" in given["error"]["message"]


def test_what_does_not_fit_is_refused_before_it_is_read(visitor, checkpoint, monkeypatch):
    loading.bound_to("127.0.0.1")
    monkeypatch.setattr("explorer.tokenizers.memory.total_bytes", lambda: 2**20)
    job = looked(visitor, kind="path", text=str(checkpoint))
    error = ask(visitor, "load", job=job["id"])["error"]
    assert error["field"] == "plan" and "memory" in error["message"]


def test_the_list_has_all_that_people_name(visitor):
    listed = ask(visitor, "known")["known"]
    assert [one["id"] for one in listed] == [one.id for one in known_tokenizers()]
    assert all(one["title"] and one["licence"] and one["trained_on"] for one in listed)


def test_a_link_to_what_is_not_loaded_says_what_to_type():
    for one in known_tokenizers():
        if one.source:
            kind = "library" if one.format == "codec2" else "hub"
            found = loading.wanted_source(f"{kind}--" + one.source.lower().replace("/", "--").replace(":", "-"))
            assert found == one.source
            if kind == "hub":
                name = one.source.lower().replace("/", "--")
                assert loading.wanted_source(f"hub--{name}--0123abcd") == one.source
    assert loading.wanted_source("hub--somebody--new.thing") == "somebody/new.thing"
    assert loading.wanted_source("file--x-12345678") == "" and loading.wanted_source("hub--") == ""
    value = json.loads(loading.opening("s", {"tokenizer": "file--x-12345678"}))
    assert (value["wanted"], value["missing"]) == ("", "file--x-12345678")
    assert json.loads(loading.opening("s", {"tokenizer": "vq-ema"}))["wanted"] == ""
    value = json.loads(loading.opening("s", {"tokenizer": "library--codec2-lpcnet"}))
    assert (value["wanted"], value["missing"]) == ("codec2:lpcnet", "library--codec2-lpcnet")
    spec = replace(tokenizers.list_tokenizers()[0], id="file--x-12345678", source="file")
    tokenizers.bring(spec, lambda device: None)
    assert json.loads(loading.opening("s", {"tokenizer": spec.id}))["missing"] == "", "it is here"
    tokenizers.forget(spec.id)
    assert json.loads(loading.opening("s", {"bring": "1"}))["shown"] is True
