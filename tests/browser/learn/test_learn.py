"""The tour in Chromium: chapters over the live pages, tasks that are solved there, and a way back to one's own."""

import re

import pytest

from explorer.learn.tour import CHAPTERS
from tests.browser.learn.tour_solutions import SOLUTIONS

pytestmark = pytest.mark.browser

GUIDE = ".dte-guide"
LAB_CHAPTERS = [chapter for chapter in CHAPTERS if chapter.steps[0].page == "lab"]


def at(page, name):
    page.wait_for_selector(f"{GUIDE}[data-step='{name}']")


def framed(page, step):
    """What the step is about is there and framed."""
    for selector in step.lit:
        page.wait_for_selector(f"{selector}.dte-lit", state="attached")


def test_a_chapter_is_begun_on_its_page_played_and_counted(page, app_url):
    page.goto(f"{app_url.rstrip('/')}/learn")
    page.click("#learn-view [data-chapter='collapse'] a")
    collapse = next(one for one in CHAPTERS if one.id == "collapse")
    at(page, "collapse.0")
    framed(page, collapse.steps[0])
    page.click(f"{GUIDE} .gd-next")
    at(page, "collapse.1")
    assert "preset=rich_get_richer" in page.url  # the page stays as it was
    page.click(f"{GUIDE} .gd-term >> nth=0")
    assert "how many codes are in use" in page.inner_text(f"{GUIDE} .gd-meaning")
    page.click(f"{GUIDE} .gd-answer >> nth=0")
    assert page.inner_text(f"{GUIDE} .gd-said").startswith("Not quite. 256")
    page.click(f"{GUIDE} .gd-next")
    at(page, "collapse.2")
    page.wait_for_function("/step \\d+ /.test(document.querySelector('.gd-far').textContent)")
    assert page.locator(f"{GUIDE}[data-done]").count() == 0
    page.click("#lab-view .lab-panel-presets button[data-mend]:visible")
    page.wait_for_selector(f"{GUIDE}[data-done='true']")
    page.click(f"{GUIDE} .gd-next")
    page.wait_for_selector("#learn-view [data-chapter='collapse'][data-done='true']")
    assert re.search(r"1 of \d+ questions answered, 0 right", page.inner_text("#learn-view .le-answers"))


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_task_is_solved_on_the_live_page(page, app_url, name):
    chapter, number = name.split(".")
    step = next(one for one in CHAPTERS if one.id == chapter).steps[int(number)]
    page.goto(f"{app_url.rstrip('/')}/{step.page}?{step.as_json()['query'] or ''}&learn={name}")
    at(page, name)
    assert page.locator(f"{GUIDE}[data-done]").count() == 0
    SOLUTIONS[name](page)
    page.wait_for_selector(f"{GUIDE}[data-done='true']")


def test_the_way_back_is_the_visitors_own(page, app_url):
    page.goto(f"{app_url.rstrip('/')}/lab?settings=%7B%22codebook_size%22%3A7%7D&paused=1")
    page.wait_for_selector("#lab-view .dte-lab[data-playing='false']")
    page.goto(f"{app_url.rstrip('/')}/lab?preset=beta_too_low&learn=commitment.0")
    at(page, "commitment.0")
    page.click(f"{GUIDE} >> text=Leave")
    page.wait_for_function("!/learn=/.test(location.search)")
    assert "%22codebook_size%22%3A7" in page.url
    assert page.locator(GUIDE).count() == 0


@pytest.mark.parametrize("chapter", [one for one in CHAPTERS if one not in LAB_CHAPTERS], ids=lambda one: one.id)
def test_chapters_over_other_pages_are_gone_through(page, app_url, chapter):
    first = chapter.steps[0]
    page.goto(f"{app_url.rstrip('/')}/{first.page}?{first.as_json()['query']}&learn={chapter.id}.0")
    for number, step in enumerate(chapter.steps):
        at(page, f"{chapter.id}.{number}")
        framed(page, step)
        if step.question:
            page.click(f"{GUIDE} .gd-answer >> nth={step.question.right}")
            assert page.inner_text(f"{GUIDE} .gd-said").startswith("Right.")
        if step.task:
            SOLUTIONS[f"{chapter.id}.{number}"](page)
            page.wait_for_selector(f"{GUIDE}[data-done='true']")
        page.click(f"{GUIDE} .gd-next")
    page.wait_for_selector(f"#learn-view [data-chapter='{chapter.id}'][data-done='true']")
