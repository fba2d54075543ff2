"""The Inspect page in Chromium, clicked through as a visitor would; every number is recomputed from the tokenizer."""

import re

import numpy as np
import pytest

from explorer.media.quality.metrics import quality
from explorer.tokenizers import load_tokenizer
from tests.browser.charts_in_sight import show_chart
from tests.browser.inspect.inspect_page import VIEW, data, open_at, picture_canvas, query_of, wait_for_card
from tests.browser.steady import steady_box

pytestmark = pytest.mark.browser
KINDS = ("vq-ema-reseed", "rvq-4", "fsq", "bsq")  # one of each kind; the others are seen by --run-slow


def test_a_click_on_a_patch_selects_its_code_everywhere(page, app_url, tokenizers, record_of):
    first = tokenizers[0].id
    open_at(page, app_url, f"tokenizer={first}")
    before = int(data(page, "frames-drawn"))
    box = steady_box(picture_canvas(page), scroll=False)
    assert box["y"] + box["height"] / 2 < 900, "the picture is on the first screen, and its middle can be pressed"
    # The picture is square, as is its middle: the very centre of the canvas lies in the middle of the picture.
    page.mouse.click(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2 + 3)
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode !== ''")
    page.wait_for_function("location.search.includes('token=')")
    indices = record_of(first).levels[0].indices
    token = int(query_of(page)["token"])
    rows, columns = indices.shape
    assert abs(token // columns - rows / 2) <= 1 and abs(token % columns - columns / 2) <= 1
    code = int(indices.flat[token])
    assert int(data(page, "selected-code")) == code == int(query_of(page)["code"])
    assert int(data(page, "frames-drawn")) > before
    wait_for_card(page, code)
    count = int((indices == code).sum())
    assert f"{count} of {indices.size:,} tokens" in page.inner_text("#code-card")


DRAWN = (
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"  # all that was moved until now
)


def test_hover_lights_up_without_asking_python(page, app_url, tokenizers):
    open_at(page, app_url, f"tokenizer={tokenizers[0].id}")
    page.wait_for_timeout(500)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/queue/" in request.url else None)
    box = steady_box(picture_canvas(page))
    status = page.locator(f"{VIEW} .dte-status-text")
    said = set()
    for step in range(8):
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.05 * step), box["y"] + box["height"] / 2)
        page.evaluate(DRAWN)
        said.add(status.inner_text())
    assert len([text for text in said if re.search(r"[Cc]ode \d", text)]) >= 3
    assert data(page, "selected-code") == ""
    assert [url for url in asked if url.endswith("/queue/join")] == []


USAGE = f"{VIEW} .dte-usage"
AT = f"""(place) => {{
  const plot = document.querySelector(`{USAGE} .ch-plot`), {{ xaxis, yaxis }} = plot._fullLayout;
  const box = plot.getBoundingClientRect(), left = box.left + xaxis._offset, x = Math.round(left + xaxis.d2p(place));
  return [x, box.top + yaxis._offset + yaxis._length - 2, Math.round(xaxis.p2d(x - left)) - 1];
}}"""  # the nearest whole pixel to a place of the axis, just above the axis, and which of the bars is there


def test_the_usage_chart_is_linked_both_ways_and_draws_nothing_anew(page, app_url, tokenizers, record_of):
    open_at(page, app_url, f"tokenizer={tokenizers[0].id}")
    show_chart(page, USAGE)
    indices = record_of(tokenizers[0].id).levels[0].indices
    counts = np.bincount(indices.ravel(), minlength=tokenizers[0].codebook_size)
    order = np.argsort(-counts, kind="stable")[: (counts > 0).sum()]
    drawn = page.evaluate(f"Array.from(document.querySelector(`{USAGE} .ch-plot`).data[0].customdata)")
    assert drawn == order.tolist()
    x, y, place = page.evaluate(AT, len(order) // 3)
    code = int(order[place])
    page.mouse.move(x + 0.9, y)  # bars are thinner than a pixel, and a click has no fractions of one
    said = f"document.querySelector(`{VIEW} .dte-status-text`).textContent"
    page.wait_for_function(f"{said}.startsWith('Code {code}, {counts[code]} of {indices.size:,} tokens')")
    page.wait_for_function(f"document.querySelector(`{USAGE} .hovertext`)?.textContent.startsWith('code {code}, ')")
    page.mouse.click(x + 0.9, y)
    page.wait_for_function(f"document.querySelector(`{VIEW}`).dataset.selectedCode === '{code}'")
    lit = page.locator(f"{USAGE} .ch-lit.is-bar")
    box = steady_box(lit, scroll=False)
    assert abs(box["x"] + box["width"] / 2 - x) < 1.5 and box["width"] >= 3
    left = lit.evaluate("one => one.style.left")
    picture_canvas(page).hover(position={"x": 12, "y": 12})
    page.wait_for_function(f"document.querySelector(`{USAGE} .ch-lit`).style.left !== '{left}'")
    assert page.get_attribute(USAGE, "data-drawn") == "1", "lighting a bar draws nothing anew"


def test_arrow_keys_move_the_token_and_escape_lets_go(page, app_url, tokenizers, record_of):
    first = tokenizers[0].id
    open_at(page, app_url, f"tokenizer={first}&token=100")
    indices = record_of(first).levels[0].indices
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode === '{indices.flat[100]}'")
    page.locator(f"{VIEW} [tabindex='0']").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('token=101')")
    assert int(data(page, "selected-code")) == indices.flat[101]
    page.keyboard.press("ArrowDown")
    page.wait_for_function(f"location.search.includes('token={101 + indices.shape[1]}')")
    wait_for_card(page, int(indices.flat[101 + indices.shape[1]]))
    page.keyboard.press("Escape")
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode === ''")


def test_levels_solo_and_cumulative_are_decoded(page, app_url, tokenizers, record_of):
    several = next(spec for spec in tokenizers if spec.num_quantizers > 1)
    open_at(page, app_url, f"tokenizer={several.id}")
    record, tokenizer = record_of(several.id), load_tokenizer(several.id, device="cpu")
    wait_for_card(page, f"level 1 of {several.num_quantizers}")
    levels = page.locator(f"{VIEW} .dte-levels")
    levels.get_by_text("2", exact=True).click()
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.level === '1'")
    assert data(page, "selected-code") == ""
    wait_for_card(page, f"level 2 of {several.num_quantizers}")  # nothing is chosen, and the card follows all the same
    for label, kept in (
        ("Solo", [1]),
        ("Mute", [q for q in range(several.num_quantizers) if q != 1]),
        ("Up to", [0, 1]),
    ):
        levels.get_by_text(label, exact=True).click()
        expected = quality(record.media, tokenizer.decode_levels(record, kept)).psnr_db
        page.wait_for_function(f"document.querySelector('#reconstruction').textContent.includes('{expected:.2f}')")
    page.wait_for_function("/mode=cumulative/.test(location.search) && /level_no=2/.test(location.search)")


def test_another_tokenizer_and_another_picture(page, app_url, tokenizers, record_of):
    first, second = tokenizers[0], tokenizers[1]
    open_at(page, app_url, f"tokenizer={first.id}")
    page.click("#tokenizer input")
    page.get_by_role("option", name=second.title, exact=True).click()
    page.wait_for_function(f"new URLSearchParams(location.search).get('tokenizer') === '{second.id}'")
    assert second.summary in page.inner_text("#tokenizer-facts")
    page.click("#sample-strip [data-id='coffee']")
    page.wait_for_function("location.search.includes('picture=coffee')")
    record = record_of(second.id, "coffee")
    expected = quality(record.media, record.reconstruction).psnr_db
    page.wait_for_function(f"document.querySelector('#reconstruction').textContent.includes('{expected:.2f}')")


def test_quick_choices_all_count_and_the_newest_wins(page, app_url, tokenizers, record_of):
    first, second = tokenizers[0], tokenizers[1]
    open_at(page, app_url, f"tokenizer={first.id}")
    for sample in ("coffee", "flower", "chelsea"):
        page.click(f"#sample-strip [data-id='{sample}']")
    page.click("#tokenizer input")
    page.get_by_role("option", name=second.title, exact=True).click()
    record = record_of(second.id, "chelsea")
    expected = quality(record.media, record.reconstruction).psnr_db
    page.wait_for_function(f"document.querySelector('#reconstruction').textContent.includes('{expected:.2f}')")
    page.wait_for_timeout(1500)  # nothing older may come after
    assert query_of(page) == {"picture": "chelsea", "tokenizer": second.id, "side": "256"}
    assert f"{expected:.2f}" in page.inner_text("#reconstruction")


@pytest.mark.parametrize("ids", [KINDS, pytest.param((), marks=pytest.mark.slow)], ids=["kinds", "others"])
def test_every_tokenizer_opens(page, app_url, tokenizers, ids):
    for spec in [one for one in tokenizers if (one.id in KINDS) == bool(ids)]:
        open_at(page, app_url, f"tokenizer={spec.id}&side=256&token=30")
        page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode !== ''")
        code = data(page, "selected-code")
        wait_for_card(page, code)
        assert spec.summary in page.inner_text("#tokenizer-facts")
        assert data(page, "selected-code") == code and page.locator(f"{VIEW} .dte-body").is_visible()
    page.wait_for_timeout(1500)  # whatever comes later, such as maps, must not take the view away
    assert data(page, "selected-code") == code and page.locator(f"{VIEW} .dte-body").is_visible()


def test_nothing_moves_under_the_pointer(page, app_url):
    open_at(page, app_url, "tokenizer=rvq-4")
    panel = page.locator(f"{VIEW} [data-panel='tokens']")
    below = f"v => v.getBoundingClientRect().top - document.querySelector('{VIEW}').getBoundingClientRect().top"
    said = page.inner_text(f"{VIEW} .dte-status-text")
    before = panel.evaluate(below)
    panel.hover(position={"x": 40, "y": 60})
    page.wait_for_function(
        "([view, said]) => document.querySelector(`${view} .dte-status-text`).textContent !== said", arg=[VIEW, said]
    )
    assert panel.evaluate(below) == before, "the line that says what is hovered has its place"


@pytest.mark.parametrize(("dark", "widths"), [(False, (1440, 420)), (True, (420, 1440))], ids=["light", "dark"])
def test_nothing_overflows_and_text_is_readable(page, app_url, tokenizers, widths, dark):
    """Opened at one width and drawn to the other."""
    page.set_viewport_size({"width": widths[0], "height": 900})
    open_at(page, app_url, f"tokenizer={tokenizers[0].id}&token=10" + ("&__theme=dark" if dark else ""))
    wait_for_card(page, data(page, "selected-code"))
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth") <= 0
    assert page.evaluate("document.body.classList.contains('dark')") is dark
    contrast = page.evaluate(
        """() => {
          const linear = (x) => (x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
          const lum = (c) => { const v = c.map((x) => linear(x / 255));
            return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
          const rgb = (s) => s.match(/[\\d.]+/g).slice(0, 3).map(Number);
          const text = lum(rgb(getComputedStyle(document.querySelector('#code-card .dte-root')).color));
          let behind = document.querySelector('#code-card .dte-root');  // the first ancestor that paints anything
          const painted = (e) => getComputedStyle(e).backgroundColor;
          while (/^rgba\\(.*, 0\\)$/.test(painted(behind))) behind = behind.parentElement;
          const back = lum(rgb(painted(behind)));
          return (Math.max(text, back) + .05) / (Math.min(text, back) + .05);
        }"""
    )
    assert contrast >= 7  # WCAG AAA for text


def test_a_umap_that_ships_is_there_at_once(page, app_url, tokenizers):
    first = next(spec for spec in tokenizers if spec.quantizer == "vq")
    open_at(page, app_url, f"tokenizer={first.id}&map=umap")
    page.wait_for_function(
        "document.querySelector('#inspect-view').textContent.includes('Distances between far points')"
    )


def test_a_umap_is_laid_out_when_it_is_chosen(page, made_url):
    """That it begins and says so; to lay it out takes a minute of a busy core."""
    open_at(page, made_url, "tokenizer=made-whole")
    said = "[...document.querySelectorAll('#inspect-view .dte-progress')].map((p) => p.textContent).join('')"
    assert page.evaluate(said) == ""
    page.locator(f"{VIEW} button", has_text="UMAP").click()
    page.wait_for_function(f"/^UMAP: (begins|\\d+% done)$/.test({said})")
    assert "map=umap" in page.evaluate("location.search")
