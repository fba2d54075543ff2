"""The report of a comparison in Chromium: one file, opened without a network, in both sizes."""

import pytest
from made_tokenizers import Greys, media_of, picture

from explorer.compare.run import Options, run_comparison
from explorer.compare.writing import Writer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    writer = Writer(folder)
    made = [Greys("greys", 16), Greys("residual", 8, levels=3)]
    images = {'<img src=x onerror="alert(1)">': picture(168, 200), "b": picture(176, 168, seed=1)}
    comparison = run_comparison(media_of(images), made, Options(repeats=1), writer.add)
    writer.finish(comparison)
    return comparison, folder / "report.html"


@pytest.mark.parametrize("width", [1440, 420])
def test_it_opens_offline_and_fits(context, report, width):
    comparison, path = report
    context.set_offline(True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(path.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    images = page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth > 0)")
    assert len(images) == 2 * (1 + 2 * 4) and all(images)
    assert page.locator("svg").count() == 4  # MS-SSIM too, at this size
    rows = page.locator("table.wide").first.locator("tr")
    expected = comparison.media[0].cell("greys").fidelity.psnr_db + comparison.media[1].cell("greys").fidelity.psnr_db
    assert f"{expected / 2:.2f}" in rows.nth(1).inner_text()
    assert "alert(1)" in page.locator("h2", has_text="onerror").inner_text()


def test_marks_of_the_curves_can_be_read_and_seen(context, report):
    page = context.new_page()
    page.goto(report[1].as_uri())
    figure = page.locator("svg").first
    titles = figure.locator("title").all_text_contents()
    assert sum("residual, " in title for title in titles) >= 3 and any(title.startswith("JPEG at") for title in titles)
    boxes = [figure.locator("g[transform]").nth(n).bounding_box() for n in range(3)]
    whole = figure.bounding_box()
    assert all(box["x"] >= whole["x"] and box["x"] + box["width"] <= whole["x"] + whole["width"] for box in boxes)
