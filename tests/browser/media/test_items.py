"""A table of items on the Inspect page of the app as it ships: its tree, a search, its list, its file, an own table."""

import csv
import io

import numpy as np
import pytest

from explorer.joints.measures.items.nearest import by_shared_prefix
from explorer.joints.measures.semantic_ids import semantic_ids
from explorer.media.medium import tokenized
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer

pytestmark = pytest.mark.browser

PLAYER = "#player .dte-player"


def wait_for_text(page, selector, text):
    page.wait_for_function("([s, t]) => document.querySelector(s)?.textContent.includes(t)", arg=[selector, text])


def test_items_are_found_listed_and_saved_and_an_own_table_is_read(page, app_url, tmp_path):
    page.goto(f"{app_url}?tokenizer=items-rq")
    page.wait_for_function(f"Number(document.querySelector('{PLAYER}')?.dataset.drawn) > 0")
    record = tokenized(SAMPLES["books"].load(), load_tokenizer("items-rq"), 256)
    ids, names = semantic_ids(record), record.labels["name"]
    assert f"{len(np.unique(ids, axis=0))} of 240" in " ".join(page.inner_text("#reconstruction").split())
    page.fill(f"{PLAYER} input[type=search]", names[17])
    page.keyboard.press("Enter")
    item = names.index(names[17])
    page.wait_for_function(f"/token={item}(&|$)/.test(location.search)")
    wait_for_text(page, f"{PLAYER} .dte-player-items", " · ".join(map(str, ids[item])))
    page.focus(f"{PLAYER} .dte-player-stage")
    for _ in range(3):  # up to the first level: all that share its first code
        page.keyboard.press("ArrowUp")
    many = int((ids[:, 0] == ids[item, 0]).sum())
    wait_for_text(page, f"{PLAYER} .dte-player-shared", f"{many} item")
    assert page.locator(f"{PLAYER} .dte-player-items:not([data-part]) li").count() == min(many, 40)
    nearest = by_shared_prefix(ids, item)
    wait_for_text(page, f"{PLAYER} [data-part='near']", names[nearest[0][0]])
    assert page.locator(f"{PLAYER} [data-part='near'] li").count() == len(nearest)
    page.locator(f"{PLAYER} .dte-items-chart").scroll_into_view_if_needed()
    page.wait_for_selector(f"{PLAYER} .dte-items-chart .js-plotly-plot .barlayer")
    with page.expect_download() as download:
        page.get_by_role("button", name="Tree of semantic ids, CSV").click()
    boxes = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert sum(int(box["items"]) for box in boxes if box["codes"] == "1") == 240
    assert sum(box["codes"] == "2" for box in boxes) == len(np.unique(ids[:, :2], axis=0))
    with page.expect_download() as download:
        page.get_by_role("button", name="Ids, CSV", exact=True).click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text())))
    assert rows[0] == ["item", "category", "code_1", "code_2", "code_3", "code_4"] and len(rows) == 241
    assert rows[1 + item] == [names[item], record.labels["category"][item], *map(str, ids[item])]
    page.get_by_text("Your own file").click()
    own = "\n".join(f"Song {i},{['folk', 'rock'][i % 2]},{1950 + i}" for i in range(40))
    (tmp_path / "songs.csv").write_text(f"title,genre,year\n{own}")
    page.set_input_files("#upload-file input[type=file]", tmp_path / "songs.csv")
    wait_for_text(page, f"{PLAYER} .dte-player-kinds", "folk")
    (tmp_path / "bad.csv").write_text("title,genre,year\nA,folk,1990\nB,rock,19x0\nC,rock,1991\nD,folk,1992\n")
    page.set_input_files("#upload-file input[type=file]", tmp_path / "bad.csv")
    wait_for_text(page, "#sample-strip", "Line 3, column 'year': '19x0' is no number")
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 420")
