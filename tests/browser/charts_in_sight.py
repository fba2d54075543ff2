"""Scroll to a chart and wait until it is drawn, while the page above it still grows.

A chart is asked for when it comes into sight. Panels above that are filled meanwhile push it out again, and one scroll
is then one too few.
"""

FOUND = """([chart, state]) => {
  const found = document.querySelector(chart);
  if (!found) return false;
  let shown = found; // or what holds it, where that is asked for when it comes into sight itself
  while (shown && !shown.checkVisibility()) shown = shown.parentElement;
  shown?.scrollIntoView({ block: "center" });
  return found.matches(`[data-state='${state}']:not([aria-busy])`);
}"""


def show_chart(page, chart, state="drawn"):
    """The chart at a selector, drawn and in sight; state: "failed" for one whose words say why it is not."""
    page.wait_for_function(FOUND, arg=[chart, state], polling=100)
    return page.locator(chart).first
