"""Series, items and graphs on the Compare page as it ships: from sample and upload to files, bad ones too."""

import csv
import io

import numpy as np
import pytest

from explorer.compare.media import open_media
from explorer.compare.run import Options, run_comparison
from explorer.tokenizers import load_tokenizer
from tests.browser.steady import steady_box

pytestmark = pytest.mark.browser

PAGE = "#compare-view .dte-compare"
PANES = f"{PAGE} .compare-panes"


def open_compare(page, url, query):
    page.goto(f"{url.rstrip('/')}/compare?{query}")
    ready(page)


def ready(page):
    page.wait_for_selector(f"{PAGE}[data-ready='true']")
    page.wait_for_selector(f"{PANES} .cp-stage canvas", state="attached")


def wait_for_text(page, selector, text):
    page.wait_for_function("([s, t]) => document.querySelector(s)?.textContent.includes(t)", arg=[selector, text])


def stage(page, number):
    found = page.locator(f"{PANES} .cp-grid .cp-stage").nth(number)
    return steady_box(found)


def bring(page, path):
    page.locator(f"{PAGE} .compare-choose").get_by_text("Your own", exact=True).click()
    page.set_input_files(f"{PAGE} .cp-file", path)


def saved(page, kind):
    with page.expect_download() as download:
        page.locator(f"{PAGE} .cb-exports button[data-kind='{kind}']").click()
    return download.value.path().read_text(encoding="utf-8")


def details_of(sources, names):
    tokenizers = [load_tokenizer(name) for name in names]
    media = open_media(sources, modality=tokenizers[0].spec.modality)
    return run_comparison(media, tokenizers, Options(repeats=0)).media[0]


def values_of(text, table):
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["table"] == table]
    return {(row["row"], row["tokenizer"], row["measure"]): float(row["value"]) for row in rows}


def refuses(page, path, content, words):
    """A bad file is said under the drop, and what was compared stays."""
    path.write_bytes(content)
    before = page.locator(f"{PANES} figcaption").all_inner_texts()
    page.set_input_files(f"{PAGE} .cp-file", path)
    wait_for_text(page, f"{PAGE} .compare-choose", words)
    assert page.locator(f"{PANES} figcaption").all_inner_texts() == before
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 420")


def test_series_from_sample_and_upload_to_their_files(page, app_url, tmp_path):
    names = ["series-vq", "fast-actions"]
    open_compare(page, app_url, f"tokenizers={','.join(names)}&media=sample:walk")
    found = details_of(["sample:walk"], names)
    assert page.locator(f"{PANES} .cp-grid .cp-stage").count() == 3
    box = stage(page, 1)
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 4)
    wait_for_text(page, f"{PANES} .cp-readout", "left hip in deg: original")
    page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 4)
    page.wait_for_function("/[?&]pin=\\d+/.test(location.search)")
    page.locator(f"{PANES} .cp-pane").nth(1).get_by_text("worst stretch").click()
    page.wait_for_function("/[?&]zoom=/.test(location.search)")
    told = values_of(saved(page, "details"), "columns")
    cell = found.cell("series-vq")
    assert told["left hip", "series-vq", "rmse"] == pytest.approx(cell.fidelity.rmse[0], rel=1e-4)
    wait_for_text(page, f"{PANES} .cp-detail", f"{cell.fidelity.rmse[0]:.3g} ({cell.fidelity.largest[0]:.3g}) deg")
    rows = "\n".join(f"{i / 20:.2f},{np.sin(i / 4):.4f},{20 + 5 * np.cos(i / 9):.4f}" for i in range(90))
    (tmp_path / "own.csv").write_text(f"time [s],angle [rad],heat [C]\n{rows}\n")
    bring(page, tmp_path / "own.csv")
    wait_for_text(page, f"{PANES} .cp-detail", "heat")
    ready(page)
    assert ("heat", "fast-actions", "largest") in values_of(saved(page, "details"), "columns")
    assert "own.csv" in saved(page, "report")
    refuses(page, tmp_path / "bad.csv", b"a,b\n1,1\n2,warm\n3,3\n4,4\n", "Line 3, column 'b': 'warm' is no number")


def test_items_from_sample_and_upload_to_their_files(page, app_url, tmp_path):
    names = ["items-rq", "items-rq-3"]
    open_compare(page, app_url, f"tokenizers={','.join(names)}&media=sample:books")
    found = details_of(["sample:books"], names)
    assert page.locator(f"{PANES} .cp-tools").get_by_text("Blind").count() == 0, "nothing is decoded to be preferred"
    box = stage(page, 1)
    page.mouse.move(box["x"] + 3, box["y"] + 8)
    wait_for_text(page, f"{PANES} .cp-readout", " | RQ-VAE semantic ids, 3 levels ")
    page.mouse.click(box["x"] + 3, box["y"] + 8)
    page.wait_for_selector(f"{PANES} .cp-lists li")
    assert "by shared prefix" in page.inner_text(f"{PANES} .cp-lists")
    page.select_option(f"{PAGE} .cp-baseline select", "items-rq-3")
    wait_for_text(page, f"{PANES} .cp-details", "Against RQ-VAE semantic ids, 3 levels")
    told = values_of(saved(page, "details"), "against_items-rq-3")
    detail = next(one for one in found.details if one.baseline == "items-rq-3")
    row = "Items with another first code"
    assert told[row, "items-rq", "share_percent"] == pytest.approx(
        detail.entry(row, "items-rq").values["share_percent"]
    )
    own = "\n".join(f"Song {i},{['folk', 'rock'][i % 2]},{1950 + i}" for i in range(41))
    (tmp_path / "songs.csv").write_text(f"title,genre,year\n{own}\n")
    bring(page, tmp_path / "songs.csv")
    wait_for_text(page, f"{PANES} .cb-caption", "41 items of 32 numbers")
    ready(page)
    assert "songs.csv" in saved(page, "csv")
    buffer = io.BytesIO()
    np.save(buffer, np.where(np.arange(40) == 17, np.nan, 1.0).reshape(10, 4))
    refuses(page, tmp_path / "bad.npy", buffer.getvalue(), "Item 5 has no number in 'column 2'")


def test_graphs_from_sample_and_upload_to_their_files(page, app_url, tmp_path):
    names = ["gart", "gart-random"]
    open_compare(page, app_url, f"tokenizers={','.join(names)}&media=sample:world&pin=3")
    found = details_of(["sample:world"], names)
    assert page.locator(f"{PANES} .cp-grid .cp-stage").count() == 2, "two choices of anchors, and no original"
    assert "no graph is decoded" in page.inner_text(f"{PANES} .cb-caption >> nth=-1")
    wait_for_text(page, f"{PANES} .cp-readout", "GART, random anchors: ")
    page.get_by_text("Swipe", exact=True).click()
    page.wait_for_selector(f"{PANES}[data-mode='swipe']")
    sides = page.locator(f"{PANES} .cp-sides select").evaluate_all("(all) => all.map(({value}) => value)")
    assert sides == names, "there is no original to stand on the left"
    told = values_of(saved(page, "details"), "reach")
    reach = next(one for one in found.details if one.key == "reach")
    assert told["1 edge", "gart-random", "nodes"] == reach.entry("1 edge", "gart-random").values["nodes"]
    (tmp_path / "own.tsv").write_text("\n".join(f"n{i}\tn{(7 * i + 3) % 30}" for i in range(30)))
    bring(page, tmp_path / "own.tsv")
    wait_for_text(page, f"{PANES} .cb-caption", "30 nodes and")
    ready(page)
    assert "How far anchors reach" in saved(page, "report")
    refuses(page, tmp_path / "bad.edgelist", b"a a\nb b\n", "No edge joins two nodes")
