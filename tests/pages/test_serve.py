"""The server ends tidily when it is told to."""

import gc
import runpy
import socket
import subprocess
import sys

import pytest

from explorer.foundation.config import REPOSITORY
from explorer.pages.shared import memory, serve


def test_a_sigterm_ends_the_process_with_its_last_wishes_done():
    code = (
        "import atexit, os, signal, time\n"
        "from explorer.pages.shared.serve import end_well_on_sigterm\n"
        "atexit.register(lambda: print('tidied'))\n"
        "end_well_on_sigterm()\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "time.sleep(30)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert (ended.returncode, ended.stdout.strip()) == (0, "tidied")


def test_an_interrupt_while_it_starts_leaves_no_trace(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["app.py", "--port", "0"])
    monkeypatch.setattr(memory, "begin", interrupted)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(REPOSITORY / "app.py"), run_name="__main__")
    assert ended.value.code == 130  # 128 and the number of SIGINT, as a shell has it


def test_a_port_that_is_taken_is_told_in_one_line(monkeypatch, capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["app.py", "--host", "127.0.0.1", "--port", str(port)])
        monkeypatch.setattr(memory, "begin", lambda: None)
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(REPOSITORY / "app.py"), run_name="__main__")
        assert serve.is_taken("127.0.0.1", port) and serve.is_taken("0.0.0.0", port)
    assert ended.value.code == 2 and capsys.readouterr().err == (
        f"Port {port} is taken: another program listens there. Choose another with --port, or 0 for a free one.\n"
    )
    assert not serve.is_taken("127.0.0.1", port)


def test_who_waits_for_a_turn_gets_it_soon(monkeypatch):
    set_to = []
    monkeypatch.setattr(sys, "setswitchinterval", set_to.append)
    serve.take_short_turns()
    assert len(set_to) == 1 and 0 < set_to[0] <= sys.getswitchinterval() / 5


def test_what_the_server_consists_of_is_not_searched_for_garbage():
    memory.begin()
    assert not gc.isenabled()
    there = []
    memory.begun()
    later = []
    assert gc.isenabled()
    assert not any(one is there for one in gc.get_objects())
    assert any(one is later for one in gc.get_objects())
