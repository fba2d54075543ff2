"""The decode and the tokens of a sound are saved from the Inspect page: of a sample, and of an upload of every kind."""

from __future__ import annotations

import io
import subprocess

import numpy as np
import pytest
import soundfile

from explorer.media.medium import load_medium, tokenized
from explorer.media.samples import samples_of
from explorer.tokenizers import load_tokenizer
from tests.media import ffmpeg_program

pytestmark = pytest.mark.browser

VIEW, PLAYER, NAME = "#inspect-view .dte-inspect", "#player .dte-player", "sound-vq"
KINDS = ("wav", "flac", "ogg", "mp3", "opus", "m4a")


def saved(page, kind):
    with page.expect_download() as download:
        page.click(f"#export-bar [data-kind='{kind}']")
    with open(download.value.path(), "rb") as file:
        return download.value.suggested_filename, file.read()


def holds(page, expected):
    """What is saved is what the domain gives: each index, and each sample to 16 bits."""
    name, content = saved(page, "npz")
    with np.load(io.BytesIO(content), allow_pickle=False) as tokens:
        np.testing.assert_array_equal(tokens["indices_0"], expected.levels[0].indices)
    assert name.startswith(NAME) and name.endswith(".npz")
    name, content = saved(page, "decoded")
    samples, rate = soundfile.read(io.BytesIO(content), always_2d=True)
    assert rate == 16_000 and name.endswith(".wav")
    np.testing.assert_allclose(samples, expected.reconstruction.clip(-1, 1), atol=1.1 / 32768)


def test_of_a_sample_and_of_uploads_of_every_kind(page, app_url, tmp_path):
    ffmpeg_program.require()
    tokenizer = load_tokenizer(NAME, "cpu")
    sample = next(iter(samples_of("audio")))
    page.goto(f"{app_url}?tokenizer={NAME}&picture={sample}")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}')?.dataset.drawn) > 0")
    holds(page, tokenized(samples_of("audio")[sample].load(), tokenizer, 256))
    page.get_by_text("Your own file").click()
    for number, kind in enumerate(KINDS):
        path, seconds = tmp_path / f"tone-{number}.{kind}", f"{0.5 + 0.1 * number:.1f}"
        source = f"aevalsrc=0.4*sin(2*PI*{300 + 50 * number}*t):s=48000:d={seconds}"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, str(path)], check=True)
        page.set_input_files("#upload-file input[type=file]", path)
        expected = tokenized(load_medium(path, wanted="audio"), tokenizer, 256)
        words = f"{expected.duration_s:.2f} s"
        page.wait_for_function("(w) => document.querySelector('#reconstruction').innerText.includes(w)", arg=words)
        holds(page, expected)
