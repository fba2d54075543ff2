"""The Inspect page in Chromium, clicked through as a visitor would; every number is recomputed from the tokenizer."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.media.pictures.image import fit
from explorer.media.quality.metrics import quality
from explorer.media.samples import SAMPLES
from explorer.tokenizers import list_tokenizers, load_tokenizer
from tests.browser.charts_in_sight import show_chart
from tests.near_ties import assert_same_codes

pytestmark = pytest.mark.browser

VIEW = "#inspect-view .dte-inspect"
KINDS = ("vq-ema-reseed", "rvq-4", "fsq", "bsq")  # one of each kind; the others are seen by --run-slow


@pytest.fixture(scope="module")
def tokenizers():
    specs = [spec for spec in list_tokenizers() if spec.modality == "image"]
    assert specs, "checkpoints/ ships no tokenizer of pictures"
    return specs


@pytest.fixture(scope="module")
def record_of():
    def make(tokenizer_id, sample="astronaut", side_px=256):
        tokenizer = load_tokenizer(tokenizer_id, device="cpu")
        return tokenizer.tokenize(fit(SAMPLES[sample].load(), tokenizer.spec.downsampling, side_px).pixels)

    return make


def open_at(page, app_url, query=""):
    """Open the page and wait until the linked view has drawn its picture."""
    page.goto(f"{app_url}?{query}")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    page.wait_for_function(f"!document.querySelector('{VIEW} .dte-body').hidden")


def data(page, name):
    return page.get_attribute(VIEW, f"data-{name}")


def wait_for_card(page, code):
    page.wait_for_function(f"document.querySelector('#code-card').textContent.includes('{code}')")


def query_of(page):
    return dict(re.findall(r"[?&]([^=&]+)=([^&]*)", page.url))


def picture_canvas(page):
    """The uppermost canvas of the picture panel."""
    return page.locator(f"{VIEW} canvas").nth(1)


def test_a_click_on_a_patch_selects_its_code_everywhere(page, app_url, tokenizers, record_of):
    first = tokenizers[0].id
    open_at(page, app_url, f"tokenizer={first}")
    before = int(data(page, "frames-drawn"))
    box = picture_canvas(page).bounding_box()
    assert box["y"] + box["height"] / 2 < 900, "the picture is on the first screen, and its middle can be pressed"
    # The picture is square, as is its middle: the very centre of the canvas lies in the middle of the picture.
    page.mouse.click(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2 + 3)
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode !== ''")
    page.wait_for_function("location.search.includes('token=')")
    indices = record_of(first).levels[0].indices
    token = int(query_of(page)["token"])
    rows, columns = indices.shape
    assert abs(token // columns - rows / 2) <= 1 and abs(token % columns - columns / 2) <= 1
    code = int(indices.flat[token])
    assert int(data(page, "selected-code")) == code == int(query_of(page)["code"])
    assert int(data(page, "frames-drawn")) > before
    wait_for_card(page, code)
    count = int((indices == code).sum())
    assert f"{count} of {indices.size:,} tokens" in page.inner_text("#code-card")


def test_hover_lights_up_without_asking_python(page, app_url, tokenizers):
    open_at(page, app_url, f"tokenizer={tokenizers[0].id}")
    page.wait_for_timeout(500)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/queue/" in request.url else None)
    picture_canvas(page).scroll_into_view_if_needed()
    box = picture_canvas(page).bounding_box()
    status = page.locator(f"{VIEW} .dte-status-text")
    said = set()
    for step in range(8):
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.05 * step), box["y"] + box["height"] / 2)
        page.wait_for_timeout(40)
        said.add(status.inner_text())
    assert len([text for text in said if re.search(r"[Cc]ode \d", text)]) >= 3
    assert data(page, "selected-code") == ""
    assert [url for url in asked if url.endswith("/queue/join")] == []


USAGE = f"{VIEW} .dte-usage"
AT = f"""(place) => {{
  const plot = document.querySelector(`{USAGE} .ch-plot`), {{ xaxis, yaxis }} = plot._fullLayout;
  const box = plot.getBoundingClientRect(), left = box.left + xaxis._offset, x = Math.round(left + xaxis.d2p(place));
  return [x, box.top + yaxis._offset + yaxis._length - 2, Math.round(xaxis.p2d(x - left)) - 1];
}}"""  # the nearest whole pixel to a place of the axis, just above the axis, and which of the bars is there


def test_the_usage_chart_is_linked_both_ways_and_draws_nothing_anew(page, app_url, tokenizers, record_of):
    open_at(page, app_url, f"tokenizer={tokenizers[0].id}")
    show_chart(page, USAGE)
    indices = record_of(tokenizers[0].id).levels[0].indices
    counts = np.bincount(indices.ravel(), minlength=tokenizers[0].codebook_size)
    order = np.argsort(-counts, kind="stable")[: (counts > 0).sum()]
    drawn = page.evaluate(f"Array.from(document.querySelector(`{USAGE} .ch-plot`).data[0].customdata)")
    assert drawn == order.tolist()
    x, y, place = page.evaluate(AT, len(order) // 3)
    code = int(order[place])
    page.mouse.move(x + 0.9, y)  # bars are thinner than a pixel, and a click has no fractions of one
    said = f"document.querySelector(`{VIEW} .dte-status-text`).textContent"
    page.wait_for_function(f"{said}.startsWith('Code {code}, {counts[code]} of {indices.size:,} tokens')")
    page.wait_for_function(f"document.querySelector(`{USAGE} .hovertext`)?.textContent.startsWith('code {code}, ')")
    page.mouse.click(x + 0.9, y)
    page.wait_for_function(f"document.querySelector(`{VIEW}`).dataset.selectedCode === '{code}'")
    lit = page.locator(f"{USAGE} .ch-lit.is-bar")
    box = lit.bounding_box()
    assert abs(box["x"] + box["width"] / 2 - x) < 1.5 and box["width"] >= 3
    left = lit.evaluate("one => one.style.left")
    picture_canvas(page).hover(position={"x": 12, "y": 12})
    page.wait_for_function(f"document.querySelector(`{USAGE} .ch-lit`).style.left !== '{left}'")
    assert page.get_attribute(USAGE, "data-drawn") == "1", "lighting a bar draws nothing anew"


def test_arrow_keys_move_the_token_and_escape_lets_go(page, app_url, tokenizers, record_of):
    first = tokenizers[0].id
    open_at(page, app_url, f"tokenizer={first}&token=100")
    indices = record_of(first).levels[0].indices
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode === '{indices.flat[100]}'")
    page.locator(f"{VIEW} [tabindex='0']").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('token=101')")
    assert int(data(page, "selected-code")) == indices.flat[101]
    page.keyboard.press("ArrowDown")
    page.wait_for_function(f"location.search.includes('token={101 + indices.shape[1]}')")
    wait_for_card(page, int(indices.flat[101 + indices.shape[1]]))
    page.keyboard.press("Escape")
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode === ''")


def test_levels_solo_and_cumulative_are_decoded(page, app_url, tokenizers, record_of):
    several = next(spec for spec in tokenizers if spec.num_quantizers > 1)
    open_at(page, app_url, f"tokenizer={several.id}")
    record, tokenizer = record_of(several.id), load_tokenizer(several.id, device="cpu")
    wait_for_card(page, f"level 1 of {several.num_quantizers}")
    levels = page.locator(f"{VIEW} .dte-levels")
    levels.get_by_text("2", exact=True).click()
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.level === '1'")
    assert data(page, "selected-code") == ""
    wait_for_card(page, f"level 2 of {several.num_quantizers}")  # nothing is chosen, and the card follows all the same
    for label, kept in (
        ("Solo", [1]),
        ("Mute", [q for q in range(several.num_quantizers) if q != 1]),
        ("Up to", [0, 1]),
    ):
        levels.get_by_text(label, exact=True).click()
        expected = quality(record.media, tokenizer.decode_levels(record, kept)).psnr_db
        page.wait_for_function(f"document.querySelector('#reconstruction').textContent.includes('{expected:.2f}')")
    page.wait_for_function("/mode=cumulative/.test(location.search) && /level=1/.test(location.search)")


def test_another_tokenizer_and_another_picture(page, app_url, tokenizers, record_of):
    first, second = tokenizers[0], tokenizers[1]
    open_at(page, app_url, f"tokenizer={first.id}")
    page.click("#tokenizer input")
    page.get_by_role("option", name=second.title, exact=True).click()
    page.wait_for_function(f"new URLSearchParams(location.search).get('tokenizer') === '{second.id}'")
    assert second.summary in page.inner_text("#tokenizer-facts")
    page.click("#sample-strip [data-id='coffee']")
    page.wait_for_function("location.search.includes('picture=coffee')")
    record = record_of(second.id, "coffee")
    expected = quality(record.media, record.reconstruction).psnr_db
    page.wait_for_function(f"document.querySelector('#reconstruction').textContent.includes('{expected:.2f}')")


def test_quick_choices_all_count_and_the_newest_wins(page, app_url, tokenizers, record_of):
    first, second = tokenizers[0], tokenizers[1]
    open_at(page, app_url, f"tokenizer={first.id}")
    for sample in ("coffee", "flower", "chelsea"):
        page.click(f"#sample-strip [data-id='{sample}']")
    page.click("#tokenizer input")
    page.get_by_role("option", name=second.title, exact=True).click()
    record = record_of(second.id, "chelsea")
    expected = quality(record.media, record.reconstruction).psnr_db
    page.wait_for_function(f"document.querySelector('#reconstruction').textContent.includes('{expected:.2f}')")
    page.wait_for_timeout(1500)  # nothing older may come after
    assert query_of(page) == {"picture": "chelsea", "tokenizer": second.id, "side": "256"}
    assert f"{expected:.2f}" in page.inner_text("#reconstruction")


@pytest.mark.parametrize("ids", [KINDS, pytest.param((), marks=pytest.mark.slow)], ids=["kinds", "others"])
def test_every_tokenizer_opens(page, app_url, tokenizers, ids):
    for spec in [one for one in tokenizers if (one.id in KINDS) == bool(ids)]:
        open_at(page, app_url, f"tokenizer={spec.id}&side=256&token=30")
        page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode !== ''")
        code = data(page, "selected-code")
        wait_for_card(page, code)
        assert spec.summary in page.inner_text("#tokenizer-facts")
        assert data(page, "selected-code") == code and page.locator(f"{VIEW} .dte-body").is_visible()
    page.wait_for_timeout(1500)  # whatever comes later, such as maps, must not take the view away
    assert data(page, "selected-code") == code and page.locator(f"{VIEW} .dte-body").is_visible()


def test_a_copied_link_restores_everything(page, context, app_url, tokenizers, record_of):
    several = next(spec for spec in tokenizers if spec.num_quantizers > 1)
    open_at(page, app_url, f"tokenizer={several.id}&picture=chelsea&level=2&mode=solo&token=77")
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode !== ''")
    page.wait_for_function("location.search.includes('code=')")
    other = context.new_page()
    open_at(other, page.url.split("?")[0].rstrip("/") + "/", page.url.split("?")[1])
    other.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode !== ''")
    code = int(record_of(several.id, "chelsea").levels[2].indices.flat[77])
    for tab in (page, other):
        assert (int(data(tab, "selected-code")), data(tab, "level")) == (code, "2")
        assert "only" in tab.inner_text("#reconstruction")
    assert query_of(page) == query_of(other)


def test_nothing_moves_under_the_pointer(page, app_url):
    open_at(page, app_url, "tokenizer=rvq-4")
    panel = page.locator(f"{VIEW} [data-panel='tokens']")
    below = f"v => v.getBoundingClientRect().top - document.querySelector('{VIEW}').getBoundingClientRect().top"
    said = page.inner_text(f"{VIEW} .dte-status-text")
    before = panel.evaluate(below)
    panel.hover(position={"x": 40, "y": 60})
    page.wait_for_function(
        "([view, said]) => document.querySelector(`${view} .dte-status-text`).textContent !== said", arg=[VIEW, said]
    )
    assert panel.evaluate(below) == before, "the line that says what is hovered has its place"


def test_a_made_up_link_opens_and_says_so(page, app_url):
    open_at(page, app_url, "picture=%3Cb%3E&tokenizer=nope&level=99&token=999999&code=-4&side=7")
    assert "is not here" in page.inner_text("#sample-strip")
    assert data(page, "selected-code") == ""


def test_exports_hold_what_is_shown(page, app_url, tokenizers, record_of):
    first = tokenizers[0].id
    open_at(page, app_url, f"tokenizer={first}")
    record = record_of(first)

    def saved(kind):
        with page.expect_download() as download:
            page.click(f"#export-bar [data-kind='{kind}']")
        return Path(download.value.path()).read_bytes()

    with np.load(io.BytesIO(saved("npz")), allow_pickle=False) as tokens:
        assert_same_codes(tokens["indices_0"], record.levels[0])
        indices = tokens["indices_0"]
        np.testing.assert_allclose(tokens["z_e_0"], record.levels[0].z_e, atol=1e-4)
    codebook = np.load(io.BytesIO(saved("codebook")), allow_pickle=False)
    book = record.levels[0].codebook
    np.testing.assert_allclose(codebook, book.rows(np.arange(book.codebook_size)), atol=1e-6)
    rows = saved("counts").decode().splitlines()
    counts = np.array([int(row.split(",")[1]) for row in rows[1:]])
    np.testing.assert_array_equal(counts, np.bincount(indices.ravel(), minlength=book.codebook_size))
    assert len(saved("csv").decode().splitlines()) == 1 + record.num_tokens
    assert b'"indices"' in saved("json")


def upload(page, name, content):
    if not page.locator("#upload").is_visible():
        page.get_by_text("Your own file").click()
    page.locator("#upload input[type=file]").first.set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": content}
    )


def test_uploads_good_and_bad(page, app_url, tokenizers, record_of):
    first = tokenizers[0].id
    open_at(page, app_url, f"tokenizer={first}")
    shown = page.inner_text("#reconstruction")
    archive = io.BytesIO()
    zipfile.ZipFile(archive, "w").close()
    upload(page, "<img src=x onerror=document.title='owned'>.png", archive.getvalue())
    page.wait_for_function("document.querySelector('#sample-strip').textContent.includes('not a picture')")
    assert page.inner_text("#reconstruction") == shown, "a bad upload must not lose the last result"
    assert "owned" not in page.title()
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((97, 61)).save(picture, "PNG")
    page.reload()
    open_at(page, app_url, f"tokenizer={first}")
    upload(page, "gradient.png", picture.getvalue())
    page.wait_for_function("location.search.includes('picture=uploaded')")
    page.wait_for_function("document.querySelector('#inspect-view').textContent.includes('96 \\u00d7 56 px')")


def test_a_pasted_picture(page, app_url, tokenizers):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_at(page, app_url, f"tokenizer={tokenizers[0].id}")
    page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement('canvas'), { width: 80, height: 40 });
          canvas.getContext('2d').fillRect(0, 0, 40, 40);
          const picture = await new Promise((done) => canvas.toBlob(done));
          await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
        }"""
    )
    page.get_by_text("Your own file").click()
    page.locator("#upload button[aria-label='Paste from clipboard']").click()
    page.wait_for_function("document.querySelector('#inspect-view').textContent.includes('80 \\u00d7 40 px')")
    page.wait_for_timeout(1000)  # a map of the picture before it must not draw over it
    assert "Transparent parts laid on white" in page.inner_text("#inspect-view")


@pytest.mark.parametrize(("dark", "widths"), [(False, (1440, 420)), (True, (420, 1440))], ids=["light", "dark"])
def test_nothing_overflows_and_text_is_readable(page, app_url, tokenizers, widths, dark):
    """Opened at one width and drawn to the other."""
    page.set_viewport_size({"width": widths[0], "height": 900})
    open_at(page, app_url, f"tokenizer={tokenizers[0].id}&token=10" + ("&__theme=dark" if dark else ""))
    wait_for_card(page, data(page, "selected-code"))
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth") <= 0
    assert page.evaluate("document.body.classList.contains('dark')") is dark
    contrast = page.evaluate(
        """() => {
          const linear = (x) => (x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
          const lum = (c) => { const v = c.map((x) => linear(x / 255));
            return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
          const rgb = (s) => s.match(/[\\d.]+/g).slice(0, 3).map(Number);
          const text = lum(rgb(getComputedStyle(document.querySelector('#code-card .dte-root')).color));
          let behind = document.querySelector('#code-card .dte-root');  // the first ancestor that paints anything
          const painted = (e) => getComputedStyle(e).backgroundColor;
          while (/^rgba\\(.*, 0\\)$/.test(painted(behind))) behind = behind.parentElement;
          const back = lum(rgb(painted(behind)));
          return (Math.max(text, back) + .05) / (Math.min(text, back) + .05);
        }"""
    )
    assert contrast >= 7  # WCAG AAA for text


def test_two_visitors_do_not_disturb_each_other(page, context, app_url, tokenizers, record_of):
    first, second = tokenizers[0].id, tokenizers[1].id
    open_at(page, app_url, f"tokenizer={first}&picture=astronaut&token=5")
    other = context.new_page()
    open_at(other, app_url, f"tokenizer={second}&picture=coffee&token=9")
    page.click(f"{VIEW} .dte-link >> text=Unpin")
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode === ''")
    assert int(data(other, "selected-code")) == record_of(second, "coffee").levels[0].indices.flat[9]


def test_a_umap_that_ships_is_there_at_once(page, app_url, tokenizers):
    first = next(spec for spec in tokenizers if spec.quantizer == "vq")
    open_at(page, app_url, f"tokenizer={first.id}&map=umap")
    page.wait_for_function(
        "document.querySelector('#inspect-view').textContent.includes('Distances between far points')"
    )


def test_a_umap_is_laid_out_when_it_is_chosen(page, made_url):
    """That it begins and says so; to lay it out takes a minute of a busy core."""
    open_at(page, made_url, "tokenizer=made-whole")
    said = "[...document.querySelectorAll('#inspect-view .dte-progress')].map((p) => p.textContent).join('')"
    assert page.evaluate(said) == ""
    page.locator(f"{VIEW} button", has_text="UMAP").click()
    page.wait_for_function(f"/^UMAP: (begins|\\d+% done)$/.test({said})")
    assert "map=umap" in page.evaluate("location.search")
