"""What a visitor does on a teaching card: drag a handle, choose, slide."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.steady import steady_box


def drag(page: Page, handle: str, x: float, y: float) -> None:
    """Take a handle of a teaching card to a place of its picture, whose shorter half is 1, x to the right and y up."""
    box = steady_box(page.locator(".le-card .le-board"))
    grip = page.locator(f".le-card [data-handle='{handle}']").bounding_box()
    half = min(box["width"], box["height"]) / 2 - 18  # of the air around a plane
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + half * x, box["y"] + box["height"] / 2 - half * y, steps=4)
    page.mouse.up()


def choose_on_card(page: Page, control: str, choice: str) -> None:
    """A choice of a teaching card."""
    page.click(f".le-card [data-control='{control}'] [data-id='{choice}']")


def slide(page: Page, control: str, place: int) -> None:
    """A range of a teaching card to a place of its slider."""
    page.locator(f".le-card [data-control='{control}'] input").fill(str(place))
