"""The token editor in Chromium, used as a visitor would; every decode is compared with the tokenizer's own."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from explorer.media.pictures.image import fit
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer
from tests.browser.steady import steady_box
from tests.conftest import PATIENCE_MS

pytestmark = pytest.mark.browser

EDITOR = "#edit-view .dte-edit"
PICTURE = f"{EDITOR} .ed-pane:first-child .ed-stage"
TOKENIZER, SIDE, GRID = "vq-ema-reseed", 256, 32
LOOK_MS = 50
PIXELS = """async (selector) => {
  const canvas = document.querySelector(selector + " .ed-picture");
  return canvas.toDataURL("image/png").split(",")[1];
}"""


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(TOKENIZER, device="cpu")


@pytest.fixture(scope="module")
def indices(tokenizer):
    """Of each sample picture that the tests use."""

    def of(sample):
        picture = fit(SAMPLES[sample].load(), tokenizer.spec.downsampling, SIDE).pixels
        return tokenizer.tokenize(picture).levels[0].indices

    return {sample: of(sample) for sample in ("astronaut", "coffee")}


@pytest.fixture
def editor(page, app_url):
    """The open editor of the first picture."""
    page.goto(f"{app_url}?picture=astronaut&tokenizer={TOKENIZER}")
    page.locator(f"{EDITOR} .ed-panel > summary").click()
    page.wait_for_selector(f"{EDITOR}[data-ready='true']")
    page.locator(PICTURE).scroll_into_view_if_needed()
    return page


def tool(page, name):
    page.locator(f"{EDITOR} .ed-tools").get_by_role("button", name=name, exact=True).click()


def at(page, row, column, selector=PICTURE, grid=(GRID, GRID)):
    """Where a token lies on the screen."""
    box = steady_box(page.locator(selector))
    return box["x"] + (column + 0.5) * box["width"] / grid[1], box["y"] + (row + 0.5) * box["height"] / grid[0]


def click(page, row, column, **options):
    page.locator(PICTURE).scroll_into_view_if_needed()
    page.mouse.click(*at(page, row, column), **options)


def edited(page, steps, changed=None):
    """Wait until so many steps are decoded."""
    test = f"e.dataset.steps === '{steps}'" + ("" if changed is None else f" && e.dataset.changed === '{changed}'")
    page.wait_for_function(f"(() => {{ const e = document.querySelector('{EDITOR}'); return {test}; }})()")


def pixels(page):
    """(H, W, 3) uint8 of the edited picture on the screen."""
    data = base64.b64decode(page.evaluate(PIXELS, PICTURE))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def assert_shows(page, tokenizer, tokens, after_ms=0):
    """after_ms: for how long the picture may still be an earlier one, of a stroke that is not over."""
    wanted = np.round(tokenizer.detokenize([tokens]) * 255).astype(int)
    found = pixels(page)
    assert found.shape == wanted.shape
    for _ in range(after_ms // LOOK_MS):
        if np.abs(found - wanted).max() <= 1:
            break
        page.wait_for_timeout(LOOK_MS)
        found = pixels(page)
    assert np.abs(found - wanted).max() <= 1 and (found != wanted).mean() < 1e-3


def set_code(page, code):
    page.locator(f"{EDITOR} .ed-code").fill(str(code))
    page.wait_for_selector(f"{EDITOR}[data-code='{code}']")


def test_the_panel_is_closed_and_asks_nothing_until_it_is_opened(page, app_url):
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or "") if request.method == "POST" else None)
    page.goto(f"{app_url}?tokenizer={TOKENIZER}")
    page.wait_for_selector(f"{EDITOR} .ed-panel > summary")
    page.wait_for_timeout(300)
    assert not any('"edit_ask"' in body for body in asked)
    assert not page.locator(f"{EDITOR} .ed-body").is_visible()


def test_painting_undo_and_redo_show_what_the_tokenizer_decodes(editor, tokenizer, indices):
    tokens = indices["astronaut"].copy()
    assert_shows(editor, tokenizer, tokens)
    set_code(editor, 5)
    editor.mouse.move(*at(editor, 10, 8))
    editor.mouse.down()
    editor.mouse.move(*at(editor, 10, 20), steps=4)
    editor.mouse.up()
    painted = tokens.copy()
    painted[10, 8:21] = 5
    edited(editor, 1, int((painted != tokens).sum()))
    assert_shows(editor, tokenizer, painted, PATIENCE_MS)
    editor.get_by_role("button", name="Undo").click()
    edited(editor, 0, 0)
    assert_shows(editor, tokenizer, tokens)
    editor.get_by_role("button", name="Redo").click()
    edited(editor, 1, int((painted != tokens).sum()))
    assert_shows(editor, tokenizer, painted)


def test_alt_click_picks_a_code_and_replace_all_gives_it_to_another(editor, tokenizer, indices):
    tokens = indices["astronaut"]
    new, old = int(tokens[4, 4]), int(tokens[20, 20])
    assert new != old
    editor.keyboard.down("Alt")
    click(editor, 4, 4)
    editor.keyboard.up("Alt")
    editor.wait_for_selector(f"{EDITOR}[data-code='{new}']")
    tool(editor, "Replace all")
    click(editor, 20, 20)
    replaced = np.where(tokens == old, new, tokens)
    edited(editor, 1, int((replaced != tokens).sum()))
    assert_shows(editor, tokenizer, replaced)


def test_a_region_of_a_second_picture_is_transplanted(editor, tokenizer, indices):
    rows, columns = indices["coffee"].shape
    tool(editor, "Transplant")
    source = f"{EDITOR} .ed-pane:last-child .ed-stage"
    editor.wait_for_selector(f"{source}.ed-live")
    editor.locator(f"{EDITOR} .ed-words", has_text="Drag the region to take").wait_for()
    editor.locator(source).scroll_into_view_if_needed()
    editor.mouse.move(*at(editor, 1, 2, source, (rows, columns)))
    editor.mouse.down()
    editor.mouse.move(*at(editor, 5, 8, source, (rows, columns)), steps=3)
    editor.mouse.up()
    click(editor, 16, 16)
    wanted = indices["astronaut"].copy()
    wanted[14:19, 13:20] = indices["coffee"][1:6, 2:9]
    edited(editor, 1, int((wanted != indices["astronaut"]).sum()))
    assert_shows(editor, tokenizer, wanted)


def test_a_link_restores_edits(editor, context, tokenizer, indices):
    set_code(editor, 7)
    click(editor, 0, 0)
    edited(editor, 1)
    editor.wait_for_function("location.search.includes('edits=')")
    assert re.search(r"edits=p\.0\.7\.0(&|$)", editor.url)
    other = context.new_page()
    other.goto(editor.url)
    other.wait_for_selector(f"{EDITOR}[data-steps='1'][data-ready='true']")
    tokens = indices["astronaut"].copy()
    tokens[0, 0] = 7
    other.wait_for_function(f"document.querySelector('{EDITOR}').dataset.changed === '1'")
    assert_shows(other, tokenizer, tokens)
    other.click("#sample-strip [data-id='coffee']")
    other.wait_for_function("location.search.includes('picture=coffee') && !location.search.includes('edits=')")


def test_pasted_text_becomes_an_edit_and_a_fault_in_it_is_marked(editor, tokenizer, indices):
    editor.locator(f"{EDITOR} [data-part='text'] summary").click()
    area = editor.locator(f"{EDITOR} .ed-text")
    editor.wait_for_function(f"document.querySelector('{EDITOR} .ed-text').value.length > 1000")
    numbers = [int(word) for word in area.input_value().split()]
    assert numbers == indices["astronaut"].reshape(-1).tolist()
    area.fill(" ".join(map(str, [*numbers[:5], "banana", *numbers[6:]])))
    editor.get_by_role("button", name="Use this text").click()
    editor.locator(f"{EDITOR} mark").wait_for()
    assert editor.locator(f"{EDITOR} mark").inner_text() == "banana"
    assert (
        area.evaluate("(t) => t.value.slice(t.selectionStart, t.selectionEnd)") == "banana"
        and "banana" in area.input_value()
    )
    wanted = np.array([*numbers[:5], (numbers[5] + 1) % 512, *numbers[6:]]).reshape(GRID, GRID)
    area.fill(" ".join(map(str, wanted.reshape(-1))))
    editor.get_by_role("button", name="Use this text").click()
    edited(editor, 1, 1)
    assert_shows(editor, tokenizer, wanted)


def test_the_reach_of_a_token_and_the_exports_are_of_the_edited_tokens(editor, indices):
    tool(editor, "Reach")
    click(editor, 16, 16)
    words = editor.locator(f"{EDITOR} .ed-words", has_text="The token at row 17, column 17")
    words.wait_for()
    assert re.search(r"changes [\d,]+ pixels, within \d+ . \d+ px, \d+% of the change", words.inner_text())
    with editor.expect_download() as download:
        editor.get_by_role("button", name="Picture .png").click()
    saved = np.asarray(Image.open(download.value.path()).convert("RGB"))
    np.testing.assert_array_equal(saved, pixels(editor))
    with editor.expect_download() as download:
        editor.locator(f"{EDITOR} .ed-exports").get_by_role("button", name="Tokens .npz").click()
    assert download.value.suggested_filename == f"{TOKENIZER}_astronaut_edited_tokens.npz"
