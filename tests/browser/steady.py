"""Where something is on a page that still grows, before the mouse goes there.

Panels are filled, and pictures take their size, a frame or more after a page says that it is ready: a place that was
measured before is another one when the mouse arrives.
"""

STEADY = """(one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  const now = [x, y, width, height].join();
  const { was, times } = one.steady ?? {};
  one.steady = { was: now, times: was === now && width > 0 ? times + 1 : 0 };
  if (one.steady.times < 5) return false;
  delete one.steady;
  return true;
}"""
GLANCE_MS = 80  # between two looks


def steady_box(locator, scroll=True):
    """x, y, width, height in px of what a locator finds, in sight and at the same place at six looks in a row."""
    locator.wait_for()
    if scroll:
        locator.scroll_into_view_if_needed()
    locator.page.wait_for_function(STEADY, arg=locator.element_handle(), polling=GLANCE_MS)
    return locator.bounding_box()
