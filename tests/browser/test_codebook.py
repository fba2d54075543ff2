"""The codebook page in Chromium: every tokenizer opens, codes are chosen anywhere, and own data is counted."""

import io
import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from explorer.audit.shipped import load_shipped
from explorer.joints.measures.language.compression import lzma_bits
from explorer.media.samples import PICTURES
from explorer.tokenizers import list_tokenizers
from tests.browser.steady import steady_box

pytestmark = pytest.mark.browser

PAGE = "#codebook-view .dte-codebook"
CODE = f"{PAGE} .codebook-code"
AUDIT = f"{PAGE} .codebook-audit"
KINDS = ("vq-ema-reseed", "rvq-4", "fsq", "bsq")  # one of each kind; the others are seen by --run-slow


def open_codebook(page, app_url, query=""):
    page.goto(f"{app_url.rstrip('/')}/codebook?{query}")
    ready(page)


def ready(page):
    page.wait_for_selector(f"{PAGE}[data-ready='true']")


def data(page, name, at=PAGE):
    return page.get_attribute(at, f"data-{name}")


def filled(page, code):
    """Wait until the page of that code is there, with what the decoder makes."""
    page.wait_for_selector(f"{CODE}[data-code='{code}'][data-decoded='{code}']")


def chosen(page):
    """The code that was chosen, once its page is filled."""
    page.wait_for_function(f"document.querySelector('{PAGE}').dataset.code !== ''")
    code = int(data(page, "code"))
    filled(page, code)
    return code


def counts_of(tokenizer, audit="val", level=0):
    return load_shipped(tokenizer, audit).levels[level].counts


def middle(page, selector):
    box = steady_box(page.locator(selector))
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def upload(page, *files):
    page.set_input_files(f"{AUDIT} .ca-file", [str(file) for file in files])


def count_indices(page, path, size):
    upload(page, path)
    page.fill(f"{AUDIT} .ca-size", str(size))
    page.get_by_role("button", name="Count them").click()


def problem(page):
    """What the audit panel says is wrong, as soon as it does."""
    said = page.locator(f"{AUDIT} .cb-status[data-kind='problem']")
    said.wait_for()
    return said.inner_text()


@pytest.mark.parametrize("ids", [KINDS, pytest.param((), marks=pytest.mark.slow)], ids=["kinds", "others"])
def test_every_tokenizer_opens_with_its_numbers_a_map_and_the_page_of_a_code(page, app_url, ids):
    specs = [one for one in list_tokenizers() if (one.id in KINDS) == bool(ids)]
    open_codebook(page, app_url)
    for spec in specs:
        page.select_option(f"{PAGE} .cb-select >> nth=0", spec.id)
        page.wait_for_selector(f"{PAGE}[data-tokenizer='{spec.id}'][data-ready='true']")
        counts = counts_of(spec.id)
        assert page.inner_text(f"{PAGE} [data-fact='used'] b") == f"{np.count_nonzero(counts):,}"
        assert page.inner_text(f"{PAGE} [data-fact='tokens'] b") == f"{counts.sum():,}"
        assert chosen(page) == counts.argmax(), "the most used code is open until another is chosen"
        assert f"{counts.max():,} of {counts.sum():,} tokens" in page.inner_text(CODE)
        assert page.locator(f"{CODE} .cc-row .cc-tile").count() >= (8 if spec.modality == "image" else 1)
        page.wait_for_selector(f"{PAGE} .codebook-map[data-kind]:not([data-kind=''])")
        assert page.locator(f"{PAGE} .cb-finding").count() > 0


def test_a_code_is_chosen_in_the_heatmap_on_the_map_and_in_the_geometry(page, app_url):
    open_codebook(page, app_url, "tokenizer=vq-ema")
    opened = chosen(page)
    page.mouse.click(*middle(page, f"{PAGE} .cb-heat-stage"))
    page.wait_for_function(f"document.querySelector('{PAGE}').dataset.code !== '{opened}'")
    first = chosen(page)
    assert f"{counts_of('vq-ema')[first]:,} of 240,000 tokens" in page.inner_text(CODE)
    page.wait_for_selector(f"{PAGE} .codebook-map[data-kind='pca']")
    page.mouse.click(*middle(page, f"{PAGE} .cm-stage"))
    page.wait_for_function(f"document.querySelector('{PAGE}').dataset.code !== '{first}'")
    second = chosen(page)
    page.locator(f"{PAGE} .codebook-geometry").scroll_into_view_if_needed()  # it is asked for when it comes near
    pair = page.locator(f"{PAGE} .cg-duplicates .cg-code").first
    other = int(pair.get_attribute("data-code"))
    pair.click()
    filled(page, other)
    assert other not in (first, second)
    near = page.locator(f"{CODE} .dte-card-near").first
    number = int(near.get_attribute("data-other"))
    near.click()
    filled(page, number)


def test_from_code_to_code_by_next_previous_random_and_number(page, app_url):
    open_codebook(page, app_url, "tokenizer=vq-ema")
    used = np.flatnonzero(counts_of("vq-ema"))
    start = int(used[10])
    page.fill(f"{CODE} .cc-search", str(start))
    page.press(f"{CODE} .cc-search", "Enter")
    filled(page, start)
    page.get_by_role("button", name="Next used code").click()
    filled(page, used[11])
    page.get_by_role("button", name="Previous used code").click()
    page.get_by_role("button", name="Previous used code").click()
    filled(page, used[9])
    page.get_by_role("button", name="A used code by chance").click()
    page.wait_for_function(f"document.querySelector('{PAGE}').dataset.code !== '{used[9]}'")
    assert chosen(page) in used
    before = data(page, "code")
    page.fill(f"{CODE} .cc-search", "1024")
    page.press(f"{CODE} .cc-search", "Enter")
    assert "numbered from 0 to 1,023" in page.locator(f"{CODE} .cc-problem").inner_text()
    assert data(page, "code") == before


def test_a_link_opens_the_code_of_a_level_and_the_address_follows(page, app_url):
    counts = counts_of("rvq-4", "samples", 2)
    open_codebook(page, app_url, "tokenizer=rvq-4&audit=samples&level=2&code=7")
    filled(page, 7)
    assert f"{counts[7]:,} of {counts.sum():,} tokens" in page.inner_text(CODE)
    assert data(page, "level") == "2" and data(page, "audit") == "samples"
    page.get_by_role("button", name="Next used code").click()
    after = int(np.flatnonzero(counts[8:])[0]) + 8
    filled(page, after)
    page.wait_for_function(f"location.search.includes('code={after}')")
    page.reload()
    ready(page)
    filled(page, after)
    link = page.locator(f"{CODE} a.cc-tile").first.get_attribute("href")
    assert re.search(rf"/\?picture=\w+&tokenizer=rvq-4&side=1024&level_no=3&code={after}&token=\d+$", link)


def test_a_link_that_cannot_be_followed_says_so(page, app_url):
    open_codebook(page, app_url, "tokenizer=%3Cimg%20src%3Dx%3E&audit=own-1&code=99999999")
    assert "not here" in page.inner_text(f"{PAGE} .cb-problem")
    assert data(page, "code") == str(counts_of("vq-ema-reseed").argmax()), "a code that is not there is let go"


@pytest.mark.parametrize(
    ("tokenizer", "kinds"),
    [("vq-ema", ["pca", "plane"]), ("fsq", ["lattice"]), ("lfq", ["bits"]), ("bsq", ["sphere"])],
)
def test_the_maps_that_fit_a_codebook_are_drawn(page, app_url, tokenizer, kinds):
    for kind in kinds:
        if kind == kinds[0]:
            open_codebook(page, app_url, f"tokenizer={tokenizer}&map={kind}")
        else:
            page.click(f"{PAGE} .codebook-map .cb-tools [data-id='{kind}']")
        page.wait_for_selector(f"{PAGE} .codebook-map[data-kind='{kind}']")
        assert (
            page.locator(f"{PAGE} .cm-honesty").inner_text()
            or page.locator(f"{PAGE} .codebook-map .cb-caption").inner_text()
        )


def test_a_map_that_takes_longer_shows_how_far_it_is_and_can_be_left(page, app_url):
    """Of a rule no layout ships. Until it is there the PCA is shown, and says what it is."""
    open_codebook(page, app_url, "tokenizer=fsq&map=umap")
    page.get_by_text(re.compile(r"PCA, while UMAP is laid out: \d+%")).wait_for()
    page.wait_for_selector(f"{PAGE} .codebook-map[data-kind='pca']")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text(re.compile("while UMAP is laid out")).wait_for(state="hidden")
    page.wait_for_selector(f"{PAGE} .codebook-map[data-kind='pca']")


def test_a_lasso_selects_codes_in_every_panel(page, app_url):
    open_codebook(page, app_url, "tokenizer=vq-ema&map=pca")
    page.wait_for_selector(f"{PAGE} .codebook-map[data-kind='pca']")
    page.locator(f"{PAGE} .codebook-map").get_by_role("button", name="Lasso").click()
    x, y = middle(page, f"{PAGE} .cm-stage")
    page.mouse.move(x - 90, y - 90)
    page.mouse.down()
    for dx, dy in ((90, -90), (90, 90), (-90, 90), (-90, -90)):
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    page.wait_for_selector(f"{PAGE} .cm-list tr[data-code]")
    codes = {int(row.get_attribute("data-code")) for row in page.locator(f"{PAGE} .cm-list tr[data-code]").all()}
    assert len(codes) > 3
    page.locator(f"{CODE} .cc-nav").get_by_role("button", name=re.compile("^Next used code among")).click()
    assert counts_of("vq-ema")[chosen(page)] > 0


def test_a_zip_of_pictures_is_counted_stopped_resumed_and_saved(page, app_url, tmp_path):
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(96):  # enough to be stopped on the way: one of another size begins another batch
            picture, file = Image.open(list(PICTURES.values())[number % 8].path), io.BytesIO()
            picture.resize((256, 256 if number % 2 else 240)).save(file, "PNG")
            archive.writestr(f"{number}.png", file.getvalue())
        archive.writestr("broken.png", b"\x89PNG and nothing more")
    open_codebook(page, app_url, "tokenizer=vq-ema")
    page.click(f"{PAGE} [data-fold='codebook-own']")
    upload(page, path)
    page.wait_for_function(
        f"/media · .* tokens of each codebook/.test(document.querySelector('{AUDIT} .ca-figures').textContent)"
    )
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_selector(f"{AUDIT}[data-job='stopped']")
    assert "of 97 media" in page.inner_text(f"{AUDIT} .ca-state")
    page.wait_for_selector(f"{PAGE}[data-audit='own-1'][data-ready='true']")
    page.get_by_role("button", name="Resume").click()
    page.wait_for_selector(f"{AUDIT}[data-job='done']")
    page.wait_for_selector(f"{PAGE}[data-audit='own-2'][data-ready='true']")
    page.wait_for_function(f"/96 pictures.*1 skipped/.test(document.querySelector('{PAGE} .cb-counted').innerText)")
    code = chosen(page)
    assert page.locator(f"{CODE} .cc-row img").count() == 12
    saved = {}
    for kind in ("json", "npy", "html", "zip"):
        with page.expect_download() as download:
            page.click(f"{AUDIT} [data-kind='{kind}']")
        saved[kind] = download.value.path().read_bytes()
    counts = np.load(io.BytesIO(saved["npy"]))
    assert counts.shape == (1, 1024) and counts[0].argmax() == code
    assert json.loads(saved["json"])["title"] == "mine.zip" and b"mine.zip" in saved["html"]
    assert page.inner_text(f"{PAGE} [data-fact='tokens'] b") == f"{counts.sum():,}"
    assert any(name.endswith("report.html") for name in zipfile.ZipFile(io.BytesIO(saved["zip"])).namelist())


def test_plain_indices_are_counted_with_a_stated_size_and_what_is_wrong_is_said(page, app_url, tmp_path):
    indices = np.random.default_rng(0).integers(0, 300, (50, 40))
    np.save(tmp_path / "indices.npy", indices)
    np.save(tmp_path / "latents.npy", np.random.default_rng(1).normal(size=(4, 4)))
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    open_codebook(page, app_url, "tokenizer=vq-ema")
    page.click(f"{PAGE} [data-fold='codebook-own']")
    upload(page, tmp_path / "empty.zip")
    assert "no files in the zip" in problem(page)
    upload(page, tmp_path / "cut.png")
    page.wait_for_function(f"document.querySelector('{AUDIT}').textContent.includes('No file of 1')")
    count_indices(page, tmp_path / "latents.npy", 300)
    page.wait_for_function(f"document.querySelector('{AUDIT}').textContent.includes('float64')")
    count_indices(page, tmp_path / "indices.npy", "many")
    assert "whole number" in problem(page)
    page.fill(f"{AUDIT} .ca-size", "100")
    page.get_by_role("button", name="Count them").click()
    page.wait_for_function(f"document.querySelector('{AUDIT}').textContent.includes('300 codes or more')")
    page.fill(f"{AUDIT} .ca-size", "512")  # the file is still chosen
    page.get_by_role("button", name="Count them").click()
    page.wait_for_selector(f"{PAGE}[data-tokenizer=''][data-ready='true']")
    assert page.inner_text(f"{PAGE} [data-fact='tokens'] b") == "2,000"
    assert page.inner_text(f"{PAGE} [data-fact='used'] b") == str(len(np.unique(indices)))
    real = lzma_bits(indices, 512)  # tokens as a language: what a compressor makes of them, and pairs
    assert page.inner_text(f"{PAGE} [data-fact='real-bits'] b") == f"{real:.2f}"
    assert "of 9.00, log2 K, over all 2,000 tokens" in page.inner_text(f"{PAGE} [data-fact='real-bits']")
    assert "of 1,950 tokens" in page.inner_text(f"{PAGE} [data-fact='equal-left']")
    page.click(f"{PAGE} .cb-language summary")
    assert "1,950 pairs counted" in page.inner_text(f"{PAGE} .cb-language")
    chosen(page)
    assert "no decoder" in page.inner_text(CODE)


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (420, 900)])
def test_figures_of_several_levels_stand_below_the_heatmap_and_their_table_below_both(page, app_url, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{app_url.rstrip('/')}/codebook?tokenizer=rvq-4")
    page.wait_for_selector(f"{PAGE}[data-ready='true'] .codebook-map[data-kind='pca']")
    heatmap, facts, table = (
        page.locator(f"{PAGE} {name}").bounding_box() for name in (".codebook-heatmap", ".codebook-facts", ".cb-levels")
    )
    assert facts["x"] == heatmap["x"] and facts["width"] == heatmap["width"]
    if size[0] > 700:
        assert 0 < facts["y"] - heatmap["y"] - heatmap["height"] < 40, "no blank beside the longer map"
        assert table["width"] > 2 * facts["width"]
    assert table["y"] - facts["y"] - facts["height"] > 0
    assert page.locator(f"{PAGE} .cb-levels tbody tr").count() == 5
