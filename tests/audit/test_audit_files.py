"""Audits are checked when they are built, survive the disk, and are never read from half a folder."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_audit import after, assert_same

from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.foundation.errors import ExplorerError, RecordError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import Exemplars, JointAudit, LevelAudit, Neighbours, Trial
from explorer.joints.files.audits import load_audit, save_audit
from explorer.joints.measures.unused import unused_codes
from explorer.joints.measures.usage import usage_of_counts


@pytest.fixture
def audit(grey, pictures):
    return run_audit(grey, open_source(pictures[0]), title="Eleven <pictures>")


def test_an_audit_survives_the_disk(audit, tmp_path):
    back = load_audit(save_audit(tmp_path / "deep" / "folder", audit))
    assert_same(back, audit)
    assert back.seconds == audit.seconds
    assert sorted(path.name for path in (tmp_path / "deep" / "folder").iterdir()) == [
        "audit.json", "counts.npy", "details.npz"
    ]  # fmt: skip


def test_an_empty_partial_audit_is_valid_too(grey, pictures, tmp_path):
    empty = run_audit(grey, open_source(pictures[0]), title="t", cancelled=after(0))
    back = load_audit(save_audit(tmp_path, empty))
    assert back.tokens == 0 and not back.complete and back.planned == 11 and back.media == ()
    assert_same(back, empty)


def test_the_json_says_what_was_counted(audit, tmp_path):
    said = json.loads((save_audit(tmp_path, audit) / "audit.json").read_text())
    for level, one in zip(said["levels"], audit.levels, strict=True):
        expected = usage_of_counts(one.counts)
        assert level["tokens"] == one.tokens == int(np.load(tmp_path / "counts.npy").sum(1)[0])
        assert level["used"] == expected.used and level["perplexity"] == expected.perplexity
        without = unused_codes(one)
        assert level["dead"] == without.dead and level["unseen"] == int((one.counts == 0).sum()) - (without.dead or 0)
        assert level["media"] == len(audit.media) and level["not_finite"] == 0
    assert said["complete"] and said["media"] == list(audit.media) and said["joint"]["tokens"] == audit.tokens


def test_an_audit_of_before_opens_without_what_it_did_not_keep(audit, tmp_path):
    """Its latents were rounded to half precision; nothing was known of single media, and nothing was tried."""
    older = []
    for level in audit.levels:
        half = level.latents.astype(np.float16).astype(np.float32)
        older.append(replace(level, latents=half, media=0, occurs=None, stretches=None))
    path = save_audit(tmp_path, replace(audit, levels=tuple(older), trial=None)) / "audit.json"
    said = json.loads(path.read_text())
    for level in said["levels"]:
        del level["media"], level["not_finite"]
    path.write_text(json.dumps({name: value for name, value in said.items() if name != "trial"}))
    back = load_audit(tmp_path)
    assert_same(back, replace(audit, levels=tuple(older), trial=None))


def test_nan_survives_the_disk(audit, tmp_path):
    """JSON has no NaN, and a decode of one channel has no value for the channels in reverse."""
    rows = np.array([[0.5, 0.5, 0.1, 0.1, 0.05, 0.0, np.nan], [0.5, 0.5, 0.1, 0.1, 0.05, np.nan, 0.2]])
    tried = Trial(rows, 10, 2, 1, "")
    back = load_audit(save_audit(tmp_path, replace(audit, trial=tried)))
    assert_same(back.trial, tried)


def test_a_mixture_of_two_audits_is_refused(audit, grey, pictures, tmp_path):
    part = run_audit(grey, open_source(pictures[0]), title="part", cancelled=after(1))
    save_audit(tmp_path / "a", audit)
    save_audit(tmp_path / "b", part)
    (tmp_path / "a" / "counts.npy").write_bytes((tmp_path / "b" / "counts.npy").read_bytes())
    with pytest.raises(RecordError, match=r"counts\.npy does not belong"):
        load_audit(tmp_path / "a")


@pytest.mark.parametrize("name", ["audit.json", "counts.npy", "details.npz"])
@pytest.mark.parametrize("damage", ["gone", "cut", "nonsense"])
def test_damaged_files_are_said_to_be(audit, name, damage, tmp_path):
    path = save_audit(tmp_path, audit) / name
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"nonsense")
    with pytest.raises(RecordError, match=r"holds no audit|cannot be used|is damaged"):
        load_audit(tmp_path)


def test_a_full_disk_leaves_the_old_audit_whole(audit, tmp_path, monkeypatch):
    folder, written = save_audit(tmp_path / "audit", audit), []

    def full_at_the_second(number):
        written.append(number)
        if len(written) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_at_the_second)
    with pytest.raises(ExplorerError, match=r"cannot write details\.npz: No space left"):
        save_audit(folder, replace(audit, title="new"))
    assert len(list(folder.iterdir())) == 3 and load_audit(folder).title == audit.title


def blank(codes=4):
    counts = np.arange(codes)
    return LevelAudit("", codes, counts, np.stack([counts, 0 * counts]), np.array([[6, 3]]), np.zeros((1, 3)))


def exemplars(codes=4, medium=-1, token=-1, distance=np.nan):
    shape = (codes, 3, 4)
    return Exemplars(np.full(shape, medium, np.int32), np.full(shape, token, np.int32), np.full(shape, distance))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counts": np.arange(5)}, "counts has shape"),
        ({"counts": np.arange(4.0)}, "counts holds float64"),
        ({"counts": np.arange(4) + 1}, "halves do not add up"),
        ({"halves": np.zeros((3, 4), int)}, "halves has shape"),
        ({"growth": np.array([[6, 3], [5, 4]])}, "growth never falls"),
        ({"batches": np.zeros((1, 2))}, "batches has shape"),
        ({"positions": np.zeros((4, 7, 7), np.uint32)}, "positions has shape"),
        ({"exemplars": exemplars(3)}, "exemplars are of 3 codes"),
        ({"error": np.zeros(3)}, "error has shape"),
        ({"latents": np.zeros((2, 2))}, "latents come with their codes"),
        ({"latents": np.zeros((2, 2)), "latent_codes": np.zeros(3, int)}, "latent codes has shape"),
        ({"media": 3, "occurs": np.zeros(5, int)}, "occurrences has shape"),
        ({"media": 3, "occurs": np.array([0, 1, 1, 0])}, "occur exactly where they are counted"),
        ({"media": 1, "occurs": np.array([0, 1, 2, 1])}, "occurs in 2 of 1 media"),
        ({"stretches": np.zeros((2, 3), int)}, "stretches has shape"),
        ({"stretches": np.array([[0, 1, 1, 3]])}, "stretches do not add up"),
    ],
)
def test_a_level_is_checked(changes, words):
    with pytest.raises(RecordError, match=words):
        replace(blank(), **changes)


def test_the_other_parts_are_checked():
    none, zero = np.full((4, 4, 6), -1), np.zeros((4, 4, 6), int)
    bad = [
        (lambda: exemplars(medium=0), "exactly where they have a token"),
        (lambda: exemplars(medium=0, token=0), "distance exactly where"),
        (lambda: Neighbours(none, zero + 1, 1, False), "counted exactly where"),
        (lambda: Neighbours(none[:, :3], zero, 1, False), "neighbour codes has shape"),
        (lambda: Trial(np.zeros((2, 6))), "decoded media has shape"),
        (lambda: Trial(np.zeros((0, 7)), 5, 6), "6 of 5 tokens changed"),
        (lambda: JointAudit(5, 6, 1.0, 0.0, 5.0, True), "6 distinct tuples among 5"),
        (lambda: Audit("t", None, "unknown", ("a",), (("b", "why"),), (blank(),), None, 1, 0.0), "only 1 were planned"),
        (lambda: Audit("t", None, "unknown", (), (), (), None, 1, 0.0), "at least one level"),
        (lambda: Audit("t", None, "grid2d", ("a",), (),
                       (replace(blank(), exemplars=exemplars(4, 1, 0, 0.5)),), None, 1, 0.0), "medium 1 of 1"),
    ]  # fmt: skip
    for build, words in bad:
        with pytest.raises(RecordError, match=words):
            build()
