"""The codebook page in Chromium: choosers, facts, heatmap, diagnosis and growth, held against the audits on disk."""

import csv
import io

import numpy as np
import pytest

from explorer.audit.shards.plan import Shard
from explorer.audit.shards.run import run_shard
from explorer.audit.shipped import load_shipped
from explorer.audit.sources import samples_source
from explorer.tokenizers import load_tokenizer
from tests.browser.steady import steady_box
from tests.conftest import app_with

pytestmark = pytest.mark.browser

PAGE = "#codebook-view .dte-codebook"
STAGE = f"{PAGE} .cb-heat-stage"
SPILLING = """root => {
  const edge = root.getBoundingClientRect().right + 1;
  const cut = (e) => { for (let p = e.parentElement; p && p !== root; p = p.parentElement) if (getComputedStyle(p).overflowX !== "visible") return true; };
  return [...root.querySelectorAll("*")]
    .filter((e) => e.getBoundingClientRect().right > edge && e.getClientRects().length && !cut(e))
    .map((e) => `${e.tagName}.${e.className}`);
}"""  # noqa: E501


def open_page(page, app_url, query):
    page.goto(f"{app_url.rstrip('/')}/codebook?{query}")
    until(page, "d.ready === 'true'")


def until(page, condition):
    """Wait until `condition`, JavaScript over `d` (the data attributes of the page), holds."""
    page.wait_for_function(f"(d => {condition})(document.querySelector('{PAGE}')?.dataset ?? {{}})")


def saved_rows(page, name):
    """The rows of a CSV that a button writes."""
    with page.expect_download() as saved:
        page.get_by_role("button", name=name).click()
    with open(saved.value.path(), encoding="utf-8") as file:
        return list(csv.DictReader(io.StringIO(file.read())))


def test_the_heatmap_holds_every_count_of_the_audit(page, app_url):
    counts = load_shipped("vq-collapsed", "val").levels[0].counts
    open_page(page, app_url, "tokenizer=vq-collapsed&audit=val")
    rows = saved_rows(page, "Count and state of every code, CSV")
    assert [int(row["count"]) for row in rows] == sorted(counts.tolist(), reverse=True)
    assert all(int(row["count"]) == counts[int(row["code"])] for row in rows)
    book = load_tokenizer("vq-collapsed", device="cpu").codebooks()[0]
    trained = book.counts / (1 - book.counts_decay) >= 1  # tokens of the steps that the average remembers
    dead, unseen = (counts == 0) & ~trained, (counts == 0) & trained
    assert 0 < unseen.sum() < 10, "a few codes that training used have no token here: these are not called dead"
    for state, codes in (("dead", dead), ("unseen", unseen)):
        assert {row["code"] for row in rows if row["state"] == state} == {str(code) for code in np.flatnonzero(codes)}
    legend = page.locator(f"{PAGE} .cb-key[data-state='1']")
    assert f"{np.count_nonzero(dead):,}" in legend.inner_text()
    assert f"{counts.sum():,}" in page.locator(f"{PAGE} [data-fact='tokens']").inner_text()


def test_a_code_is_found_by_mouse_and_by_keys_and_the_link_keeps_it(page, app_url):
    order = np.argsort(-load_shipped("vq-ema", "val").levels[0].counts, kind="stable")
    open_page(page, app_url, "tokenizer=vq-ema")
    stage = page.locator(STAGE)
    box = steady_box(stage)
    cell = box["width"] / 32  # 1,024 codes, 32 a row
    stage.click(position={"x": 4.5 * cell, "y": 2.5 * cell})
    until(page, f"d.code === '{order[2 * 32 + 4]}'")
    page.keyboard.press("Escape")  # lets go of the hover
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    chosen = order[3 * 32 + 5]
    until(page, f"d.code === '{chosen}'")
    page.wait_for_function(f"new URLSearchParams(location.search).get('code') === '{chosen}'")
    page.reload()
    until(page, f"d.ready === 'true' && d.code === '{chosen}' && d.tokenizer === 'vq-ema'")
    assert f"Code {chosen}:" in page.locator(f"{PAGE} .codebook-heatmap .cb-readout").inner_text()


def test_zoom_draws_anew_and_all_can_be_shown_again(page, app_url):
    open_page(page, app_url, "tokenizer=kmeans&order=map")
    heatmap = page.locator(f"{PAGE} .codebook-heatmap")
    page.wait_for_function(f"document.querySelector('{PAGE} .codebook-heatmap').dataset.frames > 0")
    before = int(heatmap.get_attribute("data-frames"))
    page.locator(STAGE).focus()
    page.keyboard.press("+")
    page.wait_for_function(f"document.querySelector('{PAGE} .codebook-heatmap').dataset.frames > {before}")
    whole = heatmap.get_by_role("button", name="Show all")
    whole.click()
    whole.wait_for(state="hidden")
    assert heatmap.get_by_role("button", name="By map").get_attribute("aria-pressed") == "true"


def test_levels_are_apart_and_joint(page, app_url):
    audit = load_shipped("rvq-4", "val")
    open_page(page, app_url, "tokenizer=rvq-4&level=2")
    used = page.locator(f"{PAGE} [data-fact='used'] b")
    for number, level in enumerate(audit.levels):
        page.get_by_role("button", name=f"Level {number + 1}", exact=True).click()
        until(page, f"d.level === '{number}'")
        assert used.inner_text() == f"{np.count_nonzero(level.counts):,}"
    assert f"{audit.joint.distinct:,}" in page.locator(f"{PAGE} [data-fact='joint-distinct']").inner_text()
    rows = saved_rows(page, "Usage of every level or group, CSV")
    assert [row["level"] for row in rows] == ["level 1", "level 2", "level 3", "level 4", "joint"]
    assert [int(row["used"]) for row in rows[:4]] == [np.count_nonzero(level.counts) for level in audit.levels]


def test_a_finding_leads_to_its_figure(page, app_url):
    open_page(page, app_url, "tokenizer=vq-collapsed")
    finding = page.locator(f"{PAGE} .cb-finding[data-level='bad']").first
    assert "dead" in finding.inner_text() and "Try:" in finding.inner_text()
    finding.get_by_role("button", name="See the heatmap").click()
    page.wait_for_selector(f"{PAGE} .codebook-heatmap.cb-flash")
    dead = page.locator(f"{PAGE} .cb-key[data-state='1']")
    dead.click()
    assert dead.get_attribute("aria-pressed") == "true"
    dead.click()
    assert dead.get_attribute("aria-pressed") == "false"


def test_what_was_counted_and_what_is_estimated_are_told_apart_in_the_file(page, app_url):
    audit = load_shipped("vq-collapsed", "val")
    open_page(page, app_url, "tokenizer=vq-collapsed")
    rows = saved_rows(page, "Usage while counting, CSV")
    counted = [row for row in rows if row["how"] == "counted"]
    assert [int(row["codes_used"]) for row in counted] == audit.levels[0].growth[:, 1].tolist()
    assert max(int(float(row["tokens"])) for row in rows if row["how"] == "estimated") == 2 * audit.tokens


@pytest.mark.parametrize(("theme", "widths"), [("light", (1440, 420)), ("dark", (420, 1440))])
def test_nothing_spills_over_the_edge(page, app_url, widths, theme):
    """Opened at one width and drawn to the other, with the page of a code."""
    page.set_viewport_size({"width": widths[0], "height": 900})
    open_page(page, app_url, f"tokenizer=rvq-4&code=17&__theme={theme}")
    page.wait_for_selector(".codebook-code[data-code='17'][data-decoded='17']")
    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)  # what is drawn anew may come to spill over
        page.wait_for_function("(width) => document.documentElement.scrollWidth <= width", arg=width)  # or still does
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(PAGE).evaluate(SPILLING) == []


def test_a_job_in_shards_is_watched(page, chromium_path, tmp_path):
    """The app is told of a folder of shards; the page says how far they are, and goes on asking."""
    tokenizer, source = load_tokenizer("fsq", device="cpu"), samples_source("image")
    first, second = (Shard(number, 2).span(len(source), "image") for number in (1, 2))

    def count(number):
        assert run_shard(tokenizer, source, Shard(number, 2), tmp_path, title="Samples", side_px=64)[1]

    def says(words):
        page.wait_for_function(
            "([at, words]) => [...document.querySelectorAll(at)].some((line) => line.textContent.includes(words))",
            arg=["#codebook-view .codebook-audit [data-part=cluster] p", words],
        )

    count(2)
    with app_with("--audit", str(tmp_path)) as url:
        page.goto(f"{url.rstrip('/')}/codebook?tokenizer=fsq")
        says("Cluster job: 1 of 2 shards done, 1 not begun")
        says(f"{second.stop - second.first} of {len(source)} media")
        count(1)
        says("All shards are done")
        says(f"{first.stop + second.stop - second.first} of {len(source)} media")


def test_in_use_lights_every_code_with_a_token_and_the_diagnosis_begins_anew_with_each_audit(page, app_url):
    counts = load_shipped("vq-collapsed", "val").levels[0].counts
    page.set_viewport_size({"width": 1400, "height": 700})  # the findings beside the page of a code have to scroll
    open_page(page, app_url, "tokenizer=vq-collapsed&code=1")
    assert page.locator(f"{PAGE} .cb-key[data-state='4'] span").first.inner_text() == "of them over-used"
    in_use = page.locator(f"{PAGE} .cb-key[data-state='0']")
    assert in_use.locator("b").inner_text() == f"{np.count_nonzero(counts):,}"
    in_use.click()
    assert in_use.get_attribute("aria-pressed") == "true"
    selected = page.locator(f"{PAGE} .cm-selected").inner_text()
    assert f"{np.count_nonzero(counts):,} used" in selected and f"{counts.sum():,} of" in selected
    findings = f"document.querySelector('{PAGE} .cb-findings')"
    page.evaluate(f"{findings}.scrollTop = 40")
    assert page.evaluate(f"{findings}.scrollTop") == 40
    page.locator(f"{PAGE} .cb-select").first.select_option("vq-ema")
    until(page, "d.ready === 'true' && d.tokenizer === 'vq-ema'")
    assert page.evaluate(f"{findings}.scrollTop") == 0
