"""Memory of the codebook page over 100 choices of a code and 100 redraws of its charts, one of them in WebGL."""

from __future__ import annotations

from tests.benchmarks.machinery.lab_page import chromium, heap_megabytes, served

PAGE = "#codebook-view .dte-codebook"
TIMES, LOOKS = 100, 5
WARM = 20  # choices before the first look: caches fill
# Counts the contexts of WebGL that were made and are still held by a canvas of the page.
COUNT_CONTEXTS = """(() => {
  const get = HTMLCanvasElement.prototype.getContext, held = new Set();
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    const made = get.call(this, kind, ...rest);
    if (kind.startsWith('webgl') && made) held.add(made);
    return made;
  };
  globalThis.webglContexts = () => held.size;
})()"""
NEXT = """async () => {
  const host = document.querySelector('#codebook-view .codebook-code'), before = host.dataset.code;
  host.querySelector('.cc-nav button:nth-child(2)').click();
  while (host.dataset.code === before || host.dataset.decoded !== host.dataset.code) {
    await new Promise((done) => setTimeout(done, 10));
  }
}"""
REDRAW = """async () => {
  const charts = [...document.querySelectorAll("#codebook-view .ch-chart[data-state='drawn']")];
  const before = charts.map((chart) => Number(chart.dataset.drawn));
  document.body.classList.toggle('dark');
  const inSight = (chart) => {
    const { bottom, top } = chart.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  while (charts.some((chart, i) => inSight(chart) && Number(chart.dataset.drawn) === before[i])) {
    await new Promise((done) => setTimeout(done, 10));
  }
}"""
LOOK = "() => [document.querySelectorAll('*').length, globalThis.webglContexts()]"


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    with served() as (url, _), chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(COUNT_CONTEXTS)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        page.goto(f"{url.rstrip('/')}/codebook?tokenizer=bsq&map=sphere")
        page.wait_for_selector(f"{PAGE}[data-ready='true']")
        chart = page.locator(f"{PAGE} .cm-sphere, {PAGE} .ch-chart").first
        chart.scroll_into_view_if_needed()
        page.wait_for_selector(f"{PAGE} .ch-chart[data-state='drawn']")
        page.wait_for_timeout(3000)  # what lies beside it is drawn, too
        return [
            _over("choices of a code", NEXT, page, devtools),
            _over("redraws of the charts in sight", REDRAW, page, devtools),
        ]


def _over(what: str, act: str, page, devtools) -> tuple[str, str, str]:
    for _ in range(WARM):
        page.evaluate(act)
    looks = []
    for number in range(LOOKS):
        for _ in range(TIMES // (LOOKS - 1) if number else 0):
            page.evaluate(act)
        looks.append((heap_megabytes(devtools), *page.evaluate(LOOK)))
    heap = ", ".join(f"{look[0]:.1f}" for look in looks)
    nodes, contexts = (f"{looks[0][i]} -> {looks[-1][i]}" for i in (1, 2))
    measured = f"JavaScript heap {heap} MB after collection; elements {nodes}; contexts of WebGL {contexts}"
    return f"codebook page, {TIMES} {what}", measured, "flat"
