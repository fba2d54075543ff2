"""Clips in Chromium with the tokenizers that ship: from sample and from upload to export, and the two compared."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.foundation.config import Limits
from explorer.joints.files.tokens import load_tokens
from explorer.joints.measures.over_time import change_over_time
from explorer.media.clips.mosaic import mosaic_order
from explorer.media.clips.video import load_video
from explorer.media.medium import load_medium, tokenized
from explorer.media.samples import SAMPLES
from explorer.media.writing import mp4_bytes
from explorer.tokenizers import load_tokenizer
from tests.browser.steady import steady_box

pytestmark = pytest.mark.browser

VIEW, PLAYER = "#inspect-view .dte-inspect", "#player .dte-player"
COMPARE = "#compare-view .dte-compare"
LARGE = Limits(video_side_px=4096)


def open_clip(page, url, query):
    page.goto(f"{url}?{query}")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}')?.dataset.drawn) > 0")


def wait_for_text(page, selector, text):
    page.wait_for_function("([s, t]) => document.querySelector(s)?.textContent.includes(t)", arg=[selector, text])


def scrub(page, frame):
    page.locator(f"{PLAYER} input[type='range']").fill(str(frame))
    page.wait_for_function(f"document.querySelector('{PLAYER}').dataset.frame === '{frame}'")


def saved(page, selector):
    with page.expect_download() as started:
        page.click(selector)
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


def click_cell(page, board, row, column, shape):
    """A cell of the board of tokens (0) or of changes (1)."""
    one = page.locator(f"{PLAYER} .dte-clip-board").nth(board)
    box = steady_box(one)
    x, y = (column + 0.5) / shape[2] * box["width"], (row + 0.5) / shape[1] * box["height"]
    one.click(position={"x": x, "y": y})


def test_a_sample_is_scrubbed_read_over_time_and_saved(page, app_url, tmp_path):
    record = tokenized(SAMPLES["shapes"].load(), load_tokenizer("clip-fsq", "cpu"), 256)
    level = record.levels[0]
    shape, change = level.layout.shape, change_over_time(level)
    open_clip(page, app_url, "tokenizer=clip-fsq&picture=shapes")
    wait_for_text(
        page, f"{PLAYER} .dte-clip-words", f"{change.changed:,} of {change.possible:,} tokens ({change.share:.1%})"
    )
    scrub(page, 10)
    step = 3  # frames 9 to 12: one alone, then four a step
    mse = np.square(record.media[10].astype(float) - record.reconstruction[10]).mean()
    clock = page.inner_text(f"{PLAYER} .dte-player-clock")
    assert f"frame 11 of 25, step {step + 1} of 7 · PSNR {-10 * np.log10(mse):.2f} dB, SSIM 0." in clock

    click_cell(page, 0, 5, 7, shape)
    code = level.indices.reshape(shape)[step, 5, 7]
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode === '{code}'")
    token = int(np.flatnonzero(mosaic_order(shape) == (step * shape[1] + 5) * shape[2] + 7)[0])
    page.wait_for_function(f"/token={token}(&|$)/.test(location.search)")
    assert page.get_attribute(PLAYER, "data-frame") == "10", "the step is in sight already: its frame stays"
    click_cell(page, 1, 2, 3, shape)
    wait_for_text(
        page, f"{PLAYER} .dte-clip-words", f"Row 3, column 4: another token in {change.counts[2, 3]} of 6 pairs"
    )

    for figure in ("frame_quality", "code_reuse", "codes_over_time"):
        page.locator(f"[data-figure='{figure}']").scroll_into_view_if_needed()
        page.wait_for_selector(f"[data-figure='{figure}'] .ch-chart[data-state='drawn']")
    page.locator("[data-figure='frame_quality'] .ch-chart").focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "Enter"):  # the third frame
        page.keyboard.press(key)
    page.wait_for_function(f"document.querySelector('{PLAYER}').dataset.frame === '2'")

    name, data = saved(page, f"{PLAYER} [data-film='beside_mp4']")
    film = load_video(data, LARGE)
    assert name == "clip-fsq_shapes_side_by_side.mp4" and film.frames.shape == (25, 192, 388, 3)
    wait_for_text(page, f"{PLAYER} .dte-clip-saved", "Saved clip-fsq_shapes_side_by_side.mp4")
    name, data = saved(page, f"{PLAYER} [data-film='decoded_gif']")
    gif = Image.open(io.BytesIO(data))
    assert (name, gif.format, gif.n_frames) == ("clip-fsq_shapes_reconstruction.gif", "GIF", 25)
    name, data = saved(page, "#export-bar [data-kind='npz']")
    (tmp_path / name).write_bytes(data)
    kept = load_tokens(tmp_path / name)
    assert np.array_equal(kept.levels[0].indices, level.indices) and kept.levels[0].layout == level.layout


def square(path):
    """A film of 14 frames of 96 x 64 px in which a square goes to the right."""
    frames = np.zeros((14, 64, 96, 3), np.float32)
    for number in range(14):
        frames[number, 16:48, 4 * number : 4 * number + 32] = (0.9, 0.5, 0.2)
    path.write_bytes(mp4_bytes(frames, 10))
    return path


def test_an_upload_is_shown_to_its_last_frame_and_saved(page, app_url, tmp_path):
    file = square(tmp_path / "square.mp4")
    open_clip(page, app_url, "tokenizer=clip-lfq")
    page.get_by_text("Your own file").click()
    page.set_input_files("#upload-file input[type=file]", file)
    wait_for_text(page, f"{PLAYER} .dte-player-clock", "frame 1 of 13, step 1 of 4")
    assert "The last 1 of 14 frames left out" in page.inner_text("#reconstruction")
    record = tokenized(load_medium(file), load_tokenizer("clip-lfq", "cpu"), 256)
    change = change_over_time(record.levels[0])
    wait_for_text(page, f"{PLAYER} .dte-clip-words", f"{change.changed:,} of {change.possible:,} tokens")
    scrub(page, 12)
    assert "step 4 of 4" in page.inner_text(f"{PLAYER} .dte-player-clock")
    name, data = saved(page, f"{PLAYER} [data-film='decoded_mp4']")
    film = load_video(data, LARGE)
    assert name == "clip-lfq_uploaded_reconstruction.mp4" and film.frames.shape == (13, 64, 96, 3)
    assert np.abs(film.frames - np.clip(record.reconstruction, 0, 1)).mean() < 0.02
    name, data = saved(page, "#export-bar [data-kind='csv']")
    assert len(data.decode().strip().splitlines()) == 1 + record.num_tokens
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 420")


def test_the_two_that_ship_are_compared_on_a_sample_and_on_an_upload(page, app_url, tmp_path):
    page.goto(f"{app_url.rstrip('/')}/compare?tokenizers=clip-fsq,clip-lfq&media=sample:panning")
    page.wait_for_selector(f"{COMPARE}[data-ready='true']")
    page.wait_for_selector(f"{COMPARE} .cp-movie")
    clip = SAMPLES["panning"].load()
    captions = page.locator(f"{COMPARE} .compare-panes figcaption").all_inner_texts()
    for name, caption in zip(("clip-fsq", "clip-lfq"), captions[1:], strict=True):
        record = tokenized(clip, load_tokenizer(name, "cpu"), 256)
        mse = np.square(record.media.astype(float) - record.reconstruction).mean()
        assert float(re.search(r"PSNR ([\d.]+) dB", caption)[1]) == pytest.approx(-10 * np.log10(mse), abs=0.011)
    page.locator(f"{COMPARE} .cp-player input[type='range']").fill("9")
    movies = page.locator(f"{COMPARE} .cp-movie")
    assert movies.evaluate_all("(all) => all.map((one) => one.dataset.frame)") == ["9"] * 3
    name, data = saved(page, f"{COMPARE} .cb-exports button[data-kind='report']")
    assert name.endswith(".html") and b"Clips: LFQ" in data
    page.get_by_role("button", name="Your own").click()
    file = square(tmp_path / "square.mp4")
    page.set_input_files(f"{COMPARE} .cp-file", file)
    page.wait_for_function(f"document.querySelector('{COMPARE}').dataset.media === 'own'")
    page.wait_for_selector(f"{COMPARE}[data-ready='true']")
    wait_for_text(page, f"{COMPARE} .compare-panes", "13 frames of 96\u00a0\u00d7\u00a064 px")
    captions = page.locator(f"{COMPARE} .compare-panes figcaption").all_inner_texts()
    record = tokenized(load_medium(file), load_tokenizer("clip-fsq", "cpu"), 256)
    mse = np.square(record.media.astype(float) - record.reconstruction).mean()
    assert float(re.search(r"PSNR ([\d.]+) dB", captions[1])[1]) == pytest.approx(-10 * np.log10(mse), abs=0.011)
