"""The endpoint /audit through gradio_client, as scripts call it."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gradio_client import handle_file
from PIL import Image

from explorer.foundation.errors import MediaError
from explorer.joints.files.audits import load_audit
from explorer.media.samples import SAMPLES
from explorer.pages.api import audit as api_audit
from explorer.tokenizers import load_tokenizer


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    """Three crops of samples as PNG."""
    folder = tmp_path_factory.mktemp("crops")
    for name in ("coffee", "chelsea", "astronaut"):
        Image.open(SAMPLES[name].path).convert("RGB").crop((0, 0, 96, 64)).save(folder / f"{name}.png")
    return sorted(folder.iterdir())


def expected_counts(crops):
    tokenizer = load_tokenizer("fsq", device="cpu")
    pixels = [np.asarray(Image.open(path), np.float32) / 255 for path in crops]
    indices = np.concatenate([tokenizer.tokenize(one).levels[0].indices.reshape(-1) for one in pixels])
    return np.bincount(indices, minlength=1000)


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_zip_or_pictures(client, crops, as_zip, tmp_path):
    files = crops
    if as_zip:
        with zipfile.ZipFile(tmp_path / "crops.zip", "w") as archive:
            for path in crops:
                archive.write(path, path.name)
            archive.writestr("notes.txt", "no picture")
        files = [tmp_path / "crops.zip"]
    said, parts = client.predict("fsq", [handle_file(str(path)) for path in files], 0, api_name="/audit")
    assert said["complete"] and said["levels"][0]["tokens"] == 3 * 8 * 12 and len(said["skipped"]) == as_zip
    assert said["media"] == [path.name for path in crops]
    by_name = {Path(path).name: Path(path) for path in parts}
    assert set(by_name) == {"audit.json", "counts.npy", "details.npz", "report.html"}
    assert json.loads(by_name["audit.json"].read_text())["levels"] == said["levels"]
    differ = np.abs(np.load(by_name["counts.npy"])[0] - expected_counts(crops)).sum()
    assert differ <= 4  # a batch may round a near tie apart
    assert by_name["report.html"].read_text().startswith("<!doctype html>")


def test_indices_with_axes_and_padding(client, tmp_path):
    array = np.random.default_rng(0).integers(0, 20, (5, 4, 30))
    array[:, :, 25:] = 99
    np.save(tmp_path / "i.npy", array)
    files = [handle_file(str(tmp_path / "i.npy"))]
    said, _ = client.predict("", files, 20, "b,q,t", "99", api_name="/audit")
    assert [level["tokens"] for level in said["levels"]] == [125] * 4 and said["settings"]["padding"] == 100
    assert said["settings"]["reading"] == "Read as 5 media of 30 tokens on 4 levels (axes b,q,t)."


def test_indices(client, tmp_path):
    np.save(tmp_path / "i.npy", np.arange(100) % 7)
    said, parts = client.predict("", [handle_file(str(tmp_path / "i.npy"))], 10, api_name="/audit")
    assert said["tokenizer"] is None and said["levels"][0]["used"] == 7 and len(parts) == 4


@pytest.mark.parametrize(
    ("tokenizer", "name", "size", "words"),
    [
        ("fsq", None, 0, "No file was sent"),
        ("nope", "a.png", 0, "Valid ids"),
        ("fsq", "note.txt", 0, "No file of 1 could be read"),
        ("", "i.npy", 3, "Index 6 at place 2"),
        ("", "i.npy", -1, "codebook size must be from 1"),
        ("fsq", "i.npy", 10, "no tokenizer"),
        ("fsq", "i.npy", 0, "needs the size of its codebook"),
    ],
)
def test_errors_are_plain_words(client, tokenizer, name, size, words, tmp_path):
    Image.new("RGB", (16, 16)).save(tmp_path / "a.png")
    (tmp_path / "note.txt").write_text("no picture")
    np.save(tmp_path / "i.npy", np.array([0, 1, 6]))
    files = None if name is None else [handle_file(str(tmp_path / name))]
    with pytest.raises(Exception, match=words) as caught:
        client.predict(tokenizer, files, size, api_name="/audit")
    assert "Traceback" not in str(caught.value)


def test_a_call_has_its_limits(crops, monkeypatch, tmp_path):
    monkeypatch.setattr(api_audit, "MOST_MEDIA", 2)
    with pytest.raises(MediaError, match="3 files are more than the 2 of one call"):
        api_audit.audit_files("fsq", [str(path) for path in crops], 0, tmp_path)
    monkeypatch.setattr(api_audit, "MOST_MEDIA", 3)
    monkeypatch.setattr(api_audit, "MOST_SECONDS", -1.0)
    said, _ = api_audit.audit_files("fsq", [str(path) for path in crops], 0, tmp_path)
    assert not said["complete"] and said["planned"] == 3 and not load_audit(tmp_path).complete


def test_the_answer_holds_what_the_diagnosis_says(tmp_path):
    """40 media of 100 tokens over half of 16 codes: without a server, as it answers."""
    np.save(tmp_path / "i.npy", np.random.default_rng(0).integers(0, 8, (40, 100)))
    (tmp_path / "out").mkdir()
    said, _ = api_audit.audit_files("", [str(tmp_path / "i.npy")], 16, tmp_path / "out", "b,t")
    worst = said["findings"][0]
    assert (worst["level"], worst["title"]) == ("bad", "8 of 16 codes are dead")
    assert worst["sure"] == "certain" and worst["try"] and "in 4,000 tokens of 40 media" in worst["text"]
    assert json.loads((tmp_path / "out" / "audit.json").read_text())["findings"] == said["findings"]
