"""Every page, in Chromium, on public formats: a convolutional VQ, a lookup-free one, a 1-D one, and an audio codec.

Each is brought from its published file by the command line.
"""

import pytest

from explorer.loading.planning import plan
from tests.browser.steady import steady_box
from tests.conftest import app_with
from tests.public_files import PUBLIC, mimi

pytestmark = pytest.mark.browser

PLAYER = "#player .dte-player"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    return {name: make(folder) for name, make in (PUBLIC | {"mimi": mimi}).items()}


@pytest.fixture(scope="module")
def ids(files):
    return {name: plan(str(file)).id for name, file in files.items()}


@pytest.fixture(scope="module")
def public_url(chromium_path, files):
    with app_with(*(word for file in files.values() for word in ("--checkpoint", str(file)))) as url:
        yield url


@pytest.fixture(params=PUBLIC)
def case(request, ids, page, public_url):
    return request.param, ids[request.param], page, public_url


def test_inspect_shows_its_tokens_and_a_code_and_edits_them(case):
    name, tokenizer, page, url = case
    page.goto(f"{url}?tokenizer={tokenizer}")
    page.wait_for_selector("#inspect-view .dte-inspect[data-frames-drawn]")
    assert f"tokenizer={tokenizer}" in page.url
    if name == "encodec":  # its 32 levels lie under waveform and spectrogram, 9 px each
        page.wait_for_selector(f"{PLAYER}[data-drawn]")
        page.locator(f"{PLAYER} .dte-player-stage").click(position={"x": 300, "y": 64 + 6 + 132 + 6 + 4})
    else:
        page.locator("#inspect-view [data-panel='tokens'] .dte-stage").click()
    page.wait_for_function("/Code\\s+[\\d,]+/i.test(document.querySelector('#area-card').innerText)")
    edit_a_token(page)


def edit_a_token(page):
    """Below, in the same page: another code is painted onto one token, and its decode differs."""
    page.locator("#edit-view .ed-panel > summary").click()
    page.wait_for_selector("#edit-view .dte-edit[data-ready='true']")
    editor = page.locator("#edit-view .dte-edit")
    shown = int(editor.get_attribute("data-code"))
    page.locator("#edit-view .ed-code").fill(str(shown + 1 if shown == 0 else shown - 1))
    stage = page.locator("#edit-view .ed-pane:first-child .ed-stage")
    box = steady_box(stage)
    page.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    page.wait_for_function("document.querySelector('#edit-view .dte-edit').dataset.steps === '1'")
    page.wait_for_function("document.querySelector('#edit-view .dte-edit').dataset.changed === '1'")


def test_the_codebook_page_counts_samples_and_shows_a_code(case):
    _, tokenizer, page, url = case
    page.goto(f"{url.rstrip('/')}/codebook?tokenizer={tokenizer}")
    page.wait_for_selector("#codebook-view .dte-codebook[data-ready='true']")
    page.wait_for_function("document.querySelector('#codebook-view .dte-codebook').dataset.code !== ''")
    code = page.get_attribute("#codebook-view .dte-codebook", "data-code")
    page.wait_for_selector(f".codebook-code[data-code='{code}'][data-decoded='{code}']")


def test_it_is_compared(case, ids):
    name, tokenizer, page, url = case
    other = {"encodec": ids["mimi"], "titok": ids["open-magvit2"]}.get(name, ids["titok"])
    page.goto(f"{url.rstrip('/')}/compare?tokenizers={tokenizer},{other}")
    page.wait_for_selector("#compare-view .dte-compare[data-ready='true']")
    figures = "#compare-view [aria-label='Figures side by side'] tbody tr"
    page.wait_for_selector(f"{figures} td[data-key]")
    rows = page.locator(figures).evaluate_all("(rows) => rows.map((r) => r.dataset.tokenizer)")
    assert sorted(rows) == sorted([tokenizer, other])
