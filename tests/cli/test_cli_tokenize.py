"""`tokenize` and `detokenize`: there and back, by hand and with those that are really here."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from made_codecs import made
from PIL import Image

from explorer import tokenizers
from explorer.foundation.config import REPOSITORY
from explorer.joints.files.tokens import load_tokens
from explorer.media.medium import load_medium, values
from explorer.media.pictures.image import fit, load_image
from explorer.media.samples import SAMPLES, samples_of
from tests.cli.grey_tokenizer import GreyTokenizer, run


def test_tokenize_and_detokenize_give_the_picture_back(grey, picture, tmp_path, capsys):
    assert run("tokenize", "grey", picture, "--out", tmp_path / "t.npz", "--device", "cpu") == 0
    out, error = capsys.readouterr()
    # 6 tokens of 4 bits over 24 x 16 pixels; codes 0, 5, 9 and 15 once, 3 twice.
    assert "6 tokens of grey for 24 x 16 pixels; 24 bits at log2(K) (0.062 a pixel)" in out
    empirical = 4 * np.log2(6) + 2 * np.log2(3)
    assert f"{empirical:,.0f} at their own entropy ({empirical / (24 * 16):.3f} a pixel)" in out
    assert error == "note: Sight in grey.\n"
    tokens = load_tokens(tmp_path / "t.npz")
    assert tokens.indices[0].tolist() == [[0, 5, 15], [3, 3, 9]] and tokens.tokenizer_id == "grey"
    assert run("detokenize", tmp_path / "t.npz", "--out", tmp_path / "back.png") == 0
    assert "24 x 16 pixels from 6 tokens" in capsys.readouterr().out
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "back.png")), np.asarray(Image.open(picture)))
    assert grey == ["cpu", None]


@pytest.mark.parametrize(
    ("name", "out", "off"), [("tones", "d.wav", 1 / 65536), ("rates", "d.wav", 1 / 65536), ("blocks", "d.mp4", 0.03)]
)
def test_sounds_and_clips_there_and_back(name, out, off, tmp_path, capsys):
    adapter = ("--adapter", REPOSITORY / "tests" / "made_adapter.py")
    spec, tokens = made(name).spec, tmp_path / "t.npz"
    sample = next(iter(samples_of(spec.modality)))
    assert run("tokenize", spec.id, f"sample:{sample}", "--out", tokens, *adapter) == 0
    said = capsys.readouterr().out
    assert ("kbit/s" in said) == (spec.modality == "audio") and "tokens of made-" in said
    assert run("detokenize", tokens, "--out", tmp_path / out, *adapter) == 0
    decoded, file = load_medium(tmp_path / out), load_tokens(tokens)
    expected = made(name).detokenize(file.indices)
    rate = decoded.sample_rate_hz if spec.modality == "audio" else decoded.frames_per_second
    assert rate == pytest.approx(file.rate) and values(decoded).shape == expected.shape
    assert np.abs(values(decoded) - expected.clip(-1, 32767 / 32768)).mean() <= off
    assert run("tokenize", spec.id, "sample:coffee", "--out", tokens, *adapter) == 2
    assert "this is a picture" in capsys.readouterr().err.splitlines()[-1]


def test_a_sample_and_its_notes(grey, tmp_path, capsys):
    assert run("tokenize", "grey", "sample:chelsea", "--out", tmp_path / "t.npz") == 0
    tokens = load_tokens(tmp_path / "t.npz")
    assert tokens.levels[0].layout.shape == (37, 56)  # 300 // 8, 451 // 8
    assert tokens.notes[0].startswith("Cropped") and tokens.notes[1] == "Sight in grey."
    assert capsys.readouterr().err.splitlines() == [f"note: {note}" for note in tokens.notes]
    expected = GreyTokenizer().tokenize(fit(SAMPLES["chelsea"].load(), 8, 1024).pixels)
    np.testing.assert_array_equal(tokens.indices[0], expected.levels[0].indices)


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_text_files_by_suffix(grey, picture, suffix, tmp_path):
    path = tmp_path / f"t.{suffix}"
    assert run("tokenize", "grey", picture, "--out", path) == 0
    if suffix == "json":
        assert json.loads(path.read_text())["indices"] == [[[0, 5, 15], [3, 3, 9]]]
    else:
        codes = [int(line.split(",")[4]) for line in path.read_text().splitlines()[1:]]
        assert codes == [0, 5, 15, 3, 3, 9]


@pytest.fixture(scope="module")
def shipped() -> str:
    """The id of the first tokenizer that is really here."""
    specs = tokenizers.list_tokenizers() if hasattr(tokenizers, "list_tokenizers") else []
    if not specs:
        pytest.skip("no trained tokenizer is here: python -m explorer train NAME makes one")
    return specs[0].id


def test_a_process_of_its_own_tokenizes_and_decodes_with_a_shipped_tokenizer(shipped, tmp_path):
    def command(*arguments):
        line = [sys.executable, "-m", "explorer", *map(str, arguments)]
        return subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True)

    made = command("tokenize", shipped, "sample:astronaut", "--out", tmp_path / "t.npz", "--device", "cpu")
    assert made.returncode == 0, made.stderr
    back = command("detokenize", tmp_path / "t.npz", "--out", tmp_path / "p.png", "--device", "cpu")
    assert back.returncode == 0, back.stderr
    tokenizer = tokenizers.load_tokenizer(shipped, device="cpu")
    record = tokenizer.tokenize(fit(SAMPLES["astronaut"].load(), tokenizer.spec.downsampling, 1024).pixels)
    for stored, level in zip(load_tokens(tmp_path / "t.npz").indices, record.levels, strict=True):
        assert np.mean(stored == level.indices) > 0.999  # threads may round a tie apart
    decoded = load_image(tmp_path / "p.png").pixels
    assert np.abs(decoded - record.reconstruction).mean() < 1 / 255
