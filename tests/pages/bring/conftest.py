"""What tests of the panel "Bring a tokenizer" share.

Files are the published layout of a small original, whose indices are committed with the tests of its format.
"""

import sys
from pathlib import Path

import pytest
import torch

from explorer.pages.bring import events as loading
from explorer.pages.bring import jobs as loading_jobs
from explorer.pages.bring.uploads import UploadStore
from explorer.pages.shared.visitors import Visitors
from explorer.tokenizers import shelf

ORIGINALS = Path(__file__).resolve().parents[2] / "public"


@pytest.fixture(scope="module")
def originals():
    """The module with the small originals; it imports its neighbours by their plain names."""
    sys.path.insert(0, str(ORIGINALS))
    import convvq_originals

    return convvq_originals


@pytest.fixture(autouse=True)
def nothing_brought(monkeypatch):
    for name in ("_loaded", "_brought"):
        monkeypatch.setattr(shelf, name, type(getattr(shelf, name))())
    monkeypatch.setattr(loading_jobs, "_loads", {})


@pytest.fixture
def uploads(monkeypatch):
    """Where files stay whose tokenizers were loaded."""
    store = UploadStore(2**30)
    monkeypatch.setattr(loading_jobs, "uploads", store)
    monkeypatch.setattr(loading, "uploads", store)
    yield store
    for name in store.owners():
        store.let_go(name)


@pytest.fixture
def visitors(monkeypatch):
    everyone = Visitors(4)
    monkeypatch.setattr(loading, "visitors", everyone)
    yield everyone
    everyone.leave_all()
    loading_jobs.stop_all(10)


@pytest.fixture
def visitor(visitors):
    return visitors.enter("a")


@pytest.fixture
def checkpoint(originals, tmp_path):
    """A taming VQGAN in a Lightning checkpoint, as published."""
    entry = originals.ENTRIES[0]
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": dict(originals.state(entry.name)), "epoch": 3, "global_step": 7}, path)
    return path
