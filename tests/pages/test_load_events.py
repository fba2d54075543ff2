"""The panel "Bring a tokenizer" answers: plans before weights, one load for all, what is refused and where.

Files are the published layout of a small original, whose indices are committed with the tests of its format.
"""

import io
import json
import pickle
import shutil
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer import tokenizers
from explorer.foundation.errors import Cancelled, CheckpointError
from explorer.foundation.owners import acting_for
from explorer.loading.sources import plan_file
from explorer.pages.bring import events as loading
from explorer.pages.bring import jobs as loading_jobs
from explorer.pages.bring.uploads import UploadStore
from explorer.pages.shared.visitor_files import NOBODYS, files
from explorer.pages.shared.visitors import Visitors
from explorer.public.known import known_tokenizers
from explorer.tokenizers import shelf

ORIGINALS = Path(__file__).resolve().parents[1] / "public"
PATIENCE_S = 60


@pytest.fixture(scope="module")
def originals():
    """The module with the small originals; it imports its neighbours by their plain names."""
    sys.path.insert(0, str(ORIGINALS))
    import convvq_originals

    return convvq_originals


@pytest.fixture(autouse=True)
def nothing_brought(monkeypatch):
    for name in ("_loaded", "_brought"):
        monkeypatch.setattr(shelf, name, type(getattr(shelf, name))())
    monkeypatch.setattr(loading_jobs, "_loads", {})


@pytest.fixture
def uploads(monkeypatch):
    """Where files stay whose tokenizers were loaded."""
    store = UploadStore(2**30)
    monkeypatch.setattr(loading_jobs, "uploads", store)
    monkeypatch.setattr(loading, "uploads", store)
    yield store
    for name in store.owners():
        store.let_go(name)


@pytest.fixture
def visitors(monkeypatch):
    everyone = Visitors(4)
    monkeypatch.setattr(loading, "visitors", everyone)
    yield everyone
    everyone.leave_all()
    loading_jobs.stop_all(10)


@pytest.fixture
def visitor(visitors):
    return visitors.enter("a")


@pytest.fixture
def checkpoint(originals, tmp_path):
    """A taming VQGAN in a Lightning checkpoint, as published."""
    entry = originals.ENTRIES[0]
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": dict(originals.state(entry.name)), "epoch": 3, "global_step": 7}, path)
    return path


def upload(uploads, path, name=None):
    """As an upload lies on the server: in a folder of its own."""
    place = files.new_folder(f"{NOBODYS}{time.monotonic_ns()}") / (name or path.name)
    shutil.copy(path, place)
    return str(place)


def kept_files(uploads):
    """The files that stay."""
    return [file.name for folder, _ in uploads._kept.values() for file in folder.rglob("*") if file.is_file()]


def ask(visitor, what, **more):
    return json.loads(loading.ask({"what": what, "token": visitor.token, **more}))


def settled(visitor, job, until=("planned", "done", "stopped", "failed")):
    """The job, when it stands still."""
    limit = time.monotonic() + PATIENCE_S
    while job["state"] not in until:
        assert time.monotonic() < limit, job
        time.sleep(0.02)
        job = ask(visitor, "state", job=job["id"])["job"]
    return job


def looked(visitor, **what):
    return settled(visitor, ask(visitor, "plan", **what)["job"])


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


def test_what_was_loaded_outlives_the_page_that_brought_it_for_its_visitor_alone(visitors, uploads, checkpoint):
    with acting_for("anna"):
        visitor = visitors.enter("a")
    job = looked(visitor, kind="file", files=[upload(uploads, checkpoint)])
    settled(visitor, ask(visitor, "load", job=job["id"])["job"])
    visitors.leave("a")  # on the way to another page of the same visitor
    shelf._loaded.clear()  # the weights were let go, and are read again
    with acting_for("anna"):
        again = tokenizers.load_tokenizer(job["plan"]["id"])
        assert again.tokenize(np.zeros((64, 64, 3), np.float32)).levels[0].indices.shape == (4, 4)
        next_page = visitors.enter("c")
    assert looked(next_page, kind="file", files=[upload(uploads, checkpoint)])["plan"]["here"]
    other = visitors.enter("b")
    assert not looked(other, kind="file", files=[upload(uploads, checkpoint)])["plan"]["here"], (
        "not even that it is here"
    )


def test_what_was_let_go_is_loaded_again_from_the_same_upload(visitors, uploads, checkpoint):
    """The weights were let go, and the same file comes again: one id and one file of each visitor, and it loads."""
    for owner in ("anna", "anna", "bert"):
        with acting_for(owner):
            visitor = visitors.enter(f"page of {owner}")
        job = looked(visitor, kind="file", files=[upload(uploads, checkpoint)])
        assert not job["plan"]["here"]
        assert settled(visitor, ask(visitor, "load", job=job["id"])["job"])["state"] == "done"
        shelf._loaded.clear()
    assert [len(tokenizers.own_tokenizers(owner)) for owner in ("anna", "bert")] == [1, 1]
    assert kept_files(uploads) == ["last.ckpt", "last.ckpt"]


def test_one_removes_what_is_theirs_with_its_file_and_nobody_elses(visitors, uploads, checkpoint):
    pages = {}
    for owner in ("anna", "bert"):
        with acting_for(owner):
            pages[owner] = visitors.enter(f"page of {owner}")
        job = looked(pages[owner], kind="file", files=[upload(uploads, checkpoint)])
        settled(pages[owner], ask(pages[owner], "load", job=job["id"])["job"])
    name = job["plan"]["id"]
    assert ask(pages["anna"], "own")["own"] == [{"id": name, "title": "last.ckpt (taming VQGAN)"}]
    assert ask(pages["anna"], "remove", id=name)["own"] == []
    again = ask(pages["anna"], "remove", id=name)["error"]["message"]
    never = ask(pages["anna"], "remove", id="file--never-01234567")["error"]["message"]
    assert again.replace(name, "?") == never.replace("file--never-01234567", "?")
    assert [one["id"] for one in ask(pages["bert"], "own")["own"]] == [name] and kept_files(uploads) == ["last.ckpt"]
    with acting_for("anna"):
        assert not tokenizers.is_loaded(name) and name not in {spec.id for spec in tokenizers.list_tokenizers()}
    with acting_for("bert"):
        assert tokenizers.is_loaded(name)
    assert not ask(pages["bert"], "remove", id="vq-ema")["ok"], "what ships is nobody's to remove"


def test_two_files_of_one_name_are_refused_and_not_laid_over_each_other(visitor, uploads, checkpoint):
    paths = [upload(uploads, checkpoint), upload(uploads, checkpoint)]
    error = ask(visitor, "plan", kind="file", files=paths)["error"]
    assert error["field"] == "file" and "Two of these files are called 'last.ckpt'" in error["message"]


def test_an_upload_that_was_only_looked_at_goes_with_the_next(visitor, uploads, checkpoint):
    for number in range(3):
        looked(visitor, kind="file", files=[upload(uploads, checkpoint, f"{number}.ckpt")])
    assert [path.name for path in visitor._folder.rglob("*.ckpt")] == ["2.ckpt"]


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


class SlowLoad:
    """In the place of `load`: ten steps, each when told; how often it ran, and whether it was stopped."""

    def __init__(self):
        self.runs, self.stopped, self.go = 0, 0, threading.Event()

    def __call__(self, plan, device, progress, of):
        self.runs += 1
        try:
            while not self.go.wait(0.02):
                progress(0.5, "reading a tensor")
        except Cancelled:
            self.stopped += 1
            raise
        tokenizers.bring(plan.spec, lambda device: None, of)


@pytest.fixture
def slow(monkeypatch, checkpoint):
    load = SlowLoad()
    monkeypatch.setattr(loading_jobs, "load", load)
    loading.bound_to("127.0.0.1")
    yield load
    load.go.set()


def begun(visitor, path):
    job = looked(visitor, kind="path", text=str(path))
    job = ask(visitor, "load", job=job["id"])["job"]
    limit = time.monotonic() + PATIENCE_S
    while job["share"] != 0.5:
        assert time.monotonic() < limit, job
        time.sleep(0.01)
        job = ask(visitor, "state", job=job["id"])["job"]
    return job


def test_two_pages_of_a_visitor_get_one_copy_and_one_may_leave(visitors, slow, checkpoint):
    with acting_for("anna"):
        a, b = visitors.enter("a"), visitors.enter("b")
    first, second = begun(a, checkpoint), begun(b, checkpoint)
    assert slow.runs == 1 and ask(b, "state", job=second["id"])["job"]["others"] == 1
    assert ask(a, "stop", job=first["id"])["job"]["state"] == "stopped"
    assert ask(b, "state", job=second["id"])["job"]["state"] == "loading" and slow.stopped == 0
    slow.go.set()
    assert settled(b, second)["state"] == "done"
    assert ask(a, "state", job=first["id"])["job"]["state"] == "stopped"
    assert slow.runs == 1


def test_two_visitors_who_name_one_file_hear_nothing_of_each_other(visitors, slow, checkpoint):
    a, b = visitors.enter("a"), visitors.enter("b")
    first, second = begun(a, checkpoint), begun(b, checkpoint)
    assert slow.runs == 2 and [one["others"] for one in (first, second)] == [0, 0]
    slow.go.set()
    assert settled(a, first)["state"] == settled(b, second)["state"] == "done"
    assert len(tokenizers.own_tokenizers(a.owner)) == len(tokenizers.own_tokenizers(b.owner)) == 1


def test_a_load_that_nobody_waits_for_is_stopped_and_can_begin_again(visitors, slow, checkpoint):
    with acting_for("anna"):
        a, b = visitors.enter("a"), visitors.enter("b")
    first = begun(a, checkpoint)
    begun(b, checkpoint)
    visitors.leave("b")  # the page was closed
    ask(a, "stop", job=first["id"])
    limit = time.monotonic() + PATIENCE_S
    while slow.stopped == 0:
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert tokenizers.brought_tokenizers() == []
    again = ask(a, "load", job=first["id"])["job"]
    assert again["state"] == "loading"
    slow.go.set()
    assert settled(a, again)["state"] == "done" and slow.runs == 2


def test_looking_can_be_stopped_while_the_network_is_slow(visitor, monkeypatch):
    answers = threading.Event()
    monkeypatch.setattr(loading, "plan", lambda source: answers.wait(PATIENCE_S) and None)
    job = ask(visitor, "plan", kind="hub", text="somebody/slow")["job"]
    assert job["state"] == "planning"
    stopped = ask(visitor, "stop", job=job["id"])["job"]
    assert stopped["state"] == "stopped" and not ask(visitor, "load", job=job["id"])["ok"]
    answers.set()
    visitor.job.join(PATIENCE_S)
    assert ask(visitor, "state", job=job["id"])["job"]["state"] == "stopped"


def test_a_job_is_known_only_to_its_own_visitor(visitors, slow, checkpoint):
    a, b = visitors.enter("a"), visitors.enter("b")
    job = begun(a, checkpoint)
    assert "meanwhile" in ask(b, "state", job=job["id"] + "x")["error"]["message"]
    assert json.loads(loading.ask({"what": "state", "token": "guess", "job": job["id"]}))["ok"] is False


def test_an_upload_whose_load_fails_leaves_nothing(visitor, uploads, checkpoint, monkeypatch):
    def broken(plan, device, progress, of):
        raise CheckpointError("decoder.conv_out.bias holds NaN or infinite weights.")

    monkeypatch.setattr(loading_jobs, "load", broken)
    job = looked(visitor, kind="file", files=[upload(uploads, checkpoint)])
    failed = settled(visitor, ask(visitor, "load", job=job["id"])["job"])
    assert failed["state"] == "failed" and "NaN" in failed["message"] and failed["field"] == "plan"
    assert kept_files(uploads) == []
    assert "choose it again" in ask(visitor, "load", job=job["id"])["error"]["message"]


def test_what_does_not_fit_is_refused_before_it_is_read(visitor, checkpoint, monkeypatch):
    loading.bound_to("127.0.0.1")
    monkeypatch.setattr("explorer.tokenizers.memory.total_bytes", lambda: 2**20)
    job = looked(visitor, kind="path", text=str(checkpoint))
    error = ask(visitor, "load", job=job["id"])["error"]
    assert error["field"] == "plan" and "memory" in error["message"]


def test_kept_uploads_have_a_cap_and_the_oldest_go(tmp_path, originals):
    plans = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        buffer = io.BytesIO()
        torch.save({key: tensor + number for key, tensor in originals.state("taming").items()}, buffer)
        (folder / "last.ckpt").write_bytes(buffer.getvalue())
        plans.append(plan_file(folder / "last.ckpt"))
    size = (tmp_path / "0" / "last.ckpt").stat().st_size
    store = UploadStore(2 * size + 1000)
    kept, came = zip(*(store.take(plan, "anna") for plan in plans), strict=True)
    assert came == (True, True, True) and store.take(plans[1], "anna") == (kept[1], False)
    for plan in plans:
        tokenizers.bring(plan.spec, lambda device: None, "anna")
    store.make_room()
    assert [path.exists() for path in kept] == [False, True, True]
    assert {spec.id for spec in tokenizers.own_tokenizers("anna")} == {plan.id for plan in plans[1:]}
    store.let_go("anna")
    assert not any(path.exists() for path in kept) and store.owners() == set()


def test_one_visitor_has_so_many_and_pushes_out_nobody_elses(checkpoint, monkeypatch):
    monkeypatch.setattr(tokenizers, "OWN_KEPT", 2)
    monkeypatch.setattr(shelf, "OWN_KEPT", 2)
    store, plan = UploadStore(2**30), plan_file(checkpoint)
    for owner, number in [("bert", 0), ("anna", 1), ("anna", 2), ("anna", 3)]:
        one = replace(plan, id=f"file--{number}", spec=replace(plan.spec, id=f"file--{number}"))
        folder = files.new_folder(owner)
        shutil.copy(checkpoint, folder)
        store.take(replace(one, source=replace(plan.source, name=str(folder / "last.ckpt"))), owner)
        tokenizers.bring(one.spec, lambda device: None, owner)
    store.make_room()
    assert list(store._kept) == [("bert", "file--0"), ("anna", "file--2"), ("anna", "file--3")]
    assert [spec.id for spec in tokenizers.own_tokenizers("anna")] == ["file--2", "file--3"]
    assert len(tokenizers.own_tokenizers("bert")) == 1


def test_the_list_has_all_that_people_name(visitor):
    listed = ask(visitor, "known")["known"]
    assert [one["id"] for one in listed] == [one.id for one in known_tokenizers()]
    assert all(one["title"] and one["licence"] and one["trained_on"] for one in listed)


def test_a_link_to_what_is_not_loaded_says_what_to_type():
    for one in known_tokenizers():
        if one.source:
            found = loading.wanted_source("hub--" + one.source.lower().replace("/", "--"))
            assert found == one.source
            assert loading.wanted_source("hub--" + one.source.lower().replace("/", "--") + "--0123abcd") == one.source
    assert loading.wanted_source("hub--somebody--new.thing") == "somebody/new.thing"
    assert loading.wanted_source("file--x-12345678") == "" and loading.wanted_source("hub--") == ""
    value = json.loads(loading.opening("s", {"tokenizer": "file--x-12345678"}))
    assert (value["wanted"], value["missing"]) == ("", "file--x-12345678")
    assert json.loads(loading.opening("s", {"tokenizer": "vq-ema"}))["wanted"] == ""
    assert json.loads(loading.opening("s", {"bring": "1"}))["shown"] is True
