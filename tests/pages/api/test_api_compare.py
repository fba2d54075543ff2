"""The endpoint /compare through gradio_client, as scripts call it."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from gradio_client import handle_file
from made_tokenizers import Greys
from PIL import Image

from explorer.foundation.errors import ExplorerError, MediaError
from explorer.media.pictures.image import load_image
from explorer.media.samples import SAMPLES
from explorer.pages.api import compare as api_compare
from explorer.tokenizers import load_tokenizer


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    """Two crops of samples as PNG."""
    folder = tmp_path_factory.mktemp("crops")
    for name in ("coffee", "chelsea"):
        Image.open(SAMPLES[name].path).convert("RGB").crop((0, 0, 96, 64)).save(folder / f"{name}.png")
    return sorted(folder.iterdir())


def test_pictures_give_a_table_and_a_report(client, crops, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("no picture")
    files = [handle_file(str(path)) for path in (*crops, note)]
    said, parts = client.predict(files, "fsq, rvq-4", api_name="/compare")
    assert said["complete"] and said["media"] == 2 and said["planned"] == 3 and said["skipped"][0][0] == "note.txt"
    rows = {row["tokenizer"]: row for row in said["rows"]}
    pixels = [load_image(path).pixels for path in crops]
    fsq = load_tokenizer("fsq", device="cpu")
    expected = np.mean([-10 * np.log10(np.square(fsq.tokenize(one).reconstruction - one).mean()) for one in pixels])
    assert rows["fsq"]["psnr_db"]["mean"] == pytest.approx(expected, abs=0.05)
    assert rows["rvq-4"]["tokens"]["mean"] == 4 * 96 and "psnr_db" not in said["best"]  # four times the bits
    assert said["baseline"] == "fsq" and said["sizes"] == "2 pictures each of 96 x 64 px"
    gained = said["differences"]["fsq"]["rvq-4"]["psnr_db"]
    assert gained["mean"] == pytest.approx(rows["rvq-4"]["psnr_db"]["mean"] - rows["fsq"]["psnr_db"]["mean"])
    assert gained["wins"] == 2 and gained["text"].endswith("better on 2 of 2 pictures")
    assert said["differences"]["rvq-4"]["fsq"]["psnr_db"]["mean"] == pytest.approx(-gained["mean"])
    webp = next(
        one for one in said["codecs"] if (one["codec"], one["counted"], one["name"]) == ("webp", "payload", "fsq")
    )
    assert webp["wanted"] == pytest.approx(rows["fsq"]["bpp_uniform"]["mean"]) and webp["rate"] > 0
    by_name = {Path(path).name: Path(path) for path in parts}
    csvs = ["table.csv", "differences.csv", "codecs.csv"]
    assert list(by_name) == ["report.html", "compare.json", *csvs, "sheet.png"]
    assert by_name["report.html"].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(by_name["compare.json"].read_text(encoding="utf-8"))["table"]["rows"] == said["rows"]


@pytest.mark.parametrize(
    ("name", "ids", "words"),
    [(None, "fsq,rvq-4", "No file was sent"), ("a.png", "fsq", "from 2 to 8"), ("a.png", "fsq,nope", "Valid ids"),
     ("note.txt", "fsq,rvq-4", "No picture could be compared")],
)  # fmt: skip
def test_errors_are_plain_words(client, name, ids, words, tmp_path):
    Image.new("RGB", (16, 16)).save(tmp_path / "a.png")
    (tmp_path / "note.txt").write_text("no picture")
    files = None if name is None else [handle_file(str(tmp_path / name))]
    with pytest.raises(Exception, match=words) as caught:
        client.predict(files, ids, api_name="/compare")
    assert "Traceback" not in str(caught.value)


def test_a_call_has_its_limits(crops, monkeypatch, tmp_path):
    made = {"fsq": Greys("fsq", 4), "rvq-4": Greys("rvq-4", 8)}
    monkeypatch.setattr(api_compare, "load_tokenizer", made.get)
    files = [str(path) for path in crops]
    with pytest.raises(MediaError, match="52 pictures were given; at most 50"):
        api_compare.compare_files(files * 26, "fsq,rvq-4", tmp_path)
    ticks = iter(range(1000))
    monkeypatch.setattr(api_compare, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    monkeypatch.setattr(api_compare, "MOST_SECONDS", 8.5)  # one look at the clock before each picture and each step
    said, _ = api_compare.compare_files(files, "fsq,rvq-4", tmp_path)
    assert not said["complete"] and said["media"] == 1 and said["planned"] == 2
    monkeypatch.setattr(api_compare, "MOST_SECONDS", -1.0)
    with pytest.raises(ExplorerError, match="stopped before the first"):
        api_compare.compare_files(files, "fsq,rvq-4", tmp_path / "other")
