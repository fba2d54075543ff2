"""What was done to a picture is said wherever it is used: record, token file, command line, audit and comparison."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from explorer import tokenizers
from explorer.__main__ import main
from explorer.joints.files.tokens import load_tokens
from explorer.media.medium import load_medium, tokenized
from explorer.pages.api import calls as api
from explorer.pages.inspect.payloads import notes_of
from tests.made_tokenizers import Greys
from tests.media import made_icc

P3 = made_icc.matrix_profile("Display P3", made_icc.P3, made_icc.SRGB_CURVE)
NOTE = 'Colours converted from its profile "Display P3" to sRGB; what lies outside is clipped.'


@pytest.fixture
def photo(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", icc_profile=P3)
    (tmp_path / "photo.png").write_bytes(buffer.getvalue())
    return tmp_path / "photo.png"


@pytest.fixture
def greys(monkeypatch):
    """Every id is a made tokenizer."""
    made = {name: Greys(name, 8) for name in ("a", "b")}
    monkeypatch.setattr(tokenizers, "load_tokenizer", lambda name, device=None: made[name])
    monkeypatch.setattr(tokenizers, "list_tokenizers", lambda: [one.spec for one in made.values()])
    monkeypatch.setattr(api, "load_tokenizer", lambda name: made[name])
    monkeypatch.setattr("explorer.cli.compare.tokenizer_ids", lambda text: tuple(text.split(",")))
    monkeypatch.setattr("explorer.cli.compare.modality_of_ids", lambda ids: "image")
    return made


def test_on_the_inspect_page_and_in_the_answer_of_the_api(photo, greys):
    record = tokenized(load_medium(photo), greys["a"], 256)
    assert NOTE in notes_of(record)
    _, meta = api._tokenize("a", str(photo))
    assert NOTE in meta["notes"]


def test_on_the_command_line_and_in_the_token_file(photo, greys, tmp_path, capsys):
    assert main(["tokenize", "a", str(photo), "--out", str(tmp_path / "t.npz")]) == 0
    assert f"note: {NOTE}" in capsys.readouterr().err
    assert NOTE in load_tokens(tmp_path / "t.npz").notes


def test_in_an_audit(photo, greys, tmp_path, capsys):
    assert main(["audit", "a", str(photo), "--out", str(tmp_path / "audit")]) == 0
    assert f"1 of 1 medium: {NOTE}" in capsys.readouterr().err
    assert NOTE in (tmp_path / "audit" / "audit.json").read_text(encoding="utf-8").replace('\\"', '"')


def test_in_a_comparison(photo, greys, tmp_path, capsys):
    assert main(["compare", str(photo), "--tokenizers", "a,b", "--out", str(tmp_path / "c"), "--repeats", "1"]) == 0
    assert f"note: 1 of 1 medium: {NOTE}" in capsys.readouterr().err
    found = json.loads((tmp_path / "c" / "compare.json").read_text(encoding="utf-8"))
    assert NOTE in found["media"][0]["notes"]
    assert "Display P3" in (tmp_path / "c" / "report.html").read_text(encoding="utf-8")
