"""A visitor of the compare page, and codecs of every kind of medium."""

import pytest

from explorer.pages.compare import events as compare_events
from explorer.pages.shared.visitors import Visitors
from explorer.tokenizers import forget
from tests.made_codecs import MADE, bring_all


@pytest.fixture
def visitor(monkeypatch):
    everyone = Visitors(3)
    monkeypatch.setattr(compare_events, "visitors", everyone)
    yield everyone.enter("a")
    everyone.leave_all()


@pytest.fixture
def made_codecs():
    bring_all()
    yield
    for name in MADE:
        forget(f"made-{name}")
