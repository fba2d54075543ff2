"""What tests of pages share: a folder where uploads lie as the running server has them, and who is there."""

import pytest

from explorer.pages.app import build
from explorer.pages.shared import door
from explorer.pages.shared.presence import Presence
from explorer.pages.shared.visitor_files import NOBODYS, files


@pytest.fixture
def uploads():
    """A folder of uploads that are nobody's yet: the first visitor who uses one of them owns them all."""
    folder = files.new_folder(f"{NOBODYS}test")
    (folder / "stays").touch()
    yield folder
    files.drop(folder)


@pytest.fixture(scope="session")
def built():
    """All pages; nothing is changed of them."""
    return build()


@pytest.fixture
def here(monkeypatch):
    """Who is there, of this test alone."""
    found = Presence()
    monkeypatch.setattr(door, "presence", found)
    return found
