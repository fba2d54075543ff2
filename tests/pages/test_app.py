"""The app as a whole: what it may import before the first page, and how it is launched."""

import subprocess
import sys

from explorer.pages.app import launch_options


def test_building_the_pages_imports_neither_torch_nor_umap():
    code = (
        "import sys; from explorer.pages.app import build; build(); "
        "print(sorted({'torch', 'umap', 'numba', 'sklearn', 'skimage'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_launch_is_local_and_closed_by_default():
    options = launch_options("127.0.0.1", 0)
    assert options["server_name"] == "127.0.0.1"
    assert (options["share"], options["show_error"], options["mcp_server"]) == (False, False, False)
    assert options["allowed_paths"] == [] and options["strict_cors"] is True
    assert options["max_file_size"] == 2**30  # of a checkpoint; media have lower caps, which the readers hold
    names, door = options["app_kwargs"]["middleware"]
    assert "127.0.0.1" in names.kwargs["allowed"] and "*" not in names.kwargs["allowed"]
    assert door.kwargs == {"path": "/"}


def test_behind_a_path_the_cookie_is_for_that_path(monkeypatch):
    for root in ("/vq", "/vq/", "https://example.org/vq"):
        monkeypatch.setenv("GRADIO_ROOT_PATH", root)
        assert launch_options("127.0.0.1", 0)["app_kwargs"]["middleware"][1].kwargs == {"path": "/vq"}
