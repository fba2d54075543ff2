"""Series on the pages of the app as it ships, clicked through in Chromium: samples, tokens, own tables, bad ones."""

import json
import re

import numpy as np
import pytest

from explorer.joints.columns import in_units
from explorer.media.medium import load_medium, tokenized
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer
from explorer.views.inspect.player.series import series_payload
from explorer.views.kit.wire.encoding import unpack
from tests.browser.steady import steady_box

pytestmark = pytest.mark.browser

VIEW, PLAYER = "#inspect-view .dte-inspect", "#player .dte-player"
GUTTER, GAP = 132, 8
TO = "\u2013"  # the dash of a range


def record_of(name, picture="reach"):
    return tokenized(SAMPLES[picture].load(), load_tokenizer(name), 256)


def open_at(page, url, query):
    page.goto(f"{url}?{query}")
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}')?.dataset.drawn) > 0")


def wait_for_text(page, selector, text):
    page.wait_for_function("([s, t]) => document.querySelector(s)?.textContent.includes(t)", arg=[selector, text])


def place_of(page, record, column, step):
    """The middle of a token's cell, in the strip under the lane of its column."""
    stage = page.locator(f"{PLAYER} .dte-player-stage")
    box = steady_box(stage)
    columns, steps = record.levels[0].layout.shape
    each = min(72, max(26, 520 // columns))
    strip = 16 if each >= 48 else 8
    x = box["x"] + GUTTER + (step + 0.5) / steps * (box["width"] - GUTTER)
    return x, box["y"] + column * (each + GAP) + each - strip / 2


def test_a_coefficient_is_chosen_and_shown_one_off(page, app_url):
    open_at(page, app_url, "tokenizer=fast-actions&picture=reach")
    record = record_of("fast-actions")
    level = record.levels[0]
    assert page.locator(f"{VIEW} [data-panel='picture']").is_hidden()
    x, y = place_of(page, record, 1, 103)  # shoulder, third second, frequency 3
    page.mouse.move(x, y)
    code = level.indices[1, 103]
    wait_for_text(
        page, f"{PLAYER} [data-part='readout']", f"code {code}, shoulder, 2.00{TO}3.00 s, frequency 3 (1.5 Hz)"
    )
    page.mouse.click(x, y)
    page.wait_for_function("/token=303(&|$)/.test(location.search)")
    wait_for_text(page, "#code-card", f"{(level.indices == code).sum():,} of 1,400 tokens")
    wait_for_text(
        page, f"{PLAYER} .dte-player-off", f"Were code {code} here {code + 1}, shoulder would be off by up to"
    )
    pieces = load_tokenizer("fast-actions").pieces(level)
    wait_for_text(page, f"{PLAYER} .dte-player-caption", f"1,400 integers sent as {len(pieces.ids)} pieces")
    page.focus(f"{PLAYER} .dte-player-stage")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("/token=503(&|$)/.test(location.search)")
    figures = page.inner_text("#reconstruction")
    error = np.sqrt(np.square(record.reconstruction - record.media)[:, 6].mean()) * record.columns[6].spread
    assert "RMS error, gripper" in figures and f"{error:.3f}" in figures and "PSNR" not in figures


def test_levels_build_a_series_up(page, app_url):
    open_at(page, app_url, "tokenizer=series-rvq&picture=walk&level=1&token=5")
    page.locator(f"{VIEW} .dte-levels").get_by_text("Solo", exact=True).click()
    wait_for_text(page, f"{PLAYER} .dte-player-caption", "Decoded from level 2 of 4 only.")
    record, tokenizer = record_of("series-rvq", "walk"), load_tokenizer("series-rvq")
    error = 100 * np.sqrt(np.square(tokenizer.decode_levels(record, [1]) - record.media).mean())
    wait_for_text(page, "#reconstruction", f"{error:.2f}")
    page.wait_for_selector("#code-card .dte-card-nearest img")
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 420")


def test_an_own_table_is_tokenized_exported_and_a_bad_one_said(page, app_url, tmp_path):
    open_at(page, app_url, "tokenizer=series-vq")
    page.get_by_text("Your own file").click()
    time = np.arange(60) / 20
    rows = [f"{t:.3f},{np.sin(3 * t):.4f},{20 + 5 * np.cos(t):.4f}" for t in time]
    (tmp_path / "own.csv").write_text("\n".join(["time [s],angle [rad],heat [C]", *rows]))
    page.set_input_files("#upload-file input[type=file]", tmp_path / "own.csv")
    page.wait_for_function("location.search.includes('picture=uploaded')")
    wait_for_text(page, "#reconstruction", "RMS error, heat")
    assert "rows a second" in page.inner_text("#reconstruction"), "what was done to it is said"
    record = tokenized(load_medium(tmp_path / "own.csv"), load_tokenizer("series-vq"), 256)
    x, y = place_of(page, record, 1, 2)
    page.mouse.click(x, y)
    page.wait_for_function(f"/token={6 + 2}(&|$)/.test(location.search)")
    with page.expect_download() as download:
        page.locator("#export-bar").get_by_role("button", name="Reconstruction").click()
    back = load_medium(download.value.path().read_bytes())
    np.testing.assert_allclose(back.values, in_units(record.reconstruction, record.columns), rtol=1e-4, atol=1e-4)
    assert [column.title for column in back.columns] == ["angle [rad]", "heat [C]"] and round(back.rate_hz) == 20
    (tmp_path / "bad.csv").write_text("angle,heat\n0.1,20\n0.2,warm\n0.3,21\n0.4,21\n")
    page.set_input_files("#upload-file input[type=file]", tmp_path / "bad.csv")
    wait_for_text(page, "#sample-strip", "Line 3, column 'heat': 'warm' is no number")
    assert "RMS error, heat" in page.inner_text("#reconstruction"), "the last good result stays"


def test_an_array_brings_a_tokenizer_and_a_picture_comes_back(page, app_url, tmp_path):
    page.goto(app_url)
    page.wait_for_function(f"!document.querySelector('{VIEW} .dte-body')?.hidden")
    page.get_by_text("Your own file").click()
    np.save(tmp_path / "own.npy", np.random.default_rng(0).normal(size=(40, 2)).cumsum(0))
    page.set_input_files("#upload-file input[type=file]", tmp_path / "own.npy")
    wait_for_text(page, "#sample-strip", "This file is a series")
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}')?.dataset.drawn) > 0")
    wait_for_text(page, "#reconstruction", "column 2")
    page.click("#tokenizer input")
    page.get_by_role("option", name=re.compile("^VQ, EMA \\+ reseeding$")).click()
    page.wait_for_function("/picture=(?!uploaded)/.test(location.search)")
    page.wait_for_function("document.querySelector('#player').style.display === 'none'")


def test_a_body_moves_beside_its_angles(page, app_url):
    open_at(page, app_url, "tokenizer=series-vq&picture=walk")
    figure = f"{PLAYER} .dte-figure"
    page.locator(f"{figure} input[type=range]").fill("38")
    page.wait_for_selector(f"{figure}[data-row='38']")
    wait_for_text(page, f"{figure} .dte-player-clock", "1.27 s")
    record = record_of("series-vq", "walk")
    value = json.loads(series_payload(record, record.reconstruction))["figure"]
    a, b = (unpack(value[key])[38] for key in ("original", "decoded"))
    wait_for_text(page, figure, f"Joints are {100 * np.hypot(*(a - b).T).mean():.2f}% apart here")
    x, y = place_of(page, record, 4, 6)  # the lanes move the playhead, too: left ankle, rows 60 to 69
    page.mouse.move(x, y)
    page.wait_for_function(f"Math.abs(Number(document.querySelector('{figure}').dataset.row) - 65) <= 1")
    page.locator(f"{figure} .dte-play").click()
    page.wait_for_function(f"Number(document.querySelector('{figure}').dataset.row) > 70")
    page.locator(f"{figure} .dte-play").click()
    open_at(page, app_url, "tokenizer=series-vq&picture=reach")
    assert page.locator(figure).is_hidden(), "an arm of a robot is no body"
