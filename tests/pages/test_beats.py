"""A heartbeat by WebSocket is, to the app, the request that a page would hold open otherwise."""

import anyio
import pytest
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from explorer.foundation.owners import owner
from explorer.pages.shared import door
from explorer.pages.shared.beats import BeatsBySocket

PAGE = {"accept": "text/html"}


@pytest.fixture
def ended():
    """What was told when a heartbeat ended."""
    return []


@pytest.fixture
def client(here, ended):
    async def beat(request):
        async def lines():
            try:
                yield f"data: {request.path_params['session']}\n\n"
                yield f"data: {request.method} {request.url.scheme} {owner()}\n\n"
                await anyio.sleep_forever()
            finally:
                ended.append(request.path_params["session"])

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def short(request):
        return StreamingResponse(iter(["data: once\n\n"]))

    routes = [Route("/", short), Route("/api/heartbeat/{session}", beat), Route("/heartbeat/{session}", short)]
    app = BeatsBySocket(door.Door(Starlette(routes=routes)))
    with TestClient(app, base_url="http://localhost:7860") as client:
        client.get("/", headers=PAGE)  # which makes the visitor
        yield client


def test_a_beat_by_socket_says_what_the_request_would_and_counts_as_one_until_it_is_closed(client, here, ended):
    with client.websocket_connect("ws://localhost:7860/api/heartbeat_socket/abc123") as socket:
        assert socket.receive_text() == "data: abc123\n\n"
        said = socket.receive_text().split()
        assert said[1:3] == ["GET", "http"] and said[3] in client.cookies["explorer_visitor_7860"]
        assert here._signs["session:abc123"].beats == 1 and here._signs[said[3]].beats == 1
        socket.send_text("anything")  # is nothing
        assert ended == []
    assert ended == ["abc123"], "the app hears that the page was closed"
    assert here._signs["session:abc123"].beats == 0 and here._signs["session:abc123"].parted is not None


def test_where_the_app_ends_a_beat_the_socket_is_closed(client):
    with client.websocket_connect("/heartbeat_socket/abc123") as socket:
        assert socket.receive_text() == "data: once\n\n"
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


@pytest.mark.parametrize("path", ["/api/heartbeat/abc123", "/api/heartbeat_socket/a/b", "/api/heartbeat_socket/"])
def test_no_other_socket_is_accepted(client, path):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
        pass


def test_a_proxy_that_passes_on_no_sockets_finds_nothing_there_and_no_page_is_taken_for_closed(client, ended):
    assert client.get("/api/heartbeat_socket/abc123").status_code == 404
    assert ended == []
