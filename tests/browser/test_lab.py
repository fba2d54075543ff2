"""The training lab in Chromium: a codebook is watched collapsing, mended in place, and looked back at."""

import json
import re
from urllib.parse import parse_qs, quote, urlparse

import numpy as np
import pytest

from explorer.lab.presets import PRESETS

pytestmark = pytest.mark.browser

LAB = "#lab-view .dte-lab"
PRESET = "rich_get_richer"
# The step is the same at ten looks in a row.
RESTS = f"""() => {{
  const {{ dataset }} = document.querySelector("{LAB}");
  const {{ was, times }} = globalThis.rests ?? {{}};
  globalThis.rests = {{ was: dataset.step, times: was === dataset.step ? times + 1 : 0 }};
  return globalThis.rests.times >= 10;
}}"""


def open_lab(page, app_url, query=""):
    """Open the lab and wait until a frame was drawn."""
    page.goto(f"{app_url.rstrip('/')}/lab?{query}")
    page.wait_for_function(f"Number(document.querySelector('{LAB}')?.dataset.framesDrawn) > 0")


def data(page, name):
    return page.get_attribute(LAB, f"data-{name}")


def until(page, condition):
    """Wait until `condition`, JavaScript over `d` (the data attributes), holds."""
    page.wait_for_function(f"(d => {condition})(document.querySelector('{LAB}').dataset)")


def steady_step(page):
    """The step of a run that was stopped: what was on its way is shown after the pause."""
    page.wait_for_function(RESTS, polling=100)
    return int(data(page, "step"))


def control(page, name):
    return page.locator(f"{LAB} [data-control='{name}']")


def reads(page, words):
    """Wait until the page says that: words follow the picture, a few times a second."""
    page.wait_for_function(
        "([view, words]) => document.querySelector(view).innerText.includes(words)", arg=[LAB, words]
    )


def test_a_collapse_is_watched_mended_and_looked_back_at(page, app_url):
    open_lab(page, app_url)
    first = data(page, "run")
    page.locator(f"[data-preset='{PRESET}']").get_by_role("button").first.click()
    until(page, f"d.run !== '{first}' && Number(d.step) > 60 && Number(d.dead) > 40")  # of 64
    collapsed_at, run = int(data(page, "step")), data(page, "run")
    reads(page, PRESETS[PRESET].why)
    page.locator(f"[data-preset='{PRESET}'] [data-mend]").click()
    until(page, "Number(d.dead) < 10")
    assert data(page, "run") == run, "the mend acts on the run that is going"
    assert int(data(page, "step")) > collapsed_at
    page.get_by_role("button", name="Pause").click()
    until(page, "d.playing === 'false'")
    now = int(data(page, "step"))
    moment = page.get_by_label("Moment of the run, in steps")
    moment.fill(str(collapsed_at // 16 * 16))  # the strides are powers of two
    until(page, "d.scrub !== '' && Number(d.dead) > 40")
    assert abs(int(data(page, "scrub")) - collapsed_at) < collapsed_at
    page.get_by_role("button", name="Back to now").click()
    until(
        page, f"d.scrub === '' && Number(d.dead) < 10 && Number(d.step) >= {now}"
    )  # the last frame comes after the pause


def test_the_first_run_works_the_space_bar_pauses_it_and_single_steps_are_exact(page, app_url):
    open_lab(page, app_url)
    until(page, "Number(d.step) >= 1")
    assert data(page, "dead") == "0", "breaking a run means something only where it worked"
    page.keyboard.press("Space")  # the focus is nowhere
    until(page, "d.playing === 'false'")
    assert page.evaluate("scrollY") == 0
    skip = page.get_by_role("button", name="Skip to the latent plane")
    skip.focus()
    skip.press("Enter")
    assert page.evaluate("document.activeElement.classList.contains('lab-stage')")
    before = steady_step(page)
    page.get_by_role("button", name="+10", exact=True).click()
    until(page, f"Number(d.step) === {before + 10}")
    page.get_by_role("button", name="+1", exact=True).click()
    until(page, f"Number(d.step) === {before + 11}")
    assert data(page, "playing") == "false"


def test_an_impossible_setting_is_said_beside_it_and_what_was_typed_stays(page, app_url):
    open_lab(page, app_url)
    run = data(page, "run")
    row = control(page, "codebook_size")
    row.locator("input.dte-lf-box").fill("0")
    row.locator("input.dte-lf-box").press("Enter")
    alert = row.get_by_role("alert")
    alert.wait_for()
    assert "from 1 to 4096" in alert.inner_text().replace(",", "")
    assert row.locator("input.dte-lf-box").input_value() == "0"
    assert data(page, "run") == run


def test_a_link_restores_the_run_and_the_address_follows(page, app_url):
    wanted = {"dataset": "moons", "codebook_size": 16, "seed": 5, "batch_size": 128}
    open_lab(page, app_url, "settings=" + quote(json.dumps(wanted)))
    assert control(page, "codebook_size").locator("input.dte-lf-box").input_value() == "16"
    reads(page, "of 16 codes")
    box = control(page, "codebook_size").locator("input.dte-lf-box")
    box.fill("8")
    box.press("Enter")
    page.wait_for_function("location.search.includes('settings=') && location.search.includes('8')")
    until(page, "Number(d.framesDrawn) > 0")
    page.wait_for_function(
        "JSON.parse(new URLSearchParams(location.search).get('settings') || '{}').codebook_size === 8"
    )
    settings = json.loads(parse_qs(urlparse(page.url).query)["settings"][0])
    assert settings == wanted | {"codebook_size": 8}


def test_a_made_up_link_is_said_and_the_lab_still_plays(page, app_url):
    open_lab(page, app_url, "settings=" + quote('{"codebook_size": -3, "x": "<img src=x>"}'))
    assert "cannot be" in page.inner_text(LAB)
    step = int(data(page, "step"))
    until(page, f"Number(d.step) > {step}")


def two_sides(page):
    page.wait_for_function(f"document.querySelectorAll('{LAB} .lab-side').length === 2")


def test_a_broken_run_and_its_mended_one_are_told_apart_in_words_and_the_link_restores_them(page, app_url):
    open_lab(page, app_url, f"preset={PRESET}&speed=30")
    start = page.locator("[data-compare='start']")
    assert start.bounding_box()["y"] < 2 * 900, "within the first two screens"
    start.click()
    two_sides(page)
    until(page, "Number(d.step) > 60")
    reads(page, "A and B differ in Strategy (Reseeding): None against")
    reads(page, "Reseeds so far")
    words = page.locator(f"{LAB} .lab-side-name").all_inner_texts()
    assert len(words) == 2 and words[0] != words[1]
    top = "all => all.map((one) => one.getBoundingClientRect().top)"
    for panel in ("plane", "diagnosis", "heatmap"):
        tops = page.locator(f"{LAB} .lab-side .lab-panel-{panel}").evaluate_all(top)
        assert len(tops) == 2 and abs(tops[0] - tops[1]) < 2, f"the {panel} of A and of B are level with each other"
    # On a slow machine the run has paused itself by now, and there is no such button.
    page.evaluate("[...document.querySelectorAll('button')].find((one) => one.textContent.trim() === 'Pause')?.click()")
    page.wait_for_function("/paused=1/.test(location.search) && /[?&]b=/.test(location.search)")
    page.goto(page.url)
    two_sides(page)
    until(page, "d.playing === 'false' && d.step === '0'")
    assert page.get_by_label("Speed", exact=True).input_value() == "30"
    page.locator("[data-compare='stop']").click()
    page.wait_for_function(f"document.querySelectorAll('{LAB} .lab-side').length === 1")


def test_the_frames_can_be_saved_and_read(page, app_url):
    open_lab(page, app_url, "settings=" + quote('{"codebook_size": 8, "batch_size": 64}'))
    until(page, "Number(d.step) > 20")
    page.get_by_role("button", name="Pause").click()
    until(page, "d.playing === 'false'")
    page.locator(f"{LAB} summary", has_text="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name=re.compile("npz")).click()
    with np.load(saved.value.path(), allow_pickle=False) as file:
        assert file["frame_step"][0] == 0 and file["l0_vectors"].shape[1:] == (8, 2)


@pytest.mark.parametrize(("theme", "widths"), [("light", (420, 1440)), ("dark", (1440, 420))])
def test_nothing_overflows_in_either_theme(page, app_url, widths, theme):
    """Opened at one width and drawn to the other."""
    page.set_viewport_size({"width": widths[0], "height": 900})
    open_lab(page, app_url, f"__theme={theme}&preset={PRESET}")
    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, width)


def fits(page, width):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 1440:  # what must be seen without scrolling
        for part in (".lab-legend", f"[data-mend='{PRESET}']"):
            box = page.locator(f"{LAB} {part}").bounding_box()
            assert box["y"] + box["height"] <= 900, part
