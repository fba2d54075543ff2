"""What the command line says of mistakes: one line, an exit code, and no file."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
from pathlib import Path

import pytest

from explorer import tokenizers
from explorer.__main__ import main
from explorer.foundation import files
from explorer.foundation.config import REPOSITORY
from explorer.foundation.errors import RecordError
from explorer.joints.files.tokens import save_tokens
from explorer.media.pictures.image import load_image
from tests.cli.grey_tokenizer import GreyTokenizer, one_line, run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tokenize", "gray", "{picture}", "--out", "{folder}/t.npz"), "Did you mean 'grey'"),
        (("tokenize", "grey", "{folder}/none.png", "--out", "{folder}/t.npz"), "There is no file"),
        (("tokenize", "grey", "{folder}", "--out", "{folder}/t.npz"), "not a file"),
        (("tokenize", "grey", "{folder}/notes.txt", "--out", "{folder}/t.npz"), "not a picture"),
        (("tokenize", "grey", "sample:astronuat", "--out", "{folder}/t.npz"), "Did you mean 'astronaut'"),
        (("tokenize", "grey", "{picture}", "--out", "{folder}/t.pt"), ".npz, .json or .csv"),
        (("tokenize", "grey", "{picture}", "--out", "{folder}/none/t.npz"), "Make it first"),
        (("detokenize", "{folder}/none.npz", "--out", "{folder}/p.png"), "no token file"),
        (("detokenize", "{picture}", "--out", "{folder}/p.png"), "not a token file"),
        (("detokenize", "{folder}/good.npz", "--out", "{folder}/p.jpg"), "does not end in .png"),
        (("detokenize", "{folder}/good.npz", "--out", "{folder}/none/p.png"), "Make it first"),
    ],
)
def test_mistakes_give_one_line_code_2_and_no_file(grey, picture, arguments, words, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("hello")
    save_tokens(tmp_path / "good.npz", GreyTokenizer().tokenize(load_image(picture).pixels))
    before = sorted(tmp_path.iterdir())
    assert run(*(argument.format(picture=picture, folder=tmp_path) for argument in arguments)) == 2
    assert words in one_line(capsys)
    assert sorted(tmp_path.iterdir()) == before


def test_a_wrong_out_is_found_before_the_work(grey, tmp_path, capsys):
    assert run("tokenize", "grey", "sample:coffee", "--out", tmp_path / "t.bin") == 2
    assert run("detokenize", tmp_path / "none.npz", "--out", tmp_path / "p.gif") == 2
    assert grey == [] and capsys.readouterr().out == ""


def test_what_a_tokenizer_refuses_reaches_the_person(grey, picture, tmp_path, monkeypatch, capsys):
    def refuse(self, indices):
        raise RecordError("codes reach to 99, the codebook has 16")

    save_tokens(tmp_path / "t.npz", GreyTokenizer().tokenize(load_image(picture).pixels))
    monkeypatch.setattr(GreyTokenizer, "detokenize", refuse)
    assert run("detokenize", tmp_path / "t.npz", "--out", tmp_path / "p.png") == 2
    assert one_line(capsys) == "explorer: codes reach to 99, the codebook has 16\n"


@pytest.mark.parametrize("line", [("lab",), ("experiment", "cross-modal"), ("tokenize", "grey", "sample:coffee")])
def test_a_place_where_nothing_can_be_written_is_found_before_the_work(grey, line, tmp_path, monkeypatch, capsys):
    (tmp_path / "a.npz").mkdir()
    assert run(*line, "--out", tmp_path / "a.npz") == 2
    assert "is a folder. Give the name of a file" in one_line(capsys)
    monkeypatch.setattr(files.os, "access", lambda path, mode: False)
    assert run(*line, "--out", tmp_path / "b.npz") == 2
    assert "cannot be written into. Choose another one" in one_line(capsys)
    assert grey == [] and [path.name for path in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.parametrize(
    "line",
    [
        ("audit", "grey", "{pictures}"), ("tokenize", "grey", "{pictures}"), ("train", "fsq", "--steps", "2"),
        ("train", "items-rq", "--steps", "2"), ("train", "series-vq", "--steps", "2"),
        ("prior", "fsq", "--steps", "2"),
    ],
    ids=lambda line: "-".join(line[:2]),
)  # fmt: skip
def test_a_folder_that_takes_no_file_is_found_before_the_work(grey, picture, line, tmp_path, monkeypatch, capsys):
    """An audit counted everything and a training trained before they said so; a dump of tokens ended in a trace."""
    encoded = []
    monkeypatch.setattr(GreyTokenizer, "encode", lambda self, pixels: encoded.append(1))
    out, media = tmp_path / "out", tmp_path / "media"
    out.mkdir()
    media.mkdir()
    picture.rename(media / picture.name)
    monkeypatch.setattr(files.os, "access", lambda path, mode: Path(path) != out)
    command = [argument.format(pictures=media) for argument in line]
    assert run(*command, "--out", out) == 2
    told = capsys.readouterr()
    assert told.err == f"explorer: The folder {str(out)!r} cannot be written into. Choose another one.\n"
    assert told.out == "" and encoded == [] and list(out.iterdir()) == []


def test_a_folder_named_as_a_file_is_found_before_a_training(tmp_path, capsys):
    (tmp_path / "note").write_text("mine")
    assert run("train", "fsq", "--steps", "2", "--out", tmp_path / "note" / "deep") == 2
    assert "note' is a file, and no folder" in one_line(capsys)


class FullDisk(io.StringIO):
    """Standard output on a disk that is full."""

    def write(self, text):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_standard_output_on_a_full_disk_is_said_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", FullDisk())
    assert main(["list"]) == 2
    assert capsys.readouterr().err == "explorer: what is said could not be written: No space left on device\n"


def test_ctrl_c_is_130(picture, tmp_path, monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(tokenizers, "load_tokenizer", interrupted, raising=False)
    assert run("tokenize", "grey", picture, "--out", tmp_path / "t.npz") == 130
    assert one_line(capsys) == "explorer: stopped.\n"
    assert not (tmp_path / "t.npz").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["tokenize", "grey"], ["tokenize", "grey", "a.png"], ["list", "--yaml"]]
)
def test_a_wrong_line_shows_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and "usage: python -m explorer" in capsys.readouterr().err


def test_a_mistake_in_a_process_of_its_own(tmp_path):
    line = [sys.executable, "-m", "explorer", "detokenize", "none.npz", "--out", str(tmp_path / "p.png")]
    done = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("explorer: There is no token file 'none.npz'") and done.stderr.count("\n") == 1
