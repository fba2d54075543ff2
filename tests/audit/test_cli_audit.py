"""`python -m explorer audit`: a small tokenizer, stopped and resumed, indices, and a process of its own."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image
from small_audit import GREYS, GreyTokenizer, assert_same, save_picture

from explorer import tokenizers
from explorer.__main__ import main
from explorer.audit import run as run_module
from explorer.audit.run import Progress
from explorer.cli import audit as audit_module
from explorer.cli.audit import clock, line
from explorer.foundation.config import REPOSITORY
from explorer.foundation.errors import ExplorerError
from explorer.joints.files.audits import load_audit
from explorer.media.fitting import Fitting
from explorer.media.medium import fit_medium
from explorer.media.pictures.image import load_image


@pytest.fixture(autouse=True)
def only_grey(monkeypatch):
    monkeypatch.setattr(tokenizers, "load_tokenizer", lambda tokenizer_id, device=None: GreyTokenizer())


def audit(*arguments) -> int:
    return main(["audit", *map(str, arguments)])


def test_a_folder_becomes_an_audit_a_report_and_sheets(pictures, tmp_path, capsys):
    root, _ = pictures
    (root / "notes.txt").write_text("notes")
    out = tmp_path / "out"
    assert audit("grey", root, "--out", out, "--seed", 2, "--title", "Mine") == 0
    said, progress = capsys.readouterr()
    back = load_audit(out)
    assert (back.title, back.settings["seed"], len(back.media), len(back.skipped)) == ("Mine", 2, 11, 1)
    assert said.startswith(f"{out}: {back.tokens:,} tokens of 11 of 12 media, 1 skipped; level 1: ")
    assert "12 of 12 media" in progress and "0:00 left" in progress
    assert sorted(path.name for path in out.iterdir()) == [
        "audit.json", "counts.npy", "details.npz", "exemplars", "report.html"
    ]  # fmt: skip
    with (out / "exemplars" / "exemplars.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(int((level.exemplars.medium >= 0).sum()) for level in back.levels)
    sheets = sorted(path.name for path in (out / "exemplars").glob("*.png"))
    assert len(sheets) == 2 and sheets[0].startswith("level-1-codes-000") and sheets[1].startswith("level-2-codes-000")


def test_a_crop_and_a_filter_are_stated_and_change_what_is_counted(pictures, tmp_path, capsys):
    root, paths = pictures
    expected = np.zeros(16, np.int64)
    for path in paths:
        fitted = fit_medium(load_image(path), GreyTokenizer.spec, Fitting(crop_px=32, filter="box"))
        indices = GreyTokenizer().tokenize(fitted.pixels).levels[0].indices
        expected += np.bincount(indices.reshape(-1), minlength=16)
    assert audit("grey", root, "--out", tmp_path / "out", "--crop", 32, "--filter", "box") == 0
    back = load_audit(tmp_path / "out")
    assert back.settings == {"seed": 0, "crop_px": 32, "filter": "box"} and back.tokens == 11 * 16
    np.testing.assert_array_equal(back.levels[0].counts, expected)
    assert "32 x 32 pixels, which is what is taken; box." in capsys.readouterr().err
    assert audit("grey", root, "--out", tmp_path / "out", "--side", 40) == 0
    back = load_audit(tmp_path / "out")
    assert back.settings == {"seed": 0, "longest_side_px": 40, "filter": "lanczos"}
    assert back.tokens == 7 * 15 + 20 + 20 + 1 + 1  # 64 x 96 become 27 x 40, 41 x 50 and 40 x 48 become 33 x 40


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--crop", 30], "multiples of 8: not 30; 24 is"),
        (["--crop", 32, "--side", 32], "not both"),
        (["--side", 5000], "--side must be from 8 to 1,024 pixels"),
        (["--filter", "sinc"], "no filter 'sinc'.*bicubic"),
    ],
)
def test_a_fitting_that_cannot_be_is_refused(more, words, pictures, tmp_path, capsys):
    assert audit("grey", pictures[0], "--out", tmp_path / "out", *more) == 2
    assert re.search(words, capsys.readouterr().err) and not (tmp_path / "out").exists()
    assert audit("--indices", tmp_path / "a.npy", "--codebook-size", 8, "--out", tmp_path / "out", "--crop", 32) == 2
    assert "for media" in capsys.readouterr().err


def test_a_sheet_shows_the_patches_themselves(pictures, tmp_path):
    """The first patch of the first row is the closest token of the first used code, cut out by hand."""
    root, _ = pictures
    assert audit("grey", root, "--out", tmp_path / "out") == 0
    level = load_audit(tmp_path / "out").levels[0]
    code = int(np.flatnonzero(level.counts)[0])
    medium, token = level.exemplars.medium[code, 0, 0], level.exemplars.token[code, 0, 0]
    whole = np.asarray(Image.open(root / load_audit(tmp_path / "out").media[medium]))
    row, column = divmod(int(token), whole.shape[1] // 8)
    (path,) = (tmp_path / "out" / "exemplars").glob("level-1-*.png")
    shown = np.asarray(Image.open(path))[16 : 16 + 24, 56 : 56 + 24]
    np.testing.assert_array_equal(
        shown, whole[8 * row : 8 * row + 8, 8 * column : 8 * column + 8].repeat(3, 0).repeat(3, 1)
    )
    assert abs(whole[8 * row : 8 * row + 8, 8 * column : 8 * column + 8].mean() / 255 - GREYS[code, 0]) < 1 / 30


def test_sheets_of_an_earlier_audit_are_taken_away_and_nothing_else(pictures, tmp_path):
    sheets = tmp_path / "out" / "exemplars"
    sheets.mkdir(parents=True)
    for name in ("codes-00001-00064.png", "group-2-codes-00000-00063.png", "holiday.png"):
        (sheets / name).write_bytes(b"old")
    assert audit("grey", pictures[0], "--out", tmp_path / "out") == 0
    left = {path.name for path in sheets.iterdir()}
    assert "holiday.png" in left and not left & {"codes-00001-00064.png", "group-2-codes-00000-00063.png"}


def test_ctrl_c_leaves_a_partial_audit_that_resumes_to_the_same(pictures, tmp_path, monkeypatch, capsys):
    root, _ = pictures
    assert audit("grey", root, "--out", tmp_path / "whole") == 0
    counted, calls = run_module.count_stretch, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return counted(*arguments)

    monkeypatch.setattr(run_module, "count_stretch", interrupted)
    before = signal.getsignal(signal.SIGINT)
    capsys.readouterr()
    assert audit("grey", root, "--out", tmp_path / "out") == 130
    assert signal.getsignal(signal.SIGINT) is before
    said = capsys.readouterr()
    findings = json.loads((tmp_path / "out" / "audit.json").read_text())["findings"]
    assert f"{findings[0]['level']} ({findings[0]['sure']}): {findings[0]['title']}" in said.out
    assert "--resume goes on" in said.err and "of the media counted so far" in said.err
    part = load_audit(tmp_path / "out")
    assert not part.complete and part.media == load_audit(tmp_path / "whole").media[:4]
    assert "partial: 4 of 11 media" in (tmp_path / "out" / "report.html").read_text()
    assert (tmp_path / "out" / "state.npz").exists()
    assert audit("grey", root, "--out", tmp_path / "out", "--resume") == 0
    assert_same(load_audit(tmp_path / "out"), load_audit(tmp_path / "whole"))
    assert not (tmp_path / "out" / "state.npz").exists()


def test_a_disk_that_is_full_when_the_audit_is_written_costs_nothing_of_what_was_counted(
    pictures, tmp_path, monkeypatch, capsys
):
    def full(*_):
        raise ExplorerError("cannot write details.npz: No space left on device")

    root, _ = pictures
    assert audit("grey", root, "--out", tmp_path / "whole") == 0
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "STATE_EVERY_S", -1)
        patch.setattr(audit_module, "save_audit", full)
        assert audit("grey", root, "--out", out) == 2
    kept, counted = out / "state.npz", []
    assert kept.exists() and "No space left" in capsys.readouterr().err
    count = run_module.count_stretch
    monkeypatch.setattr(run_module, "count_stretch", lambda *what: (counted.append(1), count(*what)))
    assert audit("grey", root, "--out", out, "--resume") == 0
    assert len(counted) == 1, "the last stretch alone, after which no state is written"
    assert_same(load_audit(out), load_audit(tmp_path / "whole"))
    assert not kept.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_while_it_is_written_has_it_written(pictures, tmp_path, monkeypatch, number):
    def slow(*what):
        os.kill(os.getpid(), number)
        return save_audit(*what)

    save_audit, before = audit_module.save_audit, signal.getsignal(number)
    monkeypatch.setattr(audit_module, "save_audit", slow)
    assert audit("grey", pictures[0], "--out", tmp_path / "out") == 0
    assert load_audit(tmp_path / "out").complete and signal.getsignal(number) is before


def test_without_resume_it_begins_again_and_with_nothing_to_resume_it_says_so(pictures, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "state.npz").write_text("left over")
    assert audit("grey", pictures[0], "--out", out) == 0 and not (out / "state.npz").exists()
    capsys.readouterr()
    assert audit("grey", pictures[0], "--out", out, "--resume") == 0
    assert "nothing to resume" in capsys.readouterr().err


def test_indices(tmp_path, capsys):
    np.save(tmp_path / "i.npy", np.arange(3000).reshape(30, 100) % 40)
    assert audit("--indices", tmp_path / "i.npy", "--codebook-size", 64, "--out", tmp_path / "out") == 0
    assert "3,000 tokens of 30 media; 40 of 64 codes used, perplexity 40.0" in capsys.readouterr().out
    assert load_audit(tmp_path / "out").levels[0].counts.tolist() == [75] * 40 + [0] * 24
    assert "plain indices" in (tmp_path / "out" / "report.html").read_text()
    np.save(tmp_path / "i.npy", np.arange(3000) % 40)
    assert audit("--indices", tmp_path / "i.npy", "--codebook-size", 64, "--out", tmp_path / "row") == 0
    assert "3,000 tokens of media that are not told apart; 40 of" in capsys.readouterr().out


def test_mistakes_give_one_line_and_code_2(pictures, tmp_path, capsys):
    root, out = pictures[0], tmp_path / "out"
    (tmp_path / "empty").mkdir()
    np.save(tmp_path / "i.npy", np.array([1, 2, 70]))
    np.save(tmp_path / "f.npy", np.array([1.5]))
    cases = [
        (("grey", "--out", out), "needs a tokenizer and a folder or zip"),
        (("--out", out), "needs a tokenizer"),
        (("grey", tmp_path / "empty", "--out", out), "no files in the folder"),
        (("grey", tmp_path / "gone", "--out", out), "There is no folder or file"),
        (("grey", root, "--codebook-size", 5, "--out", out), "--codebook-size is for --indices"),
        (("grey", root, "--seed", -1, "--out", out), "seed must be 0 or more"),
        (("grey", root, "--out", root / "a" / "00.png"), "cannot make the folder"),
        (("--indices", tmp_path / "i.npy", "--out", out), "needs --codebook-size K"),
        (("grey", root, "--indices", tmp_path / "i.npy", "--codebook-size", 80, "--out", out), "goes without"),
        (("--indices", tmp_path / "i.npy", "--codebook-size", 64, "--out", out), "Index 70 at place 2"),
        (("--indices", tmp_path / "f.npy", "--codebook-size", 64, "--out", out), "not whole"),
        (("--indices", tmp_path / "i.npy", "--codebook-size", 0, "--out", out), "codebook size must be"),
    ]
    for arguments, words in cases:
        assert audit(*arguments) == 2
        said, error = capsys.readouterr()
        assert words in error and error.startswith("explorer: ") and error.count("\n") == 1 and said == ""
    assert not (out / "audit.json").exists()


def test_a_line_of_progress_cannot_move_the_cursor():
    at = Progress(3, 1000, 3072, 1.5, 2.0, 498.5, "evil\x1b[2J\r.png")
    assert line(at) == "3 of 1,000 media, 3,072 tokens, 2.0 media/s, 8:18 left: evil?[2J?.png"
    assert [clock(s) for s in (0, 59.6, 3725)] == ["0:00", "1:00", "1:02:05"]


@pytest.mark.slow
def test_a_process_that_is_interrupted_and_one_that_resumes(tmp_path):
    for number in range(60):
        save_picture(tmp_path / "p" / f"{number:02}.png", 256, 256, number)
    command = [sys.executable, "-m", "explorer", "audit", "fsq", str(tmp_path / "p"), "--device", "cpu", "--out"]
    whole = subprocess.run([*command, str(tmp_path / "whole")], cwd=REPOSITORY, capture_output=True, text=True)
    assert whole.returncode == 0, whole.stderr
    process = subprocess.Popen([*command, str(tmp_path / "out")], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    threading.Timer(6, lambda: process.send_signal(signal.SIGINT)).start()
    error = process.communicate()[1]
    assert process.returncode == 0 or (process.returncode == 130 and "--resume" in error)
    again = subprocess.run(
        [*command, str(tmp_path / "out"), "--resume"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr
    assert_same(load_audit(tmp_path / "out"), load_audit(tmp_path / "whole"))
    assert json.loads((tmp_path / "out" / "audit.json").read_text())["complete"]
