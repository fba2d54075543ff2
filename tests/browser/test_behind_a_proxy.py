"""Under a path and a name of its own, behind a proxy that takes the path away: nothing leaves the path, links hold."""

import re

import pytest

from tests.conftest import app_with
from tests.stripping_proxy import stripping

pytestmark = pytest.mark.browser

VIEW = "#inspect-view .dte-inspect"
PATIENCE_MS = 60_000
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


def test_every_page_and_its_modules_stay_under_the_path(page, proxy, at):
    wide = {
        "": f"{VIEW}[data-frames-drawn]",
        "lab": "#lab-view [data-frames-drawn]",
        "codebook": "#codebook-view canvas",
        "compare": ".cp-chip",
        "api": "#api-page table",
    }
    foreign = []
    page.on(
        "request",
        lambda request: foreign.append(request.url) if not request.url.startswith((at(), "data:", "blob:")) else None,
    )
    for name, shown in wide.items():
        page.goto(at(name))
        page.wait_for_selector(shown, timeout=PATIENCE_MS)
    page.goto(at())
    page.get_by_role("link", name="Codebook").first.click()
    page.wait_for_selector("#codebook-view canvas", timeout=PATIENCE_MS)
    assert page.url.startswith(at("codebook"))
    page.get_by_role("link", name="Bring a tokenizer of others").click()
    page.wait_for_selector("#load-panel details[open] .br-known", timeout=PATIENCE_MS)
    page.goto(f"http://{NAME}:{proxy.port}/vq")
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]", timeout=PATIENCE_MS)
    assert foreign == [f"http://{NAME}:{proxy.port}/vq"]
    inside(page, proxy)


def test_the_cookie_is_for_the_path_alone(page, context, at):
    page.goto(at())
    page.wait_for_selector(f"{VIEW}[data-frames-drawn]", timeout=PATIENCE_MS)
    (cookie,) = context.cookies()
    assert cookie["path"] == "/vq" and cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    assert cookie["name"].startswith("explorer_visitor_") and re.fullmatch(r"[\w-]{32}\.[0-9a-f]{32}", cookie["value"])
