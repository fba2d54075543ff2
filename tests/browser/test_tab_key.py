"""The Tab key in Chromium: each of a page's first stops is in sight and has a ring, and none is lost."""

import pytest

from tests.first_screen import READY

pytestmark = pytest.mark.browser

STOPS = 40
PAGES = ("", "lab", "codebook", "compare", "learn", "experiments", "replay", "language")
OPENED = READY | {
    "learn": "#learn-view [data-chapter]",
    "experiments": ".dte-experiments[data-ready='true']",
    "language": "#language-view .dte-language[data-ready='true']",
    "replay": "#replay-view .dte-replay[data-frames-drawn]",
}
ANY = ".gradio-container:has(.dte-root):not(:has(.dte-opening))"
# What has the focus: its name, and what is wrong. A field may be a pixel within its label, which has the ring then.
STOP = """() => {
  const stop = document.activeElement;
  if (stop === document.body) return null;
  const near = [stop];
  while (near.length < 6 && near.at(-1).parentElement) near.push(near.at(-1).parentElement);
  const ringed = near.find((one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && one.offsetWidth > 8;
  });
  const name = near.slice(0, 3).map((one) => `${one.tagName}.${one.className}`).join(" < ");
  if (!ringed) return [name, "no ring"];
  const box = ringed.getBoundingClientRect();
  if (box.width < 8 || box.height < 8) return [name, "too small to be seen"];
  const outside = box.right <= 0 || box.left >= innerWidth || box.bottom <= 0 || box.top >= innerHeight;
  if (outside) return [name, "off the screen"];
  const seen = ringed.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  return [name, seen ? "" : "not visible"];
}"""


@pytest.mark.parametrize("name", PAGES, ids=[name or "inspect" for name in PAGES])
def test_every_stop_is_seen_and_none_is_lost(page, app_url, name):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(app_url.rstrip("/") + "/" + name)
    page.wait_for_selector(OPENED.get(name, ANY))
    stops, wrong = [], []
    while len(stops) < STOPS:
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:  # the end of the page: after it comes the first link again
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.matches('.nav-holder a:first-of-type')"), stops[-1]
            break
        stops.append(stop[0])
        wrong += [stop] if stop[1] else []
    assert len(stops) > 9 and wrong == []


def test_the_list_of_tokenizers_is_left_for_what_follows_it(page, app_url):
    """The open list scrolls, so it was a stop of its own, and took the focus along when it closed."""
    page.goto(app_url)
    page.wait_for_selector(READY[""])
    page.locator("#tokenizer input").focus()
    page.locator("ul[role='listbox']").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("Your own file")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.closest('#tokenizer') !== null")
