"""Pieces of several sizes, in which large files of indices are read."""

import pytest

from explorer.audit.indices import blocks as index_blocks


@pytest.fixture(params=[2**22, 5000, 100], ids=lambda piece: f"pieces of {piece}")
def piece(request, monkeypatch):
    monkeypatch.setattr(index_blocks, "PIECE", request.param)
