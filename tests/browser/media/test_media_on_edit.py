"""The token editor in Chromium on sounds, clips, sets without places and levels with grids of their own."""

import numpy as np
import pytest

from explorer.analysis.pictures.flat_grids import lay_flat
from explorer.media.medium import fit_medium, values
from explorer.media.samples import samples_of
from tests.browser.steady import steady_box
from tests.made_codecs import MADE, made

pytestmark = pytest.mark.browser

EDITOR = "#edit-view .dte-edit"
STAGE = f"{EDITOR} .ed-pane:first-child .ed-stage"


@pytest.fixture(params=MADE)
def case(request, page, made_url):
    """(name, tokenizer, record of the first sample, the page with its editor open)."""
    tokenizer = made(request.param)
    first = next(iter(samples_of(tokenizer.spec.modality).values()))
    record = tokenizer.tokenize(values(fit_medium(first.load(), tokenizer.spec, 256)))
    page.goto(f"{made_url}?tokenizer=made-{request.param}&picture={first.id}")
    page.locator(f"{EDITOR} .ed-panel > summary").click()
    page.wait_for_selector(f"{EDITOR}[data-ready='true']")
    page.locator(STAGE).scroll_into_view_if_needed()
    return request.param, tokenizer, record, page


def test_tools_that_make_sense_are_offered_and_a_token_is_painted_heard_or_seen_and_taken_back(case):
    name, _, record, page = case
    common = len(set(lay_flat(record).grids)) == 1
    tools = page.locator(f"{EDITOR} .ed-tools .dte-segmented").first.inner_text().split("\n")
    assert ("Swap" in tools) == common and "Paint" in tools and "Reach" in tools
    if record.modality == "audio":
        page.get_by_role("button", name="Hear edited").click()
        seconds = "document.querySelector('.ed-audio').duration"
        page.wait_for_function(f"{seconds} > 0")
        assert np.isclose(page.evaluate(seconds), len(record.media) / record.sample_rate_hz, atol=0.01)
    rows, columns = lay_flat(record).grids[0]
    row, column = rows // 2, columns // 2
    new = (int(record.levels[0].indices.reshape(-1)[0]) + 5) % record.levels[0].codebook.codebook_size
    page.locator(f"{EDITOR} .ed-code").fill(str(new))
    box = steady_box(page.locator(STAGE))
    at = (box["x"] + (column + 0.5) * box["width"] / columns, box["y"] + (row + 0.5) * box["height"] / rows)
    page.mouse.click(*at)
    page.wait_for_function(f"document.querySelector('{EDITOR}').dataset.steps === '1'")
    flat = lay_flat(record).lay([level.indices for level in record.levels])[0].reshape(-1)
    changed = int(flat[row * columns + column] != new)
    page.wait_for_function(f"document.querySelector('{EDITOR}').dataset.changed === '{changed}'")
    if changed:
        assert int(page.locator(EDITOR).get_attribute("data-pixels")) > 0
    notice = page.locator(f"{EDITOR} .ed-notice").inner_text()
    numbered = name == "whole" or record.modality == "audio"
    place = f"Token {row * columns + column + 1:,} of" if numbered else f"Row {row + 1}, column {column + 1}"
    if record.modality == "video":  # its seven steps lie beside each other
        shape = record.levels[0].layout.shape
        assert (rows, columns) == (shape[1], shape[0] * shape[2])
        step, within = divmod(column, shape[2])
        frames = record.levels[0].layout.region(step * shape[1] * shape[2])[0]
        place = f"Frames {frames.start + 1}\u2013{frames.stop}, row {row + 1}, column {within + 1}"
    assert notice.startswith(place) and notice.endswith(f"code {new}")
    page.get_by_role("button", name="Undo", exact=True).click()
    page.wait_for_function(f"document.querySelector('{EDITOR}').dataset.changed === '0'")
    assert page.get_by_role("button", name="Hear edited").is_visible() == (record.modality == "audio")
