"""Audits made elsewhere: folders and zips in the forms that people have them, and what is none."""

import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

import app
from explorer.__main__ import main
from explorer.audit import opening
from explorer.audit.opening import bring_audit, is_audit, take_audit, tokenizer_of
from explorer.foundation.errors import RecordError
from explorer.pages import app as pages_app
from explorer.pages import launch, warm
from explorer.pages.shared import memory, serve


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of an audit of indices with their codebook."""
    folder = tmp_path_factory.mktemp("made")
    rng = np.random.default_rng(0)
    np.save(folder / "i.npy", rng.integers(0, 32, (50, 64)))
    np.save(folder / "e.npy", rng.normal(size=(32, 3)))
    out = folder / "audit"
    line = ["audit", "--indices", str(folder / "i.npy"), "--codebook", str(folder / "e.npy"), "--out", str(out)]
    assert main(line) == 0
    return out


def zipped(made, path, prefix="", extra=()):
    with zipfile.ZipFile(path, "w") as archive:
        for file in made.iterdir():
            if file.is_file():
                archive.write(file, f"{prefix}{file.name}")
        for name in extra:
            archive.writestr(name, b"\x89PNG")
    return path


@pytest.mark.parametrize("form", ["folder", "zip", "zip of a folder", "zip with pictures", "files"])
def test_an_audit_is_taken_in_every_form(made, form, tmp_path):
    if form == "folder":
        files = [made]
    elif form == "files":
        files = [made / name for name in ("audit.json", "counts.npy", "details.npz", "codebooks.npz")]
    else:
        extra = ["run 1/exemplars/sheet.png"] if "pictures" in form else []
        files = [zipped(made, tmp_path / "a.zip", "" if form == "zip" else "run 1/", extra)]
    assert is_audit(files)
    (tmp_path / "to").mkdir()
    audit = take_audit(files, tmp_path / "to")
    assert audit.tokens == 3200 and (tmp_path / "to" / "codebooks.npz").is_file()
    assert tokenizer_of(audit) is None


def test_what_is_no_audit(made, tmp_path):
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        archive.writestr("a.png", b"\x89PNG")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for folder in ("a", "b"):
            for name in ("audit.json", "counts.npy", "details.npz"):
                archive.write(made / name, f"{folder}/{name}")
    (tmp_path / "no.zip").write_bytes(b"hello")
    for name in ("pictures.zip", "two.zip", "no.zip"):
        assert not is_audit([tmp_path / name])
    assert not is_audit([made / "audit.json", made / "counts.npy"])
    assert not is_audit([tmp_path])
    with pytest.raises(RecordError, match=r"holds no audit: a folder or zip with audit\.json"):
        bring_audit(tmp_path / "pictures.zip")


def test_a_damaged_audit_says_so(made, tmp_path):
    path = zipped(made, tmp_path / "a.zip")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("counts.npy", b"nothing")
    (tmp_path / "to").mkdir()
    with pytest.raises(RecordError, match=r"counts\.npy does not belong"):
        take_audit([path], tmp_path / "to")


def test_a_named_audit_is_listed_for_everyone(made, monkeypatch):
    monkeypatch.setattr(opening, "_given", {})
    one = bring_audit(made)
    assert one.id == "given-1" and one.tokenizer is None
    assert [given.id for given in opening.given_audits()] == ["given-1"]


def test_a_shipped_tokenizer_is_found_again(tmp_path):
    from explorer.audit.shipped import audits_folder

    audit = take_audit([audits_folder("fsq") / "samples"], tmp_path)
    assert tokenizer_of(audit) == "fsq"


def test_the_app_opens_an_audit_named_on_its_command_line(made, monkeypatch, capsys):
    """What it prints leads to the audit; nothing is served here."""
    monkeypatch.setattr(opening, "_given", {})
    monkeypatch.setattr(opening, "_root", [])
    monkeypatch.setattr(pages_app, "build", lambda: SimpleNamespace(block_thread=lambda: None))
    monkeypatch.setattr(launch, "serve", lambda demo, *where: ["http://127.0.0.1:7860/"])
    monkeypatch.setattr(warm, "first_result", lambda: SimpleNamespace(join=lambda: None))
    monkeypatch.setattr(warm, "the_rest", lambda address: None)
    monkeypatch.setattr(memory, "begun", lambda: None)
    monkeypatch.setattr(serve, "end_well_on_sigterm", lambda: None)
    monkeypatch.setattr("sys.argv", ["app.py", "--audit", str(made)])
    app.main()
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Audit ")]
    words, audit_id = line.split("?audit=")
    assert words == "Audit i.npy: http://127.0.0.1:7860/codebook" and audit_id == "given-1"
    assert [(one.id, one.audit.tokens) for one in opening.given_audits()] == [("given-1", 3200)]
    monkeypatch.setattr("sys.argv", ["app.py", "--audit", str(made.parent / "nothing")])
    with pytest.raises(SystemExit, match=r"app\.py: .*nothing"):
        app.main()
