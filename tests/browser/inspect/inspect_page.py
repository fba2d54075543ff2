"""The Inspect page as a browser shows it."""

import re

VIEW = "#inspect-view .dte-inspect"


def open_at(page, app_url, query=""):
    """Open the page and wait until the linked view has drawn its picture."""
    page.goto(f"{app_url}?{query}")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    page.wait_for_function(f"!document.querySelector('{VIEW} .dte-body').hidden")


def data(page, name):
    return page.get_attribute(VIEW, f"data-{name}")


def wait_for_card(page, code):
    page.wait_for_function(f"document.querySelector('#code-card').textContent.includes('{code}')")


def query_of(page):
    return dict(re.findall(r"[?&]([^=&]+)=([^&]*)", page.url))


def picture_canvas(page):
    """The uppermost canvas of the picture panel."""
    return page.locator(f"{VIEW} canvas").nth(1)
