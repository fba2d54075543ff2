"""The report of a comparison in Chromium: one file, opened without a network, in both sizes."""

import shutil
import subprocess

import pytest
from made_tokenizers import Greys, media_of, picture
from playwright.sync_api import TimeoutError

from explorer.compare.columns import columns_of
from explorer.compare.run import Options, run_comparison
from explorer.compare.spread import cell_text
from explorer.compare.table import make_table
from explorer.compare.writing import Writer
from explorer.figures.reports.comparison import html_report

pytestmark = pytest.mark.browser
HOSTILE_TITLE = "<a href='x'>%{x}</a><img src=x>"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    writer = Writer(folder, html_report)
    made = [Greys("greys", 16), Greys("residual", 8, levels=3, title=HOSTILE_TITLE)]
    images = {'<img src=x onerror="alert(1)">': picture(168, 200), "b": picture(176, 168, seed=1)}
    comparison = run_comparison(media_of(images), made, Options(repeats=1), writer.add)
    writer.finish(comparison)
    return comparison, folder / "report.html"


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """As many tokenizers as can be compared, with long names, over pictures of different sizes."""
    folder = tmp_path_factory.mktemp("wide")
    licence = "non-commercial research and education (BSDS500), research (imagenet-sample-images)"
    made = [
        Greys(f"tokenizer-{n}", 5 + n, 1 + n % 3, title=f"VQ, EMA + reseeding, number {n}", licence=licence)
        for n in range(8)
    ]
    writer = Writer(folder, html_report)
    images = {f"{n}.png": picture(168 + 8 * n, 200, seed=n) for n in range(3)}
    comparison = run_comparison(media_of(images), made, Options(repeats=1, codecs=("jpeg",)), writer.add)
    writer.finish(comparison)
    return comparison, folder / "report.html"


def quality_words(comparison):
    """Every figure of what is lost, as it is shown."""
    table = make_table(comparison)
    columns = [column for column in columns_of(comparison.kind) if column.group in ("quality", "time")]
    return [cell_text(column, row.cells[column.key], table.media) for row in table.rows for column in columns]


def test_the_whole_table_fits_and_its_first_column_stays(context, wide):
    comparison, path = wide
    page = context.new_page()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(path.as_uri())
    for width in (1440, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wider = page.evaluate(
            "[...document.querySelectorAll('.scroll')].map((one) => one.scrollWidth - one.clientWidth)"
        )
        assert len(wider) > 4 and max(wider) <= 0
        text = page.locator("table.wide").first.inner_text()
        assert all(words in text.replace("\u00a0", " ") for words in quality_words(comparison))
    page.set_viewport_size({"width": 420, "height": 900})
    first, scroll = (
        page.locator("table.wide tbody th").first,
        page.locator(".scroll", has=page.locator("table.wide")).first,
    )
    before = first.bounding_box()
    moved = scroll.evaluate("(one) => { one.scrollLeft = 200; return one.scrollLeft; }")
    assert moved == 200 and first.bounding_box()["x"] == before["x"]


def test_every_figure_is_printed_on_a4(context, wide, tmp_path):
    comparison, path = wide
    page = context.new_page()
    page.emulate_media(media="print", color_scheme="dark")  # paper is white all the same
    page.set_viewport_size({"width": round((210 - 2 * 12) / 25.4 * 96), "height": 1000})
    page.goto(path.as_uri())
    wider = page.evaluate("[...document.querySelectorAll('.scroll')].map((one) => one.scrollWidth - one.clientWidth)")
    assert max(wider) <= 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed, so what is on paper is not read; that nothing is cut off was seen")
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    line = ["pdftotext", "-layout", str(tmp_path / "report.pdf"), "-"]
    printed = " ".join(subprocess.run(line, capture_output=True, check=True).stdout.decode().split())
    words = [
        part for one in quality_words(comparison) for part in one.replace(" (", "|(").split("|")
    ]  # may be two lines
    assert [one for one in words if one not in printed] == [] and len(words) == 8 * (6 + 2)


def test_it_opens_offline_and_fits(context, report):
    comparison, path = report
    context.set_offline(True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.set_viewport_size({"width": 420, "height": 900})
    page.goto(path.as_uri())
    for width in (420, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    images = page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth > 0)")
    assert len(images) == 2 * (1 + 2 * 4) and all(images)
    assert page.locator("[data-figure]").count() == 4  # MS-SSIM too, at this size
    rows = page.locator("table.wide").first.locator("tr")
    expected = comparison.media[0].cell("greys").fidelity.psnr_db + comparison.media[1].cell("greys").fidelity.psnr_db
    assert f"{expected / 2:.2f}" in rows.nth(1).inner_text()
    assert "alert(1)" in page.locator("h2", has_text="onerror").inner_text()
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]


def test_the_policy_lets_plotly_draw_and_names_of_people_stay_text(context, report):
    """Every figure is drawn, under the policy, within its host; a hostile title of a tokenizer makes no element."""
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto(report[1].as_uri())
    figure = page.locator("[data-figure]").first
    figure.scroll_into_view_if_needed()
    figure.locator(".main-svg").first.wait_for()
    assert said == [] and figure.get_attribute("data-drawn") == "light"
    names = figure.locator(".legendtext").all_text_contents()
    assert {"JPEG", "16 greys"} <= set(names) and HOSTILE_TITLE in names and figure.locator("a, img").count() == 0
    hovered = page.evaluate(
        """() => {
          const host = document.querySelector("[data-figure]");
          const marks = host.data.findIndex((trace) => trace.customdata && trace.name !== "JPEG");
          Plotly.Fx.hover(host, [{ curveNumber: marks, pointNumber: 0 }]);
          return host.querySelector(".hoverlayer").textContent;
        }"""
    )
    assert "greys: " in hovered and "mean of 2 pictures" in hovered
    whole = figure.bounding_box()
    for box in [one.bounding_box() for one in figure.locator(".scatterlayer .points path").all()]:
        assert whole["x"] <= box["x"] and box["x"] + box["width"] <= whole["x"] + whole["width"]


def on_paper(page):
    """The figures as printed. A crowded browser was seen to lose the word that the media changed: it is said again."""
    others = page.locator("[data-figure]:not([data-drawn=paper])").first
    for again in range(3):
        page.emulate_media(media="print", color_scheme="dark")
        try:
            return others.wait_for(state="detached", timeout=20_000)
        except TimeoutError:
            if again == 2:
                raise
            page.emulate_media(media="screen", color_scheme="dark")


def test_figures_follow_the_readers_theme_and_are_light_on_paper(context, report):
    page = context.new_page()
    page.emulate_media(color_scheme="dark")
    page.goto(report[1].as_uri())
    figure = page.locator("[data-figure]").first
    figure.scroll_into_view_if_needed()
    ground = figure.locator(".main-svg").first
    ground.wait_for()
    assert "rgb(20, 23, 30)" in ground.get_attribute("style")
    on_paper(page)
    assert "rgb(255, 255, 255)" in figure.locator(".main-svg").first.get_attribute("style")
    assert page.locator("[data-figure] .main-svg").first.bounding_box()["width"] == 340
