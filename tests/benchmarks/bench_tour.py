"""The tour as a visitor meets it. Needs Chromium.

Another state of a page to its first sign, a chapter's link to its first paint, and what a page weighs.
"""

import statistics
from urllib.parse import urlencode

from explorer.learn.tour import CHAPTERS
from tests.benchmarks.machinery.lab_page import chromium, served

BUDGET_MS = 300
# Page -> what scripts read of it once another state is there, how it is known to be ready, and states to go to.
PAGES = {
    "lab": ("#lab-view .dte-lab", "[data-frames-drawn]", "run",
            ["preset=rich_get_richer&speed=60", "preset=decay_too_slow", "settings=%7B%7D&speed=30",
             "preset=lfq_sign"]),
    "": ("#inspect-view .dte-inspect", "[data-frames-drawn]", "framesDrawn",
         ["tokenizer=rvq-4&picture=coffee", "tokenizer=vq-ema-reseed&picture=astronaut&token=330",
          "tokenizer=fsq&picture=chelsea", "tokenizer=sound-rvq-8&picture=vowels"]),
    "codebook": ("#codebook-view .dte-codebook", "[data-ready='true']", "tokenizer ready",
                 [f"tokenizer={one}&audit=val" for one in ("lfq", "vq-ema-reseed", "fsq", "bsq")]),
    "compare": ("#compare-view .dte-compare", "[data-ready='true']", "ready",
                ["tokenizers=fsq,rvq-4&media=sample:chelsea", "tokenizers=vq-ema-reseed,rvq-4&media=sample:coffee"]),
    "experiments": (".dte-experiments", "[data-ready='true']", "experiment ready",
                    [f"experiment={one}" for one in ("same-encoder", "vq-against-rvq", "cross-modal")]),
    "learn": (".le-card", "[data-ready='true']", "metric codes", ["card=cells", "card=cells&metric=cosine&k=3"]),
}  # fmt: skip
TRAVEL = """async ([selector, facts, search, ready]) => {
  const { travel } = await import(document.querySelector('link[rel=modulepreload][href*="kit/page/travel"]').href);
  const read = () => facts.split(' ').map((name) => document.querySelector(selector)?.dataset[name]).join(' ');
  if (ready) {
    travel.prepare(`?${search}`);
    await new Promise((done) => setTimeout(done, 1500));
  }
  const [before, start] = [read(), performance.now()];
  travel.go(search);
  const settled = () => read() !== before && !/false/.test(read());
  while (!settled() && performance.now() - start < 20000) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""
PAINTED = """(selector) => {
  const there = [...document.querySelectorAll(selector)].some((one) => one.getBoundingClientRect().height > 0);
  return there && performance.now();
}"""
FIRST = {"lab": "#lab-view [data-begins] canvas", "": "#inspect-view .dte-inspect[data-frames-drawn] canvas",
         "codebook": "#codebook-view .dte-codebook[data-ready='true'] .codebook-heatmap canvas",
         "learn": ".le-card[data-ready='true'] canvas"}  # fmt: skip
WEIGHT = """() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
  .map((one) => [one.name, one.decodedBodySize, one.transferSize])"""


def measure() -> list[tuple[str, str, str]]:
    with served() as (url, _), chromium() as browser:
        base = url.rstrip("/")
        rows = [row for page in PAGES for row in _states(browser, base, page)]
        rows += [_chapter(browser, base, chapter) for chapter in _one_a_page()]
        return rows + _weights(browser, base)


def _one_a_page():
    """The first chapter that begins on each page."""
    return list({chapter.steps[0].page: chapter for chapter in reversed(CHAPTERS)}.values())


def _open(browser, address, selector):
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(address)
    page.wait_for_selector(selector, state="attached", timeout=60_000)
    page.wait_for_timeout(1500)
    return page


def _states(browser, base, name):
    selector, ready, facts, states = PAGES[name]
    page = _open(browser, f"{base}/{name}?{states[-1]}", f"{selector}{ready}")
    rows = []
    for words, prepared in (("prepared, as by the guide", True), ("not prepared", False)):
        times = []
        for state in states * 2:
            times.append(page.evaluate(TRAVEL, [selector, facts, state, prepared]))
            page.wait_for_timeout(700)
        rows.append((f"/{name}: another state to its first sign, {words}", _spread(times[1:]), f"{BUDGET_MS} ms"))
    page.context.close()
    return rows


def _spread(times):
    return f"median {statistics.median(times):.0f} ms, worst of {len(times)}: {max(times):.0f} ms"


def _chapter(browser, base, chapter):
    step = chapter.steps[0]
    link = f"{base}/{step.page}?{urlencode(step.query or {})}&learn={chapter.id}.0"
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page, cards, pictures = context.new_page(), [], []
    for _ in range(4):
        page.goto(link, wait_until="commit")
        for found, selector in ((cards, ".dte-guide"), (pictures, FIRST.get(step.page, "canvas"))):
            found.append(page.wait_for_function(PAINTED, arg=selector, polling="raf").json_value())
        page.wait_for_timeout(800)
        page.goto("about:blank")
    context.close()
    cold, warm = ((cards[0], pictures[0]), (min(cards[1:]), min(pictures[1:])))
    words = f"card {cold[0]:.0f} ms, picture {cold[1]:.0f} ms; again {warm[0]:.0f} and {warm[1]:.0f} ms"
    return (f"link to {chapter.id}.0 on /{step.page} -> painted", words, "1 s")


def _weights(browser, base):
    rows = []
    for name, (selector, ready, _, states) in PAGES.items():
        page = _open(browser, f"{base}/{name}?{states[-1]}", f"{selector}{ready}")
        own = framework = document = 0
        for address, size, _ in page.evaluate(WEIGHT):
            if "plotly" in address:
                continue
            if "/views-" in address or "component_server" in address or "/queue/" in address:
                own += size
            elif "/assets/" in address or "static" in address or "theme.css" in address:
                framework += size
            elif address.rstrip("/").split("?")[0].rstrip("/") in (f"{base}/{name}".rstrip("/"), base):
                document += size
        words = f"{own / 1e3:.0f} kB, document {document / 1e3:.0f} kB (Gradio itself: {framework / 1e3:.0f} kB)"
        rows.append((f"/{name}: modules, sheets and answers of ours", words, "600 kB"))
        page.context.close()
    return rows
