"""Audits that visitors start: counted right, stopped, resumed, refused in plain words, and gone with the page."""

import shutil
import threading
import time
import zipfile

import numpy as np
import pytest

from explorer.audit.batches import SMALL_BLOCK
from explorer.audit.shipped import audits_folder
from explorer.foundation.config import Limits, Settings
from explorer.foundation.errors import ExplorerError, MediaError, SettingsError
from explorer.joints.files.audits import load_audit
from explorer.media.samples import SAMPLES
from explorer.pages.codebook import jobs as codebook_jobs
from explorer.pages.codebook import own as codebook_own
from explorer.pages.codebook.audits import open_audit
from explorer.pages.codebook.own import own_audits
from explorer.pages.shared import take_uploads as sent
from explorer.pages.shared.take_uploads import take_uploads
from explorer.pages.shared.visitors import Visitors
from explorer.views.codebook.payload import open_payload

PICTURES = ("coffee", "chelsea", "rocket")
PATIENCE_S = 60


@pytest.fixture
def visitors():
    everyone = Visitors(3)
    yield everyone
    everyone.leave_all()


def picture(uploads, name, folder="x"):
    """A sample picture as it lies after an upload."""
    (uploads / folder).mkdir(exist_ok=True)
    return str(shutil.copy(SAMPLES[name].path, uploads / folder / SAMPLES[name].path.name))


def many_pictures(uploads):
    """Two more than a block, so that an audit of them can be stopped after the first: within a block it goes on."""
    (uploads / "many").mkdir(exist_ok=True)
    path = SAMPLES["coffee"].path
    return [str(shutil.copy(path, uploads / "many" / f"{number:02}{path.suffix}")) for number in range(SMALL_BLOCK + 2)]


def indices(uploads, array):
    path = uploads / "indices.npy"
    np.save(path, array)
    return str(path)


def ended(job):
    """The job when it is over."""
    limit = time.monotonic() + PATIENCE_S
    while job.alive:
        assert time.monotonic() < limit, job.as_json()
        time.sleep(0.02)
    return job


def test_indices_are_counted_and_kept_for_the_visitor(visitors, uploads):
    visitor = visitors.enter("a")
    array = np.random.default_rng(0).integers(0, 50, (40, 30))
    files = take_uploads(visitor, [indices(uploads, array)])
    assert not (uploads / "indices.npy").exists(), "an upload is moved to its visitor"
    job = ended(codebook_jobs.start(visitor, files, "vq-ema", 64))
    assert job.as_json()["state"] == "done" and job.as_json()["audit"] == "own-1"
    own = own_audits(visitor)["own-1"]
    assert own.tokenizer is None and own.tokens == 1200
    assert np.array_equal(load_audit(own.folder).levels[0].counts, np.bincount(array.ravel(), minlength=64))


def test_indices_are_read_by_the_axes_that_were_typed(visitors, uploads):
    visitor = visitors.enter("a")
    array = np.random.default_rng(0).integers(0, 50, (40, 3, 30))
    array[:, :, 20:] = 63
    files = take_uploads(visitor, [indices(uploads, array)], uploads)
    job = ended(codebook_jobs.start(visitor, files, None, 64, "b,q,t", "63"))
    audit = load_audit(own_audits(visitor)[job.as_json()["audit"]].folder)
    assert [level.tokens for level in audit.levels] == [800] * 3 and audit.settings["media"] == 40
    payload = open_payload(audit, "own-1", [], None, None)["audit"]
    assert payload["reading"][0] == "Read as 40 media of 30 tokens on 3 levels (axes b,q,t)."
    assert payload["reading"][1].startswith("1,200 of 3,600 values are padding (63)")
    assert payload["amount_words"] == "40 media"


def test_an_array_is_items_where_that_is_said_and_indices_elsewhere(visitors, uploads):
    """Whole numbers may be either: the visitor is asked, and what is said counts."""
    visitor = visitors.enter("a")
    array = np.random.default_rng(0).integers(0, 50, (40, 32))
    job = ended(
        codebook_jobs.start(visitor, take_uploads(visitor, [indices(uploads, array)]), "items-rq", None, as_media=True)
    )
    own = own_audits(visitor)[job.as_json()["audit"]]
    assert own.tokenizer == "items-rq" and [level.tokens for level in load_audit(own.folder).levels] == [40] * 4
    job = ended(codebook_jobs.start(visitor, take_uploads(visitor, [indices(uploads, array)]), "items-rq", 64))
    assert own_audits(visitor)[job.as_json()["audit"]].tokens == 1280


@pytest.mark.parametrize(
    ("axes", "ignore", "words"), [("b,q", "", "names 2 axes"), ("", "none", "Padding is one number")]
)
def test_axes_and_padding_that_do_not_fit_are_said(visitors, uploads, axes, ignore, words):
    visitor = visitors.enter("a")
    files = take_uploads(visitor, [indices(uploads, np.zeros((4, 3, 30), int))], uploads)
    job = ended(codebook_jobs.start(visitor, files, None, 64, axes, ignore))
    assert job.as_json()["state"] == "failed" and words in job.as_json()["message"]


def test_an_audit_made_elsewhere_is_opened_and_not_counted(visitors, uploads, tmp_path):
    visitor = visitors.enter("a")
    there = audits_folder("fsq") / "samples"
    path = uploads / "audit.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in there.iterdir():
            archive.write(file, f"mine/{file.name}")
    job = ended(codebook_jobs.start(visitor, take_uploads(visitor, [str(path)], uploads), None, None)).as_json()
    assert (job["state"], job["tokenizer"]) == ("done", "fsq")
    own = own_audits(visitor)[job["audit"]]
    audit = load_audit(own.folder)
    assert np.array_equal(audit.levels[0].counts, load_audit(there).levels[0].counts) and own.opened
    assert open_audit(visitor, "fsq", own.id).source is None, "its media did not come with it"


def test_pictures_are_counted_with_progress_and_what_cannot_be_read_is_listed(visitors, uploads):
    visitor = visitors.enter("a")
    (uploads / "broken.png").write_bytes(b"\x89PNG and nothing more")
    paths = [picture(uploads, name) for name in PICTURES] + [str(uploads / "broken.png")]
    job = ended(codebook_jobs.start(visitor, take_uploads(visitor, paths), "vq-ema", None))
    state = job.as_json()
    assert state["state"] == "done" and (state["done"], state["planned"]) == (4, 4)
    audit = load_audit(own_audits(visitor)[state["audit"]].folder)
    assert len(audit.media) == 3 and audit.skipped[0][0] == "broken.png"
    assert state["tokens"] == audit.tokens > 3000 and state["media_per_second"] > 0


def test_a_stopped_audit_is_valid_says_how_far_it_came_and_goes_on_to_the_same_end(visitors, uploads, monkeypatch):
    whether = codebook_jobs.Job.cancelled

    def stop_the_second_after_its_first_picture(job):
        if job.order.id == "own-2" and job.as_json()["tokens"]:
            job.stop()
        return whether(job)

    monkeypatch.setattr(codebook_jobs.Job, "cancelled", stop_the_second_after_its_first_picture)
    visitor = visitors.enter("a")
    files = take_uploads(visitor, many_pictures(uploads))
    whole = ended(codebook_jobs.start(visitor, files, "vq-ema", None))
    expected = load_audit(own_audits(visitor)[whole.audit_id].folder)
    again = take_uploads(visitor, many_pictures(uploads))
    state = ended(codebook_jobs.start(visitor, again, "vq-ema", None)).as_json()
    assert state["state"] == "stopped" and state["resumable"] and f"of {SMALL_BLOCK + 2} media" in state["message"]
    part = load_audit(own_audits(visitor)[state["audit"]].folder)
    assert not part.complete and 0 < part.tokens < expected.tokens
    resumed = ended(codebook_jobs.resume(visitor)).as_json()
    assert resumed["state"] == "done" and resumed["audit"] != state["audit"]
    assert state["audit"] not in own_audits(visitor), "the part has become the whole"
    result = load_audit(own_audits(visitor)[resumed["audit"]].folder)
    assert np.array_equal(result.levels[0].counts, expected.levels[0].counts)


def test_one_audit_a_visitor_and_few_in_all(visitors, uploads, monkeypatch):
    monkeypatch.setattr(codebook_jobs.Job, "PLACES", codebook_jobs.threading.BoundedSemaphore(1))
    codebook_jobs.Job.PLACES.acquire()  # another visitor's audit runs
    visitor = visitors.enter("a")
    files = take_uploads(visitor, [indices(uploads, np.arange(9))])
    job = codebook_jobs.start(visitor, files, None, 9)
    with pytest.raises(ExplorerError, match="running already"):
        codebook_jobs.start(visitor, files, None, 9)
    time.sleep(0.3)
    assert job.as_json()["state"] == "waiting"
    codebook_jobs.Job.PLACES.release()
    assert ended(job).as_json()["state"] == "done"
    with pytest.raises(ExplorerError, match="no stopped audit"):
        codebook_jobs.resume(visitor)


@pytest.mark.parametrize(
    ("array", "size", "words"),
    [
        (np.random.default_rng(0).random(9), 10, "float64"),
        (np.array([0, -2]), 10, "--ignore -2"),
        (np.arange(20), 10, "20 codes or more"),
    ],
)
def test_indices_that_are_none_are_refused_in_plain_words(visitors, uploads, array, size, words):
    visitor = visitors.enter("a")
    files = take_uploads(visitor, [indices(uploads, array)])
    job = ended(codebook_jobs.start(visitor, files, None, size))
    assert job.as_json()["state"] == "failed" and words in job.as_json()["message"]
    assert own_audits(visitor) == {} and not files[0].exists()


def test_what_cannot_be_begun_is_said_at_its_field(visitors, uploads):
    visitor = visitors.enter("a")
    files = take_uploads(visitor, [indices(uploads, np.arange(9))])
    for size in (None, 0, "many", True):
        with pytest.raises(SettingsError, match="whole number") as refused:
            codebook_jobs.start(visitor, files, None, size)
        assert refused.value.field == "codebook_size"
    with pytest.raises(SettingsError, match="Choose a tokenizer"):
        codebook_jobs.start(visitor, take_uploads(visitor, [picture(uploads, "coffee")]), None, None)
    with pytest.raises(MediaError, match="not a mixture"):
        codebook_jobs.start(visitor, [files[0], files[0].with_suffix(".png")], "vq-ema", None)


def test_an_empty_zip_fails_in_plain_words(visitors, uploads):
    visitor = visitors.enter("a")
    with zipfile.ZipFile(uploads / "empty.zip", "w"):
        pass
    files = take_uploads(visitor, [str(uploads / "empty.zip")])
    job = ended(codebook_jobs.start(visitor, files, "vq-ema", None))
    assert job.as_json()["state"] == "failed" and "no files in the zip" in job.as_json()["message"]


def test_only_uploaded_files_are_taken(visitors, uploads, tmp_path):
    visitor = visitors.enter("a")
    (tmp_path / "secret.npy").write_bytes(b"x")
    (uploads / "link.npy").symlink_to(tmp_path / "secret.npy")
    outside = [
        str(tmp_path / "secret.npy"),
        str(uploads / ".." / "secret.npy"),
        str(uploads / "link.npy"),
        str(uploads),
    ]
    for path in [*outside, str(uploads / "nothing.npy")]:
        with pytest.raises(MediaError, match="no longer on the server"):
            take_uploads(visitor, [path])
    for paths in ([], ()):
        with pytest.raises(MediaError, match="Choose a zip"):
            take_uploads(visitor, paths)
    assert (tmp_path / "secret.npy").exists()


def test_caps_on_uploads_are_said(visitors, uploads, monkeypatch):
    visitor = visitors.enter("a")
    path = indices(uploads, np.arange(100))
    small = Settings(limits=Limits(audit_upload_bytes=500))
    monkeypatch.setattr(sent, "settings", lambda: small)
    with pytest.raises(MediaError, match="over the cap"):
        take_uploads(visitor, [path])
    monkeypatch.setattr(sent, "FILES", 2)
    with pytest.raises(MediaError, match="3 files; 2 is the most"):
        take_uploads(visitor, [path] * 3)


def test_two_files_of_one_name_are_both_kept(visitors, uploads):
    visitor = visitors.enter("a")
    files = take_uploads(visitor, [picture(uploads, "coffee", "1"), picture(uploads, "coffee", "2")])
    assert len({file.name for file in files}) == 2 and all(file.is_file() for file in files)


def test_leaving_ends_the_job_and_deletes_the_files(visitors, uploads):
    visitor = visitors.enter("a")
    files = take_uploads(visitor, [picture(uploads, name) for name in PICTURES])
    job = codebook_jobs.start(visitor, files, "vq-ema", None)
    while job.as_json()["state"] == "waiting":
        time.sleep(0.01)
    folder = files[0].parent.parent
    visitors.leave("a")
    assert visitors.get(visitor.token) is None
    ended(job)
    limit = time.monotonic() + 5
    while folder.exists() and time.monotonic() < limit:
        time.sleep(0.02)
    assert not folder.exists()
    with pytest.raises(ExplorerError, match="closed"):
        visitor.new_folder()


@pytest.mark.parametrize("fails", [True, False])
def test_what_a_page_gets_that_is_gone_by_then_is_nowhere(visitors, uploads, monkeypatch, fails):
    """Whether it was counted or failed: nobody would end what is kept for the page after that."""
    visitor, counted, escaped = visitors.enter("a"), codebook_jobs.Job._run, []

    def run(job):
        audit = counted(job)
        visitors.leave("a")
        if fails:
            raise OSError("the disk is gone")
        return audit

    monkeypatch.setattr(codebook_jobs.Job, "_run", run)
    monkeypatch.setattr(threading, "excepthook", escaped.append)
    job = ended(codebook_jobs.start(visitor, take_uploads(visitor, [indices(uploads, np.arange(9))]), None, 9))
    job.join(PATIENCE_S)
    assert job.state == "failed" and not job.order.folder.exists() and escaped == []
    assert fails or job.message == "This page was closed."
    with pytest.raises(ExplorerError, match="closed"):
        own_audits(visitor)


def test_the_oldest_of_too_many_audits_goes_and_the_longest_silent_visitor(visitors, uploads, monkeypatch):
    monkeypatch.setattr(codebook_own, "OWN_KEPT", 2)
    visitor = visitors.enter("a")
    for _ in range(3):
        files = take_uploads(visitor, [indices(uploads, np.arange(9))])
        ended(codebook_jobs.start(visitor, files, None, 9))
    assert list(own_audits(visitor)) == ["own-2", "own-3"]
    assert all(own.folder.is_dir() and own.source.is_file() for own in own_audits(visitor).values())
    folder = own_audits(visitor)["own-3"].folder.parent
    assert len(list(folder.iterdir())) == 4
    others = [visitors.enter(name) for name in "bcd"]
    assert visitors.get(visitor.token) is None and not folder.exists()
    assert visitors.get(others[0].token) is others[0] and visitors.get(None) is None
