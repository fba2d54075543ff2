"""The page of a language model in Chromium: what comes next is written by a click, and a picture is continued."""

import re

import pytest

from explorer.pages.language import desk
from explorer.pages.language.link import tokens_of_text
from explorer.prior.sampling import Sampling
from explorer.prior.shelf import list_priors
from tests.browser.steady import steady_box

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not list_priors(), reason="no prior is in checkpoints/: python -m explorer prior vq-ema-reseed makes one"
    ),
]

PAGE = "#language-view .dte-language"
SHOWS = "([name, value]) => document.querySelector('#language-view .dte-language').dataset[name] === value"


def ready(page, **facts):
    page.wait_for_selector(f"{PAGE}[data-ready='true']")
    for name, value in facts.items():
        page.wait_for_function(SHOWS, arg=[name, value])
    page.wait_for_selector(f"{PAGE}[data-ready='true']")


def written_in(page):
    """The tokens of the address, once it has them."""
    found = re.search(r"written=(\w+)", page.url)
    return tokens_of_text(found[1], 1024) if found else ()


def test_half_a_picture_is_continued_by_clicks_draws_and_to_the_end(page, app_url):
    tokens = desk.picture_of(None, "flower").text.tokens
    before, model = tokens[:8].ravel().tolist(), desk.prior()
    told = model.next_token(before)
    page.goto(f"{app_url.rstrip('/')}/language?picture=flower")
    ready(page, place="129", written="0")
    shown = page.locator(f"{PAGE} .lg-codes .lg-number").all_inner_texts()
    assert [int(one) for one in shown] == told.order()[:10].tolist()
    assert f"{told.entropy_bits:.2f} bits" in page.inner_text(f"{PAGE} .lg-entropy")
    page.click(f"{PAGE} .lg-codes button >> nth=1")
    ready(page, place="130", written="1")
    page.click(f"{PAGE} [data-act='draw']")
    ready(page, place="131", written="2")
    second = int(told.order()[1])
    third = Sampling().draw(model.next_token([*before, second]))
    page.wait_for_function("/written=/.test(location.search)")
    page.wait_for_function("(new URLSearchParams(location.search).get('written') ?? '').length === 4")
    assert written_in(page) == (second, third)
    page.click(f"{PAGE} [data-act='proceed']")
    ready(page, written="128", place="")
    page.wait_for_function("(new URLSearchParams(location.search).get('written') ?? '').length === 256")
    whole = written_in(page)
    assert list(whole[2:]) == list(model.continue_tokens([*before, second, third], Sampling().draw))
    page.click(f"{PAGE} [data-act='again']")
    page.wait_for_function("new URLSearchParams(location.search).get('seed') === '1'")
    ready(page, written="128")
    page.wait_for_function("(new URLSearchParams(location.search).get('written') ?? '').length === 256")
    other = written_in(page)
    assert other != whole
    page.reload()
    ready(page, written="128")
    assert page.locator(f"{PAGE} .lg-sentence [data-kind='written']").all_inner_texts() == [str(one) for one in other]


def test_surprise_is_shown_and_a_place_says_what_was_expected(page, app_url):
    text = desk.picture_of(None, "china").text
    page.goto(f"{app_url.rstrip('/')}/language?picture=china&view=surprise")
    ready(page, view="surprise")
    assert f"{text.bits.sum():,.0f} bits in all" in page.inner_text(f"{PAGE} .lg-picture .cb-caption")
    box = steady_box(page.locator(f"{PAGE} .lg-stage"))
    page.mouse.click(box["x"] + 3.5 / 16 * box["width"], box["y"] + 1.5 / 16 * box["height"])
    ready(page, place="20")
    assert float(page.get_attribute(PAGE, "data-surprise")) == pytest.approx(text.bits[1, 3], rel=1e-3)
    page.keyboard.press("ArrowLeft")
    ready(page, place="19")
    page.click(f"{PAGE} [data-act='likely']")
    ready(page, view="written", place="20", written="3")
    assert page.get_attribute(f"{PAGE} .dte-segmented [data-id='written']", "aria-pressed") == "true"


@pytest.mark.parametrize("width", [1440, 1280, 420])
def test_nothing_is_cut_at_any_width(page, app_url, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{app_url.rstrip('/')}/language")
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = """() => [...document.querySelectorAll('#language-view :is(button, p, span, h3, output)')]
        .filter((one) => one.checkVisibility() && !one.closest('.lg-strip') && one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.textContent)"""  # noqa: E501
    assert page.evaluate(cut) == []


def test_on_a_narrow_screen_what_comes_next_is_above_the_fold(page, app_url):
    page.set_viewport_size({"width": 420, "height": 900})
    page.goto(f"{app_url.rstrip('/')}/language?picture=flower")
    ready(page, place="129")
    page.wait_for_function(
        """() => {
            const box = (name) => document.querySelector(`#language-view ${name}`).getBoundingClientRect();
            return box(".lg-entropy").bottom < innerHeight && box(".lg-entropy").top < box(".lg-controls").top;
        }"""
    )
    assert page.evaluate("[scrollY, document.documentElement.scrollWidth]") == [0, 420]
