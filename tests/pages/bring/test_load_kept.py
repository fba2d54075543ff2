"""What was brought stays for its visitor alone, up to a cap, and goes when it is let go."""

import io
import shutil
from dataclasses import replace

import numpy as np
import torch
from bringing import ask, kept_files, looked, settled, upload

from explorer import tokenizers
from explorer.foundation.errors import CheckpointError
from explorer.foundation.owners import acting_for
from explorer.loading.planning import plan_file
from explorer.pages.bring import jobs as loading_jobs
from explorer.pages.bring.uploads import UploadStore
from explorer.pages.shared.visitor_files import files
from explorer.tokenizers import shelf


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


def test_an_upload_whose_load_fails_leaves_nothing(visitor, uploads, checkpoint, monkeypatch):
    def broken(plan, device, progress, of):
        raise CheckpointError("decoder.conv_out.bias holds NaN or infinite weights.")

    monkeypatch.setattr(loading_jobs, "load", broken)
    job = looked(visitor, kind="file", files=[upload(uploads, checkpoint)])
    failed = settled(visitor, ask(visitor, "load", job=job["id"])["job"])
    assert failed["state"] == "failed" and "NaN" in failed["message"] and failed["field"] == "plan"
    assert kept_files(uploads) == []
    assert "choose it again" in ask(visitor, "load", job=job["id"])["error"]["message"]


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
