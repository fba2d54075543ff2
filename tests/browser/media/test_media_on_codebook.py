"""The codebook page in Chromium on codecs of every kind that have no audit: a first look, the samples, own files."""

import numpy as np
import pytest
from made_codecs import MADE, made

from explorer.media.medium import fit_medium, values
from explorer.media.samples import samples_of
from explorer.media.sounds.audio import wav_bytes

pytestmark = pytest.mark.browser

PAGE = "#codebook-view .dte-codebook"
CODE = f"{PAGE} .codebook-code"
AUDIT = f"{PAGE} .codebook-audit"


def open_codebook(page, made_url, query):
    page.goto(f"{made_url.rstrip('/')}/codebook?{query}")
    page.wait_for_selector(f"{PAGE}[data-ready='true']")


def counts_of(name, level, samples):
    """Counted here, from the codec itself."""
    tokenizer = made(name)
    codes = [
        tokenizer.tokenize(values(fit_medium(sample.load(), tokenizer.spec, 256))).levels[level].indices.reshape(-1)
        for sample in samples
    ]
    return np.bincount(np.concatenate(codes), minlength=tokenizer.codebooks()[level].codebook_size)


def first_sample(name):
    return [next(iter(samples_of(made(name).spec.modality).values()))]


@pytest.mark.parametrize("name", MADE)
def test_a_codebook_without_an_audit_shows_what_one_sample_says(page, made_url, name):
    level = made(name).spec.num_quantizers - 1
    counts = counts_of(name, level, first_sample(name))
    code = int(counts.argmax())
    open_codebook(page, made_url, f"tokenizer=made-{name}&level={level}&code={code}")
    page.wait_for_selector(f"{CODE}[data-code='{code}'][data-decoded='{code}']")
    assert f"{counts[code]:,} of {counts.sum():,} tokens" in page.inner_text(CODE)
    assert f"One sample: {first_sample(name)[0].title}" in page.inner_text(f"{PAGE} .cb-counted")
    assert "Only one of the app's samples is counted" in page.inner_text(AUDIT)
    assert page.locator(f"{CODE} .cc-row img").count() >= 1
    assert page.locator(f"{PAGE} .codebook-map canvas").count() >= 1
    page.locator(f"{PAGE} .codebook-geometry").scroll_into_view_if_needed()  # a chart is drawn when it is seen
    page.wait_for_selector(f"{PAGE} .codebook-geometry canvas, {PAGE} .codebook-geometry svg")
    text = page.inner_text(CODE)
    if name == "whole":
        assert ("no place" in text and page.locator(f"{CODE} .cc-box").count() == 0) or "whole picture" in text
    if made(name).spec.modality == "audio":
        assert "Where in the sound" in text
    if name == "blocks":
        assert "Where in the frame" in text


def test_what_a_code_of_sound_stands_for_can_be_heard(page, made_url):
    code = int(counts_of("tones", 0, first_sample("tones")).argmax())
    open_codebook(page, made_url, f"tokenizer=made-tones&level=0&code={code}")
    page.wait_for_selector(f"{CODE}[data-decoded='{code}']")
    buttons = page.locator(f"{CODE} .cc-row .cc-play")
    assert buttons.count() == page.locator(f"{CODE} .cc-row img").count()
    buttons.first.click()
    page.wait_for_selector(f"{CODE} .cc-row .cc-play[data-played]")
    assert int(buttons.first.get_attribute("data-played")) == 2000, "a quarter of a second at 8 kHz"
    alone = page.locator(f"{CODE} .cc-decoded .cc-play")
    alone.click()
    page.wait_for_selector(f"{CODE} .cc-decoded .cc-play[data-played]")
    assert int(alone.get_attribute("data-played")) == 4000, "half a second"
    assert page.locator(f"{CODE} .cc-play.is-playing").count() <= 1, "one sound at a time"


@pytest.mark.parametrize("name", ["rates", "blocks"])
def test_all_samples_are_counted_on_request(page, made_url, name):
    open_codebook(page, made_url, f"tokenizer=made-{name}")
    samples = list(samples_of(made(name).spec.modality).values())
    page.click(f"{AUDIT} [data-act='samples']")
    page.wait_for_selector(f"{PAGE}[data-audit^='own-'][data-ready='true']")
    words = page.inner_text(f"{PAGE} .cb-counted")
    assert words.startswith("Sample ") and f"{len(samples)} " in words
    tokenizer = made(name)
    levels = [tokenizer.tokenize(values(fit_medium(sample.load(), tokenizer.spec, 1024))).levels for sample in samples]
    tokens = [sum(one[q].layout.num_tokens for one in levels) for q in range(tokenizer.spec.num_quantizers)]
    assert ", ".join(f"{count:,}" for count in tokens) in words


def test_own_sounds_are_counted_and_pictures_among_them_skipped(page, made_url):
    tone = (0.3 * np.sin(np.arange(8000) * 0.3))[:, None].astype(np.float32)
    files = [
        {"name": "one.wav", "mimeType": "audio/wav", "buffer": wav_bytes(tone, 8000)},
        {"name": "two.wav", "mimeType": "audio/wav", "buffer": wav_bytes(tone[:3990], 8000)},
        {"name": "no.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\nnothing"},
    ]
    open_codebook(page, made_url, "tokenizer=made-tones")
    page.set_input_files(f"{AUDIT} input[type='file']", files)
    page.wait_for_selector(f"{PAGE}[data-audit^='own-'][data-ready='true']")
    words = page.inner_text(f"{PAGE} .cb-counted")
    assert "2 sounds (1.5 s)" in words and "300 tokens" in words and "1 skipped" in words
    page.click(f"{PAGE} [data-fold='codebook-about']")
    page.click(f"{PAGE} .cb-notes summary")
    told = page.inner_text(f"{PAGE} .cb-notes li")
    assert told.startswith("1 of 2 media: The end filled with 1.2 ms of silence: 3,990 become 4,000 samples")


def test_a_phone_has_room_for_it(page, made_url):
    page.set_viewport_size({"width": 420, "height": 900})
    open_codebook(page, made_url, "tokenizer=made-rates")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
