"""The one component that draws figures of plotly, on the Codebook page: one visitor and one page for all of them."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from explorer.audit.shipped import load_shipped
from explorer.pages.shared.plotly_js import plotly_address, plotly_file
from tests.browser.charts_in_sight import show_chart
from tests.browser.steady import steady_box
from tests.conftest import PATIENCE_MS, is_error

pytestmark = pytest.mark.browser

PAGE = "#codebook-view .dte-codebook"
GROWTH, HALVES, SINGLES = (f"{PAGE} [data-figure='{name}']" for name in ("growth", "halves", "batches"))
PLOT = "document.querySelector(`{}`).querySelector('.ch-plot')"
AUDIT = load_shipped("vq-ema", "val").levels[0]
# Pixels, within the window, of the points of the last series of a chart, and what they stand for.
PLACES = """(selector) => {
  const plot = document.querySelector(selector).querySelector('.ch-plot');
  const { xaxis, yaxis } = plot._fullLayout, box = plot.getBoundingClientRect();
  return plot.data.flatMap(({ x, y, customdata }) => customdata === undefined ? [] : Array.from(customdata, (code, i) =>
    [code, box.left + xaxis._offset + xaxis.d2p(x[i]), box.top + yaxis._offset + yaxis.d2p(y[i])]));
}"""


@pytest.fixture(scope="module")
def visit(browser, app_url):
    """The page before anything is scrolled, and the addresses that it asked for."""
    context, errors = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True), []
    context.set_default_timeout(PATIENCE_MS)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    context.on("weberror", lambda error: errors.append(f"page error: {error.error}"))
    context.on("console", lambda note: errors.append(note.text) if is_error(note) else None)
    page.goto(f"{app_url}codebook?tokenizer=vq-ema&audit=val")
    page.wait_for_selector(f"{PAGE}[data-ready='true']")
    page.wait_for_selector(f"{PAGE} .codebook-map[data-kind='pca']", state="attached")
    yield page, asked
    context.close()
    assert errors == []


@pytest.fixture
def page(visit):
    """In place of a page of one test: the same for all."""
    return visit[0]


def shown(page, figure):
    """Scroll to a chart and wait until it is drawn."""
    return show_chart(page, f"{figure} .ch-chart")


def count_drawn(page, figure):
    return int(page.get_attribute(f"{figure} .ch-chart", "data-drawn"))


def libraries(asked):
    return [url for url in asked if plotly_address() in url]


def test_nothing_is_loaded_before_the_first_chart_comes_into_sight(visit, app_url):
    page, asked = visit
    assert page.evaluate("typeof globalThis.Plotly") == "undefined" and libraries(asked) == []
    with page.expect_response(lambda answer: plotly_address() in answer.url) as fetched:
        shown(page, GROWTH)
    assert fetched.value.url == app_url + plotly_address() and "immutable" in fetched.value.headers["cache-control"]
    for figure in (HALVES, SINGLES):
        shown(page, figure)
    assert len(libraries(asked)) == 1 and page.locator(".modebar-btn").count() == 0
    assert f"plotly.js v{page.evaluate('Plotly.version')}" in plotly_file().read_text(encoding="utf-8")[:100]
    tokens, used = page.evaluate(
        f"(({{ x, y }}) => [x, y].map((one) => Array.from(one)))({PLOT.format(GROWTH)}.data[0])"
    )
    assert list(zip(tokens, used, strict=True)) == [tuple(row) for row in AUDIT.growth.tolist()]


def test_a_code_is_chosen_lit_and_circled_in_a_chart(page):
    shown(page, HALVES)
    places = page.evaluate(PLACES, HALVES)
    counts = AUDIT.halves.sum(axis=0)
    assert sorted(code for code, *_ in places) == np.flatnonzero(counts).tolist()
    alone = [max(abs(x - a), abs(y - b)) for code, x, y in places for other, a, b in places if other != code]
    apart = np.reshape(alone, (len(places), -1)).min(axis=1)
    code, x, y = places[int(apart.argmax())]
    drawn = count_drawn(page, HALVES)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    page.wait_for_selector(f"{PAGE}[data-code='{code}']")
    page.mouse.move(5, 5)
    ring = page.locator(f"{HALVES} .ch-lit")
    box = steady_box(ring, scroll=False)
    assert abs(box["x"] + box["width"] / 2 - x) < 2 and abs(box["y"] + box["height"] / 2 - y) < 2
    assert count_drawn(page, HALVES) == drawn, "marking a code draws nothing anew"
    (left, top), (right, low) = np.array(places)[:, 1:].min(axis=0), np.array(places)[:, 1:].max(axis=0)
    middle = (left + right) / 2
    page.mouse.move(middle, top - 2)
    page.mouse.down()
    for at in ((middle, low + 20), (left - 20, low + 20), (left - 20, top - 2), (middle, top - 2)):
        page.mouse.move(*at, steps=3)
    page.mouse.up()
    page.wait_for_selector(f"{PAGE} .cm-list tr[data-code]", state="attached")
    found = int(page.inner_text(f"{PAGE} .cm-selected").split()[0].replace(",", ""))
    surely, perhaps = (sum(x <= middle + pixels for _, x, _ in places) for pixels in (-1.5, 1.5))
    assert 20 < surely <= found <= perhaps < len(places)


def test_the_page_of_a_code_shows_its_places_and_the_training_of_its_level_in_place(page):
    places, history = f"{PAGE} [data-figure='positions']", f"{PAGE} [data-figure='history']"
    for code in np.argsort(-AUDIT.counts)[[1, 0]]:
        page.fill(f"{PAGE} .cc-search", str(code))
        page.press(f"{PAGE} .cc-search", "Enter")
        page.wait_for_selector(f"{PAGE} .cc-page[data-code='{code}']")
        shown(page, places)
        drawn = f"JSON.stringify({PLOT.format(places)}.data[0].z.map((row) => Array.from(row)))"
        page.wait_for_function(f"(z) => {drawn} === JSON.stringify(z)", arg=AUDIT.positions[code].tolist())
        shown(page, history)
    assert (count_drawn(page, places), count_drawn(page, history)) == (2, 1), (
        "that of the level is the same for all codes"
    )


def test_keys_go_through_the_points_and_are_told(page):
    chart = shown(page, HALVES)
    chart.focus()
    page.keyboard.press("Home")
    told = chart.locator(".ch-spoken")
    page.wait_for_function(f"document.querySelector(`{HALVES} .ch-spoken`).textContent !== ''")
    assert "token" in told.inner_text() and page.locator(f"{HALVES} .hovertext").count() == 1
    code = re.search(r"code (\d+),", told.inner_text())[1]
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{PAGE}[data-code='{code}']")
    page.keyboard.press("Escape")
    assert told.inner_text() == "" and "Arrow keys" in chart.get_attribute("aria-label")


def test_a_chart_is_saved_as_picture_lines_and_numbers(page):
    shown(page, GROWTH)
    files = {}
    for kind in ("PNG", "SVG", "CSV"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Usage while counting, {kind}").click()
        assert download.value.suggested_filename == f"vq-ema-val-growth.{kind.lower()}"
        files[kind] = download.value.path().read_bytes()
    picture = np.asarray(Image.open(io.BytesIO(files["PNG"])).convert("L"))
    assert picture.shape[1] > 300 and picture.shape[0] > 260 and (picture < 200).mean() > 0.005
    assert files["SVG"].startswith(b"<svg") and b"codes used" in files["SVG"]
    rows = files["CSV"].decode().splitlines()
    assert rows[0] == "tokens,codes_used,codes_K,how" and rows[1].split(",")[:2] == [
        str(int(v)) for v in AUDIT.growth[0]
    ]
    page.click(f"{GROWTH} summary")  # the table is built when it is told that it was opened, which is later
    page.wait_for_selector(f"{GROWTH} tbody tr")
    assert page.locator(f"{GROWTH} tbody tr").count() == len(rows) - 1
    page.click(f"{GROWTH} summary")


def test_a_chart_follows_dark_and_light_in_its_place(page):
    shown(page, GROWTH)
    page.evaluate(f"{PLOT.format(GROWTH)}.querySelector('.main-svg').dataset.same = 'yes'")
    colour = f"{PLOT.format(GROWTH)}.data[0].line.color"
    before = page.evaluate(colour)
    for _ in range(2):
        page.evaluate("document.body.classList.toggle('dark')")
        page.wait_for_function(f"{colour} !== '{before}'")
        accent = page.evaluate("getComputedStyle(document.body).getPropertyValue('--dte-accent').trim()")
        assert page.evaluate(colour) == accent != before
        before = accent
    assert page.locator(f"{GROWTH} .main-svg[data-same='yes']").count() == 1
    page.wait_for_selector(f"{GROWTH} .ch-chart:not([aria-busy])")


UPDATES = """async ([figures, times]) => {
  const loaded = performance.getEntriesByType('resource').map((one) => one.name);
  const own = loaded.find((name) => name.endsWith('kit/widgets/chart.js'));
  const { createChart } = await import(own);
  const all = (element, what) => element.querySelectorAll(what).length;
  const before = { nodes: all(document, '*'), canvases: all(document, 'canvas') };
  const get = HTMLCanvasElement.prototype.getContext;
  const contexts = new Set();
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    const made = get.call(this, kind, ...rest);
    if (kind.startsWith('webgl') && made) contexts.add(made);
    return made;
  };
  let turn = 0;
  const ask = async () => ({ figure: figures[turn % 2], library: 'of this page already' });
  const chart = createChart({ label: 'Test.', ask });
  Object.assign(chart.element.style, { position: 'fixed', inset: '0 auto auto 0', width: '400px', zIndex: 9 });
  document.body.append(chart.element);
  const found = [];
  for (turn = 0; turn < times; turn++) {
    chart.refresh();
    while (Number(chart.element.dataset.drawn ?? 0) <= turn) await new Promise((resolve) => setTimeout(resolve, 5));
    found.push([all(chart.element, '*'), all(chart.element, 'canvas'), contexts.size]);
  }
  chart.destroy();
  HTMLCanvasElement.prototype.getContext = get;
  return { found, before, after: { nodes: all(document, '*'), canvases: all(document, 'canvas') } };
}"""


def test_many_updates_leave_one_picture_and_no_context_of_webgl_behind(page):
    """More than the 16 contexts that a browser gives to a page."""
    shown(page, GROWTH)
    rng = np.random.default_rng(0)
    figures = []
    for n in (200, 300):
        points = {axis: rng.normal(size=n).round(3).tolist() for axis in "xyz"}
        trace = {"type": "scatter3d", "mode": "markers", "marker": {"size": 2}, **points}
        figures.append({"data": [trace], "layout": {"meta": {"pick": None}, "uirevision": "one"}})
    told = page.evaluate(UPDATES, [figures, 20])
    nodes, canvases, contexts = np.array(told["found"]).T
    assert len(nodes) == 20 and canvases[1:].tolist() == [canvases[1]] * 19
    assert nodes[1:].max() == nodes[1:].min() and contexts.max() == contexts[1] <= 2, json.dumps(told["found"][::5])
    assert (
        told["after"]["canvases"] == told["before"]["canvases"]
        and told["after"]["nodes"] <= told["before"]["nodes"] + 2
    )


def test_without_the_library_the_words_and_the_table_stay_and_another_try_helps(browser, app_url):
    visitor = browser.new_context(viewport={"width": 420, "height": 900})
    visitor.set_default_timeout(PATIENCE_MS)
    page = visitor.new_page()
    page.route("**/plotly-*", lambda route: route.abort())
    page.goto(f"{app_url}codebook?tokenizer=vq-ema&audit=val")
    page.wait_for_selector(f"{PAGE}[data-ready='true']")
    show_chart(page, f"{GROWTH} .ch-chart", "failed")
    assert "its drawing library did not load" in page.inner_text(f"{GROWTH} .ch-words")
    page.click(f"{GROWTH} summary")
    page.wait_for_selector(f"{GROWTH} tbody tr")  # it is filled once the browser says that it is open
    assert page.locator(f"{GROWTH} tbody tr").count() >= len(AUDIT.growth)
    page.unroute("**/plotly-*")
    page.click(f"{GROWTH} .ch-problem button")
    page.wait_for_selector(f"{GROWTH} .ch-chart[data-state='drawn']")
    assert page.inner_text(f"{GROWTH} .ch-words") == "" and page.evaluate("document.documentElement.scrollWidth") <= 420
    visitor.close()
