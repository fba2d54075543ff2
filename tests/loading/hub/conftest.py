"""A Hub that stands on this machine."""

import pytest
from fake_hub import serving


@pytest.fixture
def hub(monkeypatch, tmp_path, set_settings, made):
    """Call with name -> Repository; gives what was asked of the server. The cache is the test's own."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    set_settings()
    running = []

    def start(**repositories):
        server = serving({name.replace("__", "/"): one for name, one in repositories.items()})
        address, asked = server.__enter__()
        running.append(server)
        monkeypatch.setenv("HF_ENDPOINT", address)
        return asked

    def stop():
        while running:
            running.pop().__exit__(None, None, None)

    start.stop = stop
    yield start
    stop()
