"""The report of an audit in Chromium: one file, opened without a network, on a wide screen, a narrow one and paper."""

import numpy as np
import pytest
from made_audits import audit_of, lattice, level_of, table

from explorer.figures.reports.audit import html_report

pytestmark = pytest.mark.browser
HOSTILE = "<a href='x'>%{x}</a><img src=x>.png"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Two levels, learned and of a lattice, over media of which one has a hostile name."""
    rng, books = np.random.default_rng(0), (table(np.random.default_rng(1).normal(size=(64, 2))), lattice(3, 5))
    levels = [level_of(book, rng.normal(size=(1024, 2)), name=f"level {n}") for n, book in enumerate(books, 1)]
    path = tmp_path_factory.mktemp("audit") / "report.html"
    audit = audit_of(*levels, title=HOSTILE, media=(HOSTILE, "b", "c", "d"))
    path.write_text(html_report(audit, books), encoding="utf-8")
    return path


def test_it_is_drawn_offline_and_fits_every_width(context, report):
    context.set_offline(True)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri())
    for width in (1440, 1280, 420):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    hosts = page.locator("[data-figure]")
    assert hosts.count() == 2 + 2 * 5 + 1, "of all levels, of each, and the axes of the lattice"
    for host in hosts.all():
        host.scroll_into_view_if_needed()
        host.locator(".main-svg").first.wait_for()
        assert host.bounding_box()["width"] <= 420
    assert said == [] and hosts.locator("a[href], img").count() == 0


def test_on_paper_all_figures_stand_two_beside_each_other(context, report):
    page = context.new_page()
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": round((210 - 2 * 12) / 25.4 * 96), "height": 1000})
    page.goto(report.as_uri())
    drawn = page.locator("[data-drawn=paper]")
    drawn.nth(12).wait_for()
    boxes = [one.bounding_box() for one in drawn.all()]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[1]["x"] >= boxes[0]["x"] + 340
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    least = 130  # px of a plot, whatever its legend takes: so long are the names of its axes
    plots = page.evaluate(
        """() => [...document.querySelectorAll(".plot")].map((plot) => {
          const high = (name) => plot.querySelector(name)?.getBoundingClientRect() ?? null;
          const [all, area, title] = [plot.getBoundingClientRect(), high(".nsewdrag"), high(".ytitle")];
          return [area?.height, title && title.top >= all.top && title.bottom <= all.bottom];
        })"""
    )
    assert all(height >= least and whole is not False for height, whole in plots if height is not None), plots
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_long_text_leaves_the_words_of_the_first_column_whole(context, tmp_path):
    """However wide the text beside them, no such cell is narrower than its longest word; a file's name may break."""
    settings = {"seeds": " ".join(["'a long value'"] * 60)}
    audit = audit_of(
        level_of(lattice(3, 5), np.zeros((64, 2))), settings=settings, skipped=(("x" * 300, "empty"),), planned=2
    )
    (tmp_path / "report.html").write_text(html_report(audit, (lattice(3, 5),)), encoding="utf-8")
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    for width in (1440, 420):
        page.set_viewport_size({"width": width, "height": 900})
        lines = page.evaluate(
            """() => Object.fromEntries(["Tokenizer", "State", "Counted", "x".repeat(300)].map((name) => {
              const cell = [...document.querySelectorAll("th")].find((one) => one.textContent === name);
              const text = document.createRange();
              text.selectNodeContents(cell);
              return [name[0], text.getClientRects().length];
            }))"""
        )
        assert (lines["T"], lines["S"], lines["C"]) == (1, 1, 1) and lines["x"] > 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
