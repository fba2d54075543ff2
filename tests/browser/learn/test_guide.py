"""The guide keeps what it speaks of in sight, gives its room back, and has the next page fetched."""

import pytest

from tests.browser.learn.test_learn import DONE, GUIDE, STEPS, at, open_step
from tests.browser.learn.tour_solutions import MENDS, SOLUTIONS

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 420, "height": 900}, {"width": 1440, "height": 900}
PLANE, SETTINGS = "#lab-view .lab-panel-plane", "#lab-view .lab-panel-controls"
TOP = "(selector) => document.querySelector(selector).getBoundingClientRect().top"


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_a_task_of_the_lab_shows_the_plane_and_the_settings_beside_or_below_it(page, app_url, window):
    """They stood below the presets, so that the plane was out of sight where they were not."""
    page.set_viewport_size(window)
    open_step(page, app_url, "collapse.2")
    page.wait_for_selector(f"{SETTINGS}.dte-lit", state="attached")
    page.wait_for_function(
        "(plane) => { const { top } = document.querySelector(plane)?.getBoundingClientRect() ?? {}; "
        "return top > 0 && top < 300; }",
        arg=PLANE,
    )
    plane, settings = (page.evaluate(TOP, one) for one in (PLANE, SETTINGS))
    presets = page.evaluate(TOP, "#lab-view .lab-panel-presets")
    assert settings < presets
    assert abs(settings - plane) < 20 if window is DESK else settings > plane
    page.locator(GUIDE).get_by_role("button", name="Back", exact=True).click()  # to a step that is not about settings
    at(page, "collapse.1")
    assert page.evaluate(TOP, SETTINGS) > page.evaluate(TOP, "#lab-view .lab-panel-presets")


def test_the_card_folds_to_where_one_is_and_the_ways_on(page, app_url):
    page.set_viewport_size(PHONE)
    open_step(page, app_url, "cells.0")
    whole = page.locator(GUIDE).bounding_box()["height"]
    assert whole <= 0.4 * PHONE["height"] + 2
    page.click(f"{GUIDE} .gd-fold")
    page.wait_for_selector(f"{GUIDE} .gd-answer >> nth=0", state="hidden")
    assert page.locator(GUIDE).bounding_box()["height"] < whole / 2
    assert page.get_attribute(f"{GUIDE} .gd-fold", "aria-expanded") == "false"
    page.click(f"{GUIDE} .gd-next")  # a step begins unfolded
    at(page, "cells.1")
    page.wait_for_selector(f"{GUIDE} .gd-answer >> nth=0", state="visible")


def test_a_chart_as_wide_as_the_window_is_not_covered(page, app_url):
    """Its end, of which the step speaks, lay under the card."""
    page.set_viewport_size({"width": 1280, "height": 720})
    open_step(page, app_url, "initialization.2")
    page.wait_for_selector(".dte-experiments .js-plotly-plot .main-svg", state="attached")
    page.wait_for_function(
        "(card) => [...document.querySelectorAll('.dte-experiments .js-plotly-plot .main-svg')].every((one) =>"
        " one.getBoundingClientRect().right <= document.querySelector(card)?.getBoundingClientRect().left)",
        arg=GUIDE,
    )
    page.get_by_role("button", name="Leave").click()
    page.wait_for_selector("html:not([data-beside-guide])", state="attached")


def test_what_is_played_lies_beside_the_card_and_no_answer_is_cut_in_a_low_window(page, app_url):
    """The card lay over the levels of the sound, and its foot over the last answers."""
    page.set_viewport_size({"width": 1280, "height": 720})
    open_step(page, app_url, "sound.0")
    page.wait_for_function(
        "(card) => { const right = document.querySelector('.dte-player')?.getBoundingClientRect().right;"
        " return right > 600 && right <= document.querySelector(card)?.getBoundingClientRect().left; }",
        arg=GUIDE,
    )
    open_step(page, app_url, "gradients.3")
    page.wait_for_function(
        "(card) => document.querySelector(`${card} .gd-answer:last-of-type`)?.getBoundingClientRect().bottom"
        " <= document.querySelector(`${card} .gd-foot`)?.getBoundingClientRect().top",
        arg=GUIDE,
    )


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_what_is_said_of_an_answer_comes_into_sight(page, app_url, window):
    page.set_viewport_size(window)
    open_step(page, app_url, "cells.0")
    page.click(f"{GUIDE} .gd-answer >> nth=0")
    page.wait_for_function(
        "(card) => document.querySelector(`${card} .gd-said`)?.getBoundingClientRect().bottom"
        " <= document.querySelector(`${card} .gd-foot`)?.getBoundingClientRect().top + 1",
        arg=GUIDE,
    )


def test_the_page_of_the_next_step_is_fetched_ahead_and_the_name_of_a_tokenizer_is_its_title(page, app_url):
    open_step(page, app_url, "residual.0")
    page.wait_for_selector("link[rel='prefetch'][href*='tokenizer=rvq-4'][href*='learn=residual.1']", state="attached")
    open_step(page, app_url, "tokens.3")
    page.wait_for_function("/tokenizer VQ, EMA \\+ reseeding/.test(document.querySelector('.gd-far').textContent)")


def test_a_step_with_edits_opens_the_editor_where_the_page_is_there_already(page, app_url):
    """It stayed folded, and the step spoke of what nobody saw."""
    open_step(page, app_url, "onedim.1")
    page.wait_for_selector("#inspect-view .dte-inspect[data-frames-drawn]")
    assert page.locator("#edit-view .ed-panel[open]").count() == 0
    page.click(f"{GUIDE} .gd-next")
    at(page, "onedim.2")
    page.wait_for_selector("#edit-view .dte-edit[data-ready='true'] .ed-panel[open]")
    assert "edits=d.0.2-0-6-8" in page.url
    page.click(f"{GUIDE} .gd-next")
    at(page, "onedim.3")
    page.wait_for_function("/edits=p\\.0\\.0\\.528/.test(location.search)")
    page.wait_for_function("document.querySelector('#edit-view .dte-edit').dataset.changed === '1'")


def test_mend_that_is_pressed_while_its_run_opens_is_done_to_that_run(page, app_url):
    """It went to the run before, and was gone with it."""
    query = STEPS["collapse.0"].as_json()["query"]
    page.goto(f"{app_url.rstrip('/')}/lab?{query}&learn=collapse.1")
    at(page, "collapse.1")
    page.wait_for_selector("#lab-view .dte-lab[data-playing='false']:not([data-step='0'])")
    page.evaluate(
        "(mend) => { const named = (one) => one.textContent === 'Back';"
        " [...document.querySelectorAll('.dte-guide .gd-foot button')].find(named).click();"
        " document.querySelector(mend).click(); }",
        "#lab-view .lab-panel-presets button[data-mend='rich_get_richer']",
    )
    at(page, "collapse.0")
    page.wait_for_selector("#lab-view [data-preset='rich_get_richer'][data-state='mended']")
    page.wait_for_function("/mended=1/.test(location.search)")  # as the page writes it of the run that is there


def test_what_a_task_asks_to_be_found_is_offered_once_it_is_done_and_elsewhere(page, app_url):
    """Mend it solved the task at one click, and Compare named the mend."""
    offered = f"{MENDS} >> visible=true"
    open_step(page, app_url, "bits.4")
    assert "not offered until this is done" in page.inner_text(f"{GUIDE} .gd-task")
    SOLUTIONS["bits.4"](page)  # which sees that none is offered
    page.wait_for_selector(DONE)
    page.wait_for_selector("#lab-view .lab-panel-compare", state="visible")
    open_step(page, app_url, "collapse.0")
    page.wait_for_selector(offered)
    open_step(page, app_url, "cells.3")  # a task of no preset hides nothing, and says nothing of it
    assert "not offered" not in page.inner_text(f"{GUIDE} .gd-task")
    page.wait_for_selector("html:not([data-mend-held])", state="attached")
    open_step(page, app_url, "collapse.2")
    page.wait_for_selector("html[data-mend-held]", state="attached")
    page.get_by_role("button", name="Leave").click()
    page.wait_for_selector("html:not([data-mend-held])", state="attached")


def test_on_a_phone_the_card_leads_to_run_b_which_lies_below_run_a(page, app_url):
    """Its words were of two runs, and one of them lay 2,000 pixels below."""
    page.set_viewport_size(PHONE)
    open_step(page, app_url, "remedies.0")
    button = page.locator(f"{GUIDE} .gd-sides button")
    in_sight = "(side) => { const { top } = document.querySelector(`.lab-side[data-side='${side}'] .lab-panel-plane`)"
    in_sight += ".getBoundingClientRect(); return top > 0 && top < 300; }"
    for side, other in ("BA", "AB"):
        page.wait_for_selector(f"{GUIDE} .gd-sides button:text-is('Show run {side}')")
        button.click()
        page.wait_for_function(in_sight, arg=side)
        page.wait_for_selector(f"{GUIDE} .gd-sides button:text-is('Show run {other}')")
    page.set_viewport_size(DESK)
    page.wait_for_selector(f"{GUIDE} .gd-sides", state="hidden")


def test_on_a_phone_the_sphere_is_as_wide_as_its_panel_and_turns_as_before(page, app_url):
    page.set_viewport_size(PHONE)
    open_step(page, app_url, "sphere.3")
    sphere = "#codebook-view .codebook-map .cm-sphere"
    page.wait_for_selector(f"{sphere}[data-state='drawn']")
    scene = "document.querySelector('.cm-sphere .ch-plot')._fullLayout.scene"
    assert page.evaluate(f"{scene}.xaxis.title.text") == ""
    box = page.locator(f"{sphere} canvas").first.bounding_box()
    assert box["width"] > 330 and box["height"] > 280  # 300 x 300 with a scale beside it, before
    page.set_viewport_size(DESK)
    page.wait_for_function(f"/bit 1/.test({scene}.xaxis.title.text)")


def test_round_buttons_of_the_quiz_are_dark_in_the_dark(page, app_url):
    page.emulate_media(color_scheme="dark")
    page.goto(f"{app_url.rstrip('/')}/learn?quiz=before")
    page.wait_for_selector("#learn-view .le-quiz-question input")
    scheme = "getComputedStyle(document.querySelector('#learn-view .le-quiz-question input')).colorScheme"
    assert page.evaluate(scheme) == "dark"
