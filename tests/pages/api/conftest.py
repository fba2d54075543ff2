"""Clients of the running app, as scripts have them."""

import tempfile
from functools import partial

import pytest
from gradio_client import Client


@pytest.fixture(scope="module")
def new_client(tmp_path_factory):
    """Makes a client of an address that writes below the test's own folder: gradio_client leaves an empty folder of 40
    hex digits in that of the system for each file it loads."""
    folder = str(tmp_path_factory.mktemp("client"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", folder)
        yield partial(Client, verbose=False, download_files=folder)


@pytest.fixture(scope="module")
def client(app_url, new_client):
    return new_client(app_url)
