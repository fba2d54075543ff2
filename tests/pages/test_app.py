"""The app as a whole: what it may import before the first page, and how it is launched."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio import routes
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.pages import app as app_module
from explorer.pages import launch
from explorer.pages.app import launch_options
from explorer.pages.shared.door import Door
from explorer.pages.shared.head import ICON, WithHead, beat_script, opening_style, preloads
from explorer.pages.shared.visitor_files import VisitorFiles
from explorer.views.kit.page.module_files import VIEWS_FOLDER, views_address


def test_building_the_pages_imports_neither_torch_nor_umap_nor_scipy():
    code = (
        "import sys; from explorer.pages.app import build; build(); "
        "print(sorted({'torch', 'umap', 'numba', 'scipy', 'sklearn', 'skimage'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_what_comes_in_steps_are_whole_values_and_no_updates_of_properties(built):
    """The browser patches a step into the one before, in place: of an update that a slow page has not yet drawn, the
    next step takes the properties away. A list of choices, once lost so, did not show what was just loaded."""
    steps = [one for one in built.fns.values() if inspect.isgeneratorfunction(one.fn)]
    assert len(steps) >= 7  # a page that opens, six ways to choose, and the maps
    for one in steps:
        assert all(isinstance(output, gr.State | gr.HTML) for output in one.outputs), one.fn.__name__


def test_launch_is_local_and_closed_by_default():
    options = launch_options("127.0.0.1", 0)
    assert options["server_name"] == "127.0.0.1"
    assert (options["share"], options["show_error"], options["mcp_server"]) == (False, False, False)
    assert options["allowed_paths"] == [] and options["strict_cors"] is True
    assert options["max_file_size"] == 2**30  # of a checkpoint; media have lower caps, which the readers hold
    names, _, door, *_ = options["app_kwargs"]["middleware"]
    assert "127.0.0.1" in names.kwargs["allowed"] and "*" not in names.kwargs["allowed"]
    assert door.kwargs == {"path": "/"}


def test_a_machine_so_busy_that_its_first_answer_is_late_serves_all_the_same(monkeypatch):
    """Gradio gives it three seconds, and would end with advice to share the app with the world."""
    monkeypatch.setattr("gradio.networking.url_ok", lambda url: False)
    for name in ("watch", "start"):
        monkeypatch.setattr(launch.presence, name, lambda *_: None)
    with gr.Blocks() as demo:
        gr.Markdown("Here.")
    try:
        (address,) = launch.serve(demo, "127.0.0.1", 0, ())
        assert httpx.get(address, timeout=60).status_code == 200
    finally:
        demo.close()


def test_the_head_of_a_page_names_every_module_of_its_views_and_of_no_other(built):
    """As a browser would find them: by following the imports, here with a reader of its own."""
    heads = preloads(built)
    assert set(heads) == {"", "lab", "replay", "codebook", "compare", "experiments", "language", "learn"}
    for page in ("lab", "replay", "codebook", "compare"):
        needed, queue = set(), ["kit/page/component.js", f"{page}/view.js", "learn/guide.js"]
        while queue:
            name = queue.pop()
            if name not in needed:
                needed.add(name)
                text = (VIEWS_FOLDER / name).read_text(encoding="utf-8")
                targets = re.findall(r'from "(\.[^"]+)";', text)
                queue += [os.path.normpath(f"{os.path.dirname(name)}/{target}") for target in targets]
        named = re.findall(rf'<link rel="modulepreload" href="{views_address()}([^"]+)" />', heads[page].decode())
        assert len(named) == len(set(named)) > 20
        assert set(named) == needed
    app = WithHead(Starlette(routes=[Route("/{page:path}", lambda _: HTMLResponse("<head></head>"))]), more=heads)
    client = TestClient(app, headers={"accept": "text/html"})
    assert "lab/view.js" in client.get("/lab").text and "codebook/view.js" not in client.get("/lab/").text
    assert "inspect/view.js" in client.get("/").text and "modulepreload" not in client.get("/api").text


def test_behind_a_path_the_cookie_is_for_that_path(monkeypatch):
    for root in ("/vq", "/vq/", "https://example.org/vq"):
        monkeypatch.setenv("GRADIO_ROOT_PATH", root)
        middleware = launch_options("127.0.0.1", 0)["app_kwargs"]["middleware"]
        assert [one.kwargs for one in middleware if one.cls is Door] == [{"path": "/vq"}]


@pytest.mark.parametrize(
    ("made", "added"),
    [
        (lambda: HTMLResponse("<html><head><title>x</title></head></html>"), True),
        (lambda: HTMLResponse("no head"), False),
        (lambda: StreamingResponse(iter([b"<head>", b"in parts"]), media_type="text/html"), False),
        (lambda: HTMLResponse("<head>", headers={"content-encoding": "br"}), False),
    ],
)
def test_every_page_names_its_icon_first_so_that_none_is_asked_for_at_the_root_of_the_host(made, added):
    app = WithHead(Starlette(routes=[Route("/", lambda request: made())]))
    with TestClient(app).stream("GET", "/", headers={"accept": "text/html"}) as answer:
        body = b"".join(answer.iter_raw())
        first = b'<link rel="icon" href="' + ICON + b'" />' + beat_script()
        assert (first in body) == added == (ICON in body)
        assert body.replace(first, b"").startswith((b"<html><head><title>", b"no head", b"<head>"))
        assert "content-length" not in answer.headers or int(answer.headers["content-length"]) == len(body)


def test_a_page_says_that_it_opens_before_any_script_has_come(built):
    """Of the lab and the comparison, in what the server sends, for as long as Gradio's element is empty."""
    heads = preloads(built)
    for page, subject in (("lab", "training lab"), ("compare", "comparison")):
        head = heads[page].decode("ascii")
        assert f'<style>gradio-app:not(:has(*))::before{{content:"Opening the {subject}\\2026";' in head
        assert "modulepreload" in head
    assert b"<style>" not in heads[""]
    assert opening_style("") == ""


def test_the_links_between_pages_keep_their_looks_of_a_phone():
    """Gradio puts the rules of a media query under its column, and drops what is asked for outside of it."""
    sheet = (Path(app_module.__file__).with_name("page.css")).read_text(encoding="utf-8")
    queries = re.findall(r"^@media[^{]*\{\n(.*?)^\}", sheet, re.MULTILINE | re.DOTALL)
    assert queries and not any("nav-holder" in rules for rules in queries)
    links = re.search(r"^\.gradio-container \.nav-holder nav \{\n(.*?)^\}", sheet, re.MULTILINE | re.DOTALL)[1]
    narrow = links.split("@media (max-width: 760px) {")[1]
    assert "justify-content: space-between" in narrow, "with flex-end the first link is cut where they do not all fit"


def test_what_gradio_puts_on_the_disk_lies_where_it_goes_with_the_server(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "a"))
    monkeypatch.setattr(routes, "DEFAULT_TEMP_DIR", str(tmp_path / "b"))
    monkeypatch.setattr(app_module, "files", VisitorFiles(tmp_path))
    app_module.keep_together()
    root = app_module.files.root
    assert os.environ["GRADIO_TEMP_DIR"] == str(root)
    with gr.Blocks() as blocks:
        gr.Textbox()
    routes.App.create_app(blocks)
    assert {path.name for path in root.iterdir()} >= {"vibe_edit_history"}
    assert [path.name for path in tmp_path.iterdir()] == [root.name]
    app_module.files.delete()
    assert list(tmp_path.iterdir()) == []
