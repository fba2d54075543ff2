"""How the tasks on cards of composed and implicit codes are solved by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from playwright.sync_api import Page

from tests.browser.learn.card_moves import choose_on_card, drag, slide


def drag_to(page: Page, handle: str, x: float, y: float, half: float) -> None:
    """Take a handle to a place of the plane of a card, of which `half` to each side of the middle is always seen."""
    page.wait_for_selector(f".le-card[data-ready] [data-handle='{handle}']", state="attached")
    drag(page, handle, x / half, y / half)


def split_codes(page: Page) -> None:
    page.wait_for_selector(".le-card[data-ready]")
    choose_on_card(page, "size", "4")
    slide(page, "levels", 4)


def turn_grid(page: Page, degrees: float = 27) -> None:
    angle = math.radians(degrees)
    drag_to(page, "axis", 1.42 * math.cos(angle), 1.42 * math.sin(angle), 1.7)


def catch_greedy(page: Page) -> None:
    drag_to(page, "latent", -0.4, 0.3, 1.5)
    slide(page, "beam", 2)


def look_across(page: Page, degrees: float = 130) -> None:
    angle = math.radians(degrees)
    drag_to(page, "head-1", 1.5 * math.cos(angle), 1.5 * math.sin(angle), 1.75)


def count_to_hundred(page: Page) -> None:
    page.wait_for_selector(".le-card[data-ready]")
    for control, values in (("l1", 8), ("l2", 6), ("l3", 5)):
        slide(page, control, values)
    page.wait_for_selector(".le-card[data-codes='240']")
    for axis, z in enumerate((0, -3, 0)):
        drag_to(page, f"axis-{axis}", -0.02 + 0.42 * z, 1 - axis, 1.5)


def balance_batch(page: Page) -> None:
    for axis, column in ((0, -1.16), (2, 1.16 / 3)):
        drag_to(page, f"mean-{axis}", column, 0.13, 1.5)


def go_to_an_axis(page: Page) -> None:
    drag_to(page, "latent", 0.914, -0.203, 1.3)


SOLUTIONS: Mapping[str, Callable[[Page], None]] = {
    "residual.4": split_codes,
    "products.4": turn_grid,
    "additive.3": catch_greedy,
    "multihead.4": look_across,
    "lattices.3": count_to_hundred,
    "bits.2": balance_batch,
    "sphere.4": go_to_an_axis,
}
