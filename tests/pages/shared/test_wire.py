"""Answers go over the wire packed where a browser takes them so; the same arrives, and what is short goes as it is."""

import asyncio
import gzip
import threading
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.pages.shared import wire
from explorer.pages.shared.thumbnails import KINDS, thumbnail, thumbnails_route
from explorer.pages.shared.wire import LEAST_BYTES, ON_LOOP_BYTES, PackAnswers, packing_of

LONG = {"numbers": list(range(2000))}
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}


def app():
    async def streamed(request):
        return StreamingResponse(iter([b"{" + b" " * LEAST_BYTES, b"}"]), media_type="application/json")

    made = {
        "/answer": lambda request: JSONResponse(LONG, headers={"Vary": "Cookie"}),
        "/large": lambda request: JSONResponse({"numbers": list(range(ON_LOOP_BYTES // 4))}),
        "/page": lambda request: HTMLResponse("<p>" + "words " * LEAST_BYTES),
        "/short": lambda request: JSONResponse({"ok": True}),
        "/picture": lambda request: PlainTextResponse("x" * 5000, media_type="image/webp"),
        "/refused": lambda request: JSONResponse(LONG, status_code=422),
        "/packed": lambda request: JSONResponse(LONG, headers={"Content-Encoding": "identity"}),
        "/queue/data": lambda request: JSONResponse(LONG),
    }
    routes = [Route(path, make) for path, make in made.items()] + [Route("/streamed", streamed)]
    return TestClient(PackAnswers(Starlette(routes=routes)))


def raw(path, taken):
    """Headers, and the bytes as they came."""
    with app().stream("GET", path, headers={"accept-encoding": taken}) as answer:
        return answer.headers, b"".join(answer.iter_raw())


@pytest.mark.parametrize("taken", ["br", "gzip"])
@pytest.mark.parametrize("path", ["/answer", "/page", "/large"])
def test_the_same_arrives_in_fewer_bytes(path, taken):
    headers, data = raw(path, taken)
    plain_headers, plain = raw(path, "identity")
    assert headers["content-encoding"] == taken and "content-encoding" not in plain_headers
    assert UNPACK[taken](data) == plain and len(data) < 0.5 * len(plain)
    assert (len(plain) > ON_LOOP_BYTES) == (path == "/large"), "packed by a thread, and at once"
    assert int(headers["content-length"]) == len(data) and headers["vary"].endswith("Accept-Encoding")
    assert ("Cookie" in headers["vary"]) == (path == "/answer"), "what another varied it by still holds"


@pytest.mark.parametrize("path", ["/short", "/picture", "/refused", "/packed", "/queue/data", "/streamed"])
def test_the_rest_goes_as_it_is(path):
    headers, data = raw(path, "gzip, br")
    assert headers.get("content-encoding", "identity") == "identity"
    assert data == raw(path, "identity")[1] and data


@pytest.mark.parametrize("taken", ["br", "gzip"])
def test_others_are_answered_while_a_large_answer_is_packed(monkeypatch, taken):
    another = threading.Event()
    packers, loops = [], []

    def hold(data, name, real=wire.pack):
        packers.append(threading.current_thread())
        assert another.wait(20), "nobody else had a turn while this was packed"
        return real(data, name)

    async def large(scope, receive, send):
        start = {"status": 200, "headers": [(b"content-type", b"application/json")]}
        await send({"type": "http.response.start"} | start)
        await send({"type": "http.response.body", "body": b" " * (ON_LOOP_BYTES + 1)})
        sent.append("the application goes on")

    async def send(message):
        sent.append(message)

    async def both():
        loops.append(threading.current_thread())
        scope = {"type": "http", "path": "/", "headers": [(b"accept-encoding", taken.encode())]}
        packing = asyncio.create_task(PackAnswers(large)(scope, None, send))
        while not packers:
            await asyncio.sleep(0)
        assert sent == [], "no header goes before its body is packed"
        another.set()
        await packing

    sent = []
    monkeypatch.setattr(wire, "pack", hold)
    with ThreadPoolExecutor(1) as beside:  # a loop goes on in a process that drives a browser, too
        beside.submit(asyncio.run, both()).result(60)
    start, body, last = sent
    assert dict(start["headers"])[b"content-encoding"] == taken.encode() and last == "the application goes on"
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    assert UNPACK[taken](body["body"]) == b" " * (ON_LOOP_BYTES + 1) and packers != loops


def test_what_a_browser_takes():
    for said, taken in (
        (b"gzip, deflate, br, zstd", "br"),
        (b"gzip;q=0.5", "gzip"),
        (b"br;q=0, gzip", "gzip"),
        (b"GZIP", "gzip"),
        (b"br;q=0.0", ""),
        (b"identity", ""),
        (b"brotli", ""),
    ):
        assert packing_of({b"accept-encoding": said}) == taken
    assert packing_of({}) == ""


def test_a_small_picture_of_what_ships_has_an_address_and_nothing_else_has():
    client = TestClient(Starlette(routes=[thumbnails_route()]))
    for kind, name in (("sample", "coffee"), ("sample", "vowels"), ("preset", "face")):
        answer = client.get(f"/thumbnails/{kind}/{name}")
        assert (answer.content, answer.headers["content-type"]) == thumbnail(kind, name)
        assert "max-age" in answer.headers["cache-control"] and len(answer.content) < 8000
    for path in ("sample/nothing", "nothing/coffee", "preset/..%2Fcoffee", "sample/"):
        assert client.get(f"/thumbnails/{path}").status_code == 404
    assert set(KINDS) == {"sample", "preset"}
