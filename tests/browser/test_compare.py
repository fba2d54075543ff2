"""The compare page in Chromium: four tokenizers side by side, sorted, swiped, voted on, exported, and linked to."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.browser.charts_in_sight import show_chart
from tests.browser.steady import steady_box

pytestmark = pytest.mark.browser

PAGE = "#compare-view .dte-compare"
PANES = f"{PAGE} .compare-panes"
FOUR = ("rvq-4", "pq-4", "fsq", "vq-collapsed")


def open_compare(page, app_url, query=""):
    page.goto(f"{app_url.rstrip('/')}/compare?{query}")
    ready(page)


def ready(page):
    page.wait_for_selector(f"{PAGE}[data-ready='true']")
    page.wait_for_selector(f"{PANES} .cp-stage", state="attached")


def column(page, key):
    """(tokenizer, text) of a column, from the top."""
    cells = page.locator(f"{PAGE} .compare-table tbody tr").evaluate_all(
        "(rows, key) => rows.map((row) => [row.dataset.tokenizer, row.querySelector(`td[data-key=${key}]`).innerText])",
        key,
    )
    return [(name, text) for name, text in cells]


def number(text):
    return float(re.match(r"[\d.,]+", text)[0].replace(",", ""))


def names(page):
    return page.locator(f"{PANES} .cp-pane figcaption b").all_inner_texts()


PIXEL = "(c) => [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]"


def middle_pixel(page, place=0):
    """The colour in the middle of a pane, which is opaque as soon as its picture is drawn."""
    canvas = page.locator(f"{PANES} .cp-grid canvas:first-child").nth(place)
    page.wait_for_function(f"(c) => ({PIXEL})(c)[3] === 255", arg=canvas.element_handle())
    return canvas.evaluate(PIXEL)


def test_four_are_compared_sorted_and_exported(page, app_url):
    open_compare(page, app_url, f"tokenizers={','.join(FOUR)}&media=preset:face")
    assert len(names(page)) == 5 and names(page)[0] == "Original"
    page.click(f"{PAGE} .cp-table button[data-key='psnr_db']")
    found = column(page, "psnr_db")
    assert sorted(name for name, _ in found) == sorted(FOUR)
    values = [number(text) for _, text in found]
    assert values == sorted(values, reverse=True) and values[0] > values[-1]
    assert "★" in found[0][1] and "★" not in found[-1][1]
    page.click(f"{PAGE} .cp-table button[data-key='psnr_db']")
    assert [name for name, _ in column(page, "psnr_db")] == [name for name, _ in reversed(found)]
    curves = drawn_curves(page)
    assert sorted(curves) == sorted([*FOUR, "jpeg", "webp"]) and len(curves["rvq-4"]) == 4
    with page.expect_download() as started:
        page.click(f"{PAGE} .cb-exports button[data-kind='report']")
    text = Path(started.value.path()).read_text(encoding="utf-8")
    assert started.value.suggested_filename == "report.html" and text.startswith("<!doctype html>")
    assert all(name in text for name in FOUR) and found[0][1].removesuffix(" ★") in text
    with page.expect_download() as started:
        page.click(f"{PAGE} .cb-exports button[data-kind='sheet']")
    assert Path(started.value.path()).read_bytes().startswith(b"\x89PNG")
    page.wait_for_function("location.search.includes('sort=psnr_db')")
    held_against_a_baseline(page)
    marks_apart_and_codecs(page)


def held_against_a_baseline(page):
    """Any of them can be the baseline; what is said of the pair turns round, and the link keeps it."""
    panel = f"{PAGE} .compare-differences"
    minus = "\N{MINUS SIGN}"
    less = page.inner_text(f"{panel} [data-tokenizer='fsq'] [data-key='psnr_db']")
    assert less.startswith(minus) and "better on 0 of 1 picture" in less  # fsq less rvq-4, which was chosen first
    page.select_option(f"{panel} select", "fsq")
    page.wait_for_function("location.search.includes('baseline=fsq')")
    more = page.inner_text(f"{panel} [data-tokenizer='rvq-4'] [data-key='psnr_db']")
    assert more.splitlines()[0] == less.splitlines()[0].replace(minus, "+") and "better on 1 of 1 picture" in more
    assert page.locator(f"{panel} tbody tr").count() == 3 and "no interval" in page.inner_text(f"{panel} .cb-caption")
    with page.expect_download() as started:
        page.click(f"{PAGE} .cb-exports button[data-kind='differences']")
    rows = Path(started.value.path()).read_text(encoding="utf-8").splitlines()
    assert any(row.startswith("fsq,rvq-4,psnr_db,high,") for row in rows)


DRAWN = """() => {
  const plot = document.querySelector('.compare-rates .ch-plot'), { xaxis, yaxis, meta } = plot._fullLayout;
  return plot.data.filter(({ customdata }) => customdata !== undefined).map(({ x, y, customdata }) =>
    [meta.curves[customdata[0][0]], Array.from(x, (value, i) => [xaxis.d2p(value), yaxis.d2p(y[i])])]);
}"""


def drawn_curves(page):
    """Id of each curve -> where its marks stand, in pixels of the plot."""
    show_chart(page, f"{PAGE} .compare-rates .ch-chart")
    return dict(page.evaluate(DRAWN))


def marks_apart_and_codecs(page):
    """No mark of a tokenizer lies on another's, a mark leads to its pane, and each codec says which bits it reached."""
    rates = f"{PAGE} .compare-rates"
    places = [place for curve, marks in drawn_curves(page).items() if curve in FOUR for place in marks]
    assert len(places) == 4 + 1 + 1 + 1  # four levels, and pq-4, fsq, vq-collapsed as they are
    assert min(np.hypot(a[0] - b[0], a[1] - b[1]) for i, a in enumerate(places) for b in places[:i]) > 12
    chart = page.locator(f"{rates} .ch-chart")
    chart.press("ArrowRight")  # to the first mark of the first curve
    assert "rvq-4" in chart.locator(".ch-spoken").inner_text() or "RVQ" in chart.locator(".ch-spoken").inner_text()
    chart.press("Enter")
    page.wait_for_selector(f"{PANES} [data-tokenizer='rvq-4'].cb-flash")
    page.click(f"{rates} .cp-codecs summary")
    table = page.locator(f"{rates} .cp-codecs table")
    assert "bits/pixel wanted" in table.inner_text() and table.locator("tbody tr").count() == 7
    wanted, reached = (
        float(table.locator("tbody tr", has_text="FSQ").locator("td").nth(n).inner_text().split()[0]) for n in (1, 2)
    )
    assert wanted == 0.156 and reached > 0


def test_zoom_is_shared_and_the_worst_patch_is_one_click_away(page, app_url):
    open_compare(page, app_url, "tokenizers=fsq,vq-collapsed&media=preset:face")
    before = [middle_pixel(page, place) for place in range(3)]
    page.locator(f"{PANES} [data-tokenizer='vq-collapsed'] button[data-act='worst']").click()
    page.wait_for_function("location.search.includes('zoom=')")  # written when the view rests
    assert any(middle_pixel(page, place) != before[place] for place in range(3))
    linked = page.evaluate("location.search")
    zoomed = [middle_pixel(page, place) for place in range(3)]
    page.reload()
    ready(page)
    assert page.evaluate("location.search") == linked
    again = [middle_pixel(page, place) for place in range(3)]
    assert np.allclose(again, zoomed, atol=6), "the link shows the same place, to a ten-thousandth of the side"
    page.locator(f"{PANES} .cp-stage").first.focus()
    page.keyboard.press("0")
    page.wait_for_function("!location.search.includes('zoom=')")
    assert [middle_pixel(page, place) for place in range(3)] == before
    page.keyboard.press("e")
    page.wait_for_selector(f"{PANES}[data-show='signed'] .cp-legend:not([hidden])")
    page.wait_for_function("location.search.includes('show=signed')")


def test_the_divider_uncovers_either_of_any_two(page, app_url):
    open_compare(page, app_url, "tokenizers=fsq,vq-collapsed&media=preset:face&mode=swipe&left=fsq&right=vq-collapsed")
    divider = page.locator(f"{PAGE} .cp-divider")
    clip = f"document.querySelector('{PAGE} .cp-above').style.clipPath"
    box = steady_box(page.locator(f"{PAGE} .cp-two"))
    assert divider.get_attribute("aria-valuenow") == "50"
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 40, steps=4)
    page.mouse.up()
    assert divider.get_attribute("aria-valuenow") == "25" and "25%" in page.evaluate(clip)
    divider.focus()
    page.keyboard.press("End")
    assert divider.get_attribute("aria-valuenow") == "100"
    page.select_option(f"{PAGE} select[data-side='left']", "")
    page.wait_for_function("!location.search.includes('left=')")


def test_a_blind_vote_hides_names_then_tells_them_and_is_tallied(page, app_url):
    open_compare(page, app_url, "tokenizers=fsq,vq-collapsed,bsq&media=preset:face&mode=blind&seed=3")
    assert names(page) == ["Original", "A", "B", "C"]
    assert page.locator(f"{PANES} [data-tokenizer='fsq']").count() == 0
    page.click(f"{PANES} button[data-vote='1']")
    page.wait_for_selector(f"{PANES} .cp-tally:not([hidden])")
    order = page.locator(f"{PANES} .cp-pane").evaluate_all(
        "(panes) => panes.slice(1).map((one) => one.dataset.tokenizer)"
    )
    assert sorted(order) == ["bsq", "fsq", "vq-collapsed"]
    assert page.get_attribute(PAGE, "data-voted") == order[1]
    tally = json.loads(page.evaluate("localStorage.getItem('dte-compare-votes')"))
    assert tally == {name: {"votes": int(name == order[1]), "shown": 1} for name in order}
    page.click(f"{PANES} button[data-act='next']")
    assert names(page) == ["Original", "A", "B", "C"]
    page.locator(f"{PANES} .cp-stage").first.focus()
    page.keyboard.press("1")
    page.wait_for_selector(f"{PANES} .cp-tally:not([hidden])")
    shown = page.locator(f"{PANES} .cp-tally tbody tr td:nth-child(3)").all_inner_texts()
    assert shown == ["2", "2", "2"]


def test_choices_that_cannot_be_compared_are_said_and_nothing_is_lost(page, app_url, tmp_path):
    open_compare(page, app_url, "tokenizers=fsq,bsq&media=preset:face")
    page.click(f"{PAGE} [data-fold='compare-tokenizers']")
    page.click(f"{PAGE} .cp-chip[data-id='bsq']")
    go = page.locator(f"{PAGE} button[data-act='compare']")
    assert go.is_disabled() and "one more" in page.inner_text(f"{PAGE} .cp-said")
    assert len(names(page)) == 3, "what was found stays on screen"
    page.click(f"{PAGE} .cp-chip[data-id='rvq-4']")
    go.click()
    page.wait_for_selector(f"{PANES} [data-tokenizer='rvq-4']")
    ready(page)
    page.get_by_role("button", name="Your own").click()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG and nothing more")
    page.set_input_files(f"{PAGE} .cp-file", str(broken))
    said = page.locator(f"{PAGE} .cp-part:first-child .cb-status[data-kind='problem']")
    said.wait_for()
    assert said.inner_text()
    assert page.locator(f"{PANES} [data-tokenizer='rvq-4']").count() == 1
    assert page.get_attribute(PAGE, "data-media") == "preset:face"
