"""What a browser keeps for good: only what lies under an address that changes with it."""

import shutil
from pathlib import Path

import gradio
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.pages.app import launch_options
from explorer.pages.shared.keeping import KeepAssets, is_named_by_content, views_route
from explorer.views.kit.page.module_files import VIEWS_FOLDER, address_of, files_of, views_address


@pytest.fixture(scope="module")
def views():
    return TestClient(Starlette(routes=[views_route()]))


def test_modules_and_sheets_of_views_are_given_out_and_kept(views):
    files = [*VIEWS_FOLDER.rglob("*.js"), *VIEWS_FOLDER.rglob("*.css")]
    assert len(files) > 100
    for path in files:
        answer = views.get(f"/{views_address()}{path.relative_to(VIEWS_FOLDER).as_posix()}")
        assert answer.status_code == 200 and answer.content == path.read_bytes()
        assert (
            answer.headers["content-type"].partition(";")[0]
            == {".js": "text/javascript", ".css": "text/css"}[path.suffix]
        )
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "name", ["kit/page/component.py", "../views/kit/page/component.js", "kit", "", "kit/page/no.js"]
)
def test_nothing_else_is_and_no_answer_of_it_is_kept(views, name):
    answer = views.get(f"/{views_address()}{name.replace('/', '%2F')}")
    assert answer.status_code == 404 and "cache-control" not in answer.headers
    assert views.get("/views-0000000000000000/kit/page/component.js").status_code == 404


def test_their_address_changes_with_any_name_and_any_byte(tmp_path):
    shutil.copytree(VIEWS_FOLDER / "kit", tmp_path / "kit", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    seen = {address_of(files_of(tmp_path))}
    assert {address_of(files_of(tmp_path))} == seen
    module = tmp_path / "kit" / "page" / "component.js"
    module.write_text(module.read_text(encoding="utf-8").replace("Loads", "loads", 1), encoding="utf-8")
    seen.add(address_of(files_of(tmp_path)))
    module.rename(module.with_name("other.js"))
    seen.add(address_of(files_of(tmp_path)))
    (tmp_path / "new.css").touch()
    seen.add(address_of(files_of(tmp_path)))
    (tmp_path / "new.py").touch()  # which no browser sees
    seen.add(address_of(files_of(tmp_path)))
    assert len(seen) == 4


def test_every_asset_of_the_installed_gradio_is_named_by_its_content():
    """So that its builder's way of naming is found out where it changes."""
    assets = [path for path in (Path(gradio.__file__).parent / "templates/frontend/assets").iterdir()]
    named = [path for path in assets if is_named_by_content(f"/assets/{path.name}")]
    assert len(named) > 100
    assert {path.suffix for path in assets if path not in named} & {".js", ".css"} == set()


@pytest.mark.parametrize(
    ("path", "status", "kept"),
    [
        ("/assets/index-DAx5Uzyn.js", 200, True),
        ("/assets/index-DAx5Uzyn.js", 304, True),
        ("/assets/index-DAx5Uzyn.js", 404, False),
        ("/assets/index.js", 200, False),
        ("/theme.css", 200, False),
        ("/gradio_api/file=/assets/index-DAx5Uzyn.js", 200, False),
        ("/gradio_api/file/assets/picture-DAx5Uzyn.png", 200, False),
    ],
)
def test_an_answer_is_kept_where_its_name_tells_its_content(path, status, kept):
    def answer(request):
        return PlainTextResponse("" if status == 304 else "x", status, {"cache-control": "no-cache"})

    client = TestClient(KeepAssets(Starlette(routes=[Route("/{path:path}", answer)])))
    wanted = "public, max-age=31536000, immutable" if kept else "no-cache"
    assert client.get(path).headers.get_list("cache-control") == [wanted]


def test_the_app_has_both():
    options = launch_options("127.0.0.1", 0)["app_kwargs"]
    assert KeepAssets in [one.cls for one in options["middleware"]]
    assert any(route.path.startswith(f"/{views_address()}") for route in options["routes"])
