"""The Inspect page with sounds, clips, sets and levels of different grids, clicked through in Chromium.

The codecs are those of made_codecs.py; every number on the screen is recomputed from them.
"""

import re

import numpy as np
import pytest
from made_codecs import made

from explorer.media.clips.mosaic import mosaic_order
from explorer.media.medium import tokenized
from explorer.media.quality.metrics import quality
from explorer.media.quality.sound_fidelity import sound_quality
from explorer.media.samples import samples_of
from explorer.media.sounds.audio import wav_bytes
from tests.browser.steady import steady_box

pytestmark = pytest.mark.browser

VIEW, PLAYER = "#inspect-view .dte-inspect", "#player .dte-player"
TO = "\u2013"  # the dash of a range


def open_at(page, url, query):
    page.goto(f"{url}?{query}")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    page.wait_for_function(f"!document.querySelector('{VIEW} .dte-body').hidden")


def record_of(name, sample=None):
    tokenizer = made(name)
    found = samples_of(tokenizer.spec.modality)
    return tokenized(found[sample or next(iter(found))].load(), tokenizer, 256)


def data(page, selector, name):
    return page.evaluate(f"document.querySelector({selector!r}).dataset.{name}")


def wait_for_text(page, selector, text):
    page.wait_for_function("([s, t]) => document.querySelector(s)?.textContent.includes(t)", arg=[selector, text])


def wait_for_player(page):
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}')?.dataset.drawn) > 0")


def choose_tokenizer(page, title):
    page.click("#tokenizer input")
    page.get_by_role("option", name=title, exact=True).click()


def fits_a_phone(page):
    """At the end of a visit: what is on the page is drawn anew for a narrow screen, and nothing is wider than it."""
    page.set_viewport_size({"width": 420, "height": 800})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function("document.documentElement.scrollWidth <= 420")


def query_of(page):
    return dict(re.findall(r"[?&]([^=&]+)=([^&]*)", page.url))


def test_a_sound_has_figures_of_its_own_and_its_facts(page, made_url):
    open_at(page, made_url, "tokenizer=made-tones")
    wait_for_player(page)
    record = record_of("tones")
    expected = sound_quality(record.media, record.reconstruction, 8000)
    figures = page.inner_text("#reconstruction")
    for value in (expected.si_sdr_db, expected.snr_db, expected.log_mel_db):
        assert f"{value:.2f}" in figures
    assert "PSNR" not in figures and "600.0 indices/s" in figures and "3.000 kbit/s" in figures
    facts = page.inner_text("#tokenizer-facts")
    assert "sounds at 8 kHz, mono" in facts and "3 kbit/s" in facts
    assert page.locator(f"{VIEW} [data-panel='picture']").is_hidden()
    assert page.locator("#side").count() == 0 or page.locator("#side").is_hidden()


def test_a_sound_plays_and_switches_without_losing_its_place(page, made_url):
    open_at(page, made_url, "tokenizer=made-tones")
    wait_for_player(page)
    assert data(page, PLAYER, "heard") == "original"
    page.get_by_text("Loop", exact=True).first.click()  # so that a busy machine has time
    page.click(f"{PLAYER} .dte-play")
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}').dataset.position) > 0")
    page.get_by_role("button", name="Reconstruction", exact=True).first.click()
    switched = f"document.querySelector('{PLAYER}').dataset.playing === 'reconstruction'"
    page.wait_for_function(switched)
    before = data(page, PLAYER, "position")
    page.wait_for_function(f"document.querySelector('{PLAYER}').dataset.position !== '{before}'")
    status = page.inner_text(f"{VIEW} .dte-status-text")
    code, from_s = re.search(r"code (\d+),.* at ([\d.]+)", status).groups()
    token = round(float(from_s) * 200)
    assert int(code) == record_of("tones").levels[0].indices[token], "the token under the playhead is lit"
    page.click(f"{PLAYER} .dte-play")
    page.wait_for_function(f"document.querySelector('{PLAYER}').dataset.playing === ''")
    page.wait_for_function(f"document.querySelector('{VIEW} .dte-status-text').hasAttribute('data-quiet')")


def test_a_click_on_a_token_chooses_it_and_plays_its_stretch(page, made_url):
    open_at(page, made_url, "tokenizer=made-rates")
    wait_for_player(page)
    record = record_of("rates")
    stage = page.locator(f"{PLAYER} .dte-player-stage")
    box = steady_box(stage)
    gutter, width = 30, box["width"] - 30
    top = 64 + 6 + 132 + 6  # the lanes above the first level
    for level, count in enumerate((150, 300, 600)):
        token = count // 3
        x = box["x"] + gutter + (token + 0.5) / count * width
        page.mouse.click(x, box["y"] + top + level * 24 + 12)
        code = record.levels[level].indices[token]
        page.wait_for_function(f"/token={token}(&|$)/.test(location.search)")
        assert (data(page, VIEW, "level"), data(page, VIEW, "selectedCode")) == (str(level), str(code))
        wait_for_text(page, "#code-card", f"{(record.levels[level].indices == code).sum()} of {count} tokens")
    assert query_of(page)["level_no"] == "3"
    page.wait_for_function(f"document.querySelector('{PLAYER}').dataset.playing === ''")
    page.focus(f"{PLAYER} .dte-player-stage")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("/token=201(&|$)/.test(location.search)")
    fits_a_phone(page)


def test_levels_are_muted_by_ear_and_in_figures(page, made_url):
    open_at(page, made_url, "tokenizer=made-rates")
    wait_for_player(page)
    record, tokenizer = record_of("rates"), made("rates")
    page.locator(f"{VIEW} .dte-levels").get_by_text("Mute", exact=True).click()
    decoded = tokenizer.decode_levels(record, [1, 2])
    expected = sound_quality(record.media, decoded, 8000).snr_db
    wait_for_text(page, "#reconstruction", f"{expected:.2f}")
    wait_for_text(page, ".dte-player-caption", "Decoded without level 1 of 3.")


def test_a_code_of_a_sound_is_heard_alone(page, made_url):
    open_at(page, made_url, "tokenizer=made-tones&token=100")
    wait_for_text(page, "#code-card", f"{record_of('tones').levels[0].indices[100]}")
    page.wait_for_selector("#code-card .dte-card-play")
    assert page.locator("#code-card .dte-card-waiting").count() == 0
    assert page.locator("#code-card .dte-card-nearest img").count() == 6
    page.click("#code-card .dte-card-play")
    assert f"0.500{TO}0.505 s" in page.inner_text("#code-card")
    page.get_by_role("button", name="next stretch").click()
    page.wait_for_function(f"document.querySelector('{PLAYER}').dataset.plays === '1'")
    fits_a_phone(page)


def test_a_clip_plays_and_its_tokens_lie_on_its_frames(page, made_url):
    open_at(page, made_url, "tokenizer=made-blocks")
    wait_for_player(page)
    record = record_of("blocks")
    assert f"frame 1 of {len(record.media)}, step 1 of 7" in page.inner_text(PLAYER)
    page.click(f"{PLAYER} .dte-play")
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}').dataset.frame) >= 3")
    page.click(f"{PLAYER} .dte-play")
    picture = page.locator(f"{VIEW} [data-panel='tokens'] .dte-stage")
    picture.focus()
    page.keyboard.press("Home")
    for _ in range(30):  # into the second tile of the mosaic: a step of four frames
        page.keyboard.press("ArrowRight")
    page.wait_for_function("/token=30(&|$)/.test(location.search)")
    level = record.levels[0]
    code = level.indices.reshape(-1)[mosaic_order(level.layout.shape)[30]]
    assert data(page, VIEW, "selectedCode") == str(code) and data(page, PLAYER, "frame") == "1"
    assert f"frames 2{TO}5, row 1, column 7" in page.inner_text(f"{VIEW} .dte-status-text")
    flat = (-1, record.media.shape[2], 3)
    psnr = quality(record.media.reshape(flat), record.reconstruction.reshape(flat)).psnr_db
    assert f"{psnr:.2f}" in page.inner_text("#reconstruction")
    fits_a_phone(page)


def test_tokens_without_a_place_stand_beside_the_picture(page, made_url):
    open_at(page, made_url, "tokenizer=made-whole&token=3")
    record = record_of("whole")
    code = record.levels[0].indices[3]
    wait_for_text(page, "#code-card", "Where it acts")
    assert data(page, VIEW, "selectedCode") == str(code)
    assert "at token 4" in page.inner_text(f"{VIEW} .dte-status-text")
    assert "16 tokens without a place" in page.inner_text(f"{VIEW} [data-panel='tokens']")
    page.wait_for_function("document.querySelectorAll('#code-card .dte-card-nearest img').length === 6")
    stage = page.locator(f"{VIEW} [data-panel='tokens'] .dte-stage")
    stage.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("/token=7(&|$)/.test(location.search)")
    assert page.locator("#reconstruction [data-mode='margin']").count() == 0
    page.get_by_role("button", name="Reach of a token").click()
    page.wait_for_function("document.querySelector('#edit-view').getBoundingClientRect().top < innerHeight")
    fits_a_phone(page)


def test_levels_of_different_grids_switch(page, made_url):
    open_at(page, made_url, "tokenizer=made-scales&level=2&token=5")
    record = record_of("scales")
    assert data(page, VIEW, "selectedCode") == str(record.levels[2].indices.reshape(-1)[5])
    page.locator(f"{VIEW} .dte-levels").get_by_text("4", exact=True).click()
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.level === '3'")
    assert data(page, VIEW, "selectedCode") == "", "a token of another grid is not the same token"
    page.locator(f"{VIEW} [data-panel='tokens'] .dte-stage").focus()
    page.keyboard.press("End")
    page.wait_for_function("/token=63(&|$)/.test(location.search)")
    assert data(page, VIEW, "selectedCode") == str(record.levels[3].indices[-1, -1])
    page.click("#reconstruction [data-mode='quantization']")
    level = record.levels[3]
    mean = np.square(level.z_e - level.z_q).sum(1).mean()
    wait_for_text(page, "#reconstruction", "level 4")
    page.locator(f"{VIEW} [data-panel='tokens'] .dte-stage").focus()
    page.keyboard.press("Escape")
    digits = max(0, 2 - int(np.floor(np.log10(mean))))
    wait_for_text(page, "#reconstruction", f"mean {mean:.{digits}f} squared distance")
    fits_a_phone(page)


def test_another_kind_of_tokenizer_brings_another_medium_and_the_picture_comes_back(page, made_url):
    open_at(page, made_url, "tokenizer=made-signs&picture=coffee")
    choose_tokenizer(page, "Made tones · sound")
    page.wait_for_function("/picture=vowels/.test(location.search)")
    wait_for_text(page, "#sample-strip", "takes sounds")
    assert page.locator("#sample-strip [role='radio']").count() == len(samples_of("audio"))
    page.click("#sample-strip [data-id='drums']")
    page.wait_for_function("/picture=drums/.test(location.search)")
    choose_tokenizer(page, "Made signs")
    page.wait_for_function("/picture=coffee/.test(location.search)")
    page.wait_for_function("document.querySelector('#player').style.display === 'none'")
    page.reload()
    open_at(page, made_url, "tokenizer=made-tones&picture=drums&token=7")
    wait_for_player(page)
    record = record_of("tones", "drums")
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode === '{record.levels[0].indices[7]}'")


def test_an_uploaded_sound_brings_a_tokenizer_that_takes_it(page, made_url, tmp_path):
    open_at(page, made_url, "tokenizer=made-signs")
    page.get_by_text("Your own file").click()
    t = np.arange(24_000) / 16_000
    (tmp_path / "tone.wav").write_bytes(wav_bytes(0.5 * np.sin(2 * np.pi * 440 * t), 16_000))
    page.set_input_files("#upload-file input[type=file]", tmp_path / "tone.wav")
    wait_for_text(page, "#sample-strip", "This file is a sound")
    wait_for_player(page)
    assert "1.50 s" in page.inner_text(PLAYER)
    page.wait_for_function("location.search.includes('tokenizer=sound-rvq-8')")  # the first that ships
    (tmp_path / "broken.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVE")
    page.set_input_files("#upload-file input[type=file]", tmp_path / "broken.wav")
    wait_for_text(page, "#sample-strip", "damaged")
    assert "1.50 s" in page.inner_text(PLAYER), "the last good result stays"


def test_nothing_is_wider_than_a_phone(page, made_url):
    """Opened on one; the other kinds of media are narrowed where they are seen above."""
    page.set_viewport_size({"width": 420, "height": 800})
    open_at(page, made_url, "tokenizer=made-signs&token=1")
    wait_for_text(page, "#code-card", f"{record_of('signs').levels[0].indices.reshape(-1)[1]}")
    fits_a_phone(page)


def test_a_long_sound_is_seen_part_by_part(page, made_url, tmp_path):
    rate = 8_000
    (tmp_path / "long.wav").write_bytes(wav_bytes(np.sin(np.arange(95 * rate) ** 2 / 1e9) / 2, rate))
    open_at(page, made_url, "tokenizer=made-tones")
    page.set_input_files("#upload-file input[type=file]", tmp_path / "long.wav")
    wait_for_text(page, f"{PLAYER} .dte-excerpt", "Seconds 0 to 30 of 95")
    assert page.is_disabled(f"{PLAYER} .dte-excerpt button >> nth=0")
    page.click(f"{PLAYER} .dte-excerpt >> text=Later")
    wait_for_text(page, f"{PLAYER} .dte-excerpt", "Seconds 30 to 60 of 95")
    page.fill(f"{PLAYER} .dte-excerpt input", "80")  # beyond the last whole part
    wait_for_text(page, f"{PLAYER} .dte-excerpt", "Seconds 65 to 95 of 95")
    page.wait_for_function("location.search.includes('from=65')")
    assert page.is_disabled(f"{PLAYER} .dte-excerpt button >> nth=1")
    page.go_back()
    wait_for_text(page, f"{PLAYER} .dte-excerpt", "Seconds 30 to 60 of 95")
    fits_a_phone(page)
    page.click(".strip-picture[data-id='chirp'], .strip-picture >> nth=0")
    page.wait_for_function("!location.search.includes('from=')")
    assert page.is_hidden(f"{PLAYER} .dte-excerpt")
