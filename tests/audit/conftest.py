"""A small tokenizer and a folder of small pictures for audits."""

import pytest
from small_audit import GreyTokenizer, save_picture

from explorer.audit import batches

SIZES = [(64, 96), (64, 96), (40, 48), (96, 64), (96, 64), (96, 64), (41, 50), (8, 8), (5, 3), (64, 96), (64, 96)]


@pytest.fixture
def grey():
    return GreyTokenizer()


@pytest.fixture
def pictures(tmp_path):
    """A folder of eleven pictures of several sizes in two folders, and their paths in order of their names."""
    root = tmp_path / "pictures"
    return root, [
        save_picture(root / ("a" if n < 6 else "b") / f"{n:02}.png", *size, seed=n) for n, size in enumerate(SIZES)
    ]


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch):
    """So that an audit of a few small pictures can be stopped within: of `pictures` after 1, 2, 4, 5, 6, 10 and 11."""
    monkeypatch.setattr(batches, "STRETCH_PIXELS", 64 * 96)
