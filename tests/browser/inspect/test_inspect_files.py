"""What a visitor brings to the Inspect page and takes home, in Chromium: uploads, a pasted picture, exports, links."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.browser.inspect.inspect_page import VIEW, data, open_at, query_of
from tests.near_ties import assert_same_codes

pytestmark = pytest.mark.browser


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
    assert page.locator("#upload").is_visible(), "the place to try again stays open"
    assert "owned" not in page.title()
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((97, 61)).save(picture, "PNG")
    page.reload()
    open_at(page, app_url, f"tokenizer={first}")
    upload(page, "gradient.png", picture.getvalue())
    page.wait_for_function("location.search.includes('picture=uploaded')")
    page.wait_for_function("document.querySelector('#inspect-view').textContent.includes('96 \\u00d7 56 px')")
    page.wait_for_selector("#fold-own", state="hidden")  # its work is done
    page.get_by_text("Your own file").click()
    page.wait_for_selector("#upload input[type=file]", state="attached")  # ready for the next one


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


def test_two_visitors_do_not_disturb_each_other(page, context, app_url, tokenizers, record_of):
    first, second = tokenizers[0].id, tokenizers[1].id
    open_at(page, app_url, f"tokenizer={first}&picture=astronaut&token=5")
    other = context.new_page()
    open_at(other, app_url, f"tokenizer={second}&picture=coffee&token=9")
    page.click(f"{VIEW} .dte-link >> text=Unpin")
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.selectedCode === ''")
    assert int(data(other, "selected-code")) == record_of(second, "coffee").levels[0].indices.flat[9]
