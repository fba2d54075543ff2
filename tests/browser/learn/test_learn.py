"""The tour in Chromium: every chapter is played to its end over the live pages, and the way back is one's own."""

import re

import pytest

from explorer.learn.tour import CHAPTERS
from tests.browser.learn.tour_solutions import SOLUTIONS

pytestmark = pytest.mark.browser

GUIDE = ".dte-guide"
DONE = f"{GUIDE}[data-done='true']"
SIZES = {"width": 1280, "height": 720}, {"width": 1440, "height": 900}  # the last is that of every window
UNCOVERED = """(guide) => {
  const card = document.querySelector(guide).getBoundingClientRect();
  return [...document.querySelectorAll(".dte-lit")].every((one) => {
    const lit = one.getBoundingClientRect();
    const across = Math.min(lit.right, card.right) - Math.max(lit.left, card.left);
    return across <= 0 || Math.min(lit.bottom, card.bottom, innerHeight) - Math.max(lit.top, card.top, 0) <= 0;
  });
}"""
STEPS = {f"{chapter.id}.{number}": step for chapter in CHAPTERS for number, step in enumerate(chapter.steps)}


def at(page, name):
    """The step is there, and the state that it is about."""
    page.wait_for_selector(f"{GUIDE}[data-step='{name}']:not([aria-busy])")


def open_step(page, app_url, name, more=""):
    step = STEPS[name]
    page.goto(f"{app_url.rstrip('/')}/{step.page}?{step.as_json()['query'] or ''}&learn={name}{more}")
    at(page, name)


def framed(page, step):
    """What the step is about is there and framed."""
    for selector in step.lit:
        page.wait_for_selector(f"{selector}.dte-lit", state="attached")


def uncovered(page):
    """On a desk the guide lies over nothing that its step is about, in a low window as in a high one."""
    for size in SIZES:
        page.set_viewport_size(size)
        page.wait_for_function(UNCOVERED, arg=GUIDE)


def play(page, name):
    """All that a step asks for: its question is answered, its task solved by hand."""
    step = STEPS[name]
    if step.question:
        page.click(f"{GUIDE} .gd-answer >> nth={step.question.right}")
        assert page.inner_text(f"{GUIDE} .gd-said").startswith("Right.")
    if step.task:
        assert page.locator(DONE).count() == 0
        SOLUTIONS[name](page)
        page.wait_for_selector(DONE)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda one: one.id)
def test_a_chapter_is_played_to_its_end_and_counted(page, app_url, chapter):
    """Steps of one page are shown without loading it anew: what was left in its window is still there."""
    open_step(page, app_url, f"{chapter.id}.0")
    for number, step in enumerate(chapter.steps):
        name = f"{chapter.id}.{number}"
        at(page, name)
        framed(page, step)
        uncovered(page)
        assert page.evaluate("window.tourLeft ?? null") == (
            name if number and chapter.steps[number - 1].page == step.page else None
        )
        play(page, name)
        page.evaluate("(next) => { window.tourLeft = next }", f"{chapter.id}.{number + 1}")
        if step is not chapter.steps[-1]:
            page.click(f"{GUIDE} .gd-next")
    page.locator(GUIDE).get_by_text("All chapters", exact=True).click()
    page.wait_for_selector(f"#learn-view [data-chapter='{chapter.id}'][data-done='true']")


def test_a_chapter_is_begun_from_the_list_and_a_wrong_answer_is_explained_and_counted(page, app_url):
    page.goto(f"{app_url.rstrip('/')}/learn")
    page.click("#learn-view [data-chapter='collapse'] a")
    at(page, "collapse.0")
    page.click(f"{GUIDE} .gd-next")
    at(page, "collapse.1")
    assert "preset=rich_get_richer" in page.url  # the page stays as it was
    page.click(f"{GUIDE} .gd-term >> nth=0")
    assert "how many codes are in use" in page.inner_text(f"{GUIDE} .gd-meaning")
    page.click(f"{GUIDE} .gd-words summary")
    assert "0 where all is certain" in page.inner_text(f"{GUIDE} .gd-words")
    page.click(f"{GUIDE} .gd-answer >> nth=0")
    assert page.inner_text(f"{GUIDE} .gd-said").startswith("Not quite. 256")
    page.click(f"{GUIDE} .gd-next")
    at(page, "collapse.2")
    page.wait_for_function("/step \\d+ /.test(document.querySelector('.gd-far').textContent)")
    page.goto(f"{app_url.rstrip('/')}/learn")
    assert re.search(r"1 of \d+ questions answered, 0 right", page.inner_text("#learn-view .le-answers"))
    page.click("#learn-view .le-forget")  # asked for twice, since nothing brings it back
    assert page.inner_text("#learn-view .le-forget") == "Forget 2 steps and 1 answer"
    assert re.search(r"1 of \d+ questions answered", page.inner_text("#learn-view .le-answers"))
    page.click("#learn-view .le-forget")
    assert re.search(r"0 of \d+ questions answered", page.inner_text("#learn-view .le-answers"))
    page.click("#learn-view .le-to-methods")
    page.wait_for_selector("#methods-view .me-equation", state="visible")


def test_the_guide_stands_where_it_hides_least_of_what_is_framed(page, app_url):
    """In a window that is too narrow for the page to make way; a wider one does, and the guide stands where it did."""
    page.set_viewport_size({"width": 1000, "height": 700})
    open_step(page, app_url, "ema.1")
    page.wait_for_selector(f"{GUIDE}[data-dock='left']")  # over the presets, and not over the plane
    open_step(page, app_url, "ema.3")
    page.wait_for_selector(f"{GUIDE}[data-dock='right']")  # over an end of the plane, and not over the settings
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_function(UNCOVERED, arg=GUIDE)


def test_the_way_back_is_the_visitors_own(page, app_url):
    page.goto(f"{app_url.rstrip('/')}/lab?settings=%7B%22codebook_size%22%3A7%7D&paused=1")
    page.wait_for_selector("#lab-view .dte-lab[data-playing='false'][data-codes='7']")
    open_step(page, app_url, "commitment.0")
    page.wait_for_selector("#lab-view .dte-lab[data-codes]:not([data-codes='7'])")
    page.click(f"{GUIDE} >> text=Leave")
    page.wait_for_function("!/learn=/.test(location.search)")
    page.wait_for_selector("#lab-view .dte-lab[data-playing='false'][data-codes='7'][data-step='0']")
    assert "%22codebook_size%22%3A7" in page.url
    assert page.locator(GUIDE).count() == 0


def test_the_browser_goes_back_and_forward_between_steps(page, app_url):
    def alone(level):
        """Only that grid is decoded."""
        for label in (level, "Solo"):
            page.wait_for_selector(f"#inspect-view .dte-levels button[aria-pressed='true']:text-is('{label}')")

    open_step(page, app_url, "hierarchical.0")
    page.wait_for_selector("#inspect-view .dte-inspect[data-frames-drawn]")
    page.evaluate("window.stays = true")
    for number in (1, 2):
        page.click(f"{GUIDE} .gd-next")
        at(page, f"hierarchical.{number}")
    alone("2")
    page.wait_for_function("/side=/.test(location.search)")  # as the page writes it
    page.go_back()
    at(page, "hierarchical.1")
    alone("1")
    page.go_forward()
    at(page, "hierarchical.2")
    alone("2")
    assert page.evaluate("window.stays")


def test_a_chapter_leads_on_to_the_next_and_back_to_the_one_before_by_keys_too(page, app_url):
    """It ended at the list of all; a link for a class keeps what it hides, and what was done is counted."""
    page.set_viewport_size({"width": 420, "height": 900})
    open_step(page, app_url, "soft.3", "&hide=usage&present=1")  # of cards; the next chapter is played in the lab
    back, on = page.locator(GUIDE).get_by_role("button", name="Back", exact=True), page.locator(f"{GUIDE} .gd-next")
    assert on.inner_text() == "Next chapter: Codes that follow by moving averages"
    for way in (back, page.locator(f"{GUIDE} .gd-list"), on):  # no title is too long for it
        box, foot = way.bounding_box(), page.locator(f"{GUIDE} .gd-foot").bounding_box()
        assert foot["x"] <= box["x"] and box["x"] + box["width"] <= foot["x"] + foot["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == 420
    on.click()
    at(page, "ema.0")
    assert "/lab?" in page.url and "hide=usage" in page.url and "present=1" in page.url
    assert back.get_attribute("title") == "The chapter before: Soft assignment and annealing"
    page.keyboard.press("PageUp")
    at(page, "soft.3")
    assert "card=soft" in page.url and "hide=usage" in page.url
    page.locator(f"{GUIDE} .gd-list").click()
    page.wait_for_selector("#learn-view [data-chapter='ema'] progress[value='1']")
    page.keyboard.press("Escape")  # the presentation ends where no card is, too
    page.wait_for_function("!/present=/.test(location.search) && /hide=usage/.test(location.search)")
    page.wait_for_selector("#learn-view [data-chapter='tokens'] a[href*='hide=usage']")
    page.click("#learn-view [data-chapter='tokens'] a")
    at(page, "tokens.0")
    assert back.is_disabled() and "hide=usage" in page.url


def test_on_one_page_the_next_chapter_is_shown_in_place_and_the_last_one_ends_at_all(page, app_url):
    open_step(page, app_url, "ema.3")
    page.evaluate("window.stays = true")
    page.locator(GUIDE).focus()
    page.keyboard.press("ArrowRight")
    at(page, "initialization.0")
    assert page.inner_text(f"{GUIDE} h2") == STEPS["initialization.0"].title  # it has its texts
    framed(page, STEPS["initialization.0"])
    page.locator(GUIDE).focus()
    page.keyboard.press("ArrowLeft")
    at(page, "ema.3")
    assert page.evaluate("window.stays") and "preset=decay_too_slow" in page.url
    last = CHAPTERS[-1]
    open_step(page, app_url, f"{last.id}.{len(last.steps) - 1}")
    assert page.inner_text(f"{GUIDE} .gd-next") == "All chapters" and page.locator(f"{GUIDE} .gd-list").count() == 0
    page.click(f"{GUIDE} .gd-next")
    page.wait_for_selector("#learn-view [data-chapter]")


def test_a_task_is_not_done_by_what_the_step_before_it_showed(page, app_url):
    psnr = "Number(document.querySelector('.dte-rec[data-mode]')?.dataset.psnr_db || NaN)"
    open_step(page, app_url, "hierarchical.2")
    page.wait_for_function(f"{psnr} > 16")  # as the task of the next step asks
    page.click(f"{GUIDE} .gd-next")
    at(page, "hierarchical.3")
    page.wait_for_function(f"{psnr} < 15")
    assert page.locator(f"{GUIDE}[data-done]").count() == 0


def test_a_link_for_a_class_hides_what_it_names_and_is_presented_by_keys(page, app_url):
    open_step(page, app_url, "collapse.0", "&hide=histogram,events,beta&present=1")
    page.wait_for_selector("#lab-view .lab-panel-plane", state="visible")
    for hidden in (".lab-panel-histogram", ".lab-panel-events", "[data-control='beta']"):
        page.wait_for_selector(f"#lab-view {hidden}", state="hidden")
    for width, height in ((1280, 720), (1440, 900)):  # nothing of the card is cut
        page.set_viewport_size({"width": width, "height": height})
        box = page.locator(GUIDE).bounding_box()
        assert box["x"] >= 0 and box["y"] >= 0
        assert box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
        assert page.evaluate(
            "(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight)(document.querySelector('.dte-guide'))"
        )
    page.keyboard.press("PageDown")
    at(page, "collapse.1")
    page.keyboard.press("ArrowRight")
    at(page, "collapse.2")
    page.keyboard.press("PageUp")
    at(page, "collapse.1")
    assert "hide=histogram" in page.url and "present=1" in page.url
    page.wait_for_selector("#lab-view .lab-panel-histogram", state="hidden")
    page.keyboard.press("Escape")
    page.wait_for_function("!/present=/.test(location.search)")
    page.keyboard.press("PageDown")
    assert page.get_attribute(GUIDE, "data-step") == "collapse.1"


def test_a_teacher_makes_a_link_by_clicks(page, app_url):
    open_step(page, app_url, "collapse.0")
    page.wait_for_selector("#lab-view .lab-panel-histogram", state="visible")
    page.click(f"{GUIDE} .gd-for-class summary")
    page.wait_for_selector(f"{GUIDE} .gd-choice")
    words = page.eval_on_selector_all(f"{GUIDE} .gd-choice", "all => all.map((one) => one.textContent)")
    assert {"Latent plane", "Break it, mend it", "Quantizer: Codebook size K", "Reseeding: Threshold"} <= set(words)
    assert not any("_" in one for one in words) and len(set(words)) == len(words)
    page.uncheck(f"{GUIDE} .gd-for-class input[data-name='histogram']")
    page.wait_for_selector("#lab-view .lab-panel-histogram", state="hidden")
    assert "hide=histogram" in page.url and "learn=collapse.0" in page.url
    page.check(f"{GUIDE} .gd-for-class input[data-name='histogram']")
    page.wait_for_selector("#lab-view .lab-panel-histogram", state="visible")
    assert "hide=" not in page.url


def test_the_sheet_has_every_chapter_with_its_answers(page, app_url):
    page.goto(f"{app_url.rstrip('/')}/learn")
    page.click("#learn-view .le-to-sheet")
    for chapter in CHAPTERS:
        said = page.inner_text(f"#learn-view [data-chapter='{chapter.id}']")
        for step in chapter.steps:
            if step.question:
                assert step.question.answers[step.question.right] in said
            if step.task:
                hint = re.sub(r"\b([a-z])_([a-z])\b", r"\1\2", step.task.hint)  # an index stands below its symbol
                assert hint in said and step.task.done in said


def test_a_quiz_tells_nothing_before_and_the_change_after(page, app_url):
    def answer(last):
        questions = page.locator("#learn-view .le-quiz-question")
        page.wait_for_selector("#learn-view .le-quiz-question")
        for number in range(questions.count()):
            choices = questions.nth(number).locator("input")
            choices.nth(choices.count() - 1 if last else 0).check()
        page.click("#learn-view .le-quiz-done")
        return questions.count()

    page.goto(f"{app_url.rstrip('/')}/learn?quiz=before")
    page.fill("#learn-view .le-quiz-name", "Ada")
    page.click("#learn-view .le-quiz-done")
    assert "not answered yet" in page.inner_text("#learn-view .le-quiz-said")
    count = answer(last=True)
    assert "Kept" in page.inner_text("#learn-view .le-quiz-said")
    assert page.locator("#learn-view .le-quiz-score").count() == 0
    page.goto(f"{app_url.rstrip('/')}/learn?quiz=after")
    answer(last=False)
    said = page.inner_text("#learn-view .le-quiz-score")
    after, before, change = (
        int(one) for one in re.search(r"^(\d+) of \d+ right. Before: (\d+). Change: ([+-]?\d+)", said).groups()
    )
    assert change == after - before and 0 < after < count
    assert page.input_value("#learn-view .le-quiz-name") == "Ada"


@pytest.mark.parametrize("address", ["learn?learn=nosuch.0", "lab?learn=cells.99"])
def test_a_step_that_is_not_there_is_said(page, app_url, address):
    page.goto(f"{app_url.rstrip('/')}/{address}")
    page.wait_for_selector(GUIDE)
    assert "could not be had" in page.inner_text(GUIDE)
    page.click(f"{GUIDE} a")
    page.wait_for_selector("#learn-view .le-chapter")
    names = page.locator("#learn-view .le-chapter .le-foot a").evaluate_all("(all) => all.map((one) => one.ariaLabel)")
    assert len(set(names)) == len(names) > 20, "read aloud, each way into a chapter is told from the others"
    assert page.locator(GUIDE).count() == 0
