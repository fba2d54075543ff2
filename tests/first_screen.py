"""The measure of a first screen: the share of the viewport that subject covers without scrolling, and what is in sight.

Subject is what the app exists to show: canvases, pictures, clips and charts. An icon is none, nor is what a fold, a
scrolled box or the edge of the screen hides; what lies twice on one place is counted once.

    python -m tests.first_screen http://127.0.0.1:7860/    # the shares of the four pages
"""

import sys

SIZES = ((1440, 900), (1280, 720), (420, 900))  # px
LEAST = {(1440, 900): 0.40, (1280, 720): 0.35, (420, 900): 0.30}  # of the viewport
PAGES = ("", "lab", "codebook", "compare")
READY = {
    "": "#inspect-view .dte-inspect[data-frames-drawn] .dte-body:not([hidden])",
    "lab": "#lab-view .dte-lab[data-frames-drawn]",
    "codebook": "#codebook-view .dte-codebook[data-ready='true']",
    "compare": "#compare-view .dte-compare:is([data-ready='true'], [data-seen='true'])",
}
LEAST_SIDE_PX = 32  # smaller is an icon, a swatch or a mark

# What is visible of an element is its box, cut by the screen and by every ancestor that clips.
VISIBLE = """
const visible = (element) => {
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return null;
  const own = element.getBoundingClientRect();
  let box = { left: own.left, top: own.top, right: own.right, bottom: own.bottom };
  const cut = (by) => {
    box = {
      left: Math.max(box.left, by.left), top: Math.max(box.top, by.top),
      right: Math.min(box.right, by.right), bottom: Math.min(box.bottom, by.bottom),
    };
  };
  cut({ left: 0, top: 0, right: innerWidth, bottom: innerHeight });
  for (let parent = element.parentElement; parent; parent = parent.parentElement) {
    const { overflowX, overflowY } = getComputedStyle(parent);
    if (parent !== document.body && (overflowX !== "visible" || overflowY !== "visible")) cut(parent.getBoundingClientRect());
  }
  return box.right > box.left && box.bottom > box.top ? { ...box, own } : null;
};
"""  # noqa: E501

# The union of the boxes, in px: between two neighbouring edges of any box, the height that is covered there.
SHARE = f"""(least) => {{
  {VISIBLE}
  const subjects = document.querySelectorAll("canvas, img, video, svg, .js-plotly-plot");
  const boxes = [...subjects].map(visible).filter((b) => b && b.own.width >= least && b.own.height >= least);
  const edges = [...new Set(boxes.flatMap((b) => [b.left, b.right]))].sort((a, b) => a - b);
  let area = 0;
  for (let i = 1; i < edges.length; i += 1) {{
    const spans = boxes.filter((b) => b.left < edges[i] && b.right > edges[i - 1]).sort((a, b) => a.top - b.top);
    let [covered, reached] = [0, -Infinity];
    for (const {{ top, bottom }} of spans) {{
      covered += Math.max(0, bottom - Math.max(top, reached));
      reached = Math.max(reached, bottom);
    }}
    area += covered * (edges[i] - edges[i - 1]);
  }}
  return area / (innerWidth * innerHeight);
}}"""

# The part of each element's own box that is in sight, of the first that fits the selector; 0 where there is none.
IN_SIGHT = f"""(selectors) => {{
  {VISIBLE}
  return selectors.map((selector) => {{
    const boxes = [...document.querySelectorAll(selector)].map(visible).filter(Boolean);
    if (boxes.length === 0) return 0;
    const [b] = boxes;
    return ((b.right - b.left) * (b.bottom - b.top)) / (b.own.width * b.own.height);
  }});
}}"""

# The lines on which the links of the navigation stand, and whether one of them is cut.
NAVIGATION = f"""() => {{
  {VISIBLE}
  const boxes = [...document.querySelectorAll(".nav-holder a")].filter((a) => a.checkVisibility()).map((a) => [a, visible(a)]);
  return {{
    links: boxes.map(([a]) => a.textContent.trim()),
    lines: new Set(boxes.map(([a]) => Math.round(a.getBoundingClientRect().top))).size,
    wrapped: boxes.some(([a]) => a.getClientRects().length > 1 || a.offsetHeight > 48),
    cut: boxes.filter(([, b]) => !b || b.right - b.left < b.own.width - 1).map(([a]) => a.textContent.trim()),
  }};
}}"""  # noqa: E501


def open_first_screen(page, app_url, name, size, query="", patience_ms=60_000):
    """Open one of PAGES at `size` (px) as a visitor meets it, and wait until its first result is drawn."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{app_url.rstrip('/')}/{name}{query}")
    page.wait_for_selector(READY[name], timeout=patience_ms)


def subject_share(page):
    """Share of the viewport, 0 to 1, that subject covers."""
    return page.evaluate(SHARE, LEAST_SIDE_PX)


def in_sight(page, *selectors):
    """For each selector the visible share, 0 to 1, of the first element that it finds on the screen."""
    return dict(zip(selectors, page.evaluate(IN_SIGHT, list(selectors)), strict=True))


def main(app_url, pictures=None):
    """Print the shares; with `pictures`, a folder, also save what was measured, light and dark."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name in sys.argv[3:] or PAGES:
            for size in SIZES:
                page = browser.new_page()
                open_first_screen(page, app_url, name, size)
                page.wait_for_timeout(2500)
                navigation = page.evaluate(NAVIGATION)
                height = page.evaluate("document.documentElement.scrollHeight")
                print(
                    f"/{name:9} {size[0]:4} x {size[1]}: {100 * subject_share(page):4.0f} %, {height} px, {navigation}"
                )
                if pictures:
                    stem = f"{pictures}/{name or 'inspect'}-{size[0]}"
                    page.screenshot(path=f"{stem}-light.png")
                    page.evaluate("document.body.classList.add('dark')")
                    page.wait_for_timeout(400)
                    page.screenshot(path=f"{stem}-dark.png")
                page.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
