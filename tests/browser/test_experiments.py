"""The page of experiments in Chromium: what ships is drawn, told and exported."""

import csv
import json
from pathlib import Path

import pytest

from explorer.experiments.shelf import open_experiment
from tests.browser.charts_in_sight import show_chart

pytestmark = pytest.mark.browser

PAGE = "#experiments-view .dte-experiments"


def saved(page, text):
    with page.expect_download() as download:
        page.click(f"{PAGE} .cb-exports button:text-is('{text}')")
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_charts_failures_and_files_are_those_that_ship(page, app_url):
    shipped = open_experiment("cross-modal")
    page.goto(f"{app_url.rstrip('/')}/experiments")
    page.wait_for_selector(f"{PAGE}[data-ready='true']")
    for name in shipped.charts:
        show_chart(page, f"{PAGE} [data-figure='{name}'] .ch-chart")
    columns = page.locator(f"{PAGE} .ex-condition").first.locator(".ex-medium")
    assert columns.evaluate_all("all => all.map((one) => one.dataset.member)") == ["pictures", "sounds", "clips"]
    first = columns.first.locator(".ex-finding").first
    first.locator("summary").click()
    told = sorted(
        shipped.of("image", "plain")[0].findings, key=lambda one: ["bad", "warning", "note", "good"].index(one["level"])
    )
    assert told[0]["title"] in first.inner_text() and told[0]["text"] in first.inner_text()
    rows = list(csv.DictReader(saved(page, "Table, .csv").splitlines()))
    assert [(row["medium"], row["condition"]) for row in rows[:2]] == [
        ("pictures", "Codebook loss"),
        ("pictures", "EMA and reseeding"),
    ]
    used = [run.measured["used"] for run in shipped.of("image", "plain")]
    assert float(rows[0]["used"]) == sum(used) / len(used)
    assert len(json.loads(saved(page, "All results, .json"))["runs"]) == len(shipped.runs)


@pytest.mark.parametrize("width", [1440, 1280, 420])
def test_nothing_is_cut_at_any_width(page, app_url, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{app_url.rstrip('/')}/experiments")
    page.wait_for_selector(f"{PAGE}[data-ready='true']")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
