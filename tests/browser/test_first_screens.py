"""The first screens in Chromium: how much of them is subject, what is seen without scrolling, and what is folded away.

One visitor opens each page once and is given the three sizes in turn.
"""

import pytest

from tests import first_screen
from tests.conftest import PATIENCE_MS
from tests.first_screen import LEAST, NAVIGATION, PAGES, SIZES, in_sight, open_first_screen, subject_share

pytestmark = pytest.mark.browser

PANELS = "#inspect-view [data-panel='{}'] .dte-stage"
PANES = "#compare-view .cp-pane:nth-child({})"
WHOLE, NEARLY, SOME = 0.999, 0.9, 0.3  # of an element's own box
# What is seen without scrolling at 1440 x 900 and 1280 x 720: selector -> the least share of it.
WIDE = {
    "": {PANELS.format(id_): NEARLY for id_ in ("picture", "tokens", "map")}
    | {"#code-card .dte-card-number": WHOLE, "#code-card .dte-card-crop": SOME, "#tokenizer": WHOLE},
    "lab": {
        "#lab-view .lab-panel-plane .lab-stage": NEARLY,
        "#lab-view .lab-panel-heatmap .dte-lp-stage": NEARLY,
        "#lab-view .lab-panel-diagnosis h3": WHOLE,
        "#lab-view .lab-panel-diagnosis :is(h4, .dte-lf-note)": WHOLE,
        "#lab-view .lab-panel-presets .dte-lf-card-title": WHOLE,
    },
    "codebook": {
        "#codebook-view .codebook-diagnosis .cb-finding h4": WHOLE,
        "#codebook-view .codebook-diagnosis .cb-finding p": WHOLE,
        "#codebook-view .cb-heat-stage": NEARLY,
        "#codebook-view .cm-stages": NEARLY,
    },
    "compare": {f"{PANES.format(n)} .cp-stage": NEARLY for n in (1, 2, 3)}
    | {f"{PANES.format(n)} figcaption": WHOLE for n in (1, 2, 3)},
}
# And on a phone.
NARROW = {
    "": {PANELS.format("picture"): NEARLY},
    "lab": {"#lab-view .lab-panel-plane .lab-stage": NEARLY},
    "codebook": {"#codebook-view .cb-heat-stage": NEARLY},
    "compare": {f"{PANES.format(n)} .cp-stage": NEARLY for n in (1, 2)},
}
EMPTY = ".dte-hint, .dte-empty"  # boxes that only say that nothing is there yet
CHOSEN = (  # of two such controls, where a page has both
    (".dte-segmented [aria-pressed='true']", ".dte-segmented [aria-pressed='false']"),
    (".dte-toggle input:checked", ".dte-toggle input:not(:checked)"),
)
DIFFER = """([one, other]) => {
  const found = [one, other].map((selector) => document.querySelector(`.dte-root ${selector}`));
  return found.includes(null) || new Set(found.map((each) => getComputedStyle(each).backgroundColor)).size === 2;
}"""
DRAWN = """selector => [...document.querySelector(selector).querySelectorAll("canvas")].some((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, i) => i % 4 === 3 && value > 0);
})"""


def settled(page):
    """Wait until what follows the size of the screen has been drawn at the new one."""
    page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 250))))"
    )


@pytest.mark.parametrize("name", PAGES, ids=["inspect", "lab", "codebook", "compare"])
def test_the_first_screen_shows_the_thing(page, app_url, name):
    open_first_screen(page, app_url, name, SIZES[0], patience_ms=PATIENCE_MS)
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        settled(page)
        wanted = NARROW[name] if size[0] < 700 else WIDE[name]
        for selector, share in wanted.items():
            page.wait_for_selector(selector)
            assert in_sight(page, selector)[selector] >= share, f"{selector} at {size}"
            if selector.endswith("stage"):
                page.wait_for_function(f"({DRAWN})({selector!r})")
        assert subject_share(page) >= LEAST[size], f"at {size}"
        navigation = page.evaluate(NAVIGATION)
        assert len(navigation["links"]) == 9 and navigation["lines"] == 1 and not navigation["wrapped"], navigation
        assert navigation["cut"] == []
        assert [share for share in in_sight(page, *EMPTY.split(", ")).values() if share] == [], f"empty at {size}"
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.emulate_media(forced_colors="active")  # the reader's own colours: what is chosen, and what is on, still shows
    page.wait_for_function("matchMedia('(forced-colors: active)').matches")
    for one, other in CHOSEN:
        page.wait_for_function(DIFFER, arg=[one, other])
    page.emulate_media(forced_colors="null")
    for dark in (False, True):  # also below a short page, and where one pulls it up
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
        body, app = page.evaluate(
            "['body', 'gradio-app'].map((name) => getComputedStyle(document.querySelector(name)).backgroundColor)"
        )
        assert body == app == ("rgb(20, 23, 30)" if dark else "rgb(255, 255, 255)")


HEAD_LAID_OUT = """() => getComputedStyle(document.querySelector("#title")).position === "absolute"
  && [...document.fonts].some((face) => face.family.includes("IBM Plex Sans") && face.status === "loaded")"""


def test_what_each_page_is_for_stands_whole_in_its_head(page, app_url):
    """In two lines, which is what there is room for beside the links; in a narrow window it is read aloud alone."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(app_url)
    page.wait_for_selector("nav a")
    addresses = page.eval_on_selector_all("nav a", "(links) => links.map((link) => link.href)")
    assert len(addresses) == 9
    for address in addresses:
        page.goto(address)
        page.wait_for_selector("#title p")
        page.wait_for_function(HEAD_LAID_OUT)
        head, words = (page.locator(one).bounding_box() for one in ("#title", "#title p"))
        assert words["y"] >= head["y"] and words["height"] <= 32, address


def test_what_is_folded_away_is_remembered_and_a_link_opens_what_it_asks_for(page, app_url):
    open_first_screen(page, app_url, "", SIZES[0])
    facts = page.locator("#tokenizer-facts")
    assert facts.is_hidden(), "closed until it is asked for"
    page.click("[data-fold='fold-facts']")
    assert facts.is_visible() and "licence" in facts.inner_text()
    page.reload()
    page.wait_for_selector("#tokenizer-facts dl", state="visible")
    page.click("[data-fold='fold-facts']")
    assert facts.is_hidden() and page.get_attribute("[data-fold='fold-facts']", "aria-expanded") == "false"
    page.goto(f"{app_url}?bring=1")
    page.wait_for_selector("#load-panel .br-choose", state="visible")
    page.goto(app_url)
    page.wait_for_selector("[data-fold='fold-bring']")
    assert page.locator("#load-panel").is_hidden(), "a link opens it once; only a visitor's own choice is kept"


MADE = """<!doctype html><body style="margin: 0">
<canvas style="position: absolute; left: 0; top: 0; width: 100px; height: 100px"></canvas>
<canvas style="position: absolute; left: 50px; top: 0; width: 100px; height: 100px"></canvas>
<canvas style="position: absolute; left: 0; top: 350px; width: 100px; height: 100px"></canvas>
<div style="position: absolute; left: 200px; top: 200px; width: 50px; height: 50px; overflow: hidden">
  <canvas style="width: 100px; height: 100px; display: block"></canvas></div>
<svg style="position: absolute; left: 300px; top: 0; width: 16px; height: 16px"></svg>
<canvas style="position: absolute; left: 300px; top: 300px; width: 90px; height: 90px; display: none"></canvas>"""


def test_the_measure_counts_what_is_seen_once(page):
    """Two that overlap, one cut by the screen, one by its box, an icon, and one that is hidden."""
    page.set_viewport_size({"width": 400, "height": 400})
    page.set_content(MADE)
    seen = 150 * 100 + 100 * 50 + 50 * 50
    assert subject_share(page) == pytest.approx(seen / 400**2, abs=1e-9)
    assert in_sight(page, "div canvas", "svg", "video") == {"div canvas": 0.25, "svg": 1, "video": 0}
    assert first_screen.LEAST_SIDE_PX > 16
