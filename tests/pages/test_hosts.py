"""Under which names the server answers; what it says to another, and which addresses it prints."""

import re
import socket

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.pages.app import launch_options
from explorer.pages.bring import events as loading
from explorer.pages.shared import serve
from explorer.pages.shared.hosts import NamedHosts, allowed_hosts, refusal


@pytest.fixture(autouse=True)
def no_names(monkeypatch):
    for name in ("EXPLORER_ALLOW_HOST", "SPACE_HOST"):
        monkeypatch.delenv(name, raising=False)
    yield
    loading.bound_to("127.0.0.1")


def asked(allowed, host):
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("the page"))])
    return TestClient(NamedHosts(app, allowed)).get("/", headers={"host": host})


def test_another_name_is_refused_in_words_with_the_setting_that_admits_it():
    answer = asked(allowed_hosts("127.0.0.1"), "vq.example.org")
    assert answer.status_code == 400 and answer.headers["content-type"].startswith("text/plain")
    assert "vq.example.org" in answer.text and "--allow-host vq.example.org" in answer.text
    assert "EXPLORER_ALLOW_HOST=vq.example.org" in answer.text
    admitted = asked(allowed_hosts("127.0.0.1", ["vq.example.org"]), "vq.example.org")
    assert (admitted.status_code, admitted.text) == (200, "the page")


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1", "[::1]:7860", "[::1]", "LOCALHOST"])
def test_this_machines_own_names_are_admitted(host):
    assert asked(allowed_hosts("127.0.0.1"), host).status_code == 200


@pytest.mark.parametrize(
    ("named", "host", "fine"),
    [
        (["*.example.org"], "vq.example.org:443", True),
        (["*.example.org"], "example.org", False),
        (["*.example.org"], "badexample.org", False),
        (["*"], "anything.at.all", True),
        (["VQ.Example.org"], "vq.example.ORG", True),
        (["vq.example.org:8443"], "vq.example.org", True),
        (["vq.example.org"], "vq.example.org.evil.net", False),
        ([], "127.0.0.1.evil.net", False),
        ([], "", False),
    ],
)
def test_names_are_compared_whole(named, host, fine):
    assert (asked(allowed_hosts("127.0.0.1", named), host).status_code == 200) == fine


def test_names_come_from_the_environment_too(monkeypatch):
    monkeypatch.setenv("EXPLORER_ALLOW_HOST", "a.example.org, b.example.org")
    monkeypatch.setenv("SPACE_HOST", "c.example.org")
    assert {"a.example.org", "b.example.org", "c.example.org"} <= set(allowed_hosts("127.0.0.1"))


def test_who_binds_to_all_addresses_is_held_to_names_only_where_some_are_given():
    assert allowed_hosts("0.0.0.0") == allowed_hosts("::") == ["*"]
    assert "*" not in allowed_hosts("0.0.0.0", ["vq.example.org"])


@pytest.mark.parametrize(
    "host", ["<script>alert(1)</script>", "a\x1b[31mb", "x" * 5000, "a b", "ä.org", "", "$(reboot)"]
)
def test_a_name_is_shown_so_that_it_does_nothing(host):
    said = refusal(host)
    assert re.fullmatch(r"[\x20-\x7e\n]*", said) and "<" not in said and "$" not in said and len(said) < 600
    command = re.search(r"--allow-host (\S+)", said)
    assert command is None or re.fullmatch(r"[a-z0-9._:-]+", command[1])


def test_behind_a_name_of_its_own_no_visitor_may_name_files_of_this_machine():
    launch_options("127.0.0.1", 0)
    assert loading._names_files
    launch_options("127.0.0.1", 0, ["vq.example.org"])
    assert not loading._names_files, "strangers come through a proxy"


def test_an_address_that_stands_for_all_is_never_printed(monkeypatch):
    monkeypatch.setattr(serve, "own_address", lambda: "192.168.7.5")
    assert serve.addresses("0.0.0.0", 7860) == ["http://127.0.0.1:7860/", "http://192.168.7.5:7860/"]
    assert serve.addresses("::", 7860) == ["http://[::1]:7860/", "http://192.168.7.5:7860/"]
    assert serve.addresses("127.0.0.1", 80) == ["http://127.0.0.1:80/"]
    assert serve.addresses("::1", 80) == ["http://[::1]:80/"]
    monkeypatch.setattr(serve, "own_address", lambda: "")
    assert serve.addresses("0.0.0.0", 7860) == ["http://127.0.0.1:7860/"]


def test_the_address_for_others_is_one_of_this_machines():
    found = serve.own_address()
    assert found == "" or re.fullmatch(r"\d+(\.\d+){3}", found)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux ends what is not acknowledged")
def test_a_connection_whose_network_was_cut_ends_by_itself():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serve.end_when_dropped(listening)
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1000 * serve.DROPPED_S
