"""Node runs the pure functions of the browser modules; without it those tests skip, except in CI."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def node():
    """Path of the node program."""
    path = shutil.which("node")
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("node is needed for the tests of the browser modules, and CI may not skip them")
    if path is None:
        pytest.skip("node (20 or newer) is not installed: the browser modules' pure functions are not tested")
    return path
