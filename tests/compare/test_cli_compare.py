"""`python -m explorer compare`: with tokenizers that can be checked by hand, and with those that ship."""

import csv
import json
import os
import signal

import numpy as np
import pytest
from made_tokenizers import Greys, never
from PIL import Image

from explorer import tokenizers
from explorer.__main__ import main
from explorer.media.pictures.image import load_image

FILES = {"compare.json", "table.csv", "differences.csv", "codecs.csv", "sheet.png", "report.html", "errors"}


@pytest.fixture
def made(monkeypatch):
    found = {one.spec.id: one for one in (Greys("a", 4), Greys("r", 4, levels=2), Greys("n", 2, refuse=never))}
    monkeypatch.setattr(tokenizers, "load_tokenizer", lambda name, device=None: found[name])
    monkeypatch.setattr(tokenizers, "list_tokenizers", lambda: [one.spec for one in found.values()])
    return found


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("one.png", "two.png"):
        Image.fromarray(rng.integers(0, 256, (32, 48, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("hello")
    return tmp_path


def test_files_are_written_and_the_table_is_printed(made, pictures, capsys):
    out = pictures / "out"
    line = ["compare", str(pictures / "one.png"), str(pictures / "two.png"), "--tokenizers", "a, r", "--out", str(out)]
    assert main([*line, "--device", "cpu", "--title", "My <set>"]) == 0
    said, problems = capsys.readouterr()
    assert {path.name for path in out.iterdir()} == FILES and problems == ""
    read = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    assert read["title"] == "My <set>" and read["device"].startswith("CPU") and read["settings"]["repeats"] == 1
    assert "over 2 of 2 pictures on CPU" in said and "compare.json" in said
    expected = np.mean(
        [-10 * np.log10(np.square(load_image(pictures / name).pixels - made["a"].tokenize(
            load_image(pictures / name).pixels).reconstruction).mean()) for name in ("one.png", "two.png")]
    )  # fmt: skip
    row = next(line.split() for line in said.splitlines() if line.startswith("a "))
    assert f"{expected:.2f}" in row
    rows = list(csv.DictReader((out / "table.csv").open(encoding="utf-8")))
    assert float(rows[0]["psnr_db"]) == pytest.approx(expected, rel=1e-5) and len(rows) == 6


def test_failures_are_listed_and_the_rest_is_written(made, pictures, capsys):
    out = pictures / "out"
    files = [str(pictures / name) for name in ("one.png", "notes.txt")]
    assert main(["compare", *files, "--tokenizers", "a,r,n", "--out", str(out), "--maps", "0", "--repeats", "2"]) == 0
    said, problems = capsys.readouterr()
    assert "notes.txt: skipped: This file is not a picture" in problems and "one.png: n failed: It never" in problems
    assert {path.name for path in out.iterdir()} == FILES - {"errors"} and "over 1 of 2 pictures" in said
    assert made["a"].runs == 3  # a warm-up and two timed ones


def test_a_crop_is_what_all_are_given_and_is_stated(made, pictures, capsys):
    line = ["compare", str(pictures / "one.png"), "--tokenizers", "a,r", "--out", str(pictures / "out")]
    assert main([*line, "--crop", "32", "--filter", "bicubic"]) == 0
    read = json.loads((pictures / "out" / "compare.json").read_text(encoding="utf-8"))
    assert (read["media"][0]["width"], read["media"][0]["height"]) == (32, 32)
    stated = read["options"] if "options" in read else read["settings"]
    assert (stated["crop_px"], stated["filter"], stated["side_px"]) == (32, "bicubic", None)
    assert "32 x 32 pixels, which is what is taken; bicubic." in capsys.readouterr().err


def test_differences_are_to_the_baseline_that_was_asked_for(made, pictures, capsys):
    line = ["compare", str(pictures / "one.png"), str(pictures / "two.png"), "--tokenizers", "a,r"]
    for baseline, other in (("a", "r"), ("r", "a")):
        out = pictures / baseline
        assert main([*line, "--out", str(out), "--baseline", baseline]) == 0
        said, read = capsys.readouterr().out, json.loads((out / "compare.json").read_text(encoding="utf-8"))
        assert read["table"]["baseline"] == baseline and f"difference to {baseline}, ±" in said
        told = read["table"]["differences"][baseline][other]["psnr_db"]
        assert f"{other}: PSNR {told['text']}" in said and told["pairs"] == 2
        rows = list(csv.DictReader((out / "differences.csv").open(encoding="utf-8")))
        row = next(r for r in rows if (r["baseline"], r["tokenizer"], r["column"]) == (baseline, other, "psnr_db"))
        assert float(row["difference"]) == pytest.approx(told["mean"]) and row["wins"] == str(told["wins"])
        head = f"<h2>Difference to {made[baseline].spec.title}</h2>"
        assert head in (out / "report.html").read_text(encoding="utf-8")
        assert "WebP at the bits of" in said and "without headers" in said


def test_ctrl_c_writes_what_is_done(made, pictures, capsys):
    """The signal comes while the second picture is encoded; the first is in the files."""

    def interrupt(media):
        if made["a"].runs == 2:  # the first picture took a warm-up and a timed run
            os.kill(os.getpid(), signal.SIGINT)

    made["a"].refuse, before = interrupt, signal.getsignal(signal.SIGINT)
    files = [str(pictures / name) for name in ("one.png", "two.png")]
    assert main(["compare", *files, "--tokenizers", "a,r", "--out", str(pictures / "out")]) == 130
    assert signal.getsignal(signal.SIGINT) is before
    said, problems = capsys.readouterr()
    assert "over 1 of 2 pictures" in said and "stopped; what came before" in problems
    read = json.loads((pictures / "out" / "compare.json").read_text(encoding="utf-8"))
    assert not read["complete"] and [medium["name"] for medium in read["media"]] == ["one.png"]


@pytest.mark.parametrize(
    ("files", "options", "words"),
    [
        (["one.png"], ["--tokenizers", "a"], "from 2 to 8"),
        (["one.png"], ["--tokenizers", "a,a"], "given twice"),
        (["one.png"], ["--tokenizers", "a,b"], "Valid ids: a, r, n"),
        (["none.png"], ["--tokenizers", "a,r"], "no folder or file"),
        (["one.png"], ["--tokenizers", "a,r", "--side", "3"], "--side must be from 8 to 1,024 pixels"),
        (["one.png"], ["--tokenizers", "a,r", "--crop", "30"], "needs sides that are multiples of 8: not 30; 24 is"),
        (["one.png"], ["--tokenizers", "a,r", "--crop", "32", "--side", "32"], "not both"),
        (["one.png"], ["--tokenizers", "a,r", "--repeats", "99"], "timed rounds"),
        (["one.png"], ["--tokenizers", "a,r", "--maps", "-1"], "--maps"),
        (["one.png"], ["--tokenizers", "a,r", "--baseline", "n"], "The baseline n is none of"),
        (["notes.txt"], ["--tokenizers", "a,r"], "No picture could be compared (1 given)"),
    ],
)
def test_mistakes_are_one_line_and_nothing_is_written(made, pictures, capsys, files, options, words):
    out = pictures / "out"
    assert main(["compare", *(str(pictures / name) for name in files), *options, "--out", str(out)]) == 2
    said, problems = capsys.readouterr()
    assert words in problems and problems.count("\n") == 1 and said == ""
    assert not out.exists() or list(out.iterdir()) == []


def test_a_shipped_residual_tokenizer_gains_with_every_level(tmp_path, capsys):
    ids = {spec.id for spec in tokenizers.list_tokenizers()}
    if not {"rvq-4", "fsq"} <= ids:
        pytest.skip("rvq-4 and fsq are not here: python -m explorer train rvq-4 makes one")
    line = ["compare", "preset:face", "--tokenizers", "rvq-4,fsq", "--out", str(tmp_path / "out"), "--side", "128"]
    assert main([*line, "--device", "cpu"]) == 0
    read = json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8"))
    assert "PSNR" in capsys.readouterr().out
    rvq, fsq = read["media"][0]["cells"]
    assert [one["bits_uniform"] for one in rvq["levels"]] == [16 * 16 * 10 * n for n in (1, 2, 3, 4)]
    gains = np.diff([one["fidelity"]["psnr_db"] for one in rvq["levels"]])
    assert (gains > 0).all() and fsq["levels"] == [] and len(rvq["times"]["encode_ms"]) == 5
    by_bits = {one["id"]: one for one in read["rates"]}
    assert {"rvq-4", "fsq", "jpeg", "webp"} == set(by_bits) and len(by_bits["rvq-4"]["points"]) == 4
