"""Visitors are told apart by a cookie that only this server makes; where there is none, by the session of Gradio."""

import re

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.foundation.owners import EVERYBODY, owner
from explorer.pages.shared import door
from explorer.pages.shared.visitor_files import NOBODYS, UploadPlace, VisitorFiles

PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def files(monkeypatch, tmp_path):
    found = VisitorFiles(tmp_path)
    monkeypatch.setattr(door, "files", found)
    yield found
    found.delete()


@pytest.fixture
def clients(here, files):
    """Makes browsers, each with cookies of its own."""
    place = UploadPlace(files.root)

    async def who(request):
        return JSONResponse({"owner": owner(), "place": str(place)})

    routes = [Route(path, who, methods=["GET", "POST"]) for path in ("/", "/gradio_api/upload", "/heartbeat/{session}")]
    return lambda path="/": TestClient(door.Door(Starlette(routes=routes), path), base_url="http://localhost:7860")


def test_a_browser_is_given_a_name_with_its_first_page_and_keeps_it(clients):
    anna, bert = clients(), clients()
    first = anna.get("/", headers=PAGE)
    made = first.headers["set-cookie"]
    assert re.match(r"explorer_visitor_7860=[\w-]{32}\.[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax$", made)
    assert "private" in first.headers["cache-control"], "else a proxy could hand one visitor's name to another"
    again = anna.get("/", headers=PAGE)
    assert "set-cookie" not in again.headers and again.json()["owner"] == first.json()["owner"]
    assert bert.get("/", headers=PAGE).json()["owner"] != first.json()["owner"]


def test_no_name_is_given_with_what_is_no_page(clients):
    assert "set-cookie" not in clients().get("/").headers
    assert clients().get("/").json()["owner"] == EVERYBODY


@pytest.mark.parametrize("changed", ["", "x", "a.b", "." * 3, "anna.0123456789abcdef0123456789abcdef", "é.ü"])
def test_a_name_that_this_server_did_not_make_is_none(clients, changed):
    client = clients()
    header = f"explorer_visitor_7860={changed}".encode()
    answer = client.get("/", headers=PAGE | {"cookie": header})
    assert "set-cookie" in answer.headers
    assert re.fullmatch(r"[\w-]{32}\.[0-9a-f]{32}", answer.json()["owner"]) and answer.json()["owner"] != changed


def test_a_name_cannot_be_made_from_another(clients):
    client = clients()
    name = client.get("/", headers=PAGE).json()["owner"]
    head, _, proof = name.rpartition(".")
    forged = f"{head[:-1]}{'A' if head[-1] != 'A' else 'B'}.{proof}"
    answer = clients().get("/", headers=PAGE | {"cookie": f"explorer_visitor_7860={forged}"})
    assert answer.json()["owner"] != forged


def test_other_cookies_of_the_host_do_no_harm(clients):
    client = clients()
    name = client.get("/", headers=PAGE).json()["owner"]
    cookie = f'odd={{"a":1}}; weird key=ä; explorer_visitor_7860={name}; x="'
    assert clients().get("/", headers={"cookie": cookie.encode()}).json()["owner"] == name


def test_without_cookies_a_session_is_a_visitor(clients):
    assert clients().get("/heartbeat/abc123").json()["owner"] == "session:abc123"
    assert clients().get("/?session_hash=xyz").json()["owner"] == "session:xyz"


def test_behind_a_path_and_https_the_cookie_says_so(clients, monkeypatch):
    answer = clients("/vq").get("/", headers=PAGE | {"x-forwarded-proto": "https"})
    assert answer.headers["set-cookie"].endswith("; Path=/vq; HttpOnly; SameSite=Lax; Secure")
    monkeypatch.setenv("SPACE_HOST", "somebody.example")  # shown inside a page of another site
    answer = clients().get("/", headers=PAGE | {"x-forwarded-proto": "https"})
    assert answer.headers["set-cookie"].endswith("; SameSite=None; Secure; Partitioned")


def test_every_upload_has_a_folder_of_its_own(clients, files):
    anna = clients()
    name = anna.get("/", headers=PAGE).json()["owner"]
    places = [anna.post("/gradio_api/upload").json()["place"] for _ in range(2)]
    nobodys = clients().post("/gradio_api/upload").json()["place"]
    assert len({*places, nobodys, str(files.root)}) == 4
    owners = {str(folder): of for folder, of in files._owner.items()}
    assert [owners[place] for place in places] == [name, name] and owners[nobodys].startswith(NOBODYS)
    assert anna.get("/").json()["place"] == str(files.root), "what is there already is fetched from the server's folder"


def test_a_heartbeat_shows_who_is_here(clients, here):
    anna = clients()
    name = anna.get("/", headers=PAGE).json()["owner"]
    anna.get("/heartbeat/abc123")
    assert here.is_here(name) and here.is_here("session:abc123")
    assert here._signs[name].parted is not None, "its connection has ended"
