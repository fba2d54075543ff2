"""Cards of composed and implicit codes in Chromium: what is dragged changes what the card reports."""

import pytest

from tests.browser.learn.card_moves import choose_on_card, slide
from tests.browser.learn.composed_hands import drag_to, look_across, turn_grid
from tests.browser.steady import steady_box

pytestmark = pytest.mark.browser

CARD = ".le-card[data-ready]"


def open_card(page, app_url, query):
    page.goto(f"{app_url.rstrip('/')}/learn?{query}")
    page.wait_for_selector(CARD)


def reports(page, name, value):
    page.wait_for_selector(f"{CARD}[data-{name}='{value}']")


def number(page, name):
    return float(page.get_attribute(CARD, f"data-{name}"))


def test_a_latent_is_dragged_onto_a_sum_of_residual_codes_and_levels_are_added(page, app_url):
    open_card(page, app_url, "card=residual")
    reports(page, "tokens", "0 2")
    drag_to(page, "latent", -0.8, 0.6, 1.7)
    page.wait_for_function("document.querySelector('.le-card').dataset.tokens !== '0 2'")
    two = number(page, "left")
    slide(page, "levels", 4)
    reports(page, "levels", "4")
    assert number(page, "left") < two
    slide(page, "levels", 1)
    reports(page, "sums", "8")


def test_the_grid_is_turned_by_its_knob_and_by_its_button(page, app_url):
    open_card(page, app_url, "card=product")
    start = number(page, "error")
    turn_grid(page)
    page.wait_for_function("Math.abs(Number(document.querySelector('.le-card').dataset.angle) - 27) < 1")
    assert number(page, "error") < start / 5
    page.click(f"{CARD} button:has-text('Reset')")
    reports(page, "angle", "0.0")
    page.click(f"{CARD} button:has-text('Best of all angles')")
    reports(page, "angle", "27.0")


def test_greedy_search_is_caught_by_dragging_and_a_wider_beam_mends_it(page, app_url):
    open_card(page, app_url, "card=additive")
    reports(page, "gap", "0.0000")
    drag_to(page, "latent", 0.05, 0.05, 1.5)
    page.wait_for_function("Number(document.querySelector('.le-card').dataset.gap) > 0.4")
    slide(page, "beam", 3)
    reports(page, "missed", "0.0000")
    choose_on_card(page, "search", "local")
    reports(page, "search", "local")
    assert page.is_hidden(f"{CARD} [data-control='beam']") and number(page, "missed") > 0.1


def test_heads_are_turned_apart(page, app_url):
    open_card(page, app_url, "card=multihead&looks=40;50;65")
    assert number(page, "error") > 0.5
    look_across(page)
    page.wait_for_function("Number(document.querySelector('.le-card').dataset.error) < 0.04")


def test_an_axis_of_the_lattice_is_dragged_to_its_outermost_value(page, app_url):
    open_card(page, app_url, "card=lattice")
    reports(page, "index", "108")
    drag_to(page, "axis-0", 1.2, 1, 1.5)
    reports(page, "digits", "4 1 4")
    reports(page, "index", "109")
    slide(page, "l1", 8)
    reports(page, "codes", "200")


def test_bits_and_the_batch_are_dragged(page, app_url):
    open_card(page, app_url, "card=bits")
    reports(page, "word", "1011")
    drag_to(page, "bit-1", -1.16 / 3, 0.6, 1.5)
    reports(page, "index", "15")
    before = number(page, "perplexity")
    drag_to(page, "mean-3", 1.35, 1.1, 1.5)
    page.wait_for_function(f"Number(document.querySelector('.le-card').dataset.perplexity) < {before - 5}")


def test_the_sphere_is_turned_and_a_latent_dragged_over_a_border(page, app_url):
    open_card(page, app_url, "card=sphere")
    reports(page, "word", "101")
    box = steady_box(page.locator(".le-card .le-board"))
    page.mouse.move(box["x"] + 20, box["y"] + 20)  # beside the sphere
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 20, steps=4)
    page.mouse.up()
    page.wait_for_function("new URLSearchParams(location.search).has('turn')")
    reports(page, "word", "101")  # the latent stays, the picture turns
    page.goto(f"{app_url.rstrip('/')}/learn?card=sphere")
    page.wait_for_selector(CARD)
    drag_to(page, "latent", 0.525, -0.586, 1.3)  # below the equator
    reports(page, "word", "100")
