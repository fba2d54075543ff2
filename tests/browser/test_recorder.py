"""A recording by the microphone: what is heard becomes the sound of the page; refused, it is said, nothing is lost."""

import re

import pytest

pytestmark = pytest.mark.browser

VIEW = "#inspect-view .dte-inspect"
RECORDER = "#recorder .dte-root"
REFUSES = """() => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
}"""


def open_recorder(page, app_url):
    page.goto(f"{app_url}?tokenizer=sound-rvq-8")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    page.click("[data-fold='fold-own']")
    page.wait_for_selector(f"{RECORDER}[data-state='idle']")


def test_what_is_spoken_is_tokenized(page, app_url):
    open_recorder(page, app_url)
    page.click(f"{RECORDER} .rc-button")
    page.wait_for_function(f"parseFloat(document.querySelector('{RECORDER} .rc-words').textContent) >= 1.2")
    page.click(f"{RECORDER} .rc-button")
    page.wait_for_selector(f"{RECORDER}[data-state='sent']")
    heard = float(re.match(r"([\d.]+) s recorded\.", page.inner_text(f"{RECORDER} .rc-words"))[1])
    assert heard >= 1.2, "the device of the tests beeps, so it is not silent"
    page.wait_for_function("document.querySelector('#player .dte-player-clock')?.textContent.includes('s')")
    page.wait_for_function(
        f"Math.abs(parseFloat(document.querySelector('#player .dte-player-clock').textContent) - {heard}) < 0.2"
    )


def test_a_microphone_that_is_refused_is_said_and_the_sample_stays(page, app_url):
    open_recorder(page, app_url)
    page.evaluate(REFUSES)
    before = page.inner_text("#player .dte-player-clock")
    page.click(f"{RECORDER} .rc-button")
    page.wait_for_selector(f"{RECORDER}[data-state='refused']")
    assert "not allowed" in page.inner_text(f"{RECORDER} .rc-words")
    assert page.inner_text("#player .dte-player-clock") == before
    assert page.locator(f"{RECORDER} .rc-button").is_enabled()
