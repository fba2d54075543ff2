"""An upload that does not arrive whole leaves nothing, whoever sent it; one that does stays until it is used."""

import http.client
import json
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
import pytest
from starlette.middleware import Middleware

from explorer.pages.shared import door
from explorer.pages.shared.door import Door, Pages
from explorer.pages.shared.visitor_files import UploadPlace, VisitorFiles

MOST_S = 60.0
HEAD = (
    "POST /gradio_api/upload HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {length}\r\n"
    "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
)
NAMED = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
BODY = NAMED + bytes(10**6) + b"\r\n--b--\r\n"


@pytest.fixture
def served(tmp_path, monkeypatch):
    """(files, host, port) of an app behind the door."""
    files = VisitorFiles(tmp_path)
    monkeypatch.setattr(door, "files", files)
    with Pages() as pages:
        gr.Textbox()
    more = {"middleware": [Middleware(Door)]}
    app, url, _ = pages.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", app_kwargs=more)
    app.uploaded_file_dir = UploadPlace(files.root)
    address = urlsplit(url)
    yield files, address.hostname, address.port
    pages.close()
    files.delete()


def sent(served, data):
    """A connection on which the head of an upload and some of its bytes were sent."""
    _, host, port = served
    connection = socket.create_connection((host, port), timeout=MOST_S)
    connection.sendall(HEAD.format(host=host, port=port, length=len(BODY)).encode() + data)
    return connection


def folders(served):
    return [path for path in served[0].root.iterdir() if path.is_dir()]


def wait_for(state):
    end = time.monotonic() + MOST_S
    while not state() and time.monotonic() < end:
        time.sleep(0.02)
    assert state()


def test_an_upload_that_is_cut_off_is_gone_at_once(served):
    connection = sent(served, BODY[:300_000])
    wait_for(lambda: folders(served) and any(path.is_file() for path in folders(served)[0].rglob("*")))
    assert len(served[0].owners()) == 1
    connection.close()
    wait_for(lambda: not folders(served) and not served[0].owners())


def test_an_upload_that_sends_nothing_more_is_ended(served, monkeypatch):
    monkeypatch.setattr(door, "STALLED_S", 0.5)
    connection = sent(served, BODY[:300_000])
    connection.recv(1)  # until it is answered, or closed
    wait_for(lambda: not folders(served) and not served[0].owners())
    connection.close()


def test_what_is_no_upload_leaves_nothing(served):
    connection = http.client.HTTPConnection(*served[1:], timeout=MOST_S)
    connection.request("POST", "/gradio_api/upload", b"--x nothing", {"Content-Type": "multipart/form-data"})
    assert connection.getresponse().status >= 400
    wait_for(lambda: not folders(served))


def test_a_whole_upload_stays(served):
    connection = sent(served, BODY)
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    (path,) = map(Path, json.loads(answer.read()))
    wait_for(path.is_file)
    assert path.read_bytes() == bytes(10**6) and [path.is_relative_to(one) for one in folders(served)] == [True]
    connection.close()
