"""Under a path and a name of its own, behind a proxy that takes the path away: nothing leaves the path, links hold."""

import re

import numpy as np
import pytest
from PIL import Image

from explorer.pages.shared.plotly_js import plotly_address
from explorer.views.kit.page.module_files import views_address
from tests.browser.charts_in_sight import show_chart
from tests.conftest import app_with
from tests.stripping_proxy import stripping

pytestmark = pytest.mark.browser

VIEW = "#inspect-view .dte-inspect"
NAME = "vq.localhost"  # resolves to this machine in every browser, and is a name of its own for the server


@pytest.fixture(scope="module")
def proxy(chromium_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_ROOT_PATH", "/vq")
        with app_with("--allow-host", NAME) as url, stripping(url, "/vq") as running:
            yield running


@pytest.fixture
def at(proxy):
    """The address of a page behind the proxy."""
    return lambda page="": f"http://{NAME}:{proxy.port}/vq/{page}"


def inside(page, proxy):
    """All that a page asked for lay under the path."""
    assert proxy.asked and proxy.outside == [], proxy.outside
    assert "/vq/" in page.url


def test_every_page_and_its_modules_stay_under_the_path(page, context, proxy, at):
    """Also from the address without its last slash; each page once, since a first visit is what costs."""
    bare = at().rstrip("/")
    wide = {
        "lab": "#lab-view [data-frames-drawn]",
        "compare": ".cp-tile",
        "api": "#api-page table",
        "": f"{VIEW}[data-frames-drawn]",
    }
    foreign = []
    page.on(
        "request",
        lambda request: foreign.append(request.url) if not request.url.startswith((at(), "data:", "blob:")) else None,
    )
    page.goto(bare)
    page.wait_for_selector(wide[""])
    assert foreign == [bare]
    the_cookie_is_for_the_path_alone(context)
    for name, shown in wide.items():
        page.goto(at(name))
        page.wait_for_selector(shown)
    page.get_by_role("link", name="Codebook").first.click()
    page.wait_for_selector("#codebook-view canvas")
    assert page.url.startswith(at("codebook"))
    files = [path for path in proxy.asked if "/assets/" in path or views_address() in path]
    assert len(set(files)) > 150 and len(files) == len(set(files)), "a browser asks for no file twice"
    show_chart(page, "#codebook-view [data-figure='growth'] .ch-chart")
    assert any(plotly_address() in path for path in proxy.asked), "the drawing library came by the path, too"
    page.get_by_role("link", name="Bring a tokenizer of others").click()
    page.wait_for_selector("#load-panel details[open] .br-known")
    assert foreign == [bare]
    inside(page, proxy)


def the_cookie_is_for_the_path_alone(context):
    (cookie,) = context.cookies()
    assert cookie["path"] == "/vq" and cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    assert cookie["name"].startswith("explorer_visitor_") and re.fullmatch(r"[\w-]{32}\.[0-9a-f]{32}", cookie["value"])


@pytest.fixture
def own(tmp_path):
    """A picture of a visitor's own."""
    path = tmp_path / "own.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)).save(path)
    return path


def open_at(page, address):
    """Open Inspect and wait until its view has drawn."""
    page.goto(address)
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
    page.wait_for_function(f"!document.querySelector('{VIEW} .dte-body').hidden")


def size_shown(page, words):
    inner = f"document.querySelector('#inspect-view').textContent.includes('{words}')"
    page.wait_for_function(inner)


def test_uploads_exports_and_links_stay_there_too(page, browser, proxy, at, own):
    open_at(page, at("?tokenizer=fsq"))
    page.get_by_text("Your own file").click()
    with page.expect_response(re.compile(r"/upload(\?|$)")) as sent:
        page.locator("#upload-file input[type=file]").first.set_input_files(own)
    (path,) = sent.value.json()
    page.wait_for_function("location.search.includes('picture=uploaded')")
    size_shown(page, "96 \\u00d7 96 px")
    with page.expect_download() as download:
        page.click("#export-bar [data-kind='npz']")
    with np.load(download.value.path(), allow_pickle=False) as tokens:
        assert tokens["indices_0"].shape == (12, 12)
    link = page.url
    assert link.startswith(at("?")) and "tokenizer=fsq" in link
    inside(page, proxy)
    with browser.new_context() as elsewhere:  # another visitor, who was given the link
        other = elsewhere.new_page()
        open_at(other, link)
        size_shown(other, "256 \\u00d7")
        assert "did not travel with it" in other.inner_text("body")
        folder, asks = path.split("/")[-3], "url => fetch(url).then(answer => answer.status)"
        file = at(f"gradio_api/file={path}")
        assert page.evaluate(asks, file) == 200 and len(folder) >= 32, "whose address is a secret of its visitor"
        assert folder not in other.content() and other.evaluate(asks, file.replace(folder, "A" * 32)) in (403, 404)
        inside(other, proxy)
