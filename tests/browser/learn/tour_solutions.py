"""How the tasks of the tour are solved by hand: for each, what is clicked on the page of its step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from playwright.sync_api import Page

from tests.browser.learn import composed_hands
from tests.browser.learn.card_moves import choose_on_card, drag, slide
from tests.browser.steady import steady_box

MENDS = "#lab-view :is(button[data-mend], [data-mend-here], option[value='mend'])"


def mend(page: Page, change: Callable[[Page], None]) -> None:
    """Wait until the fault is plain and the run pauses itself; then one change by hand, since nothing mends at a click
    while the task is open, and Play."""
    page.wait_for_selector("#lab-view .dte-lab[data-playing='false']:not([data-step='0'])")  # not one that is opening
    page.wait_for_selector("#lab-view .lab-panel-moment", state="visible")
    assert page.locator(MENDS).count() > 0 and page.locator(f"{MENDS} >> visible=true").count() == 0
    change(page)
    page.wait_for_function("/settings=/.test(location.search)")
    page.click("#lab-view .lab-bar button >> nth=0")


def choose(page: Page, *labels: str) -> None:
    """Press buttons above the tokens of Inspect, such as "Solo" and "2"."""
    for label in labels:
        page.locator("#inspect-view .dte-levels").get_by_role("button", name=label, exact=True).click()


def set_codes(page: Page, size: int) -> None:
    """Type K among the lab's controls, and let the run go on from its start."""
    box = page.locator("#lab-view .lab-panel-controls [data-control='codebook_size'] input.dte-lf-box")
    box.fill(str(size))
    box.press("Enter")


def click_commonest(page: Page) -> None:
    """The token at row 19, column 29 (from 0) of 32 x 32, which has code 91."""
    stage = page.locator("#inspect-view [data-panel='tokens'] .dte-stage")
    box = steady_box(stage)
    page.mouse.click(box["x"] + 29.5 / 32 * box["width"], box["y"] + 19.5 / 32 * box["height"])


def set_number(page: Page, name: str, value: float) -> None:
    """Type a setting of the lab, whose group may be folded."""
    control = page.locator(f"#lab-view .lab-panel-controls [data-control='{name}']")
    control.evaluate("(one) => (one.closest('details').open = true)")
    box = control.locator("input.dte-lf-box")
    box.fill(str(value))
    box.press("Enter")


def set_and_play(page: Page, name: str, value: float) -> None:
    """The same of a run that stands at its start, and then Play."""
    page.wait_for_selector("#lab-view .dte-lab[data-playing='false'][data-step='0']")
    set_number(page, name, value)
    page.wait_for_function(f"/{name}/.test(decodeURIComponent(location.search))")
    page.click("#lab-view .lab-bar button >> nth=0")


def choose_tokenizer(page: Page, title: str) -> None:
    page.click("#tokenizer input")
    page.get_by_role("option", name=title, exact=True).click()


def choose_twin(page: Page) -> None:
    """Member 15, who hangs on the same two leaders as six others."""
    page.click(".dte-graph-table tbody tr[data-node='14']")


def paint_one(page: Page) -> None:
    """Code 0 onto the third of the 64 tokens."""
    page.locator("#edit-view .dte-edit .ed-panel").evaluate("(one) => (one.open = true)")
    page.wait_for_selector("#edit-view .dte-edit[data-ready='true']")
    code = page.locator("#edit-view .ed-code")
    code.fill("0")
    code.press("Enter")
    stage = page.locator("#edit-view .dte-edit .ed-pane:first-child .ed-stage")
    box = steady_box(stage)
    page.mouse.click(box["x"] + 2.5 / 8 * box["width"], box["y"] + 0.5 / 8 * box["height"])


def shorten(page: Page) -> None:
    """The rotation trick, and a latent of less than half the length of its code."""
    choose_on_card(page, "method", "rotation")
    drag(page, "latent", 0.14, 0.3)


def cool(page: Page) -> None:
    """A temperature of 0.12: 72 of 200 even ratios from 0.01 to 10."""
    slide(page, "tau", 72)


def choose_in_lab(page: Page, name: str, value: str) -> None:
    """Another entry of a list among the lab's controls."""
    page.locator(f"#lab-view .lab-panel-controls [data-control='{name}'] select").select_option(label=value)


def join_gradually(page: Page) -> None:
    """Another quantizer for a run that stands at its start; the new one plays by itself."""
    page.wait_for_selector("#lab-view .dte-lab[data-playing='false'][data-step='0'][data-begins='false']")
    choose_in_lab(page, "quantizer", "VQ, codes join gradually")


def click_roof(page: Page) -> None:
    """The token at row 2, column 4 of 16 x 16: the top of the roof in the sky."""
    page.wait_for_selector("#language-view .dte-language[data-ready='true']")
    box = steady_box(page.locator("#language-view .lg-stage"))
    page.mouse.click(box["x"] + 3.5 / 16 * box["width"], box["y"] + 1.5 / 16 * box["height"])


def set_temperature(page: Page, value: float) -> None:
    page.wait_for_selector("#language-view .dte-language[data-ready='true']")
    page.locator("#language-view [data-field='temperature']").fill(str(value))


def spend_less(page: Page) -> None:
    """32 codes, which begins the run anew, and reseeding on it."""
    set_codes(page, 32)
    page.wait_for_selector("#lab-view .dte-lab[data-codes='32']")
    revive(page)


def revive(page: Page) -> None:
    """Reseeding, whose group may be folded."""
    page.locator("#lab-view .lab-panel-controls [data-control='reseeding']").evaluate(
        "(one) => (one.closest('details').open = true)"
    )
    choose_in_lab(page, "reseeding", "Random latent + noise")


# Chapter and step -> what is done there.
SOLUTIONS: Mapping[str, Callable[[Page], None]] = {
    "tokens.3": click_commonest,
    "commitment.4": lambda page: mend(page, lambda page: set_number(page, "beta", 1)),
    "cells.3": lambda page: set_codes(page, 64),
    "collapse.2": lambda page: mend(page, revive),
    "ema.3": lambda page: mend(page, lambda page: set_number(page, "decay", 0.9)),
    "gradients.4": shorten,
    "bits.4": lambda page: mend(page, lambda page: set_number(page, "diversity", 1)),
    "choosing.3": lambda page: page.click("#methods-view [data-method='fsq']"),
    "hierarchical.3": lambda page: choose(page, "2"),
    "remedies.5": join_gradually,
    "rate.3": lambda page: choose_tokenizer(page, "VQ, EMA + reseeding"),
    "initialization.3": lambda page: set_number(page, "warm_up", 200),
    "reseeding.4": lambda page: set_and_play(page, "threshold", 0.1),
    "regularizers.4": lambda page: set_and_play(page, "soft_entropy", 0.03),
    "rate.4": lambda page: set_codes(page, 8),
    "language.2": click_roof,
    "language.4": lambda page: set_temperature(page, 0.55),
    "sound.4": lambda page: choose(page, "Up to", "5"),
    "anchors.3": choose_twin,
    "onedim.4": paint_one,
    "soft.3": cool,
    "assignment.3": spend_less,
    **composed_hands.SOLUTIONS,
}
