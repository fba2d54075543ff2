"""The compare page in Chromium for sounds, clips and pictures of one size: heard in step, voted on, reported."""

import csv
import math
import re
from pathlib import Path

import pytest

from tests.browser.charts_in_sight import show_chart
from tests.first_screen import in_sight

pytestmark = pytest.mark.browser

PAGE = "#compare-view .dte-compare"
PANES = f"{PAGE} .compare-panes"
PLAYER = f"{PANES} .cp-player"


def open_compare(page, made_url, query):
    page.goto(f"{made_url.rstrip('/')}/compare?{query}")
    ready(page)


def ready(page):
    page.wait_for_selector(f"{PAGE}[data-ready='true']")
    page.wait_for_selector(f"{PANES} .cp-stage", state="attached")


HEADS = f"""(wanted) => {{
  const drawn = (c) => c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((v) => v);
  const overlays = document.querySelectorAll("{PANES} .cp-grid .cp-stage canvas:nth-child(2)");
  return [...overlays].filter(drawn).length === wanted;
}}"""


def wait_for_heads(page, panes):
    """Until so many panes show where it plays: a bright or dark line in their overlay."""
    page.wait_for_function(HEADS, arg=panes)


def turn_to(page, name):
    page.locator(f"{PAGE} .compare-choose").get_by_text(name, exact=True).click()


def listed(page, selector, name):
    """That data attribute of all elements."""
    return page.locator(selector).evaluate_all(f"(all) => all.map((one) => one.dataset.{name})")


def test_sounds_play_in_step_and_one_is_heard(page, made_url):
    open_compare(page, made_url, "tokenizers=made-tones,made-rates&media=sample:drums")
    captions = page.locator(f"{PANES} figcaption").all_inner_texts()
    assert len(captions) == 3 and all("SI-SDR" in one and "kbit/s" in one for one in captions[1:])
    assert page.locator(f"{PANES} [data-show]").count() == 0 and "resampled back" in page.inner_text(PANES)
    page.click(f"{PLAYER} [data-act='play']")
    page.wait_for_selector(f"{PLAYER}[data-playing='true'][data-heard='']")
    page.wait_for_function(f"document.querySelector('{PLAYER} .cp-time').textContent.includes(' of 0:04')")
    wait_for_heads(page, 3)
    page.locator(f"{PANES} [data-tokenizer='made-rates'] [data-act='hear']").click()
    page.wait_for_selector(f"{PLAYER}[data-heard='made-rates']")
    assert page.locator(f"{PANES} [data-act='hear'][aria-pressed='true']").count() == 1
    page.click(f"{PLAYER} [data-act='play']")
    page.wait_for_selector(f"{PLAYER}[data-playing='false']")
    at = page.inner_text(f"{PLAYER} .cp-time")
    page.wait_for_timeout(300)
    assert page.inner_text(f"{PLAYER} .cp-time") == at
    page.locator(f"{PANES} .cp-stage").nth(1).click(position={"x": 20, "y": 40})
    page.wait_for_selector(f"{PLAYER}[data-playing='true'][data-heard='made-tones']")


def test_figures_of_sounds_have_their_own_columns_and_curves(page, made_url):
    open_compare(page, made_url, "tokenizers=made-tones,made-rates&media=sample:vowels&sort=-si_sdr_db")
    keys = listed(page, f"{PAGE} .cp-table thead button", "key")
    assert {"kbps_uniform", "si_sdr_db", "log_mel_db"} <= set(keys) and "psnr_db" not in keys
    show_chart(page, f"{PAGE} .compare-rates .ch-chart")
    layout = page.evaluate("document.querySelector('.compare-rates .ch-plot').layout")
    assert {"made-tones", "made-rates", "opus"} <= set(layout["meta"]["curves"])
    assert "kbit/s" in layout["xaxis"]["title"]["text"]
    with page.expect_download() as started:
        page.click(f"{PAGE} .cb-exports button[data-kind='report']")
    text = Path(started.value.path()).read_text(encoding="utf-8")
    assert text.count("<audio") == text.count('src="data:audio/flac;base64,') == 3


def test_a_blind_vote_is_taken_by_ear(page, made_url):
    open_compare(page, made_url, "tokenizers=made-tones,made-rates&media=sample:drums&mode=blind&seed=4")
    titles = page.locator(f"{PANES} figcaption b").all_inner_texts()
    assert titles == ["Original", "A", "B"] and "Made" not in page.locator(f"{PANES} .cp-grid").inner_html()
    page.locator(f"{PANES} [data-act='hear']").nth(2).click()
    page.wait_for_selector(f"{PLAYER}[data-playing='true']")
    page.locator(f"{PANES} [data-vote='1']").click()
    page.wait_for_selector(f"{PANES} .cp-tally table")
    assert "your vote" in page.inner_text(f"{PANES} .cp-grid")


def test_a_hidden_x_is_told_by_ear_and_counted_without_a_name(page, made_url):
    page.set_viewport_size({"width": 420, "height": 900})
    open_compare(page, made_url, "tokenizers=made-tones,made-rates&media=sample:drums&mode=blind&seed=4")
    abx = page.locator(f"{PANES} .cp-abx")
    assert abx.get_by_role("combobox").locator("option").all_inner_texts() == [
        "A or B",
        "Original or A",
        "Original or B",
    ]
    assert not page.locator(f"{PLAYER} .dte-toggle").is_visible(), "all are equally loud, whatever was chosen"
    hear_x = abx.get_by_role("button", name="Hear X")
    hear_x.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{PLAYER}[data-playing='true'][data-heard='?x']")
    assert page.locator(f"{PANES} [aria-pressed='true'][data-act='hear']").count() == 0, "no pane tells which it is"
    right = 0
    for trial in range(1, 5):
        abx.get_by_role("button", name="X is A").focus()
        page.keyboard.press("Enter")
        page.wait_for_function(
            f"document.querySelector('.cp-abx [role=status]').textContent.includes(' of {trial} right')"
        )
        said = abx.get_by_role("status").inner_text()
        right += said.startswith("Right.")
        chance = sum(math.comb(trial, k) for k in range(right, trial + 1)) / 2**trial
        assert f"{right} of {trial} right; by guessing" in said and f"{math.floor(100 * chance + 0.5)}" in said
        assert page.evaluate("document.activeElement.dataset.answer") == "0", "the next answer is one key away"
        page.wait_for_selector(f"{PLAYER}[data-playing='false']")
    assert "Made" not in abx.inner_text() and "made-" not in abx.inner_html()
    lines = trials_of(page, abx)
    assert len(lines) == 4 and {(one["first"], one["second"]) for one in lines} == {("hidden", "hidden")}
    assert [one["right"] for one in lines].count("1") == right and {one["seed"] for one in lines} == {"4"}
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    abx.get_by_role("button", name="Show the names").click()
    page.wait_for_selector(f"{PANES} [data-tokenizer='made-tones']")
    assert "your vote" not in page.inner_text(f"{PANES} .cp-grid") and "of 4 right" in abx.inner_text()
    assert {trials_of(page, abx)[0][side] for side in ("first", "second")} == {"made-tones", "made-rates"}
    page.reload()
    page.wait_for_function(f"document.querySelector('{PANES} .cp-abx')?.innerText.includes('of 4 right')")
    abx.get_by_role("button", name="Clear all trials").click()
    assert "No trial yet." in abx.inner_text()


def test_what_is_asked_blind_leaves_the_spectrograms_in_sight(page, app_url):
    page.set_viewport_size({"width": 1280, "height": 720})
    open_compare(page, app_url, "tokenizers=sound-vq,sound-rvq-8,sound-fsq&media=sample:vowels&mode=blind")
    page.wait_for_selector(f"{PANES} .cp-abx:not([hidden])")
    panes = [f"{PANES} .cp-pane:nth-child({n}) .cp-stage" for n in (1, 2, 3, 4)]
    shares = list(in_sight(page, *panes).values())
    assert shares[:2] == pytest.approx([1, 1]) and min(shares[2:]) > 0.5
    page.get_by_text("How to do it").click()
    assert "Decide how many trials" in page.locator(f"{PANES} .cp-abx").inner_text()


def trials_of(page, abx):
    with page.expect_download() as started:
        abx.get_by_role("button", name="Trials, .csv").click()
    return list(csv.DictReader(Path(started.value.path()).read_text(encoding="utf-8").splitlines()))


def test_clips_move_together(page, made_url):
    open_compare(page, made_url, "tokenizers=made-blocks,made-twin&media=sample:shapes")
    movies = page.locator(f"{PANES} .cp-movie")
    page.wait_for_selector(f"{PANES} .cp-movie[data-frame='0']")
    page.locator(f"{PLAYER} input[type='range']").fill("7")
    assert movies.evaluate_all("(all) => all.map((one) => one.dataset.frame)") == ["7"] * 3
    drawn = movies.first.evaluate("(c) => c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data[3]")
    assert drawn == 255
    page.click(f"{PLAYER} [data-act='play']")
    page.wait_for_function(f"document.querySelector('{PANES} .cp-movie').dataset.frame !== '7'")
    page.click(f"{PLAYER} [data-act='play']")
    page.wait_for_selector(f"{PLAYER}[data-playing='false']")
    assert len(set(movies.evaluate_all("(all) => all.map((one) => one.dataset.frame)"))) == 1
    assert "25 frames" in page.inner_text(PANES)


def test_what_is_compared_turns_from_pictures_to_sounds_and_back(page, made_url):
    open_compare(page, made_url, "tokenizers=made-whole,made-signs&media=sample:coffee")
    assert re.search(r"64\s\W\s64 px", page.inner_text(PANES)), "all have the size that one of them takes"
    turn_to(page, "Sounds")
    page.wait_for_function("location.search.includes('sample%3Avowels')")
    page.wait_for_selector(f"{PANES} .cp-player:not([hidden])")
    ready(page)
    assert set(listed(page, f"{PAGE} .cp-chip:not([hidden])", "modality")) == {"audio"}
    assert page.locator(f"{PAGE} .cp-tile").count() == 6, "five sounds, and all as a set"
    turn_to(page, "Pictures")
    page.wait_for_function("location.search.includes('sample%3Aastronaut')")
    ready(page)


def test_a_mixed_link_says_what_it_leaves_out(page, made_url):
    open_compare(page, made_url, "tokenizers=made-tones,fsq,made-rates&media=sample:drums")
    assert "cannot be compared with the rest" in page.inner_text(PAGE)
    assert sorted(listed(page, f"{PANES} [data-tokenizer^='made']", "tokenizer")) == ["made-rates", "made-tones"]
