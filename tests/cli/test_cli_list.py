"""`list`: as a table, as Markdown, as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from explorer import tokenizers
from explorer.cli.listing import table
from explorer.foundation.config import REPOSITORY
from explorer.joints.tokenizer import TokenizerSpec
from tests.cli.grey_tokenizer import run


def test_list_is_a_table(grey, capsys):
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["id", "codes", "a", "token", "title"]
    assert lines[1].split() == ["grey", "16", "8", "x", "8", "pixels", "Sixteen", "greys"] and len(lines) == 2


@pytest.mark.parametrize(("changes", "words"), [
    ({"modality": "audio", "downsampling": 1920, "layout": "sequence"}, "1,920 samples"),
    ({"modality": "video", "downsampling": 8, "layout": "grid3d", "time_step": 4}, "4 x 8 x 8 pixels"),
    ({"layout": "set1d"}, "no place"),
])  # fmt: skip
def test_list_says_what_a_token_stands_for(grey, changes, words):
    spec = tokenizers.list_tokenizers()[0]
    assert words in table([replace(spec, **changes)]).splitlines()[1]


def test_list_as_markdown(grey, monkeypatch, capsys):
    """By hand: log2(16) bits for 8 x 8 pixels is 0.0625; what was not measured is said so. Broken ones are named."""
    monkeypatch.setattr(tokenizers, "broken_tokenizers", lambda: {"x": "x has no config"})
    assert run("list", "--markdown") == 0
    out, error = capsys.readouterr()
    head, _, row = out.splitlines()
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:5] == ["`grey`", "Sixteen greys", "16", "0.062", "12.50"]
    assert set(cells[5:]) == {"not measured"} and head.count("|") == row.count("|")
    assert error == "left out: x has no config\n"


def test_list_as_json(grey, capsys):
    assert run("list", "--json") == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["id"] == "grey" and entry["codebook_size"] == 16 and entry["measured"] == {"psnr_db": 12.5}
    assert set(entry) == set(TokenizerSpec.__dataclass_fields__)


def test_list_with_nothing_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(tokenizers, "list_tokenizers", lambda: [], raising=False)
    assert run("list") == 0 and "train NAME" in capsys.readouterr().out
    assert run("list", "--json") == 0 and json.loads(capsys.readouterr().out) == []


def test_list_does_not_wait_for_torch():
    code = (
        "import sys; from explorer.__main__ import main; assert main(['list', '--json']) == 0; "
        "assert not {'torch', 'gradio', 'sklearn', 'skimage'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), list)
