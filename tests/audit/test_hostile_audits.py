"""Audits and recordings in zips that mean harm: refused in one line, nothing is written beside, no memory is taken."""

import io
import json
import tracemalloc
import zipfile
from zlib import crc32

import numpy as np
import pytest
from made_audits import audit_of, level_of, table

from explorer.audit.opening import is_audit, take_audit
from explorer.foundation import damage
from explorer.foundation.errors import RecordError
from explorer.joints.files.audits import save_audit
from explorer.joints.files.recording import open_recording
from explorer.pages.replay.unpacking import unpack_run
from tests.damaged_bytes import damage as damaged
from tests.joints.made_recordings import make_recording

TABLE = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)
LATENTS = np.random.default_rng(1).normal(size=(200, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    """name -> content of the files of an audit."""
    folder = tmp_path_factory.mktemp("audit")
    save_audit(folder, audit_of(level_of(table(TABLE), LATENTS)))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def npy(shape, data=b""):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<i8", "fortran_order": False, "shape": shape})
    return file.getvalue() + data


def npz(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


def pickled():
    file = io.BytesIO()
    np.savez(file, level0_halves=np.array([{}], dtype=object))
    return file.getvalue()


def with_sums(content):
    """The files, whose audit.json has the check sums of the others."""
    said = json.loads(content["audit.json"])
    said["files"] = {name: crc32(content[name]) for name in said["files"]}
    return content | {"audit.json": json.dumps(said).encode()}


HOSTILE = {
    "counts of 2^60 codes": ("counts.npy", lambda: npy((1, 2**60)), "damaged"),
    "details of 2^60 numbers": ("details.npz", lambda: npz({"level0_halves.npy": npy((2**60,))}), "damaged"),
    "details that are pickled": ("details.npz", pickled, "holds a pickled object"),
    "details that are a zip within a zip": ("details.npz", lambda: npz({"level0_halves.npy": npz({})}), "damaged"),
    "words a million deep": ("audit.json", lambda: b"[" * 10**6, "damaged"),
    "five million lists": ("audit.json", lambda: b"[" + b"[]," * 5 * 10**6 + b"0]", "at most 128 MiB and 4,194,304"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_an_audit_that_means_harm_is_refused_without_its_memory(what, audit, tmp_path):
    name, made, words = HOSTILE[what]
    content = audit | {name: made()}
    content = content if name == "audit.json" else with_sums(content)
    path, taken = tmp_path / "audit.zip", tmp_path / "taken"
    path.write_bytes(npz({f"run/{key}": data for key, data in content.items()}))
    taken.mkdir()
    size = sum(map(len, content.values()))
    del content
    tracemalloc.start()
    try:
        with pytest.raises(RecordError, match=words) as caught:
            take_audit([path], taken)
        assert tracemalloc.get_traced_memory()[1] < 2 * size + 2**24
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)


def test_names_and_links_of_a_zip_lead_nowhere(audit, tmp_path):
    path, taken = tmp_path / "audit.zip", tmp_path / "deep" / "taken"
    taken.mkdir(parents=True)
    link = zipfile.ZipInfo("../../run/codebooks.npz")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in audit.items():
            archive.writestr(f"../../run/{name}", data)
        archive.writestr(link, "/etc/passwd")
    assert is_audit([path]) and take_audit([path], taken).title == "made"
    assert {one.name for one in taken.iterdir()} == {*audit, "codebooks.npz"}
    assert not (taken / "codebooks.npz").is_symlink()
    assert {one.name for one in tmp_path.iterdir()} == {"audit.zip", "deep"}


def test_a_zip_of_too_many_files_is_no_audit_and_no_recording(audit, tmp_path, monkeypatch):
    path = tmp_path / "many.zip"
    path.write_bytes(npz(audit | dict.fromkeys(map(str, range(60_000)), b"")))
    assert not is_audit([path])
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", lambda archive: pytest.fail("the list was read"))
    assert not is_audit([path])
    for take in (lambda: take_audit([path], tmp_path), lambda: unpack_run(path, tmp_path)):
        with pytest.raises(RecordError, match=r"'many\.zip' holds 60,003 files; 50,000 is the most"):
            take()
    assert damage.ZIP_NAMES == 50_000


def test_a_recording_in_a_zip_that_was_cut_or_changed_is_taken_or_refused_in_words(tmp_path):
    make_recording(tmp_path / "run", records=3)
    path, refused = tmp_path / "run.zip", 0
    whole = npz({f"run/{one.name}": one.read_bytes() for one in (tmp_path / "run").iterdir() if one.name != "lock"})
    for number, data in enumerate(damaged(whole, 100, 150, head=len(whole))):
        path.write_bytes(data)
        (folder := tmp_path / str(number)).mkdir()
        try:
            unpack_run(path, folder)
            run = open_recording(folder)
            assert run.scalars is not None and all("\n" not in note for note in run.notes)
            for i in reversed(range(len(run.steps))):
                run.frame(i)
        except (RecordError, IndexError) as error:
            refused += 1
            assert "\n" not in str(error)
    there = {one.name for one in tmp_path.iterdir()}
    assert 100 < refused < 250 and there == {*map(str, range(250)), "run", "run.zip"}
