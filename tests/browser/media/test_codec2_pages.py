"""Every page, in Chromium, on LPCNet and Codec2 of the machine's libcodec2, with spoken digits uploaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from explorer.public.codec2.library import library_name
from tests.browser.steady import steady_box
from tests.conftest import app_with

pytestmark = pytest.mark.browser

DIGITS = Path(__file__).resolve().parents[4] / "shared" / "data" / "speech_digits"
VIEW = "#inspect-view .dte-inspect"


@pytest.fixture(scope="module")
def codec_url(chromium_path):
    if not library_name():
        pytest.skip("libcodec2 is not installed on this machine")
    with app_with("--checkpoint", "codec2:700C", "--checkpoint", "codec2:lpcnet") as url:
        yield url


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    if not DIGITS.is_dir():
        pytest.skip("the spoken digits are not beside the project")
    path = tmp_path_factory.mktemp("speech") / "digits.wav"
    words = [soundfile.read(DIGITS / f"{word}.flac")[0] for word in ("7_george_0", "3_theo_0")]
    soundfile.write(path, np.concatenate(words), 8000)
    return path


@pytest.mark.parametrize(("mode", "rate"), [("700c", "0.700"), ("lpcnet", "1.733")])
def test_inspect_shows_an_upload_with_the_bits_of_its_packets(mode, rate, page, codec_url, speech):
    page.goto(f"{codec_url}?tokenizer=library--codec2-{mode}")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    assert not page.get_by_text("which is not loaded here").is_visible()
    page.set_input_files("#upload-file input[type=file]", speech)
    ended = "resampled from 8,000" if mode == "lpcnet" else "samples, a multiple of 320"
    page.wait_for_function(
        "(t) => document.querySelector('#reconstruction').innerText.toLowerCase().includes(t)", arg=ended
    )
    words = page.inner_text("#reconstruction")
    assert f"{rate} kbit/s" in words and "A vocoder makes the waveform anew" in words and "declared" in words


def test_its_codebook_is_counted_and_a_code_decoded(page, codec_url):
    page.goto(f"{codec_url.rstrip('/')}/codebook?tokenizer=library--codec2-700c")
    page.wait_for_selector("#codebook-view .dte-codebook[data-ready='true']")
    page.wait_for_function("document.querySelector('#codebook-view .dte-codebook').dataset.code !== ''")
    code = page.get_attribute("#codebook-view .dte-codebook", "data-code")
    page.wait_for_selector(f".codebook-code[data-code='{code}'][data-decoded='{code}']")


def test_both_are_compared(page, codec_url):
    page.goto(f"{codec_url.rstrip('/')}/compare?tokenizers=library--codec2-700c,library--codec2-lpcnet")
    page.wait_for_function("/Log-mel/.test(document.body.innerText) && /1\\.733|1\\.73/.test(document.body.innerText)")


def test_a_token_is_edited(page, codec_url):
    page.goto(f"{codec_url}?tokenizer=library--codec2-700c")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    page.locator("#edit-view .ed-panel > summary").click()
    page.wait_for_selector("#edit-view .dte-edit[data-ready='true']")
    shown = int(page.locator("#edit-view .dte-edit").get_attribute("data-code"))
    page.locator("#edit-view .ed-code").fill(str(shown + 1 if shown == 0 else shown - 1))
    stage = page.locator("#edit-view .ed-pane:first-child .ed-stage")
    box = steady_box(stage)
    page.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    page.wait_for_function("document.querySelector('#edit-view .dte-edit').dataset.changed === '1'")
